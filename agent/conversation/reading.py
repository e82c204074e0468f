"""What one turn of a conversation says: an act, a query, conditions, critiques and items with an opinion of them.

A reading names things as the user did (`Adam Sandler`, `#2`, `comedy`); `tastemaker.agent.conversation.conditions` finds what
they are in the catalogue. Names of fields and of genres are in English whatever the user wrote; other values are as written.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from tastemaker.domain import Shape, Text

MAX_MESSAGE_CHARS = 4_000
"""Characters of a message that are read; the rest is cut, and the reply says so."""


class Act(StrEnum):
    """What a turn asks for.

    `recommend` items; `next`: others instead of the last; `ask`: too little is said, or it contradicts itself, so that a question
    is due; `question` about an item; `talk`: a greeting, thanks and such; `reset`: forget what was said; `misuse`: it wants the prompt,
    another user's data, or other instructions to be followed.
    """

    RECOMMEND = "rec"
    NEXT = "next"
    ASK = "ask"
    QUESTION = "question"
    TALK = "talk"
    RESET = "reset"
    MISUSE = "misuse"


class Condition(Shape):
    """A condition on a field: one of `values`, or a number from `low` to `high`.

    `field` is `genre`, `year`, `runtime` (minutes), `rating`, `price`, `star`, `director`, `author`, `artist`, `brand`, `region`,
    `language`, `audience`, or whatever else was named. The ends belong to the range unless `above` (low) or `below` (high).
    A value `of:last` or `of:#2` stands for what the last item, or the second, has there.
    """

    field: str
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    negated: bool = False


class Critique(Shape):
    """Towards where the next slate is to move: `direction` of `field` from what was shown.

    Directions: of `year` `later` or `earlier`; of `tone` `lighter` or `darker`; of `runtime` `shorter` or `longer`; of
    anything else (`popularity`, `price`, `rating`, `pace`, `violence`, a genre, …) `more` or `less`. `than` is `last` (what was shown), `#2` or a title.
    """

    field: str
    direction: str
    than: str = "last"


class Mention(Shape):
    """An item that was named, by its place in the last slate (`#2`) or its title, and what was said of it.

    `kind`: `like`, `dislike`, `seen` (no opinion), or `similar`: something like it is wanted. `weak`: only somewhat.
    """

    kind: Literal["like", "dislike", "seen", "similar"]
    name: str
    weak: bool = False


class Reading(Shape):
    """One turn, understood.

    `query` is what to search for, without anything that is not wanted. `conditions` must hold; `wishes` are better met than not.
    `lifted` are fields whose conditions are given up, `all` for every one. `unknown` are fields no catalogue has a value of, such as
    `award` or `provider`: the reply says so. `conflict`: the turn contradicts itself. `about` and `asked` belong to a question: which item,
    and which field of it (`director`, `year`, `plot`, `star`, `runtime`, `why`, `why_not`, …).
    """

    act: Act = Act.RECOMMEND
    query: Text = ""
    conditions: tuple[Condition, ...] = ()
    wishes: tuple[Condition, ...] = ()
    critiques: tuple[Critique, ...] = ()
    mentions: tuple[Mention, ...] = ()
    lifted: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    count: int | None = Field(default=None, ge=1, le=100)
    conflict: bool = False
    about: str | None = None
    asked: str | None = None

    @property
    def empty(self) -> bool:
        """Whether it says nothing to go by."""
        said = (self.query, self.conditions, self.wishes, self.critiques, self.mentions, self.lifted, self.unknown)
        return not any(said)
