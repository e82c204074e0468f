"""Outcomes: what each impression had earned when its time was over, which learning reads; and what it has earned until now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from tastemaker.agent.feedback import schema
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.agent.feedback.rewards import earned, horizon
from tastemaker.agent.feedback.writer import insert, lock
from tastemaker.progress import Progress, silent

USER_CAP = 100
"""Impressions a user counts for in an hour; more are scaled down to it, so that none trains the policy alone."""
BOT_REWARDS = 600
"""Rewards from one user in an hour from which on they are taken for a program's, and count for nothing."""
PART = 500


@dataclass(frozen=True, slots=True)
class Matured:
    """What `mature` wrote: decisions and impressions; and the rewards that did not count, by why."""

    decisions: int = 0
    impressions: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


def mature(
    log: FeedbackLog, now: datetime | None = None, wait: timedelta | None = None, progress: Progress = silent
) -> Matured:
    """Write the outcomes of all decisions whose time is over, by the hour in which it was over, each hour in a transaction.

    A decision's time is over after `wait`, by default the longest window of the reward types that this log ever received. Every
    impression gets an outcome, 0 where nothing came. What is written stays: a reward that comes later changes nothing. Only hours
    that have ended are written, so that whoever asks when finds the same batches; of two processes that do it at once one writes.
    """
    now = now or datetime.now(UTC)
    with log.engine.connect() as connection:
        kinds = connection.execute(sa.select(schema.feedback.c.type).distinct()).scalars().all()
        wait = horizon(kinds) if wait is None else wait
        until = (now.replace(minute=0, second=0, microsecond=0) - wait).isoformat()
        waiting = connection.execute(
            sa.select(schema.decision.c.id, schema.decision.c.created_at, schema.decision.c.user_id)
            .where(schema.decision.c.created_at < until)
            .where(schema.decision.c.id.not_in(sa.select(schema.outcome.c.decision_id)))
            .order_by(schema.decision.c.created_at, schema.decision.c.id)
        ).all()
    decided = shown = 0
    left_out = Counter[str]()
    add = insert(schema.outcome, log.engine)
    for batch, rows in groupby(waiting, key=lambda row: _hour(row.created_at, wait)):
        decisions = {row.id: (datetime.fromisoformat(row.created_at), row.user_id) for row in rows}
        progress("Maturing", decided, len(waiting))

        def write(
            connection: sa.Connection, batch: str = batch, decisions: Any = decisions
        ) -> tuple[int, int, Counter[str]]:
            lock(connection)
            known = _among(connection, sa.select(schema.outcome.c.decision_id), schema.outcome.c.decision_id, decisions)
            left = {one: told for one, told in decisions.items() if one not in {row.decision_id for row in known}}
            found, uncounted = _outcomes(connection, left)
            if found:
                add(connection, *({**row, "batch": batch} for row in found))
            return len(left), len(found), uncounted

        # Added up once it is committed: a job may be run again where another of its group failed.
        decisions_written, impressions_written, uncounted = log.writer.run(write)
        decided, shown = decided + decisions_written, shown + impressions_written
        left_out.update(uncounted)
    progress("Maturing", len(waiting), len(waiting))
    return Matured(decided, shown, dict(left_out))


def _outcomes(
    connection: sa.Connection, decisions: Mapping[str, tuple[datetime, str | None]]
) -> tuple[list[dict[str, Any]], Counter[str]]:
    """The rows of these decisions' impressions, and how many rewards do not count, by why."""
    left_out = Counter[str]()
    rewards = _by_impression(connection, decisions)
    shown = _among(connection, sa.select(schema.slate_item), schema.slate_item.c.decision_id, decisions)
    given, seen = Counter[str](), Counter[str]()
    for row in shown:
        if user := decisions[row.decision_id][1]:
            seen[user] += 1
            given[user] += len(rewards.get((row.decision_id, row.item_id), ()))
    left_out["not shown"] += sum(map(len, rewards.values())) - sum(
        len(rewards.get((row.decision_id, row.item_id), ())) for row in shown
    )
    found = []
    for row in shown:
        decided_at, user = decisions[row.decision_id]
        told = earned(rewards.get((row.decision_id, row.item_id), ()), decided_at)
        left_out.update(late=told.late, early=told.early)
        bot = bool(user) and given[user or ""] > BOT_REWARDS
        left_out["program"] += len(told.types) if bot else 0
        weight = 0.0 if bot else min(1.0, USER_CAP / seen[user]) if user else 1.0
        found.append(
            {"decision_id": row.decision_id, "position": row.position, "item_id": row.item_id, "reward": told.reward,
             "weight": weight, "types": told.types}
        )  # fmt: skip
    return found, left_out


