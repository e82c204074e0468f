"""The protocol that the harness knows systems by, and a base for those that score every item."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Floats, Ints

BATCH = 512
TIE_SEED = 5
"""Of the order of items with equal scores. Their order in a file is no chance: in MovieLens-100K it goes by popularity."""


class System(Protocol):
    """Made with the hyper-parameters that one trial draws from `space`, by keyword; fitted once, asked many times.

    `space`, which may be left out, maps each hyper-parameter to the values that tuning chooses from.
    """

    def fit(self, train: Interactions) -> None:
        """Learn. `train.eligible` says which items may be recommended."""

    def recommend(self, users: Ints, k: int) -> Ints:
        """int[len(users), k]: item indices, best first, −1 where there is none; none that the user had in training."""


class Scorer(ABC):
    """A system that gives each user a number for each item. Seen and ineligible items are masked; a seed breaks ties."""

    space: ClassVar[Mapping[str, Sequence[Any]]] = {}
    train: Interactions

    def fit(self, train: Interactions) -> None:
        """Keep `train` and learn from it."""
        self.train = train
        self.learn(train)

    @abstractmethod
    def learn(self, train: Interactions) -> None:
        """What `fit` does beside keeping `train`."""

    @abstractmethod
    def score(self, users: Ints) -> Floats:
        """float64[len(users), n_items], higher is better."""

    def recommend(self, users: Ints, k: int) -> Ints:
        """See `System`. Raises `ValueError` for a score that is NaN, which no order can hold."""
        return np.concatenate(
            [self._top(users[start : start + BATCH], k) for start in range(0, len(users), BATCH)]
            or [np.empty((0, k), np.int64)]
        )

    def _top(self, users: Ints, k: int) -> Ints:
        scores = np.array(self.score(users), dtype=np.float64)
        if np.isnan(scores).any():
            raise ValueError("NaN among the scores")
        place = np.full(self.train.n_users, -1)
        place[users] = np.arange(len(users))
        mine = place[self.train.users] >= 0
        scores[place[self.train.users[mine]], self.train.items[mine]] = -np.inf
        scores[:, ~self.train.eligible] = -np.inf
        shuffled = np.random.default_rng(TIE_SEED).permutation(scores.shape[1])
        order = shuffled[np.argsort(-scores[:, shuffled], axis=1, kind="stable")[:, :k]]
        return pad(np.where(np.take_along_axis(scores, order, axis=1) > -np.inf, order, -1), k)


def pad(lists: Ints, k: int) -> Ints:
    """`lists` with −1 columns added up to `k`."""
    missing = max(k - lists.shape[1], 0)
    padded: NDArray[np.int64] = np.pad(lists[:, :k].astype(np.int64), ((0, 0), (0, missing)), constant_values=-1)
    return padded
