"""Metrics of what lists are like, whether or not they hit: coverage, concentration, novelty, diversity, calibration.

`ranked` is int[n_users, width], item indices padded with −1, as in `tastemaker.eval.metrics`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.eval.metrics import Floats, Ints, Truth

SMOOTHING = 0.01
"""α of Steck (RecSys 2018): keeps the divergence finite where a list lacks a category."""


def coverage(ranked: Ints, n_items: int) -> float:
    """Share of the catalogue that stands in at least one list."""
    return len(np.unique(ranked[ranked >= 0])) / n_items


def gini(ranked: Ints, eligible: NDArray[np.bool_]) -> float:
    """Gini index of how often each of the n eligible items is shown: 0 all alike, 1 − 1/n one item only; NaN for none.

    `eligible` is bool[n_items].
    """
    return gini_of(np.bincount(ranked[ranked >= 0], minlength=len(eligible))[eligible].astype(np.float64))


def gini_of(shown: Floats) -> float:
    """The same of float64[n] ≥ 0, how often each item was, or is expected to be, shown."""
    ordered, n = np.sort(shown), len(shown)
    if not ordered.sum():
        return float("nan")
    return float(((2 * np.arange(1, n + 1) - n - 1) * ordered).sum() / (n * ordered.sum()))


def novelty(ranked: Ints, popularity: Floats, n_users: int) -> Floats:
    """Mean inverse user frequency, float64[n_users]: mean of −log2(popularity / n_users), in bits (Zhou et al., PNAS 2010).

    `popularity` is float64[n_items], the number of training users of each item; one with none counts as one user's.
    NaN for an empty list.
    """
    bits = -np.log2(np.maximum(popularity, 1.0) / n_users)
    return _mean_over_list(ranked, bits)


def popularity_lift(ranked: Ints, popularity: Floats, profile_popularity: Floats) -> Floats:
    """How much more popular the list is than the user's history, relative to it (after Abdollahpouri et al.,
    2020, who divide averages of groups; here each user is a group of one).

    `profile_popularity` is float64[n_users], the mean popularity of what each user had. NaN for an empty list or history.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = (_mean_over_list(ranked, popularity) - profile_popularity) / profile_popularity
    return np.where(np.isfinite(lift), lift, np.nan)


def intra_list_diversity(ranked: Ints, features: Floats) -> Floats:
    """Mean of 1 − cosine over the pairs of a list, float64[n_users] in [0, 1] for `features` ≥ 0, float64[n_items, d].

    Items without features are 1 apart from all. NaN for a list of fewer than two items.
    """
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    units = features / np.where(lengths > 0, lengths, 1.0)
    there = ranked >= 0
    rows = units[np.maximum(ranked, 0)] * there[:, :, None]
    total, own = (rows.sum(axis=1) ** 2).sum(axis=1), (rows**2).sum(axis=(1, 2))
    n = there.sum(axis=1)
    pairs = n * (n - 1)
    return np.where(pairs > 0, 1.0 - (total - own) / np.maximum(pairs, 1), np.nan)


def serendipity(ranked: Ints, expected: Ints, truth: Truth, k: int) -> Floats:
    """Relevant items that a primitive recommender's own list of `k`, `expected`, lacks, over `k` (Ge et al., RecSys 2010)."""
    top, primitive = ranked[:, :k], expected[:, :k]
    surprising = ~(top[:, :, None] == primitive[:, None, :]).any(axis=2)
    hits = truth.of_lists(ranked, k)[:, : top.shape[1]] > 0
    return truth._only_where_relevant((hits & surprising).sum(axis=1) / k)


def calibration(ranked: Ints, categories: Floats, histories: Floats) -> Floats:
    """Kullback–Leibler divergence, in nats, of a list's categories from the history's; 0 is calibrated (Steck, RecSys 2018).

    `categories` is float64[n_items, d], each row a distribution or zero; `histories` is float64[n_users, d], the sum of
    the rows that a user had. q is smoothed to 0.99 q + 0.01 p. NaN for an empty list or history.
    """
    there = ranked >= 0
    p, shown = _share(histories), (categories[np.maximum(ranked, 0)] * there[:, :, None]).sum(axis=1)
    q = (1 - SMOOTHING) * _share(shown) + SMOOTHING * p
    terms = np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0) / np.where(q > 0, q, 1.0)), 0.0)
    usable = (histories.sum(axis=1) > 0) & (shown.sum(axis=1) > 0)
    return np.where(usable, terms.sum(axis=1), np.nan)


def _share(counts: Floats) -> Floats:
    total = counts.sum(axis=1, keepdims=True)
    shares: Floats = counts / np.where(total > 0, total, 1.0)
    return shares


def _mean_over_list(ranked: Ints, values: Floats) -> Floats:
    there: NDArray[np.bool_] = ranked >= 0
    n = there.sum(axis=1)
    return np.where(n > 0, (values[np.maximum(ranked, 0)] * there).sum(axis=1) / np.maximum(n, 1), np.nan)
