"""What was shown, how likely it was, and what came of it. Rows are added, never changed; they go when erased, or too old."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tastemaker.agent.feedback import personal, schema
from tastemaker.agent.feedback.migrations import migrate
from tastemaker.agent.feedback.writer import Statement, Writer, insert
from tastemaker.domain import Event, Explanation, RankedItem, Recommendation, RewardReceipt
from tastemaker.errors import ConflictError, UnknownDecisionError, UnknownItemError

MAX_ORPHANS = 10_000
"""Rewards that are kept without their decision: anyone can send one, and most decisions come within seconds."""


@dataclass(frozen=True, slots=True)
class DecisionContext:
    """What the decision was made from, beside what was shown; kept for learning.

    `even`: this slate came from the share ε that is drawn evenly. `head_version` and `theta` are the head that scored it, and the
    coefficients that were drawn from it; None where there was none, or its mean was taken. `exposures` are the user's variants by experiment; `seconds` is what it took.
    """

    query: str | None
    seed: int
    tau: float
    epsilon: float
    template_version: str
    candidates: Sequence[dict[str, Any]]
    propensities: Sequence[float]
    request: dict[str, Any]
    even: bool = False
    head_version: str | None = None
    theta: Sequence[float] | None = None
    exposures: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None


class FeedbackLog:
    """The log in the database `engine`, SQLite or PostgreSQL, brought to the newest schema when opened.

    Raises `StoreError` if a newer version wrote it.
    """

    def __init__(self, engine: sa.Engine) -> None:
        migrate(engine)
        self.engine, self.writer = engine, Writer(engine)
        self._decision, self._slate_item = insert(schema.decision, engine), insert(schema.slate_item, engine)
        self._explanation, self._exposure = insert(schema.explanation, engine), insert(schema.exposure, engine)
        self._feedback = insert(schema.feedback, engine, once=True)
        self._shown = Statement(_shown(), engine)

    def close(self) -> None:
        """Let go of the connections."""
        self.writer.close()
        self.engine.dispose()

    def add_decision(self, shown: Recommendation, context: DecisionContext) -> None:
        """Write a decision and its slate in one transaction; committed when this returns.

        Raises `StoreError` if the database can't write, the driver's `IntegrityError` for one that is there.
        """
        self.add_decisions([(shown, context)])

    def add_decisions(self, decisions: Sequence[tuple[Recommendation, DecisionContext]]) -> None:
        """Write many, all or none; see `add_decision`."""
        now = now_text()
        rows = [_decision_row(shown, context, now) for shown, context in decisions]
        slates = [
            _slate_row(shown.decision_id, item, propensity)
            for shown, context in decisions
            for item, propensity in zip(shown.items, context.propensities, strict=True)
        ]
        exposures = [
            {"decision_id": shown.decision_id, "experiment": name, "variant": variant}
            for shown, context in decisions
            for name, variant in context.exposures.items()
        ]

        def write(connection: sa.Connection) -> None:
            self._decision(connection, *rows)
            self._slate_item(connection, *slates)
            if exposures:
                self._exposure(connection, *exposures)

        self.writer.run(write)

    def add_explanation(self, decision_id: str, shown: Explanation, attempts: Sequence[dict[str, Any]]) -> None:
        """Write a reason, before it is shown, with its evidence and all that the model tried: prompt, answer, fault."""
        row = {
            "decision_id": decision_id, "position": shown.rank, "item_id": shown.item_id, "text": shown.text,
            "source": shown.source, "language": shown.language, "attempts": list(attempts), "created_at": now_text(),
            "evidence": [one.model_dump(mode="json", exclude_defaults=True) for one in shown.evidence],
        }  # fmt: skip
        self.writer.run(lambda connection: self._explanation(connection, row))

    def add_reward(
        self, decision_id: str, event_id: str, make: Callable[[str | None], Event]
    ) -> tuple[RewardReceipt, Event]:
        """Store a reward on a shown item, once: the same event again is acknowledged and not stored twice.

        `make` is given the decision's user id and returns the event, which comes back with the time of its first receipt. A reward
        may come before its decision: it is kept as an `orphan`, and counts once the decision is there and has shown the item.

        Raises:
            UnknownItemError: the item was not in the decision's slate.
            ConflictError: `event_id` was used before for another reward.
            UnknownDecisionError: no such decision, and ten thousand rewards wait for theirs already.
            StoreError: the database can't write.
        """
        return self.writer.run(lambda connection: self._add_reward(connection, decision_id, event_id, make))

    def _add_reward(
        self, connection: sa.Connection, decision_id: str, event_id: str, make: Callable[[str | None], Event]
    ) -> tuple[RewardReceipt, Event]:
        item_id = make(None).item_id
        asked = {"decision": decision_id, "item": item_id, "event": event_id}
        known, user_id, position, stored = self._shown(connection, asked).fetchone()
        event = make(user_id)
        row = {
            "event_id": event_id, "decision_id": decision_id, "item_id": event.item_id, "type": event.type.value,
            "value": event.value, "text": event.text, "reward": event.weight,
        }  # fmt: skip
        if known is None:
            self._check_orphans(connection, decision_id)
        elif position is None:
            raise UnknownItemError(
                f"was not shown in decision {decision_id}", where=f"item {event.item_id!r}",
                remedy="Reward an item of that slate",
            )  # fmt: skip
        stored_at: str | None = None
        if (
            stored is not None
            or not self._feedback(connection, {**row, "received_at": event.timestamp.isoformat()}).rowcount
        ):
            stored_at = self._stored_at(connection, row)
            event = event.model_copy(update={"timestamp": datetime.fromisoformat(stored_at)})
        receipt = RewardReceipt(
            event_id=event_id, decision_id=decision_id, item_id=str(event.item_id), position=position,
            type=event.type, reward=event.weight, duplicate=stored_at is not None, orphan=known is None,
        )  # fmt: skip
        return receipt, event

    def _check_orphans(self, connection: sa.Connection, decision_id: str) -> None:
        waiting = sa.select(sa.func.count()).select_from(schema.feedback)
        waiting = waiting.where(schema.feedback.c.decision_id.not_in(sa.select(schema.decision.c.id)))
        if (connection.execute(waiting).scalar() or 0) >= MAX_ORPHANS:
            raise UnknownDecisionError(
                f"no such decision was logged, and {MAX_ORPHANS:,} rewards wait for theirs already",
                where=f"decision {decision_id[:80]!r}",
                remedy="Use the decision_id that recommend() returned, on the same store",
            )  # fmt: skip

    @staticmethod
    def _stored_at(connection: sa.Connection, row: dict[str, Any]) -> str:
        """When this very reward was received before. Raises `ConflictError` if it was another."""
        query = sa.select(schema.feedback).where(schema.feedback.c.event_id == row["event_id"])
        before = connection.execute(query).mappings().one()
        if any(before[name] != value for name, value in row.items()):
            raise ConflictError(
                "was used before for another reward", where=f"event {row['event_id'][:80]!r}",
                remedy="Give each reward an event_id of its own",
            )  # fmt: skip
        return str(before["received_at"])

    def explanations(self, decision_id: str) -> list[dict[str, Any]]:
        """The reasons that were written for a decision, in that order."""
        query = sa.select(schema.explanation).where(schema.explanation.c.decision_id == decision_id)
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query.order_by(schema.explanation.c.number)).mappings()]

    def slate(self, decision_id: str) -> list[str]:
        """The ids that a decision showed, in order."""
        query = sa.select(schema.slate_item.c.item_id).where(schema.slate_item.c.decision_id == decision_id)
        with self.engine.connect() as connection:
            return list(connection.execute(query.order_by(schema.slate_item.c.position)).scalars())

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
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query.order_by(schema.slate_item.c.position)).mappings()]

    def latest(self, n: int) -> list[dict[str, Any]]:
        """The logged rows of the newest `n` decisions, newest first."""
        query = sa.select(schema.decision).order_by(schema.decision.c.created_at.desc()).limit(n)
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def owner(self, decision_id: str) -> str | None:
        """Whose decision it is, None if nobody was named. Raises `UnknownDecisionError`."""
        with self.engine.connect() as connection:
            query = sa.select(schema.decision.c.user_id).where(schema.decision.c.id == decision_id)
            row = connection.execute(query).one_or_none()
        if row is None:
            raise unknown_decision(decision_id)
        return None if row.user_id is None else str(row.user_id)

    def decision(self, decision_id: str) -> dict[str, Any]:
        """The logged row of a decision. Raises `UnknownDecisionError`."""
        with self.engine.connect() as connection:
            row = connection.execute(
                sa.select(schema.decision).where(schema.decision.c.id == decision_id)
            ).mappings().one_or_none()  # fmt: skip
        if row is None:
            raise unknown_decision(decision_id)
        return dict(row)

    def erase_user(self, user_id: str) -> personal.LogErased:
        """Delete a user's decisions with all that belongs to them, all or nothing; says what that was. None of theirs is no error.

        Raises `StoreError` if the database can't write.
        """
        return self.writer.run(lambda connection: personal.erase(connection, user_id))

    def expire(self, before: datetime) -> Iterator[personal.LogDeleted]:
        """Delete decisions made before a time in UTC, with all that belongs to them, and rewards that came before it and never found theirs, some
        hundred in a transaction; yields what each has deleted.

        Raises `StoreError` if the database can't write.
        """

        def delete(connection: sa.Connection) -> personal.LogDeleted:
            return personal.expire(connection, before)

        while (gone := self.writer.run(delete)) != personal.LogDeleted():
            yield gone

    def export_user(self, user_id: str) -> list[dict[str, Any]]:
        """All that is logged of a user, decision by decision, oldest first, ready for JSON."""
        with self.engine.connect() as connection:
            return personal.export(connection, user_id)


def unknown_decision(decision_id: str) -> UnknownDecisionError:
    """The error for a decision that is not in the log."""
    return UnknownDecisionError("no such decision was logged", where=f"decision {decision_id[:80]!r}")


def _shown() -> sa.Select[Any]:
    """One row in any case: whether the decision is `known`, its user, the item's place in it, and whether the event is `stored`."""
    decision, item, event = (sa.bindparam(name, type_=sa.String) for name in ("decision", "item", "event"))
    asked = sa.select(sa.literal_column("1").label("one")).subquery()
    places = sa.and_(schema.slate_item.c.decision_id == decision, schema.slate_item.c.item_id == item)
    joined = (
        asked.outerjoin(schema.decision, schema.decision.c.id == decision)
        .outerjoin(schema.slate_item, places)
        .outerjoin(schema.feedback, schema.feedback.c.event_id == event)
    )
    return sa.select(
        schema.decision.c.id.label("known"), schema.decision.c.user_id, schema.slate_item.c.position,
        schema.feedback.c.event_id.label("stored"),
    ).select_from(joined)  # fmt: skip


def _decision_row(shown: Recommendation, context: DecisionContext, now: str) -> dict[str, Any]:
    return {
        "id": shown.decision_id, "created_at": now, "user_id": shown.user_id, "query": context.query,
        "policy_version": shown.policy_version, "tau": context.tau, "epsilon": context.epsilon,
        "degraded": shown.degraded, "seed": context.seed, "log_propensity": shown.log_propensity,
        "engine": shown.engine, "model": shown.model, "template_version": context.template_version,
        "candidates": list(context.candidates), "request": context.request, "even": context.even, "head_version": context.head_version,
        "theta": list(context.theta) if context.theta is not None else None, "seconds": context.seconds,
    }  # fmt: skip


def _slate_row(decision_id: str, item: RankedItem, propensity: float) -> dict[str, Any]:
    return {
        "decision_id": decision_id, "position": item.rank, "item_id": item.id, "score": item.score,
        "log_propensity": propensity,
    }  # fmt: skip


def now_text() -> str:
    """The time in UTC, as the log writes it: such texts sort as their times do."""
    return datetime.now(UTC).isoformat()
