"""Learns taste vectors from everyone's events: two linear models in closed form, cut to their largest singular values."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import svds

from tastemaker.retrieval.taste import Consumption, LinearMap, TasteModel

Ints = NDArray[np.int64]
DIMENSIONS = 256
MAX_ITEMS = 10_000
"""Of the items most had; others have no taste vector. Ten thousand take 0.8 GB and about a minute, once."""
MAX_HISTORY = 500
"""Last events of one user that are learned from, so that a robot's hundred thousand don't decide."""
LAGS = 100
"""How far apart two events of a user may be and still count as one following the other; 0.95^100 = 0.006."""
TOGETHER_PENALTY = 400.0
NEXT_PENALTY, NEXT_DECAY = 200.0, 0.95


def fit_taste(data: Consumption, *, max_items: int = MAX_ITEMS, max_history: int = MAX_HISTORY) -> TasteModel | None:
    """Learn both maps from everyone's events. None if fewer than two items were had, or nobody had two."""
    counts = np.bincount(data.items, minlength=len(data.ids))
    kept = np.sort(np.argsort(-counts, kind="stable")[:max_items])
    kept = kept[counts[kept] > 0]
    number = np.full(len(data.ids), -1)
    number[kept] = np.arange(len(kept))
    rows = (number[data.items] >= 0) & (places_from_end(data.users) < max_history)
    users, items = data.users[rows], number[data.items[rows]]
    if len(kept) < 2 or not (np.diff(users) == 0).any():
        return None
    ids = tuple(data.ids[n] for n in kept)
    return TasteModel(ids, _cut(together(users, items, len(kept))), _cut(following(users, items, len(kept))))


def together(users: Ints, items: Ints, n_items: int, penalty: float = TOGETHER_PENALTY) -> NDArray[np.float64]:
    """float64[n_items, n_items] of EASE (Steck, WWW 2019): B = I − P diag(1 / P_jj), P = (XᵀX + λI)⁻¹."""
    seen = sp.csr_matrix((np.ones(len(users)), (users, items)), shape=(int(users.max()) + 1, n_items))
    seen.data[:] = 1.0
    gram = np.asarray((seen.T @ seen).todense(), dtype=np.float64)
    gram[np.diag_indices(n_items)] += penalty
    inverse = np.linalg.inv(gram)
    weights: NDArray[np.float64] = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def following(
    users: Ints, items: Ints, n_items: int, penalty: float = NEXT_PENALTY, decay: float = NEXT_DECAY
) -> NDArray[np.float64]:
    """float64[n_items, n_items] of the ridge regression of each event on the decayed events before it.

    B = (HᵀH + λI)⁻¹ HᵀY, where the row of H for an event holds decay^(steps back − 1) for what came before it, and Y
    the event itself: the transitions of SLIST (Choi et al., WWW 2021, section 3), over one user's whole history.
    """
    length = places_from_end(users) + 1
    gram = sp.csr_matrix((n_items, n_items))
    cross = sp.csr_matrix((n_items, n_items))
    for lag in range(min(LAGS, int(length.max()))):
        early, late = np.arange(len(users) - lag), np.arange(lag, len(users))
        same = users[early] == users[late]
        early, late = early[same], late[same]
        # Both stand in the history of every event after `late`, each time a step further back.
        times = (1 - decay ** (2 * (length[late] - 1))) / (1 - decay**2)
        gram += sp.coo_matrix((decay**lag * times, (items[early], items[late])), shape=gram.shape).tocsr()
        if lag:
            ones = np.full(len(early), decay ** (lag - 1))
            cross += sp.coo_matrix((ones, (items[early], items[late])), shape=cross.shape).tocsr()
    dense = np.asarray(gram.todense())
    whole = dense + dense.T - np.diag(np.diag(dense))
    whole[np.diag_indices(n_items)] += penalty
    weights: NDArray[np.float64] = np.linalg.solve(whole, np.asarray(cross.todense()))
    return weights


def places_from_end(users: Ints) -> Ints:
    """int64[n]: how many later rows the same user has. A user's rows stand together."""
    ends = np.flatnonzero(np.diff(users, append=-1))
    sizes = np.diff(ends, prepend=-1)
    places: Ints = np.repeat(ends, sizes) - np.arange(len(users))
    return places


def _cut(weights: NDArray[np.float64]) -> LinearMap:
    """The best approximation of rank 256 or less (Eckart and Young 1936), its singular values on the incoming side."""
    rank = min(DIMENSIONS, len(weights))
    if rank < len(weights) // 2:
        left, values, right = svds(weights.astype(np.float32), k=rank, solver="propack", random_state=0)
    else:
        left, values, right = np.linalg.svd(weights)
    order = np.argsort(-values, kind="stable")[:rank]
    return LinearMap(
        np.ascontiguousarray(left[:, order] * values[order], dtype=np.float32),
        np.ascontiguousarray(right[order].T, dtype=np.float32),
    )
