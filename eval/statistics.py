"""Is a difference real? Paired randomisation tests, Holm's correction, bootstrap intervals. All seeded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tastemaker.eval.metrics import Floats

PERMUTATIONS = 10_000
RESAMPLES = 2_000
CELLS = 5_000_000
"""Random numbers held in memory at once, 40 MB as float64 and as much again while they are drawn."""


def randomisation_test(a: Floats, b: Floats, seed: int, permutations: int = PERMUTATIONS) -> float:
    """Two-sided p of mean(a − b), if for each user it were chance which system gave which score (Fisher 1935).

    `a` and `b` are float64[n], the same users in the same order. p = (1 + draws at least as extreme) / (1 + draws), so
    that it is never 0 (Phipson and Smyth, 2010). 1 if there is no user.
    """
    difference = a - b
    if not len(difference):
        return 1.0
    rng = np.random.default_rng(seed)
    seen = abs(difference.sum()) * (1 - 1e-12)  # sums in another order must not make an equal draw look smaller
    extreme = 0
    block = max(1, CELLS // len(difference))
    for start in range(0, permutations, block):
        signs = rng.choice(np.array([-1.0, 1.0]), size=(min(block, permutations - start), len(difference)))
        extreme += int((np.abs(signs @ difference) >= seen).sum())
    return (1 + extreme) / (1 + permutations)


def holm(p: Sequence[float]) -> list[float]:
    """The p-values adjusted so that one wrong rejection among all is as rare as the level says (Holm 1979)."""
    order = sorted(range(len(p)), key=lambda n: p[n])
    adjusted, highest = [0.0] * len(p), 0.0
    for rank, n in enumerate(order):
        highest = max(highest, min(1.0, (len(p) - rank) * p[n]))
        adjusted[n] = highest
    return adjusted


def bootstrap(values: Floats, seed: int, level: float = 0.95, weights: Floats | None = None) -> tuple[float, float]:
    """Percentile interval of the mean over users (Efron and Tibshirani 1993, section 13.3); NaN if there is no user.

    With `weights`, float64[n] > 0, that of the weighted mean, as where users count by their rows.
    """
    if not len(values):
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    block = max(1, CELLS // len(values))
    sizes = [min(block, RESAMPLES - start) for start in range(0, RESAMPLES, block)]
    drawn = (rng.integers(0, len(values), size=(n, len(values))) for n in sizes)
    heavy = np.ones(len(values)) if weights is None else weights
    means = np.concatenate([(values * heavy)[rows].sum(axis=1) / heavy[rows].sum(axis=1) for rows in drawn])
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
