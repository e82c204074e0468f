"""All that the log holds of one user: to be given to them, and to be erased."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tastemaker.agent.feedback import schema
from tastemaker.domain import Shape

OF_DECISIONS = (schema.explanation, schema.exposure, schema.outcome, schema.feedback, schema.slate_item)
"""Tables whose rows belong to a decision, those that refer to it among them."""


class LogErased(Shape):
    """Rows of the log that were deleted, and `learned_from`: the versions of the head that had learned from the outcomes among them; `stopped` is
    the one of those that served till then."""

    decisions: int = 0
    slate_items: int = 0
    explanations: int = 0
    feedback: int = 0
    outcomes: int = 0
    exposures: int = 0
    learned_from: tuple[str, ...] = ()
    stopped: str | None = None


def erase(connection: sa.Connection, user_id: str) -> LogErased:
    """Delete a user's decisions and all that belongs to them, inside a transaction.

    Nothing is kept under another name: a decision holds the user's history, and who shares a history is no secret. A head that had learned from
    them stops serving in the same transaction: what comes after may fail, and nobody would know of it any more.
    """
    if connection.dialect.name == "postgresql":  # nobody matures meanwhile, as in `outcomes`
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(501123)")
    own = sa.select(schema.decision.c.id).where(schema.decision.c.user_id == user_id)
    first = connection.execute(
        sa.select(sa.func.min(schema.outcome.c.number)).where(schema.outcome.c.decision_id.in_(own))
    ).scalar()
    learned_from: list[str] = []
    if first is not None:
        query = sa.select(schema.head.c.version).where(schema.head.c.outcomes_until >= first)
        learned_from = list(connection.execute(query.order_by(schema.head.c.created_at)).scalars())
    latest = sa.select(schema.serving.c.head_version).order_by(schema.serving.c.number.desc()).limit(1)
    served = connection.execute(latest).scalar()
    stopped = served if served in learned_from else None
    if stopped is not None:
        row = {
            "head_version": None,
            "created_at": datetime.now(UTC).isoformat(),
            "why": {"kind": "erasure", "from": stopped},
        }
        connection.execute(sa.insert(schema.serving).values(row))
    gone = {
        table.name: connection.execute(sa.delete(table).where(table.c.decision_id.in_(own))).rowcount
        for table in OF_DECISIONS
    }
    decisions = connection.execute(sa.delete(schema.decision).where(schema.decision.c.user_id == user_id)).rowcount
    return LogErased(
        decisions=decisions, slate_items=gone["slate_item"], explanations=gone["explanation"],
        feedback=gone["feedback"], outcomes=gone["outcome"], exposures=gone["exposure"],
        learned_from=tuple(learned_from), stopped=stopped,
    )  # fmt: skip


def export(connection: sa.Connection, user_id: str) -> list[dict[str, Any]]:
    """A user's decisions, oldest first, each with its rows of the tables that belong to it, ready for JSON."""
    query = sa.select(schema.decision).where(schema.decision.c.user_id == user_id)
    rows = connection.execute(query.order_by(schema.decision.c.created_at, schema.decision.c.id)).mappings()
    found = {row["id"]: dict(row) | {table.name: [] for table in OF_DECISIONS} for row in rows}
    own = sa.select(schema.decision.c.id).where(schema.decision.c.user_id == user_id)
    for table in OF_DECISIONS:
        some = sa.select(table).where(table.c.decision_id.in_(own)).order_by(*table.primary_key.columns)
        for row in connection.execute(some).mappings():
            if row["decision_id"] in found:  # one that was logged meanwhile is left to the next export
                found[row["decision_id"]][table.name].append(
                    {name: value for name, value in row.items() if name != "decision_id"}
                )
    return list(found.values())
