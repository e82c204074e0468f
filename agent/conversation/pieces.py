"""What a reply is made of, as it is streamed, and the whole of it put together."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Literal

from tastemaker.domain import Evidence, RankedItem, Shape


class ChipShown(Shape):
    """A condition in force, as a client shows it; given back as `lift`, its `id` takes it out of force."""

    id: str
    field: str
    text: str


class Piece(Shape):
    """A part of a reply.

    `kind` is `text` (a sentence, or a part of one), `slate` (`items`, logged as `decision_id`), `reason` (`text` for the item `item_id`), or,
    once and last, `done` (`chips` in force, `options` of a question, the `reading` in notation and the `reader` that made it: `rules` or `model`).
    """

    kind: Literal["text", "slate", "reason", "done"]
    conversation_id: str
    turn: int
    text: str = ""
    decision_id: str | None = None
    items: tuple[RankedItem, ...] = ()
    item_id: str | None = None
    source: str = ""
    evidence: tuple[Evidence, ...] = ()
    chips: tuple[ChipShown, ...] = ()
    options: tuple[str, ...] = ()
    act: str = ""
    reading: str = ""
    reader: str = ""


class Reply(Shape):
    """A whole reply: its text, the slate with its reasons, the conditions in force, and the options of the question that it asks."""

    conversation_id: str
    turn: int
    text: str
    decision_id: str | None = None
    items: tuple[RankedItem, ...] = ()
    chips: tuple[ChipShown, ...] = ()
    options: tuple[str, ...] = ()
    act: str = ""
    reading: str = ""
    reader: str = ""


class Gathering:
    """Puts the pieces of a reply together."""

    def __init__(self) -> None:
        self._text = ""
        self._items: tuple[RankedItem, ...] = ()
        self._last: Piece | None = None

    def add(self, piece: Piece) -> None:
        """Take in the next piece."""
        if piece.kind == "text":
            self._text += piece.text
        elif piece.kind == "slate":
            self._items = piece.items
        elif piece.kind == "reason":
            told = {"explanation": piece.text, "explanation_source": piece.source, "evidence": piece.evidence}
            self._items = tuple(one.model_copy(update=told) if one.id == piece.item_id else one for one in self._items)
        else:
            self._last = piece

    def reply(self) -> Reply:
        """The reply. Raises `ValueError` before the last piece."""
        if self._last is None:
            raise ValueError("the reply is not at its end")
        told = self._last.model_dump(include={*Reply.model_fields} - {"text", "items"})
        return Reply(**told, text=self._text.strip(), items=self._items)


async def whole(pieces: AsyncGenerator[Piece, None]) -> Reply:
    """All pieces of a reply, put together."""
    made = Gathering()
    async for piece in pieces:
        made.add(piece)
    return made.reply()
