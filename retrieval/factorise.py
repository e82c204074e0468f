"""Learns taste vectors from everyone's events: two linear models in closed form, cut to their largest singular values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, lapack
from scipy.sparse.linalg import svds

from tastemaker.retrieval.fusion import Penalties
from tastemaker.retrieval.taste import Consumption, LinearMap, TasteModel

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
DIMENSIONS, WIDE, WIDE_UP_TO = 256, 1_024, 4_096
"""Of taste vectors; wide ones where the items are so few that their maps are cut within seconds."""
MAX_ITEMS = 10_000
"""Of the items most had; others have no taste vector. Ten thousand take 0.8 GB and about a minute, once."""
MAX_HISTORY = 500
"""Last events of one user that are learned from, so that a robot's hundred thousand don't decide."""
LAGS = 100
"""How far apart two events of a user may be and still count as one following the other; 0.95^100 = 0.006."""
FOLLOWING_DECAY = 0.95
LAGS_AT_ONCE = 10
"""Of which one sparse matrix is made: each has to be added to what was there."""


@dataclass(frozen=True, slots=True)
class Histories:
    """Who had which of the items `ids`, by number: `users` and `items` int64[n], a user's rows together, oldest first."""

    users: Ints
    items: Ints
    ids: tuple[str, ...]


def fit_taste(
    data: Consumption, penalties: Penalties | None = None, *, max_items: int = MAX_ITEMS
) -> TasteModel | None:
    """Learn both maps from everyone's events. None if fewer than two items were had, or nobody had two."""
    kept = learnable(data, max_items)
    if len(kept.ids) < 2 or not (np.diff(kept.users) == 0).any():
        return None
    penalties = penalties or Penalties()
    together = ease(co_occurrences(kept), penalties.together)
    following = ridge(*transitions(kept), penalties.next)
    return TasteModel(kept.ids, _cut(together), _cut(following))


def learnable(data: Consumption, max_items: int = MAX_ITEMS, max_history: int = MAX_HISTORY) -> Histories:
    """What is learned from: the items had most often, and each user's last events on them."""
    counts = np.bincount(data.items, minlength=len(data.ids))
    kept = np.sort(np.argsort(-counts, kind="stable")[:max_items])
    kept = kept[counts[kept] > 0]
    number = np.full(len(data.ids), -1)
    number[kept] = np.arange(len(kept))
    rows = (number[data.items] >= 0) & (places_from_end(data.users) < max_history)
    return Histories(data.users[rows], number[data.items[rows]], tuple(data.ids[n] for n in kept))


def co_occurrences(data: Histories) -> Floats:
    """XᵀX, float64[n_items, n_items], where X has a row a user and 1 for what they had."""
    n = len(data.ids)
    seen = sp.csr_matrix((np.ones(len(data.users)), (data.users, data.items)), shape=(int(data.users.max()) + 1, n))
    seen.data[:] = 1.0
    return np.asarray((seen.T @ seen).todense(), dtype=np.float64)


def ease(gram: Floats, penalty: float) -> Floats:
    """float64[n_items, n_items] of EASE (Steck, WWW 2019): B = I − P diag(1 / P_jj), P = (XᵀX + λI)⁻¹."""
    factor, _ = cho_factor(gram + penalty * np.eye(len(gram)), lower=True, overwrite_a=True, check_finite=False)
    inverse, _ = lapack.dpotri(factor, lower=True, overwrite_c=True)  # of which only one half is filled
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    weights: Floats = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def transitions(data: Histories, decay: float = FOLLOWING_DECAY) -> tuple[Floats, Floats]:
    """HᵀH and HᵀY, each float64[n_items, n_items]. The row of H for an event holds decay^(steps back − 1) for what came
    before it, and that of Y the event itself: the transitions of SLIST (Choi et al., WWW 2021, section 3), over one
    user's whole history."""
    shape = (len(data.ids), len(data.ids))
    length = places_from_end(data.users) + 1
    gram, cross = sp.csr_matrix(shape), sp.csr_matrix(shape)
    for first in range(0, min(LAGS, int(length.max())), LAGS_AT_ONCE):
        parts = []
        for lag in range(first, min(first + LAGS_AT_ONCE, LAGS)):
            early, late = np.arange(len(data.users) - lag), np.arange(lag, len(data.users))
            same = data.users[early] == data.users[late]
            early, late = early[same], late[same]
            # Both stand in the history of every event after `late`, each time a step further back.
            times = (1 - decay ** (2 * (length[late] - 1))) / (1 - decay**2)
            follows = np.full(len(early), decay ** (lag - 1) if lag else 0.0)
            parts.append((data.items[early], data.items[late], decay**lag * times, follows))
        rows, columns, both, after = (np.concatenate(some) for some in zip(*parts, strict=True))
        gram += sp.csr_matrix((both, (rows, columns)), shape=shape)
        cross += sp.csr_matrix((after, (rows, columns)), shape=shape)
    dense: Floats = gram.toarray()
    whole = dense + dense.T - np.diag(np.diag(dense))
    return whole, cross.toarray()


def ridge(gram: Floats, cross: Floats, penalty: float) -> Floats:
    """The regression of each event on the decayed events before it, B = (HᵀH + λI)⁻¹ HᵀY, float64[n_items, n_items]."""
    factor = cho_factor(gram + penalty * np.eye(len(gram)), lower=True, overwrite_a=True, check_finite=False)
    solved: Floats = cho_solve(factor, cross, check_finite=False)
    return solved


def places_from_end(users: Ints) -> Ints:
    """int64[n]: how many later rows the same user has. A user's rows stand together."""
    ends = np.flatnonzero(np.diff(users, append=-1))
    sizes = np.diff(ends, prepend=-1)
    places: Ints = np.repeat(ends, sizes) - np.arange(len(users))
    return places


def _cut(weights: NDArray[np.floating]) -> LinearMap:
    """The best approximation of that rank or less (Eckart and Young 1936), its singular values on the incoming side."""
    rank = min(WIDE if len(weights) <= WIDE_UP_TO else DIMENSIONS, len(weights))
    weights = weights.astype(np.float32)
    if rank < len(weights) // 2:
        left, values, right = svds(weights, k=rank, solver="propack", random_state=0)
    else:
        left, values, right = np.linalg.svd(weights)
    order = np.argsort(-values, kind="stable")[:rank]
    return LinearMap(
        np.ascontiguousarray(left[:, order] * values[order], dtype=np.float32),
        np.ascontiguousarray(right[order].T, dtype=np.float32),
    )
