"""What the tokens of a turn are found to say, before it is put together to a reading."""

from __future__ import annotations

from dataclasses import dataclass, field

from tastemaker.agent.conversation.reading import Condition, Critique

VALUES = {"genre", "region", "language", "audience", "person", "nick", "value", "range", "name", "mood", "topic", "award", "provider", "subtitles"}  # fmt: skip
"""Kinds of tokens that state a condition or a topic."""
ITEMS = {"place", "many", "title", "alias", "series", "rest"}
"""Kinds of tokens that name an item."""
ENDS = {"end", "comma", "but"}
"""Kinds of tokens that end a clause."""
FLIPPED = {"later": "earlier", "lighter": "darker", "shorter": "longer", "more": "less"}
FLIPPED |= {after: before for before, after in FLIPPED.items()}
"""The other direction of a critique."""


@dataclass(slots=True)
class Said:
    """A condition as it was found. `sign`: 1 wanted, -1 not wanted, 0 neither. `link` joins it to the one before: `or`, `and`, `comma`."""

    condition: Condition
    sign: int
    wish: bool
    clause: int
    link: str = ""


@dataclass(slots=True)
class Item:
    """An item as it was found, and what is said of it so far: an opinion, `similar`, `seen`, or `none`."""

    name: str
    clause: int
    opinion: str = ""
    weak: bool = False


@dataclass(slots=True)
class Found:
    """Everything that the tokens said. `signals` are kinds of tokens that tell the act; `silent`: something was said that adds nothing."""

    said: list[Said] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    critiques: list[Critique] = field(default_factory=list)
    lifted: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    query: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    signals: set[str] = field(default_factory=set)
    count: int | None = None
    silent: bool = False


def other_side(one: Condition) -> Condition:
    """The range on the other side of the end of this one."""
    if one.low is not None:
        return Condition(field=one.field, high=one.low, below=not one.above)
    return Condition(field=one.field, low=one.high, above=not one.below)
