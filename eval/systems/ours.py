"""Tastemaker itself, by stage: each source of candidates, and the fused prior."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Ints
from tastemaker.eval.systems.base import pad
from tastemaker.eval.systems.stores import ready
from tastemaker.retrieval.fusion import WEIGHTS, Fusion
from tastemaker.retrieval.retriever import Retriever

MIXES: dict[str, dict[str, float]] = {
    "together": {},
    "together, a little next": {"next": 0.25},
    "together, some next": {"next": 0.5},
    "together, next": {"next": 1.0},
    "together, some next, content": {"next": 0.5, "content": 0.2},
    "together, content": {"content": 0.1},
    "together, popular": {"popular": 0.25},
    "together, recent": {"recent": 1.0},
    "together, much recent": {"recent": 2.0},
    "together, some next, much recent": {"next": 0.5, "recent": 2.0},
    "recent before all": {"recent": 4.0},
}
"""Weights beside `together`, which has 1; what is not named has 0."""


class Prior:
    """What the retriever proposes, in its own order, with the weights of its sources tuned."""

    space: ClassVar = {"mix": tuple(MIXES), "decay": (0.9, 0.97, 1.0), "unwanted": (0.0, 1.0)}
    only: ClassVar[str | None] = None
    """The one source that is used; all if None."""

    def __init__(
        self, mix: str | None = None, decay: float = 0.95, unwanted: float = 0.0, recent_share: float = 0.1
    ) -> None:
        weights = WEIGHTS if mix is None else {"together": 1.0, **MIXES[mix]}
        self._fusion = Fusion(weights if self.only is None else {self.only: 1.0}, decay, unwanted, recent_share)

    def fit(self, train: Interactions) -> None:
        """Copy the indexed catalogue into a store of its own, note the events and learn tastes."""
        self.train, self._ready = train, ready(train)
        store = self._ready.store
        self._retriever = Retriever(store.catalogue, store.index, self._ready.open_encoder, self._fusion)

    def recommend(self, users: Ints, k: int) -> Ints:
        """See `System`. Users of whom nothing is known get what is popular and recent."""
        return np.concatenate([pad(np.array([self._one(int(user), k)], dtype=np.int64), k) for user in users])

    def _one(self, user: int, k: int) -> list[int]:
        ranked = self._retriever.rank(self._ready.profile(user), None, k, self._ready.eligible)
        return [self._ready.at[identity] for identity, _, _ in ranked]


class Popular(Prior):
    """The source of popular items."""

    space: ClassVar = {}
    only = "popular"


class Recent(Prior):
    """The source of what many had lately."""

    space: ClassVar = {"recent_share": (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)}
    only = "recent"


class Content(Prior):
    """The source of items near the last liked ones, by the encoder."""

    space: ClassVar = {}
    only = "content"


class Together(Prior):
    """The source of what those who had the same had."""

    space: ClassVar = {"decay": (0.85, 0.9, 0.95, 0.97, 0.99, 1.0), "unwanted": (0.0, 1.0)}
    only = "together"


class Next(Prior):
    """The source of what others had after it."""

    space: ClassVar = {"decay": (0.8, 0.85, 0.9, 0.95, 0.97, 0.99), "unwanted": (0.0, 1.0)}
    only = "next"
