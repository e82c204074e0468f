"""A reply in markdown, piece by piece, as chat interfaces draw it: sentences, then a card for each item with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from tastemaker.agent.conversation.pieces import Piece
from tastemaker.domain import Item, RankedItem, one_line

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!])")


class Cards:
    """Puts pieces into markdown. A card is written once its reason is there; links carry the item's id as their title.

    `annotations` are those of the last text, as OpenAI's `url_citation`; places count in the whole reply so far. `source` is the item that it shows
    with its reason, as Open WebUI draws a source; None where it shows none.
    """

    def __init__(self) -> None:
        self._items: dict[str, RankedItem] = {}
        self._known: Mapping[str, Item] = {}
        self._written = 0
        self.annotations: list[dict[str, Any]] = []
        self.source: dict[str, Any] | None = None

    def add(self, piece: Piece, known: Mapping[str, Item]) -> str:
        """The markdown that a piece adds; `known` are the catalogue's items of a slate."""
        self.annotations, self.source = [], None
        text = ""
        if piece.kind == "text":
            text = piece.text
        elif piece.kind == "slate":
            self._items, self._known = {one.id: one for one in piece.items}, known
            text = "\n" if piece.items else ""
        elif piece.kind == "reason" and piece.item_id in self._items:
            text = self._card(self._items[piece.item_id], piece.text, self._written)
        elif piece.kind == "done" and piece.options:
            text = "\n" + "".join(f"- {marked(one)}\n" for one in piece.options)
        self._written += len(text)
        return text

    def _card(self, ranked: RankedItem, reason: str, start: int) -> str:
        item = self._known.get(ranked.id)
        plain = one_line(ranked.title, 200)
        title = marked(plain)
        address = web_address(item.url) if item else None
        picture = web_address(item.image_url) if item else None
        named = f'"{quote(ranked.id, safe="")}"'
        head = f"{ranked.rank}. "
        name = f"**[{title}]({address} {named})**" if address else f"**{title}** (`{quote(ranked.id, safe='-._~:@')}`)"
        text = f"{head}{name}" + (f" — {marked(one_line(reason))}" if reason else "") + "\n"
        if picture:
            image = f"![{title}]({picture})"
            text += f"   [{image}]({address} {named})\n" if address else f"   {image}\n"
        if address:
            place = {"start_index": start + len(head), "end_index": start + len(head) + len(name)}
            told = {"url": address, "title": plain, **place}
            self.annotations.append({"type": "url_citation", "url_citation": told})
        # Open WebUI takes sources of one `source` together, so that with the annotation there is one for each item.
        self.source = {
            "source": {"name": plain} | ({"url": address} if address else {}), "document": [one_line(reason) or plain],
            "metadata": [{"source": address or ranked.id, "name": plain}],
        }  # fmt: skip
        return text


def marked(text: str) -> str:
    """Text of others, shown as it is: nothing of it is markdown or HTML."""
    return _MARKS.sub(r"\\\1", text)


def web_address(url: str | None) -> str | None:
    """An address of the web that a link can hold; None for any other kind of address, such as `javascript:`."""
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return None
    except ValueError:
        return None
    return quote(url.strip(), safe=":/?#[]@!$&'*+,;=%-._~").replace("[", "%5B").replace("]", "%5D")
