"""What is true of one recommendation, as raw records: what the independent checker judges sentences by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tastemaker.domain import Event, Item


@dataclass(frozen=True, slots=True)
class Together:
    """How many users had both items, the one of the history, the recommended one; and how many users there are."""

    both: int
    history: int
    item: int
    users: int


@dataclass(frozen=True, slots=True)
class World:
    """One recommended `item`, for a user with these `events` (before the request, oldest first), in a catalogue `items`.

    `query` is what the user asked for in this request, if anything. `conditions` are the user's hard conditions in words,
    each with whether the item meets it. `popular_place` is the item's place by the number of users who had it, 1 the most.
    `near` maps an item of the history to the place that the recommended one has by similarity of text to it, among
    all items that the user has not had, 1 the nearest. `together` maps an item of the history to how often both were had. `explored` says that the item was
    drawn by chance, `unseen` that nobody had it yet, `sponsored` that it is a paid place.
    """

    item: Item
    language: str
    events: tuple[Event, ...]
    items: Mapping[str, Item]
    query: str | None = None
    conditions: Mapping[str, bool] = field(default_factory=dict)
    popular_place: int | None = None
    near: Mapping[str, int] = field(default_factory=dict)
    together: Mapping[str, Together] = field(default_factory=dict)
    explored: bool = False
    unseen: bool = False
    sponsored: bool = False
