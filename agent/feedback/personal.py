"""All that the log holds of one user: to be given to them, and to be erased; and what is older than a time, of all users: to go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tastemaker.agent.feedback import schema
from tastemaker.agent.feedback.writer import lock
from tastemaker.domain import Shape

OF_DECISIONS = (schema.explanation, schema.exposure, schema.outcome, schema.feedback, schema.slate_item)
"""Tables whose rows belong to a decision, those that refer to it among them."""


PART = 500
"""Most decisions, or rewards without one, that `expire` deletes in one transaction: others write in between."""


class LogDeleted(Shape):
    """Rows of the log that were deleted."""

    decisions: int = 0
    slate_items: int = 0
    explanations: int = 0
    feedback: int = 0
    outcomes: int = 0
    exposures: int = 0


class LogErased(LogDeleted):
    """Those of a user, and `learned_from`: the versions of the head that had learned from the outcomes among them, whose coefficients are
    gone; `stopped` is the one of those that served till then."""

    learned_from: tuple[str, ...] = ()
    stopped: str | None = None


def erase(connection: sa.Connection, user_id: str) -> LogErased:
    """Delete a user's decisions and all that belongs to them, inside a transaction.

    Nothing is kept under another name: a decision holds the user's history, and who shares a history is no secret. Heads that had learned from
    them lose their coefficients, and stop serving, in the same transaction: what comes after may fail, and nobody would know of it any more.
    """
    lock(connection)
    own = sa.select(schema.decision.c.id).where(schema.decision.c.user_id == user_id)
    # Locked, so that nothing is written for them meanwhile; SQLite has one writer anyway.
    connection.execute(own.with_for_update()).all()
    first = connection.execute(
        sa.select(sa.func.min(schema.outcome.c.number)).where(schema.outcome.c.decision_id.in_(own))
    ).scalar()
    learned_from: list[str] = []
    if first is not None:
        query = sa.select(schema.head.c.version, schema.head.c.state).where(schema.head.c.outcomes_until >= first)
        heads = connection.execute(query.order_by(schema.head.c.created_at)).all()
        learned_from = [version for version, state in heads if schema.ERASED not in state]
        for version in learned_from:  # few statements hold more than some thousand values
            change = sa.update(schema.head).where(schema.head.c.version == version)
            connection.execute(change.values(state={schema.ERASED: None}))
            # Thompson's draws tell of it.
            drawn = sa.update(schema.decision).where(schema.decision.c.head_version == version)
            connection.execute(drawn.where(schema.decision.c.theta.is_not(None)).values(theta=sa.null()))
    latest = sa.select(schema.serving.c.head_version).order_by(schema.serving.c.number.desc()).limit(1)
    served = connection.execute(latest).scalar()
    stopped = served if served in learned_from else None
    if stopped is not None:
        row = {
            "head_version": None,
            "created_at": datetime.now(UTC).isoformat(),
            "why": {"kind": schema.ERASURE, "from": stopped},
        }
        connection.execute(sa.insert(schema.serving).values(row))
    gone = _delete(connection, own)
    return LogErased(**gone, learned_from=tuple(learned_from), stopped=stopped)


def expire(connection: sa.Connection, before: datetime) -> LogDeleted:
    """Delete the oldest decisions that were made before a time in UTC, at most `PART`, with all that belongs to them; once there is none, as many of
    the rewards that came before it and whose decision is not there. Inside a transaction. Heads stay; where nothing was deleted, nothing is left.
    """
    lock(connection)
    made = schema.decision.c.created_at
    query = sa.select(schema.decision.c.id).where(made < before.isoformat()).order_by(made, schema.decision.c.id)
    # Locked, so that no reason is written for them meanwhile; SQLite has one writer anyway.
    old = connection.execute(query.limit(PART).with_for_update()).scalars().all()
    if old:
        return LogDeleted(**_delete(connection, old))
    found = sa.exists().where(schema.decision.c.id == schema.feedback.c.decision_id)
    alone = sa.select(schema.feedback.c.event_id).where(schema.feedback.c.received_at < before.isoformat(), ~found)
    waiting = connection.execute(alone.limit(PART)).scalars().all()
    gone = sa.delete(schema.feedback).where(schema.feedback.c.event_id.in_(waiting))
    return LogDeleted(feedback=connection.execute(gone).rowcount if waiting else 0)


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


def _delete(connection: sa.Connection, decisions: sa.Select[Any] | Sequence[str]) -> dict[str, int]:
    """Delete these decisions with all that belongs to them; how many rows, by the names in `LogDeleted`."""
    gone = {
        table.name: connection.execute(sa.delete(table).where(table.c.decision_id.in_(decisions))).rowcount
        for table in OF_DECISIONS
    }
    return {
        "decisions": connection.execute(sa.delete(schema.decision).where(schema.decision.c.id.in_(decisions))).rowcount,
        "slate_items": gone["slate_item"], "explanations": gone["explanation"], "feedback": gone["feedback"],
        "outcomes": gone["outcome"], "exposures": gone["exposure"],
    }  # fmt: skip
