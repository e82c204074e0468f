"""What a conversation remembers from turn to turn; bounded, so that its last turn costs what its first did."""

from __future__ import annotations

from typing import Any

from tastemaker.agent.conversation.reading import Condition
from tastemaker.domain import Shape

MAX_SHOWN = 5_000
"""Items shown that are kept from coming back; the oldest are forgotten beyond that."""
MAX_CHIPS = 24
MAX_OPINIONS = 200
MAX_WISHES = 4
"""Queries of past turns that still count: what was asked for before is a topic still, and the last word weighs most."""

_BOUNDS = {
    "shown": MAX_SHOWN, "seen": MAX_SHOWN, "liked": MAX_OPINIONS, "disliked": MAX_OPINIONS, "like": MAX_WISHES,
    "wishes": MAX_WISHES,
}  # fmt: skip


class Chip(Shape):
    """A condition in force: `where` is the hard filter that it stands for, `text` what the user reads and can lift by `id`."""

    id: str
    field: str
    text: str
    where: dict[str, Any]
    condition: Condition
    turn: int


class Move(Shape):
    """A critique in force: the slates stay on that side of what was shown when it was made.

    `where` is its hard filter; of `popularity` instead `bound`, a number of events that items have fewer or more of.
    """

    field: str
    direction: str
    text: str
    where: dict[str, Any] | None = None
    bound: float | None = None


class Shown(Shape):
    """A slate that was shown, best first, and the decision that it was logged as."""

    decision_id: str
    item_ids: tuple[str, ...]


class Asked(Shape):
    """A question that was asked, and the values that it offered."""

    field: str
    options: tuple[str, ...]


class State(Shape):
    """All that the next turn needs.

    `liked`, `disliked` and `seen` are items that the user named or pointed at; `like` are those that something similar is wanted to.
    `asked` are the fields of all questions so far; `question` the one that waits for its answer, `offer` the condition that the user was
    asked whether to drop.
    """

    turn: int = 0
    language: str = "en"
    chips: tuple[Chip, ...] = ()
    moves: tuple[Move, ...] = ()
    wishes: tuple[str, ...] = ()
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    last: Shown | None = None
    asked: tuple[str, ...] = ()
    question: Asked | None = None
    offer: str | None = None

    @property
    def known(self) -> bool:
        """Whether the conversation has said anything to go by."""
        return bool(self.chips or self.moves or self.wishes or self.liked or self.disliked or self.like)

    @property
    def excluded(self) -> set[str]:
        """What may not come: shown, seen, or with an opinion already."""
        return {*self.shown, *self.seen, *self.liked, *self.disliked, *self.like}

    def after(self, **changes: Any) -> State:
        """The state with some parts changed, each within its bound."""
        texts = {name: tuple(dict.fromkeys(value)) for name, value in changes.items() if name in _BOUNDS}
        kept = changes | {name: value[-_BOUNDS[name] :] for name, value in texts.items()}
        if "chips" in kept:
            kept["chips"] = kept["chips"][-MAX_CHIPS:]
        return self.model_copy(update=kept)