def impressions(log: FeedbackLog, before: datetime, limit: int) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The newest decisions before a time, newest first, with what each showed by position: `item_id`, `log_propensity` of the prefix,
    and what it earned until now, `reward` and `types`."""
    chosen = sa.select(schema.decision).where(schema.decision.c.created_at < before.isoformat())
    return with_slates(log, chosen.order_by(schema.decision.c.created_at.desc(), schema.decision.c.id).limit(limit))


def with_slates(log: FeedbackLog, chosen: sa.Select[Any]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The decisions that a query chooses, each with what it showed and what came of it until now."""
    with log.engine.connect() as connection:
        decisions = {row["id"]: dict(row) for row in connection.execute(chosen).mappings()}
        shown = _among(connection, sa.select(schema.slate_item), schema.slate_item.c.decision_id, decisions)
        rewards = _by_impression(connection, decisions)
    slates: dict[str, list[dict[str, Any]]] = {one: [] for one in decisions}
    times = {one: datetime.fromisoformat(row["created_at"]) for one, row in decisions.items()}
    for row in shown:
        told = earned(rewards.get((row.decision_id, row.item_id), ()), times[row.decision_id])
        slates[row.decision_id].append(
            {"item_id": row.item_id, "position": row.position, "log_propensity": row.log_propensity,
             "reward": told.reward, "types": told.types}
        )  # fmt: skip
    return [(decision, slates[one]) for one, decision in decisions.items()]


def batches(log: FeedbackLog, until: int | None = None) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """The outcomes up to a number, hour by hour, in the order in which they were written, joined with their decisions'
    candidates, degradation and whether they were drawn evenly."""
    query = (
        sa.select(schema.outcome, schema.decision.c.candidates, schema.decision.c.degraded, schema.decision.c.even)
        .join(schema.decision, schema.decision.c.id == schema.outcome.c.decision_id)
        .order_by(schema.outcome.c.number)
    )
    if until is not None:
        query = query.where(schema.outcome.c.number <= until)
    with log.engine.connect() as connection:
        rows = connection.execution_options(yield_per=PART).execute(query).mappings()
        for batch, group in groupby(rows, key=lambda row: row["batch"]):
            yield str(batch), [dict(row) for row in group]


def newest(log: FeedbackLog) -> int:
    """The number of the last outcome; 0 if there is none."""
    with log.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.max(schema.outcome.c.number))).scalar() or 0


def _by_impression(connection: sa.Connection, decisions: Iterable[str]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found = defaultdict[tuple[str, str], list[dict[str, Any]]](list)
    for row in _among(connection, sa.select(schema.feedback), schema.feedback.c.decision_id, decisions):
        found[row.decision_id, row.item_id].append(dict(row._mapping))
    return found


def _among(
    connection: sa.Connection, query: sa.Select[Any], column: sa.Column[Any], wanted: Iterable[str]
) -> list[sa.Row[Any]]:
    """The rows whose `column` is among `wanted`, some hundred at a time: databases bound the parameters of a statement."""
    ids, found = list(wanted), list[sa.Row[Any]]()
    for start in range(0, len(ids), PART):
        found += connection.execute(query.where(column.in_(ids[start : start + PART])).order_by(*_key(column.table)))
    return found


def _key(table: Any) -> Sequence[sa.Column[Any]]:
    return list(table.primary_key.columns)


def _hour(created_at: str, wait: timedelta) -> str:
    return (datetime.fromisoformat(created_at) + wait).replace(minute=0, second=0, microsecond=0).isoformat()
