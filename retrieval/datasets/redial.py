"""ReDial (Li et al., NeurIPS 2018; CC BY 4.0): dialogues as JSON lines, and the films that they speak of.

Only what was said, in order, is read. `movieMentions`, both forms of questions and `nbMentions` tell of the whole dialogue or of
all splits, the future included, and are never looked at; tests change them and see nothing change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tastemaker.domain import Attribute, Item
from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets.lines import find, json_rows, named_rows, refusing
from tastemaker.retrieval.datasets.repair import clean, film, identity
from tastemaker.retrieval.datasets.report import Counts
from tastemaker.retrieval.dialogue.turns import Dialogue, Turn, merged

TITLES, DETAILS = "movies_with_mentions.csv", "id2info.json"
COLUMNS = ("movieId", "movieName", "nbMentions")
PEOPLE = ("star", "director", "writer")
_NAMED = re.compile(r"@(\d+)")


def read_dialogues(path: Path, titles: Mapping[str, str], counts: Counts | None = None) -> Iterator[Dialogue]:
    """Yield the dialogues of `path`. `@ids` in the texts become `titles`; an id without one stays and is counted.

    Raises `DatasetError` that names file and line at the first row that is no dialogue.
    """
    counts = counts or Counts()
    for where, row in json_rows(path, counts):
        with refusing(where, "is no dialogue of ReDial"):
            seeker, other = row["initiatorWorkerId"], row["respondentWorkerId"]
            if seeker == other:
                raise DatasetError("has one worker in both roles", where=where)
            turns = [_turn(message, seeker, other, where, titles, counts) for message in row["messages"]]
            found = Dialogue(str(row["conversationId"]), merged(turns))
        yield found


def _turn(
    message: Mapping[str, Any], seeker: Any, other: Any, where: str, titles: Mapping[str, str], counts: Counts
) -> Turn:
    if message["senderWorkerId"] not in (seeker, other):
        raise DatasetError("has a message of neither worker", where=where)
    text = clean(message["text"], counts, marked=True)
    items = tuple(_NAMED.findall(text))
    for one in items:
        if one not in titles:
            counts.noted("film without a title")
    spelt = _NAMED.sub(lambda found: titles.get(found[1], found[0]), text)
    return Turn(message["senderWorkerId"] == seeker, spelt, items)


def read_items(folder: Path, counts: Counts | None = None) -> list[Item]:
    """The films of `folder`, by id: titles of movies_with_mentions.csv, and what id2info.json tells of them; either may be absent.

    Attributes: `year`, `imdb_id`, and `star`, `director`, `writer` as lists. A film has at least its id as a title.

    Raises:
        DatasetError: neither file is there, or one is of another format; says which line.
    """
    counts = counts or Counts()
    names = {}
    if path := find(folder, TITLES):
        names = {identity(movie, counts): name for _, (movie, name, _) in named_rows(path, counts, COLUMNS)}
    details: dict[str, dict[str, Any]] = {}
    if (path := folder / DETAILS).is_file():
        with refusing(str(path), f"is no {DETAILS}"):
            details = dict(json.loads(path.read_text(encoding="utf-8")))
    if not (names or details):
        raise DatasetError(f"holds neither {TITLES} nor {DETAILS}", where=str(folder), remedy="Put one beside --train")
    found = []
    for one in sorted(names.keys() | details.keys()):
        with refusing(f"{folder}: film {one}", "can't be read"):
            found.append(_item(one, names.get(one, ""), details.get(one, {}), counts))
    return found


def _item(one: str, name: str, told: Mapping[str, Any], counts: Counts) -> Item:
    title, year = film(" ".join(unquote(name or told.get("name", "")).split()), counts)
    attributes: dict[str, Attribute] = {**year}
    for field in PEOPLE:
        if people := tuple(dict.fromkeys(person.strip() for person in told.get(field, ()) if person.strip())):
            attributes[field] = people
    if told.get("imdb_id"):
        attributes["imdb_id"] = str(told["imdb_id"]).removeprefix("tt")
    return Item(
        id=one,
        title=re.sub(r"^\(\d{4}\)$", "", title) or one,
        description=clean(told.get("plot") or "", counts),
        categories=tuple(dict.fromkeys(genre.strip() for genre in told.get("genre", ()) if genre.strip())),
        attributes=attributes,
        language="en",
    )
