"""Systems that need nothing but numpy: chance, popularity, and the linear model that is hard to beat."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Floats, Ints
from tastemaker.eval.systems.base import Scorer


class Random(Scorer):
    """Chance: a control that must lose to everything."""

    def learn(self, train: Interactions) -> None:
        """Nothing."""

    def score(self, users: Ints) -> Floats:
        """Uniform, from a seed of each user's own."""
        return np.stack([np.random.default_rng([7, int(user)]).random(self.train.n_items) for user in users])


class Popularity(Scorer):
    """How many users had each item."""

    def learn(self, train: Interactions) -> None:
        """Count."""
        self._counts = train.counts()[1].astype(np.float64)

    def score(self, users: Ints) -> Floats:
        """The same for everyone."""
        return np.tile(self._counts, (len(users), 1))


class RecentPopularity(Popularity):
    """How many users had each item in the last part of the training time; without times, in all of it."""

    space: ClassVar = {"share": (0.02, 0.05, 0.1, 0.2, 0.5)}

    def __init__(self, share: float = 0.1) -> None:
        self._share = share

    def learn(self, train: Interactions) -> None:
        """Count the late rows, and all rows as fractions, which order what had none lately."""
        super().learn(train)
        if train.times is not None:
            late = train.times >= train.times.max() - self._share * (train.times.max() - train.times.min())
            self._counts = train.take(late).counts()[1] + self._counts / (self._counts.max() + 1)


class EASE(Scorer):
    """Linear item-to-item weights in closed form (Steck, WWW 2019): B = I − P diag(1/P_jj), P = (XᵀX + λI)⁻¹."""

    space: ClassVar = {"penalty": tuple(float(round(10 ** (1 + n / 10))) for n in range(30))}

    def __init__(self, penalty: float = 300.0) -> None:
        self._penalty = penalty

    def learn(self, train: Interactions) -> None:
        """Invert one matrix of n_items × n_items."""
        self._seen = train.dense()
        gram = (self._seen.T @ self._seen).astype(np.float64)
        gram[np.diag_indices(len(gram))] += self._penalty
        inverse = np.linalg.inv(gram)
        self._weights = inverse / -np.diag(inverse)
        np.fill_diagonal(self._weights, 0.0)

    def score(self, users: Ints) -> Floats:
        """Sum of the weights from what the user had."""
        scores: Floats = self._seen[users].astype(np.float64) @ self._weights
        return scores
