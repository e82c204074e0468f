"""What was shown, how likely it was, and what came of it. Rows are added, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tastemaker.agent.feedback import schema
from tastemaker.domain import Event, Explanation, RankedItem, Recommendation, RewardReceipt
from tastemaker.errors import ConflictError, UnknownDecisionError, UnknownItemError


@dataclass(frozen=True, slots=True)
class DecisionContext:
    """What the decision was made from, beside what was shown; kept for learning."""

    query: str | None
    seed: int
    tau: float
    epsilon: float
    template_version: str
    candidates: Sequence[dict[str, Any]]
    propensities: Sequence[float]
    request: dict[str, Any]


class FeedbackLog:
    """The log in the database `engine`, brought to the newest schema when opened."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        schema.migrate(engine)

    def add_decision(self, shown: Recommendation, context: DecisionContext) -> None:
        """Write a decision and its slate in one transaction; committed when this returns."""
        decision = {
            "id": shown.decision_id,
            "created_at": _now(),
            "user_id": shown.user_id,
            "query": context.query,
            "policy_version": shown.policy_version,
            "tau": context.tau,
            "epsilon": context.epsilon,
            "degraded": shown.degraded,
            "seed": context.seed,
            "log_propensity": shown.log_propensity,
            "engine": shown.engine,
            "model": shown.model,
            "template_version": context.template_version,
            "candidates": list(context.candidates),
            "request": context.request,
        }
        rows = zip(shown.items, context.propensities, strict=True)
        slate = [_slate_row(shown.decision_id, item, propensity) for item, propensity in rows]
        with self._engine.begin() as connection:
            connection.execute(sa.insert(schema.decision), decision)
            connection.execute(sa.insert(schema.slate_item), slate)

    def add_explanation(self, decision_id: str, shown: Explanation, attempts: Sequence[dict[str, Any]]) -> None:
        """Write a reason, before it is shown, with its evidence and all that the model tried: prompt, answer, fault."""
        row = {
            "decision_id": decision_id, "position": shown.rank, "item_id": shown.item_id, "text": shown.text,
            "source": shown.source, "language": shown.language, "attempts": list(attempts), "created_at": _now(),
            "evidence": [one.model_dump(mode="json", exclude_defaults=True) for one in shown.evidence],
        }  # fmt: skip
        with self._engine.begin() as connection:
            connection.execute(sa.insert(schema.explanation), row)

    def explanations(self, decision_id: str) -> list[dict[str, Any]]:
        """The reasons that were written for a decision, in that order."""
        query = sa.select(schema.explanation).where(schema.explanation.c.decision_id == decision_id)
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query.order_by(schema.explanation.c.number)).mappings()]

    def slate(self, decision_id: str) -> list[str]:
        """The ids that a decision showed, in order."""
        query = sa.select(schema.slate_item.c.item_id).where(schema.slate_item.c.decision_id == decision_id)
        with self._engine.connect() as connection:
            return list(connection.execute(query.order_by(schema.slate_item.c.position)).scalars())

    def add_reward(
        self, decision_id: str, event_id: str, make: Callable[[str | None], Event]
    ) -> tuple[RewardReceipt, Event]:
        """Store a reward on a shown item, once: the same event again is acknowledged and not stored twice.

        `make` is given the decision's user id and returns the event, which comes back with the time of its first receipt.

        Raises:
            UnknownDecisionError: no such decision was logged.
            UnknownItemError: the item was not in its slate.
            ConflictError: `event_id` was used before for another reward.
        """
        with self._engine.connect() as connection, _write(connection):
            found = connection.execute(
                sa.select(schema.decision.c.id, schema.decision.c.user_id).where(schema.decision.c.id == decision_id)
            ).one_or_none()
            if found is None:
                raise UnknownDecisionError(
                    "no such decision was logged", where=f"decision {decision_id[:80]!r}",
                    remedy="Use the decision_id that recommend() returned, on the same store",
                )  # fmt: skip
            event = make(found.user_id)
            position = connection.execute(
                sa.select(schema.slate_item.c.position).where(
                    schema.slate_item.c.decision_id == decision_id, schema.slate_item.c.item_id == event.item_id
                )
            ).scalar()
            if position is None:
                raise UnknownItemError(
                    f"was not shown in decision {decision_id}", where=f"item {event.item_id!r}",
                    remedy="Reward an item of that slate",
                )  # fmt: skip
            row = {
                "event_id": event_id, "decision_id": decision_id, "item_id": event.item_id, "type": event.type.value,
                "value": event.value, "text": event.text, "reward": event.weight,
            }  # fmt: skip
            stored_at = self._stored_at(connection, row)
            if stored_at is None:
                received = {**row, "received_at": event.timestamp.isoformat()}
                connection.execute(sa.insert(schema.feedback), received)
            else:
                event = event.model_copy(update={"timestamp": datetime.fromisoformat(stored_at)})
        receipt = RewardReceipt(
            event_id=event_id, decision_id=decision_id, item_id=str(event.item_id), position=position, type=event.type,
            reward=event.weight, duplicate=stored_at is not None,
        )  # fmt: skip
        return receipt, event

    @staticmethod
    def _stored_at(connection: sa.Connection, row: dict[str, Any]) -> str | None:
        """When this very reward was received before; None if it is new."""
        query = sa.select(schema.feedback).where(schema.feedback.c.event_id == row["event_id"])
        before = connection.execute(query).mappings().one_or_none()
        if before is None:
            return None
        if any(before[name] != value for name, value in row.items()):
            raise ConflictError(
                "was used before for another reward", where=f"event {row['event_id'][:80]!r}",
                remedy="Give each reward an event_id of its own",
            )  # fmt: skip
        return str(before["received_at"])

    def rewards(self, decision_id: str) -> list[dict[str, Any]]:
        """The slate of a decision with the rewards that joined it, by position: the raw rows for learning."""
        joined = schema.slate_item.outerjoin(
            schema.feedback,
            sa.and_(
                schema.slate_item.c.decision_id == schema.feedback.c.decision_id,
                schema.slate_item.c.item_id == schema.feedback.c.item_id,
            ),
        )
        columns = (
            schema.slate_item.c.position, schema.slate_item.c.item_id, schema.slate_item.c.log_propensity,
            schema.feedback.c.type, schema.feedback.c.reward,
        )  # fmt: skip
        query = sa.select(*columns).select_from(joined).where(schema.slate_item.c.decision_id == decision_id)
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query.order_by(schema.slate_item.c.position)).mappings()]

    def impressions(self, before: datetime, limit: int) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """The newest decisions before a time, with what each showed, by position: item, log-propensity of the prefix, and the sum
        of the rewards that joined it."""
        rewards = sa.select(
            schema.feedback.c.decision_id, schema.feedback.c.item_id, sa.func.sum(schema.feedback.c.reward).label("reward")
        ).group_by(schema.feedback.c.decision_id, schema.feedback.c.item_id).subquery()  # fmt: skip
        joined = schema.slate_item.outerjoin(
            rewards,
            sa.and_(
                schema.slate_item.c.decision_id == rewards.c.decision_id,
                schema.slate_item.c.item_id == rewards.c.item_id,
            ),
        )
        columns = (
            schema.slate_item.c.decision_id, schema.slate_item.c.item_id, schema.slate_item.c.log_propensity,
            sa.func.coalesce(rewards.c.reward, 0.0).label("reward"),
        )  # fmt: skip
        chosen = sa.select(schema.decision).where(schema.decision.c.created_at < before.isoformat())
        chosen = chosen.order_by(schema.decision.c.created_at.desc()).limit(limit)
        with self._engine.connect() as connection:
            decisions = {row["id"]: dict(row) for row in connection.execute(chosen).mappings()}
            if not decisions:
                return []
            shown: dict[str, list[dict[str, Any]]] = {one: [] for one in decisions}
            oldest = min(row["created_at"] for row in decisions.values())
            wanted = sa.select(schema.decision.c.id).where(schema.decision.c.created_at >= oldest)
            query = sa.select(*columns).select_from(joined).where(schema.slate_item.c.decision_id.in_(wanted))
            query = query.order_by(schema.slate_item.c.decision_id, schema.slate_item.c.position)
            for row in connection.execute(query).mappings():
                if row["decision_id"] in shown:
                    shown[row["decision_id"]].append(dict(row))
        return [(decision, shown[one]) for one, decision in decisions.items()]

    def latest(self, n: int) -> list[dict[str, Any]]:
        """The logged rows of the newest `n` decisions, newest first."""
        query = sa.select(schema.decision).order_by(schema.decision.c.created_at.desc()).limit(n)
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def decision(self, decision_id: str) -> dict[str, Any]:
        """The logged row of a decision. Raises `UnknownDecisionError`."""
        with self._engine.connect() as connection:
            row = connection.execute(
                sa.select(schema.decision).where(schema.decision.c.id == decision_id)
            ).mappings().one_or_none()  # fmt: skip
        if row is None:
            raise UnknownDecisionError("no such decision was logged", where=f"decision {decision_id[:80]!r}")
        return dict(row)


@contextmanager
def _write(connection: sa.Connection) -> Iterator[None]:
    """A transaction that holds the write lock from its beginning: what is read in it stays true until it is written."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        yield
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _slate_row(decision_id: str, item: RankedItem, propensity: float) -> dict[str, Any]:
    return {
        "decision_id": decision_id,
        "position": item.rank,
        "item_id": item.id,
        "score": item.score,
        "log_propensity": propensity,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat()
