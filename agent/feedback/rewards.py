"""What an impression earned: which rewards count, from when to when, and how several become one number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tastemaker.domain import EventType

HALF_HOUR, DAY, WEEK = timedelta(minutes=30), timedelta(days=1), timedelta(days=7)
WINDOWS: dict[EventType, timedelta] = {
    EventType.VIEW: HALF_HOUR,
    EventType.CLICK: HALF_HOUR,
    EventType.DWELL: HALF_HOUR,
    EventType.SKIP: HALF_HOUR,
    EventType.LIKE: DAY,
    EventType.DISLIKE: DAY,
    EventType.RATING: DAY,
    EventType.FOLLOW: DAY,
    EventType.SHARE: DAY,
    EventType.COMMENT: DAY,
    EventType.CART: DAY,
    EventType.PURCHASE: WEEK,
}
"""How long after its decision a reward of each type still counts. What comes later is kept and trains nothing."""
SKEW = DAY
"""How far two servers' clocks may be apart: a reward up to this long before its decision counts, an earlier one does not."""
OPINIONS = frozenset({EventType.LIKE, EventType.DISLIKE, EventType.RATING})
"""Of these the latest is meant: a thumb that was changed twice counts once."""
OPENED = frozenset({EventType.CLICK, EventType.VIEW, EventType.DWELL, EventType.CART, EventType.PURCHASE})
"""What shows that an item was opened, in every CTR: a purchase without a click was clicked too."""


@dataclass(frozen=True, slots=True)
class Earned:
    """`reward` in [-1, 1]; `types` maps each type that counted to its weight; `late` and `early` rewards did not count."""

    reward: float
    types: dict[str, float]
    late: int = 0
    early: int = 0


def earned(rows: Iterable[Mapping[str, Any]], decided_at: datetime) -> Earned:
    """What one impression earned, from rows with `type`, `reward`, `received_at` (ISO) and `event_id`, in any order.

    Each type counts once, opinions (like, dislike, rating) once together, by the latest. The latest opinion stands above all else; without one the
    largest reward does, or, if all are negative, the smallest. Times are the server's: a client's clock has no say.
    """
    types: dict[str, float] = {}
    opinion: float | None = None
    late = early = 0
    for row in sorted(rows, key=lambda row: (row["received_at"], row["event_id"])):
        kind, after = EventType(row["type"]), datetime.fromisoformat(row["received_at"]) - decided_at
        if after > WINDOWS.get(kind, HALF_HOUR):
            late += 1
            continue
        if after < -SKEW:
            early += 1
            continue
        if kind in OPINIONS:
            types = {name: weight for name, weight in types.items() if EventType(name) not in OPINIONS}
            opinion = row["reward"]
        types[kind.value] = row["reward"]
    if opinion is not None:
        reward = opinion
    else:
        reward = max(types.values(), default=0.0)
        reward = reward if reward > 0 else min(types.values(), default=0.0)
    return Earned(max(-1.0, min(1.0, reward)), types, late, early)


def horizon(types: Iterable[str]) -> timedelta:
    """How long a decision waits until every one of `types` had its time: the longest of their windows, at least half an hour."""
    return max((WINDOWS.get(EventType(one), HALF_HOUR) for one in types), default=HALF_HOUR)
