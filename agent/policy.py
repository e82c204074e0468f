"""From scores to a slate, with the exact probability that this slate was drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Slate:
    """`picks`: candidate indices in the order shown. `log_propensities[j]`: log-probability of the first j + 1 picks.

    `log_propensity`, of the whole slate, is the last of them; 0 for a slate that is certain.
    """

    picks: list[int]
    log_propensities: list[float]

    @property
    def log_propensity(self) -> float:
        """Log-probability of the whole slate."""
        return self.log_propensities[-1]


@dataclass(frozen=True, slots=True)
class Policy:
    """Plackett–Luce at temperature `tau` (Plackett 1975, drawn by Gumbel top-k, Kool et al. 2019); greedy at 0."""

    tau: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.tau <= 100):
            raise InvalidInputError(f"is {self.tau}, not a temperature from 0 to 100", where="tau")

    @property
    def version(self) -> str:
        """Name and parameters, as logged."""
        return f"plackett-luce(tau={self.tau:g})" if self.tau else "greedy"

    def draw(self, scores: NDArray[np.float64], order: Sequence[int], k: int, seed: int) -> Slate:
        """Draw `k` of the candidates without repetition.

        `scores` has one finite number a candidate; `order` is the greedy ranking, which also breaks ties at tau 0.
        """
        k = min(k, len(scores))
        if self.tau == 0:
            return Slate(list(order[:k]), [0.0] * k)
        logits = np.asarray(scores, np.float64) / self.tau
        noise = np.random.default_rng(seed).gumbel(size=len(logits))
        picks = [int(n) for n in np.argsort(-(logits + noise), kind="stable")[:k]]
        return Slate(picks, prefix_log_propensities(logits, picks))


def prefix_log_propensities(logits: NDArray[np.float64], picks: Sequence[int]) -> list[float]:
    """Σ over positions up to j of logit(pick) − logsumexp(logits of what is left), for each j (Plackett–Luce)."""
    left = np.ones(len(logits), dtype=bool)
    total, sums = 0.0, []
    for pick in picks:
        total += float(logits[pick] - np.logaddexp.reduce(logits[left]))
        left[pick] = False
        sums.append(total)
    return sums
