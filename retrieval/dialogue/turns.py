"""A dialogue: who said what, and which items were named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said at a stretch: `text` with titles spelt out, and the ids of the `items` named in it, in order.

    `seeker`: whether the one who looks for something speaks, rather than the one who recommends. `unwanted` are ids that the turn
    speaks against: they are not shown, and say nothing of what is liked.
    """

    seeker: bool
    text: str
    items: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The turns of one dialogue, oldest first; no two in a row are of one speaker."""

    id: str
    turns: tuple[Turn, ...]


def merged(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The same with consecutive messages of one speaker as one turn, a line each; an item stands once in a turn."""
    found: list[Turn] = []
    for turn in turns:
        if found and found[-1].seeker == turn.seeker:
            last = found.pop()
            turn = Turn(
                turn.seeker, f"{last.text}\n{turn.text}", last.items + turn.items, last.unwanted + turn.unwanted
            )
        found.append(turn)
    return tuple(Turn(one.seeker, one.text, tuple(dict.fromkeys(one.items)), one.unwanted) for one in found)


def mentioned(turns: Sequence[Turn]) -> list[str]:
    """The ids of all items named or spoken against in `turns`, in order, each once."""
    return list(dict.fromkeys(one for turn in turns for one in (*turn.items, *turn.unwanted)))


def spoken(turns: Sequence[Turn], *, seeker: bool | None = None) -> str:
    """What was said, a line a turn; with `seeker`, by that one alone or by the other alone."""
    return "\n".join(turn.text for turn in turns if seeker is None or turn.seeker == seeker)
