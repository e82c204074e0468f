"""MovieLens's films as its raw rows tell them: what the generator asks about, and what its judge judges by."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from tastemaker.errors import DatasetError

_ARTICLE = re.compile(r"^(.*), (The|A|An)$")
_LIGHT = frozenset({"Comedy", "Children's", "Animation", "Musical", "Romance"})
_HEAVY = frozenset({"Horror", "Thriller", "Crime", "War", "Film-Noir", "Drama"})
_SAYABLE = re.compile(r"[A-Z][a-z']+(?: [A-Za-z][a-z']+)+")
KNOWN_BY = 60
"""Ratings of a film that anybody would name."""


@dataclass(frozen=True, slots=True)
class Film:
    """A film; `year` is None and `genres` empty where the row says nothing. `title` is as people say it, `ratings` how many rated it."""

    id: str
    title: str
    year: int | None
    genres: frozenset[str]
    ratings: int = 0

    @property
    def name(self) -> str:
        """What two rows of one film share: the title, its case and spaces apart."""
        return _folded(self.title)

    @property
    def tone(self) -> float | None:
        """From −1, all its genres are heavy, to 1, all are light; None without genres."""
        if not self.genres:
            return None
        return (len(self.genres & _LIGHT) - len(self.genres & _HEAVY)) / len(self.genres)


@cache
def _folded(title: str) -> str:
    return " ".join(title.casefold().split())


@dataclass(frozen=True)
class Films:
    """All films by id, and the ids that each user rated."""

    by_id: dict[str, Film]
    rated: dict[str, list[str]] = field(default_factory=dict)

    def names(self, ids: Iterable[str]) -> set[str]:
        """The names of films by id."""
        return {self.by_id[one].name for one in ids if one in self.by_id}

    @cached_property
    def famous(self) -> list[Film]:
        """Films that people would name: often rated, with a title of two words or more that no other film has."""
        names = Counter(film.name for film in self.by_id.values())
        some = (film for film in self.by_id.values() if film.ratings >= KNOWN_BY and names[film.name] == 1)
        return sorted((film for film in some if _SAYABLE.fullmatch(film.title)), key=lambda film: film.id)

    @cached_property
    def genres(self) -> Counter[str]:
        """How many films have each genre."""
        return Counter(name for film in self.by_id.values() for name in film.genres)


def read(folder: Path) -> Films:
    """The films of `ml-100k.item`, with how often `ml-100k.inter` rates them.

    Raises `DatasetError` where a file is missing or of another shape.
    """
    rated: dict[str, list[str]] = defaultdict(list)
    for row in _rows(folder / "ml-100k.inter"):
        rated[row[0]].append(row[1])
    counts = Counter(one for some in rated.values() for one in some)
    films = {}
    for identity, title, year, genres in _rows(folder / "ml-100k.item"):
        kept = frozenset(genres.split()) - {"unknown"}
        spoken = _ARTICLE.sub(r"\2 \1", title)
        films[identity] = Film(identity, spoken, int(year) if year.isdigit() else None, kept, counts[identity])
    return Films(films, dict(rated))


def _rows(path: Path) -> list[list[str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
    except OSError as error:
        raise DatasetError(f"can't be read ({error})", where=str(path)) from error
    rows = [line.split("\t") for line in lines if line]
    wrong = next((n for n, row in enumerate(rows) if len(row) != 4), None)
    if wrong is not None:
        raise DatasetError(f"has {len(rows[wrong])} fields, not 4", where=f"{path}:{wrong + 2}")
    return rows
