"""Ranking metrics over many users at once.

Lists are `ranked`, int[n_users, width]: item indices, best first, padded with −1. What is relevant is a `Truth`. Every
accuracy metric returns float64[n_users], cut at `k`, under one set of rules:

- A user with nothing relevant gets NaN: the mean leaves them out, and `mean` says how many.
- An empty list, or one shorter than `k`, scores 0 for the places it leaves empty; precision divides by `k` all the same.
- An item that stands twice is credited at its first place; its later places count as misses.
- Ties are the system's to break before it gives a list, so that no metric sees a score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tastemaker.errors import InvalidInputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Gain = Literal["linear", "exponential"]


@dataclass(frozen=True, slots=True)
class Truth:
    """What is relevant to whom: `items` int64[n] and `gains` float64[n] > 0, of user u at `indptr[u]:indptr[u + 1]`.

    Items are sorted within a user and stand once, with the highest gain that was given.
    """

    indptr: Ints
    items: Ints
    gains: Floats

    @classmethod
    def of(cls, relevant: Sequence[Iterable[int] | Mapping[int, float]]) -> Truth:
        """From one collection of item indices for each user; a mapping gives gains, which are 1 otherwise.

        Raises `InvalidInputError` for a gain that is not a positive number: leave out what is not relevant.
        """
        rows = [
            sorted(row.items()) if isinstance(row, Mapping) else [(int(i), 1.0) for i in sorted(set(row))]
            for row in relevant
        ]
        gains = np.array([gain for row in rows for _, gain in row], dtype=np.float64)
        if not (np.isfinite(gains) & (gains > 0)).all():
            raise InvalidInputError("hold one that is not a positive number", where="gains")
        indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
        return cls(indptr, np.array([item for row in rows for item, _ in row], dtype=np.int64), gains)

    @property
    def sizes(self) -> Ints:
        """int64[n_users]: how many items are relevant."""
        return np.diff(self.indptr)

    def of_lists(self, ranked: Ints, k: int) -> Floats:
        """float64[n_users, k]: the gain at each place; 0 where an item is not relevant, stood before, or is −1."""
        if k < 1:
            raise InvalidInputError(f"is {k}, not at least 1", where="k")
        if ranked.ndim != 2 or len(ranked) != len(self.sizes):
            raise InvalidInputError(f"has the shape {ranked.shape}, not ({len(self.sizes)}, width)", where="ranked")
        top = np.full((len(ranked), k), -1, dtype=np.int64)
        top[:, : ranked.shape[1]] = ranked[:, :k]
        if not len(self.items):
            return np.zeros(top.shape)
        span = max(int(self.items.max()), int(top.max(initial=0))) + 1
        known = np.repeat(np.arange(len(self.sizes)), self.sizes) * span + self.items
        asked = np.arange(len(top))[:, None] * span + top
        at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        found = np.where((known[at] == asked) & (top >= 0), self.gains[at], 0.0)
        order = np.argsort(asked, axis=1, kind="stable")
        inner = np.take_along_axis(asked, order, axis=1)
        repeated = np.zeros(top.shape, dtype=bool)
        repeated[:, 1:] = inner[:, 1:] == inner[:, :-1]
        found[np.arange(len(top))[:, None], order] *= ~repeated
        return found

    def _only_where_relevant(self, values: Floats) -> Floats:
        return np.where(self.sizes > 0, values, np.nan)


def ndcg(ranked: Ints, truth: Truth, k: int, gain: Gain = "linear") -> Floats:
    """DCG over the best DCG that `k` places allow (Järvelin and Kekäläinen, TOIS 2002): Σ g(rank) / log2(rank + 1).

    g is the gain itself (`linear`), or 2^gain − 1 (`exponential`, Burges et al., ICML 2005). In [0, 1].
    """
    transform = np.expm1 if gain == "exponential" else None
    scale = np.log(2.0)
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    found = truth.of_lists(ranked, k)
    owner = np.repeat(np.arange(len(truth.sizes)), truth.sizes)
    order = np.lexsort((-truth.gains, owner))
    place = np.arange(len(owner)) - truth.indptr[owner]
    counted = place < k
    best = truth.gains[order]
    if transform:
        found, best = transform(found * scale), transform(best * scale)
    ideal = np.zeros(len(truth.sizes))
    np.add.at(ideal, owner[counted], best[counted] * discount[place[counted]])
    values: Floats = (found * discount).sum(axis=1) / np.where(ideal > 0, ideal, 1.0)
    return truth._only_where_relevant(values)


def precision(ranked: Ints, truth: Truth, k: int) -> Floats:
    """Relevant among the first `k`, over `k`."""
    return truth._only_where_relevant((truth.of_lists(ranked, k) > 0).sum(axis=1) / k)


def recall(ranked: Ints, truth: Truth, k: int) -> Floats:
    """Relevant among the first `k`, over all that is relevant."""
    return truth._only_where_relevant((truth.of_lists(ranked, k) > 0).sum(axis=1) / np.maximum(truth.sizes, 1))


def hit_rate(ranked: Ints, truth: Truth, k: int) -> Floats:
    """1 if anything relevant is among the first `k`, else 0."""
    return truth._only_where_relevant(np.where((truth.of_lists(ranked, k) > 0).any(axis=1), 1.0, 0.0))


def mrr(ranked: Ints, truth: Truth, k: int) -> Floats:
    """1 / rank of the first relevant item, 0 if none is among the first `k` (Voorhees, TREC-8)."""
    hits = truth.of_lists(ranked, k) > 0
    return truth._only_where_relevant(np.where(hits.any(axis=1), 1.0 / (hits.argmax(axis=1) + 1), 0.0))


def average_precision(ranked: Ints, truth: Truth, k: int) -> Floats:
    """Mean over all relevant items of the precision at their rank, 0 for those not found by `k`; its mean is MAP."""
    hits = truth.of_lists(ranked, k) > 0
    precisions = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    return truth._only_where_relevant((precisions * hits).sum(axis=1) / np.maximum(truth.sizes, 1))


def gauc(scores: Floats, relevant: NDArray[np.bool_], users: Ints) -> float:
    """Mean over users of the area under the ROC curve, weighted by their impressions (Zhu et al., KDD 2017).

    Each row is one impression. A tie counts half. Users with only relevant, or only other, impressions have no area and
    are left out; NaN if that leaves none. Raises `InvalidInputError` for a score that is not finite.
    """
    if not np.isfinite(scores).all():
        raise InvalidInputError("hold one that is not finite", where="scores")
    total = weight = 0.0
    for rows in np.split(order := np.argsort(users, kind="stable"), np.flatnonzero(np.diff(users[order])) + 1):
        good, bad = scores[rows][relevant[rows]], np.sort(scores[rows][~relevant[rows]])
        if len(good) and len(bad):
            below = np.searchsorted(bad, good, "left") + np.searchsorted(bad, good, "right")
            total += len(rows) * below.mean() / (2 * len(bad))
            weight += len(rows)
    return total / weight if weight else float("nan")


def rmse(predicted: Floats, true: Floats) -> float:
    """Root of the mean squared error. Raises `InvalidInputError` if a prediction is not finite or none is given."""
    if not len(true) or not np.isfinite(predicted).all():
        raise InvalidInputError("hold none, or one that is not finite", where="predicted")
    return float(np.sqrt(np.mean((predicted - true) ** 2)))


@dataclass(frozen=True, slots=True)
class Summary:
    """A mean over the users who have something relevant, and how many there are of both kinds."""

    mean: float
    users: int
    excluded: int


def mean(values: Floats) -> Summary:
    """The mean without NaN; NaN if that leaves nobody."""
    kept = values[~np.isnan(values)]
    return Summary(float(kept.mean()) if len(kept) else float("nan"), len(kept), len(values) - len(kept))
