"""Expiry: what the store holds of all users, and is older than a time, goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tastemaker.agent.feedback.personal import LogDeleted
from tastemaker.agent.store import Store
from tastemaker.domain import Shape
from tastemaker.errors import InvalidInputError
from tastemaker.progress import Progress, silent


class Expiry(Shape):
    """What was deleted, in rows: `events`, `conversations` with their `turns`, and rows of the log."""

    events: int = 0
    conversations: int = 0
    turns: int = 0
    log: LogDeleted = LogDeleted()


def expire(store: Store, before: datetime, progress: Progress = silent) -> Expiry:
    """Delete, of all users, events before a time; conversations whose last turn was before it, whole; decisions made before it, with slates, reasons,
    rewards, outcomes and exposures, whenever these came; and rewards before it whose decision is not there.

    Preferences stay: users set them. So do heads, a few coefficients over all users, and tastes until the next `fit`. Some hundred rows go in a
    transaction, so that others write in between; stopped, as by a `progress` that raises, it has deleted what it told of, and done again it goes on.

    Raises `StoreError` if the database can't write.
    """
    before = before.astimezone(UTC)
    events = conversations = turns = 0
    log = LogDeleted()
    for gone in store.catalogue.expire(before):
        events += gone
        progress("Deleting old events", events, None)
    for some, said in store.memory.expire(before):
        conversations, turns = conversations + some, turns + said
        progress("Deleting old conversations", conversations, None)
    for rows in store.log.expire(before):
        log = LogDeleted(**{name: n + getattr(rows, name) for name, n in log})
        progress("Deleting old decisions", log.decisions, None)
    return Expiry(events=events, conversations=conversations, turns=turns, log=log)


def limit(older_than: timedelta) -> datetime:
    """The time in UTC that long ago. Raises `InvalidInputError` for an age that is not positive, or begins before the year 1."""
    if not isinstance(older_than, timedelta) or older_than <= timedelta():
        raise InvalidInputError(f"is {older_than!r}, not a positive timedelta", where="older_than")
    try:
        return datetime.now(UTC) - older_than
    except OverflowError as error:
        raise InvalidInputError("begins before the year 1", where="older_than") from error
