"""Taste vectors: what people who had this also had, and what they had next.

An item has an incoming vector (what having it says) and an outgoing one (what it takes to be recommended). A user is the
decayed sum of the incoming vectors of what they had: new users and new events need no refit. `factorise` learns them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.errors import StoreError
from tastemaker.retrieval.rows import Rows

Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Consumption:
    """Who had what: `users` and `items` int64[n], a user's rows together and oldest first; `ids` names the items."""

    users: Ints
    items: Ints
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinearMap:
    """Score of item j after a history = (Σ weight_i · incoming_i) · outgoing_j; both float32[n_items, dimensions]."""

    incoming: Floats32
    outgoing: Floats32


@dataclass(frozen=True, slots=True)
class TasteModel:
    """`together` after EASE, `next` after SLIST, for the items `ids`."""

    ids: tuple[str, ...]
    together: LinearMap
    next: LinearMap

    def save(self, path: Path) -> None:
        """Write the incoming vectors, whole or not at all; the outgoing ones belong in Chroma."""
        part = path.with_suffix(".part.npz")
        np.savez(part, ids=np.array(self.ids), together=self.together.incoming, next=self.next.incoming)
        part.rename(path)


@dataclass(frozen=True, slots=True)
class FoldIn:
    """Turns a history into the queries of the two taste collections."""

    place: dict[str, int]
    incoming: dict[str, Floats32]

    @classmethod
    def load(cls, path: Path) -> FoldIn:
        """Read what `TasteModel.save` wrote. Raises `StoreError` if it is damaged."""
        try:
            with np.load(path, allow_pickle=False) as kept:
                ids = [str(one) for one in kept["ids"]]
                return cls({one: n for n, one in enumerate(ids)}, {name: kept[name] for name in ("together", "next")})
        except (OSError, ValueError, KeyError) as error:
            raise StoreError(
                f"holds no taste vectors ({error})", where=str(path), remedy="Delete it and fit the store again"
            ) from error

    def query(self, kind: str, history: Mapping[str, float]) -> Floats32 | None:
        """float32[1, dimensions]: the sum of the incoming vectors of `history`, item ids with their weights.

        None if no item of the history has a taste vector and a weight.
        """
        known = [(self.place[one], weight) for one, weight in history.items() if weight and one in self.place]
        if not known:
            return None
        rows, weights = zip(*known, strict=True)
        summed: Floats32 = np.asarray(weights, dtype=np.float32) @ self.incoming[kind][list(rows)]
        return summed[None, :]


class HeldTastes:
    """A model's taste vectors in memory, to be tried out before they go into Chroma."""

    def __init__(self, model: TasteModel) -> None:
        place = {one: n for n, one in enumerate(model.ids)}
        maps = {"together": model.together, "next": model.next}
        self._fold_in = FoldIn(place, {kind: one.incoming for kind, one in maps.items()})
        self._rows = {kind: Rows.of(model.ids, one.outgoing, "ip") for kind, one in maps.items()}

    def taste(self, kind: str, history: Mapping[str, float], n: int, **limits: Any) -> dict[str, float]:
        """As `Index.taste`."""
        query = self._fold_in.query(kind, history)
        return self._rows[kind].nearest(query, n, **limits) if query is not None else {}
