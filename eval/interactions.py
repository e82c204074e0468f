"""Who had what, and when, as arrays: what systems are fitted on and judged by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tastemaker.errors import DatasetError, SplitError

if TYPE_CHECKING:  # a peer's own environment reads these arrays without pydantic
    from tastemaker.domain import Event, Item
    from tastemaker.eval.metrics import Floats, Ints

RELEVANT_RATING = 4.0
"""Ratings from here on are relevant; of other events, those whose weight in `EVENT_WEIGHTS` is at least 0.5."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The items that all splits of a data set share, by index: ids, titles, categories."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]

    def category_matrix(self) -> Floats:
        """float64[n_items, n_categories], rows summing to 1, or to 0 for an item without categories."""
        names = sorted({name for row in self.categories for name in row})
        at = {name: n for n, name in enumerate(names)}
        matrix = np.zeros((len(self.ids), len(names)))
        for n, row in enumerate(self.categories):
            matrix[n, [at[name] for name in set(row)]] = 1.0 / max(len(set(row)), 1)
        return matrix


@dataclass(frozen=True, slots=True)
class Interactions:
    """Rows in the order of the file: `users`, `items` int64[n] indices, `values` float64[n], `relevant` bool[n].

    `values` are NaN where an event has none; `kinds` str[n] are the event types. `times` are int64[n] seconds since 1970, or None where the data have none. `eligible` bool[n_items] says what may be
    recommended. A user and an item meet in one row at most.
    """

    name: str
    users: Ints
    items: Ints
    values: Floats
    kinds: NDArray[np.str_]
    relevant: NDArray[np.bool_]
    times: Ints | None
    user_ids: tuple[str, ...]
    catalogue: Catalogue
    eligible: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.users)

    @property
    def n_users(self) -> int:
        """How many users there are, with rows or without."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """How many items there are, with rows or without."""
        return len(self.catalogue.ids)

    def take(self, rows: NDArray[np.bool_] | Ints) -> Interactions:
        """Those rows, with the same users, items and eligibility."""
        times = None if self.times is None else self.times[rows]
        return replace(
            self, users=self.users[rows], items=self.items[rows], values=self.values[rows],
            kinds=self.kinds[rows], relevant=self.relevant[rows], times=times,
        )  # fmt: skip

    def counts(self) -> tuple[Ints, Ints]:
        """Rows of each user, int64[n_users], and of each item, int64[n_items]."""
        return np.bincount(self.users, minlength=self.n_users), np.bincount(self.items, minlength=self.n_items)

    def dense(self) -> NDArray[np.float32]:
        """float32[n_users, n_items]: 1 where a user had an item. For catalogues that fit in memory so."""
        matrix = np.zeros((self.n_users, self.n_items), dtype=np.float32)
        matrix[self.users, self.items] = 1.0
        return matrix


def gather(name: str, items: Iterable[Item], events: Iterable[Event]) -> Interactions:
    """Number users and items in order of appearance. Where a user and an item meet twice, the latest row stays.

    Events without an item, as searches are, are left out. Times count only if every event was given one.

    Raises:
        DatasetError: an event is on an item that is not among `items`.
        SplitError: no row is left.
    """
    from tastemaker.domain import EventType

    catalogue = {item.id: item for item in items}
    item_at = {identity: n for n, identity in enumerate(catalogue)}
    user_at: dict[str, int] = {}
    latest: dict[tuple[int, int], tuple[float, int, float, str, bool]] = {}
    timeless = False
    for number, event in enumerate(events):
        if event.item_id is None:
            continue
        if event.item_id not in item_at:
            raise DatasetError(
                f"is on item {event.item_id!r}, which the catalogue lacks", where=f"{name}, event {number + 1}"
            )
        key = (user_at.setdefault(event.user_id, len(user_at)), item_at[event.item_id])
        rated = event.type is EventType.RATING and event.value is not None
        relevant = (event.value or 0.0) >= RELEVANT_RATING if rated else event.weight >= 0.5
        moment = event.timestamp.timestamp()
        timeless = timeless or moment == 0.0 or "timestamp" not in event.model_fields_set
        if key not in latest or latest[key][0] <= moment:
            latest.pop(key, None)
            value = np.nan if event.value is None else float(event.value)
            latest[key] = (moment, number, value, event.type.value, relevant)
    if not latest:
        raise SplitError("holds no event on an item", where=name)
    rows = sorted((row[1], *key, row[0], *row[2:]) for key, row in latest.items())
    _, users, item_rows, moments, values, kinds, good = (np.array(column) for column in zip(*rows, strict=True))
    return Interactions(
        name=name,
        users=users.astype(np.int64),
        items=item_rows.astype(np.int64),
        values=values.astype(np.float64),
        kinds=kinds.astype(np.str_),
        relevant=good.astype(bool),
        times=None if timeless else moments.astype(np.int64),
        user_ids=tuple(user_at),
        catalogue=Catalogue(
            tuple(catalogue),
            tuple(item.title for item in catalogue.values()),
            tuple(item.categories for item in catalogue.values()),
        ),
        eligible=np.ones(len(catalogue), dtype=bool),
    )
