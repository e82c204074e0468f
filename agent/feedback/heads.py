"""Versions of the head, and which one serves: rows that are added, so that a rollback is another row."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tastemaker.agent.feedback import schema
from tastemaker.agent.feedback.log import FeedbackLog, now_text
from tastemaker.agent.feedback.writer import insert, lock
from tastemaker.errors import ConflictError, InvalidInputError

ROLLBACK = "rollback"


def add_head(
    log: FeedbackLog, version: str, state: dict[str, Any], outcomes_until: int, outcomes: int | None = None
) -> None:
    """Keep a version; one that is there already stays as it is, so that two may learn the same at once, unless it was erased.

    `outcomes` is how many outcomes up to that number there were when it was learned, by `count_outcomes`. Raises `ConflictError` if there are
    fewer now: it knows of somebody who was forgotten meanwhile.
    """
    row = {"version": version, "created_at": now_text(), "state": state, "outcomes_until": outcomes_until}
    add = insert(schema.head, log.engine, once=True)

    def job(connection: sa.Connection) -> None:
        lock(connection)
        if outcomes is not None and connection.execute(_counted(outcomes_until)).scalar_one() != outcomes:
            raise ConflictError(
                "had learned from a user who was erased meanwhile, and is not kept", where=f"head {version}",
                remedy="Learn again",
            )  # fmt: skip
        add(connection, row)
        kept = connection.execute(sa.select(schema.head.c.state).where(schema.head.c.version == version)).scalar_one()
        if schema.ERASED in kept:  # the same comes out without those who are gone
            connection.execute(sa.update(schema.head).where(schema.head.c.version == version).values(state=state))

    log.writer.run(job)


def count_outcomes(log: FeedbackLog, until: int) -> int:
    """How many outcomes there are up to a number."""
    with log.engine.connect() as connection:
        return int(connection.execute(_counted(until)).scalar_one())


def _counted(until: int) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(schema.outcome).where(schema.outcome.c.number <= until)


def head_state(log: FeedbackLog, version: str) -> dict[str, Any]:
    """What was kept of a version. Raises `InvalidInputError` for one that is not there, or was erased with a user whom it had learned from."""
    found = _state(log, version)
    if schema.ERASED in found:
        raise InvalidInputError(
            "was erased, as it had learned from a user who is forgotten", where=repr(version[:80]),
            remedy="Run tastemaker learn",
        )  # fmt: skip
    return found


def in_force(log: FeedbackLog, version: str) -> tuple[str, dict[str, Any]] | None:
    """What scores where a version is named: itself, or what took its place when it was erased; None if nothing did.

    Raises `InvalidInputError` for one that is not there.
    """
    found = _state(log, version)
    if schema.ERASED not in found:
        return version, found
    successor = found[schema.ERASED]
    return in_force(log, successor) if successor else None


def succeed(log: FeedbackLog, erased: str, version: str) -> None:
    """Let another version take the place of one that was erased, wherever that is named."""
    change = sa.update(schema.head).where(schema.head.c.version == erased).values(state={schema.ERASED: version})
    log.writer.run(lambda connection: connection.execute(change))


def outcomes_until(log: FeedbackLog, version: str) -> int:
    """The number of the last outcome that a version had learned from; 0 if it is not there."""
    with log.engine.connect() as connection:
        query = sa.select(schema.head.c.outcomes_until).where(schema.head.c.version == version)
        return int(connection.execute(query).scalar() or 0)


def _state(log: FeedbackLog, version: str) -> dict[str, Any]:
    with log.engine.connect() as connection:
        found = connection.execute(sa.select(schema.head.c.state).where(schema.head.c.version == version)).scalar()
    if found is None:
        raise InvalidInputError("is no version of a head", where=repr(version[:80]), remedy="Run tastemaker learn")
    return dict(found)


def newest_head(log: FeedbackLog) -> str | None:
    """The version that was learned last and not erased; None if there is none."""
    order = (schema.head.c.created_at.desc(), schema.head.c.outcomes_until.desc())
    with log.engine.connect() as connection:
        rows = connection.execute(sa.select(schema.head.c.version, schema.head.c.state).order_by(*order))
        return next((version for version, state in rows if schema.ERASED not in state), None)


def serving(log: FeedbackLog) -> str | None:
    """The version that scores now; None: the fixed fusion of prior and model does."""
    with log.engine.connect() as connection:
        query = sa.select(schema.serving.c.head_version).order_by(schema.serving.c.number.desc()).limit(1)
        return connection.execute(query).scalar()


def stopped(log: FeedbackLog) -> str | None:
    """The version that served until it was erased, if nothing serves since; None if it is not so."""
    query = sa.select(schema.serving.c.head_version, schema.serving.c.why).order_by(schema.serving.c.number.desc())
    with log.engine.connect() as connection:
        latest = connection.execute(query.limit(1)).first()
    if latest is None or latest.head_version is not None or latest.why.get("kind") != schema.ERASURE:
        return None
    return str(latest.why["from"])


def serve(log: FeedbackLog, version: str, why: dict[str, Any]) -> None:
    """Let a version score from now on, in every process that uses this log. Raises `InvalidInputError` for one that is not there."""
    head_state(log, version)
    _point(log, version, why)


def rollback(log: FeedbackLog) -> str | None:
    """Go back to what served before the present head; returns its version, or what took its place, None for the fixed fusion.

    Raises `InvalidInputError` if no head serves.
    """
    with log.engine.connect() as connection:
        query = sa.select(schema.serving.c.head_version, schema.serving.c.why).order_by(schema.serving.c.number)
        rows = connection.execute(query).all()
    past = list[str | None]([None])
    for version, why in rows:
        if why.get("kind") == ROLLBACK:
            past.pop()
        elif why.get("kind") == schema.ERASURE:
            past[-1] = version  # it took the place of what served
        else:
            past.append(version)
    if len(past) == 1:
        raise InvalidInputError("no head serves, so there is nothing to go back from", where="serving")
    found = in_force(log, past[-2]) if past[-2] is not None else None
    before = found[0] if found else None
    _point(log, before, {"kind": ROLLBACK, "from": past[-1]})
    return before


def _point(log: FeedbackLog, version: str | None, why: dict[str, Any]) -> None:
    add = insert(schema.serving, log.engine)
    row = {"head_version": version, "created_at": now_text(), "why": why}
    log.writer.run(lambda connection: add(connection, row))
