"""What is known of a user: read from events, liked and unwanted items, searches, interests; and what they said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from tastemaker.domain import Event, EventType, Item, Preferences, Shape
from tastemaker.retrieval.filters import Filter, Holds, Not, Values, parse_filter

LIKED_FROM = 0.5
UNWANTED_FROM = -0.5
INTEREST_DECAY = 0.98
"""What each later event leaves of an event's say in the interests: a half after 34."""


class Interest(Shape):
    """A category, its weight in [-1, 1], and the items whose events support it, the newest last.

    Weights are shares: their absolute values sum to 1. A negative one says that the category is avoided.
    """

    category: str
    weight: float
    item_ids: tuple[str, ...]


class InterestVector(Shape):
    """A group of likes that are near each other by text: the one in its middle, whose vector speaks for the group, all of
    them, and the group's share in (0, 1]."""

    item_id: str
    weight: float
    item_ids: tuple[str, ...]


class UserProfile(Shape):
    """Readable summary of a history. Ids stand in the order of their latest events, oldest first.

    `liked` are items whose latest event weighs at least 0.5, `unwanted` at most −0.5 (see `EVENT_WEIGHTS`); `seen` are
    all items with any event. An item is in at most one of the two. `languages` are the user's own or, if they gave none,
    those of what they like, the most frequent first; `constraints` and `avoided` are what they set (`Preferences`).
    `deeds` tells what the user last did with each liked item.
    """

    liked: tuple[str, ...]
    unwanted: tuple[str, ...]
    seen: tuple[str, ...]
    searches: tuple[str, ...]
    interests: tuple[Interest, ...] = ()
    vectors: tuple[InterestVector, ...] = ()
    languages: tuple[str, ...] = ()
    constraints: dict[str, Any] = Field(default_factory=dict)
    avoided: tuple[str, ...] = ()
    deeds: dict[str, EventType] = Field(default_factory=dict)


def build_profile(
    events: Sequence[Event], items: Mapping[str, Item] | None = None, preferences: Preferences | None = None
) -> UserProfile:
    """The profile that `events`, oldest first, show. `items` gives the categories that interests are made of.

    The last preference about an item counts: a like after a dislike is a like. Interests come from every event on an
    item, by its weight and by how many events ago it was: likes, follows and purchases raise its categories, dislikes and
    skips lower them. What the user set in `preferences` wins.
    """
    known, said = items or {}, preferences or Preferences()
    opinion: dict[str, float] = {}
    deeds: dict[str, EventType] = {}
    seen: dict[str, None] = {}
    searches: list[str] = []
    for event in events:
        if event.type is EventType.SEARCH:
            searches.append(event.text or "")
        elif event.item_id is not None:
            seen.pop(event.item_id, None)
            seen[event.item_id] = None
            if abs(event.weight) >= LIKED_FROM or event.type is EventType.RATING:
                opinion.pop(event.item_id, None)
                opinion[event.item_id], deeds[event.item_id] = event.weight, event.type
    liked = tuple(identity for identity, weight in opinion.items() if weight >= LIKED_FROM)
    return UserProfile(
        liked=liked,
        unwanted=tuple(identity for identity, weight in opinion.items() if weight <= UNWANTED_FROM),
        seen=tuple(seen),
        searches=tuple(searches),
        interests=tuple(one for one in _interests(events, known) if one.category not in said.avoided),
        languages=said.languages or _languages([known[one] for one in liked if one in known]),
        constraints=said.constraints,
        avoided=said.avoided,
        deeds={identity: deeds[identity] for identity in liked},
    )


def limits(profile: UserProfile, where: Filter | None) -> Filter | None:
    """What may be shown to someone who asks for `where`: that, what they set as constraints, and nothing they avoid.

    Raises `InvalidInputError` for constraints that are no filter.
    """
    parts = list(where.parts) if where is not None else []
    if profile.constraints:
        parts.extend(parse_filter(profile.constraints).parts)
    if profile.avoided:
        parts.append(Not(Filter((Holds("category", "any", Values(texts=profile.avoided)),))))
    return Filter(tuple(parts)) if parts else None


def _languages(items: Sequence[Item]) -> tuple[str, ...]:
    counts = Counter(item.language for item in items if item.language)
    return tuple(one for one, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _interests(events: Sequence[Event], items: Mapping[str, Item]) -> tuple[Interest, ...]:
    sums: dict[str, float] = defaultdict(float)
    support: dict[str, dict[str, None]] = defaultdict(dict)
    for age, event in enumerate(reversed(events)):
        item = items.get(event.item_id or "")
        if item is None or not event.weight:
            continue
        for category in item.categories:
            sums[category] += event.weight * INTEREST_DECAY**age / len(item.categories)
            support[category][item.id] = None
    total = sum(map(abs, sums.values())) or 1.0
    ranked = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(
        Interest(category=name, weight=weight / total, item_ids=tuple(reversed(support[name])))
        for name, weight in ranked
    )
