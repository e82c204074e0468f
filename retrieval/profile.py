"""What is known of a user, read from events: liked and unwanted items, searches, interests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tastemaker.domain import Event, EventType, Item, Shape

LIKED_FROM = 0.5
UNWANTED_FROM = -0.5


class Interest(Shape):
    """A category, its weight in [0, 1] as a share of all interests, and the items that support it."""

    category: str
    weight: float
    item_ids: tuple[str, ...]


class UserProfile(Shape):
    """Readable summary of a history. Ids stand in the order of their events, oldest first.

    `liked` are items whose latest event weighs at least 0.5, `unwanted` at most −0.5 (see `EVENT_WEIGHTS`); `seen` are
    all items with any event. An item is in at most one of the two.
    """

    liked: tuple[str, ...]
    unwanted: tuple[str, ...]
    seen: tuple[str, ...]
    searches: tuple[str, ...]
    interests: tuple[Interest, ...] = ()


def build_profile(events: Sequence[Event], items: Mapping[str, Item] | None = None) -> UserProfile:
    """The profile that `events`, oldest first, show. `items` gives the liked items' categories for the interests.

    The last preference about an item counts: a like after a dislike is a like.
    """
    opinion: dict[str, float] = {}
    seen: dict[str, None] = {}
    searches: list[str] = []
    for event in events:
        if event.type is EventType.SEARCH:
            searches.append(event.text or "")
        elif event.item_id is not None:
            seen[event.item_id] = None
            if abs(event.weight) >= LIKED_FROM or event.type is EventType.RATING:
                opinion.pop(event.item_id, None)
                opinion[event.item_id] = event.weight
    liked = tuple(identity for identity, weight in opinion.items() if weight >= LIKED_FROM)
    return UserProfile(
        liked=liked,
        unwanted=tuple(identity for identity, weight in opinion.items() if weight <= UNWANTED_FROM),
        seen=tuple(seen),
        searches=tuple(searches),
        interests=_interests(liked, items or {}),
    )


def _interests(liked: Sequence[str], items: Mapping[str, Item]) -> tuple[Interest, ...]:
    support: dict[str, list[str]] = defaultdict(list)
    for identity in liked:
        for category in items[identity].categories if identity in items else ():
            support[category].append(identity)
    total = sum(map(len, support.values())) or 1
    ranked = sorted(support.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple(Interest(category=name, weight=len(ids) / total, item_ids=tuple(ids)) for name, ids in ranked)
