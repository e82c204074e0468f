"""`bench film-tasks`: makes a task file for `text-interest` of ReDial's dialogues: films by genre and plot, from a liked few."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tastemaker.domain import Item, item_text
from tastemaker.retrieval.datasets.lines import json_rows, refusing
from tastemaker.retrieval.datasets.report import Counts

HISTORY, CANDIDATES = 3, 12


def tasks(films: Path, dialogues: Sequence[Path], seed: int = 0) -> Iterator[dict[str, Any]]:
    """One reader for each dialogue whose seeker liked four films of known plot, in the shape that `text-interest` reads.

    `films` is the public `id2info.json` (film id to name, genre, plot), `dialogues` are files of the ReDial format. The last
    film that was liked is the relevant one, three before it are the history. The eleven others are liked films of other
    dialogues, drawn as often as they are liked, so that popularity gives nothing away; none is mentioned in this dialogue.

    Raises:
        DatasetError: a file can't be read or is of another format; says which line.
    """
    with refusing(str(films), "is no id2info.json"):
        known = {film: _text(film, told) for film, told in json.loads(films.read_text(encoding="utf-8")).items()}
    rows = [_liked(where, row) for path in dialogues for where, row in json_rows(path, Counts())]
    liked = [([film for film in likes if film in known], set(mentioned)) for likes, mentioned in rows]
    pool = [film for likes, _ in liked for film in likes]
    rng = random.Random(seed)
    for n, (likes, mentioned) in enumerate(liked):
        others = sorted({film for film in pool if film not in mentioned})
        if len(likes) <= HISTORY or len(others) < CANDIDATES - 1:
            continue
        drawn: dict[str, None] = {}
        while len(drawn) < CANDIDATES - 1:
            if (film := rng.choice(pool)) not in mentioned:
                drawn[film] = None
        *history, relevant = likes[-HISTORY - 1 :]
        candidates = [*drawn, relevant]
        rng.shuffle(candidates)
        yield {
            "id": f"redial-{n}", "history": [known[film] for film in history],
            "candidates": [known[film] for film in candidates], "relevant": candidates.index(relevant),
        }  # fmt: skip


def _text(film: str, told: dict[str, Any]) -> str:
    return item_text(Item(id=film, title=told["name"], categories=tuple(told["genre"]), description=told["plot"]))


def _liked(where: str, row: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The films that the seeker liked, in the order in which they were first mentioned, and all that were mentioned."""
    with refusing(where, "is no dialogue of ReDial"):
        said = " ".join(message["text"] for message in row["messages"])
        mentioned = list(row["movieMentions"] or {})
        answers = row["initiatorQuestions"] or {}
        likes = [film for film in mentioned if answers.get(film, {}).get("liked") == 1 and f"@{film}" in said]
        return sorted(likes, key=lambda film: said.index(f"@{film}")), mentioned
