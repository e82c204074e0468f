"""INSPIRED (Hayati et al., EMNLP 2020): dialogues as tab-separated lines, where quotes mean nothing.

Only `dialog_id`, `speaker`, `text` and the `movies` of the line itself are read. The columns that end in `_dict`, `movie_id` and the
labels tell of the whole dialogue; `text_with_placeholder` tells by its numbers whether a film is new.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets.lines import FIX, lines
from tastemaker.retrieval.datasets.repair import clean, film
from tastemaker.retrieval.datasets.report import Counts
from tastemaker.retrieval.dialogue.turns import Dialogue, Turn, merged

COLUMNS = ("dialog_id", "speaker", "text", "movies")
SPEAKERS = {"SEEKER": True, "RECOMMENDER": False}
_LOST = re.compile("\ufffd+")
Row = tuple[str, str, Turn]


def read_dialogues(
    path: Path, counts: Counts | None = None, titles: dict[str, str] | None = None
) -> Iterator[Dialogue]:
    """Yield the dialogues of `path`; items are named by `film_key`, and `titles` takes what each was called first.

    Raises `DatasetError` that names file and line at the first row that can't be understood.
    """
    rows = _rows(path, counts or Counts(), {} if titles is None else titles)
    for dialogue, said in groupby(rows, key=lambda row: row[1]):
        yield Dialogue(dialogue, merged([turn for _, _, turn in said]))


def _rows(path: Path, counts: Counts, titles: dict[str, str]) -> Iterator[Row]:
    header: list[str] = []
    for where, text in lines(path, counts):
        cells = text.rstrip("\r\n").split("\t")
        if not header:
            header = cells
            if missing := [name for name in COLUMNS if name not in header]:
                raise DatasetError(
                    f"has no column {', '.join(missing)}", where=where, remedy="Is it a file of INSPIRED?"
                )
            continue
        counts.read(path.name)
        if len(cells) != len(header):
            raise DatasetError(f"has {len(cells)} fields, not {len(header)}", where=where, remedy=FIX)
        row = dict(zip(header, cells, strict=True))
        if row["speaker"] not in SPEAKERS:
            raise DatasetError(f"has the speaker {row['speaker']!r}", where=where, remedy=FIX)
        named = dict.fromkeys(one.strip() for one in _LOST.sub("'", row["movies"]).split(";") if one.strip())
        items = {film_key(*_film(one)): one for one in named}
        items.pop("", None)
        for key, name in items.items():
            titles.setdefault(key, name)
        yield where, row["dialog_id"], Turn(SPEAKERS[row["speaker"]], _said(row["text"], counts), tuple(items))


def _said(text: str, counts: Counts) -> str:
    return clean(_LOST.sub("'", text).replace("QUOTATION_MARK", '"'), counts, marked=True)


def _film(name: str) -> tuple[str, int | None]:
    title, year = film(name, Counts())
    return title, year.get("year")


def film_key(title: str, year: int | None) -> str:
    """What two spellings of a film have in common: its letters and digits without accents, and its year: `dark-phoenix-2019`.

    A leading article does not count. Empty where the title has no letter or digit.
    """
    plain = unicodedata.normalize("NFKD", title.casefold().replace("&", " and "))
    words = re.findall(r"\w+", "".join(char for char in plain if not unicodedata.combining(char)).replace("'", ""))
    if len(words) > 1 and words[0] in ("the", "a", "an"):
        words = words[1:]
    return "-".join([*words, str(year)] if year and words else words)
