"""From scores to a slate, with the exact probability that this slate was drawn: joint, of each prefix, of each place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.errors import InvalidInputError

Floats = NDArray[np.float64]
STEP, FIRST, LAST = 0.25, -38.0, 4.0
"""Logarithms of the times at which a race is looked at: their distance, and from when to when beyond a candidate's own mean time it may
arrive: it has come by a share of e^−38 before, and by all but e^−e^4 after."""
NODES = 512
"""Times that are looked at together: bounds the memory, 4 MB for a hundred candidates and ten places."""


def best_first(candidates: Sequence[Mapping[str, Any]]) -> list[int]:
    """The greedy order of logged candidates, as the ranker had it: by score, equal ones by prior, then as they were logged."""
    return sorted(range(len(candidates)), key=lambda n: (-candidates[n]["score"], -candidates[n]["prior"], n))


@dataclass(frozen=True, slots=True)
class Slate:
    """`picks`: candidate indices in the order shown. `log_propensities[j]`: log-probability of the first j + 1 picks.

    `log_propensity`, of the whole slate, is the last of them; 0 for a slate that is certain. `even`: it was drawn evenly.
    """

    picks: list[int]
    log_propensities: list[float]
    even: bool = False

    @property
    def log_propensity(self) -> float:
        """Log-probability of the whole slate."""
        return self.log_propensities[-1]


@dataclass(frozen=True, slots=True)
class Policy:
    """With probability `epsilon` a slate of which each is as likely; else Plackett–Luce at temperature `tau` (Plackett 1975,
    drawn by Gumbel top-k, Kool et al. 2019), which at 0 is the greedy slate.

    It is the slate that is mixed, not each place: a prefix has the probability (1 − ε) · Plackett–Luce's + ε · uniform's.
    """

    tau: float = 0.0
    epsilon: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.tau <= 100):
            raise InvalidInputError(f"is {self.tau}, not a temperature from 0 to 100", where="tau")
        if not (0 <= self.epsilon <= 1):
            raise InvalidInputError(f"is {self.epsilon}, not a share from 0 to 1", where="epsilon")

    @property
    def version(self) -> str:
        """Name and parameters, as logged."""
        name = f"plackett-luce(tau={self.tau:g})" if self.tau else "greedy"
        return f"{name}+uniform({self.epsilon:g})" if self.epsilon else name

    def draw(self, scores: Floats, order: Sequence[int], k: int, seed: int) -> Slate:
        """Draw `k` of the candidates without repetition; what may not be shown must not be among them.

        `scores` has one finite number a candidate; `order` is the greedy ranking, which also breaks ties at tau 0.
        """
        k, rng = min(k, len(scores)), np.random.default_rng(seed)
        even = bool(self.epsilon and rng.random() < self.epsilon)
        if even:
            picks = rng.permutation(len(scores))[:k].tolist()
        elif self.tau == 0:
            picks = list(order[:k])
        else:
            noise = rng.gumbel(size=len(scores))
            picks = np.argsort(-(np.asarray(scores, np.float64) / self.tau + noise), kind="stable")[:k].tolist()
        return Slate(picks, self.log_propensities(scores, order, picks), even)

    def log_propensities(self, scores: Floats, order: Sequence[int], picks: Sequence[int]) -> list[float]:
        """Log-probability of each prefix of any slate of distinct candidates; −inf for one that this policy never shows."""
        if self.tau:
            own = np.array(prefix_log_propensities(np.asarray(scores, np.float64) / self.tau, picks))
        else:
            same = np.cumprod([one == best for one, best in zip(picks, order, strict=False)])
            own = np.where(same, 0.0, -np.inf)
        if not self.epsilon:
            return [float(one) for one in own]
        uniform = -np.cumsum(np.log(len(scores) - np.arange(len(picks))))
        with np.errstate(divide="ignore"):
            mixed = np.logaddexp(np.log1p(-self.epsilon) + own, np.log(self.epsilon) + uniform)
        return [float(one) for one in mixed]

    def marginals(self, scores: Floats, order: Sequence[int], k: int) -> Floats:
        """float64[n, k]: the probability that a candidate stands at each of the first `k` places."""
        n, k = len(scores), min(k, len(scores))
        if self.tau:
            own = place_probabilities(np.asarray(scores, np.float64) / self.tau, k)
        else:
            own = np.zeros((n, k))
            own[list(order[:k]), np.arange(k)] = 1.0
        return (1 - self.epsilon) * own + self.epsilon / n


def prefix_log_propensities(logits: Floats, picks: Sequence[int]) -> list[float]:
    """Σ over positions up to j of logit(pick) − logsumexp(logits of what is left), for each j (Plackett–Luce)."""
    left = np.ones(len(logits), dtype=bool)
    total, sums = 0.0, []
    for pick in picks:
        total += float(logits[pick] - np.logaddexp.reduce(logits[left]))
        left[pick] = False
        sums.append(total)
    return sums


def place_probabilities(logits: Floats, k: int) -> Floats:
    """float64[n, k]: the probability under Plackett–Luce that a candidate stands at each of the first `k` places.

    As a race: candidate i arrives after a time of Exp(e^logit), and stands at place j if j − 1 others came before it
    (Plackett 1975; Luce 1959). ∫ dt λ_i e^(−λ_i t) P(j − 1 of the others by t), the last factor a
    Poisson–binomial, by the trapezoidal rule over log t, whose error falls as e^(−π² / step) there (Trefethen and Weideman 2014, theorem
    5.1), however far apart the rates are. Within 1e-10.
    """
    n, own = len(logits), logits - logits.max()
    windows = [np.arange(np.floor((FIRST - one) / STEP), np.ceil((LAST - one) / STEP) + 1) for one in own]
    found = np.zeros((n, k))
    nodes = np.unique(np.concatenate(windows)) * STEP
    for times in np.array_split(nodes, -(-len(nodes) // NODES)):
        with np.errstate(over="ignore", under="ignore"):
            exponent = own[:, None] + times  # float64[n, nodes]: log of λ t, which itself may be beyond float64
            passed = np.exp(exponent)
            come, stay, density = -np.expm1(-passed), np.exp(-passed), STEP * np.exp(exponent - passed)
        before = _counts(come, stay, k)
        after = _counts(come[::-1], stay[::-1], k)[::-1]
        for i in range(n):
            for j in range(k):
                found[i, j] += (density[i] * sum(before[i, a] * after[i + 1, j - a] for a in range(j + 1))).sum()
    return found


def _counts(come: Floats, stay: Floats, k: int) -> Floats:
    """float64[n + 1, k, nodes]: of the first i candidates, the probability that 0, …, k − 1 have come."""
    table = np.zeros((len(come) + 1, k, come.shape[1]))
    table[0, 0] = 1.0
    for i in range(len(come)):
        table[i + 1] = table[i] * stay[i]
        table[i + 1, 1:] += table[i, :-1] * come[i]
    return table
