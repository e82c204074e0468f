"""What is known of a catalogue before anybody speaks: kinds, people, years, vectors, who had what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tastemaker.domain import Item
from tastemaker.errors import InvalidInputError
from tastemaker.retrieval.dialogue.together import Baskets, Floats, Similar, indicator
from tastemaker.retrieval.dialogue.words import cues_of, folded
from tastemaker.retrieval.rows import unit

NEWEST = 99.5
"""Percentile of the years that counts as now: single wrong years don't move it."""


@dataclass(frozen=True, slots=True)
class Names:
    """Values of one list-like attribute: `matrix` is 0/1, float64[n_items, n_values]; `number` finds a folded value's column."""

    matrix: sparse.csr_matrix
    number: dict[str, int]


class Known:
    """`items` with their text `vectors`, float32[n, d] in the same order or None, and `interactions`: ids by user.

    Raises `InvalidInputError` if there is no item, an id stands twice, or the vectors are not as many as the items.
    """

    def __init__(
        self, items: Sequence[Item], interactions: Iterable[Iterable[str]], vectors: NDArray[np.float32] | None
    ) -> None:
        self.ids = np.array([item.id for item in items], dtype=object)
        self.place = {item.id: n for n, item in enumerate(items)}
        self.by_id = np.argsort(np.argsort(self.ids.astype(str), kind="stable"), kind="stable")
        """Each item's place in the order of the ids, int64[n_items], by which ties break."""
        if not items or len(self.place) != len(items):
            raise InvalidInputError("hold none, or one id twice", where="items")
        if vectors is not None and len(vectors) != len(items):
            raise InvalidInputError(f"are {len(vectors)} for {len(items)} items", where="vectors")
        self.had = Baskets(interactions, self.place)
        self.similar = Similar(self.had)
        self.common: NDArray[np.float32] | None = None
        self.vectors: NDArray[np.float32] | None = None
        if vectors is not None:
            self.common = vectors.mean(axis=0)
            self.vectors = unit(vectors - self.common)
        self.given_years = np.array([_year(item) for item in items])
        known = self.given_years[~np.isnan(self.given_years)]
        middle = float(np.median(known)) if len(known) else 0.0
        self.newest = float(np.percentile(known, NEWEST)) if len(known) else 0.0
        self.years = np.where(np.isnan(self.given_years), middle, self.given_years)
        self._kinds(items)
        self.names = {field: _names(items, field) for field in _fields(items)}

    def __len__(self) -> int:
        return len(self.ids)

    def _kinds(self, items: Sequence[Item]) -> None:
        names = sorted({name for item in items for name in item.categories})
        number = {name: n for n, name in enumerate(names)}
        self.kinds = indicator([sorted(number[name] for name in set(item.categories)) for item in items], len(names))
        self.cues = cues_of(names)
        self.rarity = np.log(len(items) / (1.0 + np.asarray(self.kinds.sum(axis=0)).ravel()))
        weighed = (self.kinds @ sparse.diags(self.rarity)).tocsr()
        lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
        self.kind_units = (sparse.diags(1.0 / np.maximum(lengths, 1e-9)) @ weighed).tocsr()


def _year(item: Item) -> float:
    year = item.attributes.get("year")
    if isinstance(year, int | float):
        return float(year)
    return float(item.created_at.year) if item.created_at else float("nan")


def _fields(items: Sequence[Item]) -> list[str]:
    return sorted({field for item in items for field, value in item.attributes.items() if isinstance(value, tuple)})


def _names(items: Sequence[Item], field: str) -> Names:
    number: dict[str, int] = {}
    rows = []
    for item in items:
        values = item.attributes.get(field, ())
        names = [folded(one).strip() for one in values] if isinstance(values, tuple) else []
        rows.append(sorted({number.setdefault(name, len(number)) for name in names if name}))
    return Names(indicator(rows, len(number)), number)


def unit_or_zero(vector: Floats) -> Floats:
    """The vector scaled to length 1; zeros stay."""
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def near_to(vectors: NDArray[np.float32], query: Floats) -> Floats:
    """Inner products of the rows of `vectors` and `query`, float64[n].

    In the vectors' own format and in this thread: BLAS's threads wait for each other, which beside one busy process takes ten times
    as long as the work.
    """
    return np.asarray(np.einsum("nd,d->n", vectors, query.astype(np.float32)), np.float64)
