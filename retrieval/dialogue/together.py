"""Which items are had, or named, by the same people: one sparse matrix of baskets, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]


class Baskets:
    """Sets of items: of each user, or of each dialogue. `matrix` is 0/1, float64[n_baskets, n_items]; `counts`, float64[n_items].

    Ids that are not in `place` are passed over. `shares`, float64[n_baskets], says how much each counts; 1 if not given.
    """

    def __init__(
        self, baskets: Iterable[Iterable[str]], place: Mapping[str, int], shares: Floats | None = None
    ) -> None:
        rows = [sorted({place[one] for one in basket if one in place}) for basket in baskets]
        self.matrix = indicator(rows, len(place))
        self.shares: Floats = np.ones(len(rows)) if shares is None else shares
        self.counts: Floats = np.asarray(self.matrix.T @ self.shares, np.float64)
        self._columns = self.matrix.tocsc()

    def beside(self, item: int, without: int | None = None) -> Floats:
        """How many baskets hold both `item` and each item, float64[n_items]; `without` is one that does not count."""
        rows = self._columns.indices[self._columns.indptr[item] : self._columns.indptr[item + 1]]
        if without is not None:
            rows = rows[rows != without]
        return np.asarray(self.matrix[rows].T @ self.shares[rows], np.float64)

    def counts_but(self, without: int | None) -> Floats:
        """`counts` without a basket, float64[n_items]."""
        if without is None:
            return self.counts
        row = np.asarray(self.matrix[without].todense(), np.float64).ravel()
        return np.asarray(self.counts - self.shares[without] * row, np.float64)


class Similar:
    """Cosine of the columns of baskets, with `shrink` baskets added to each so that little evidence counts little.

    sim(i, j) = |both| / √((|i| + s) (|j| + s)), 0 for an item with itself.
    """

    def __init__(self, baskets: Baskets, shrink: float = 5.0) -> None:
        self._norm = 1.0 / np.sqrt(baskets.counts + shrink)
        self._unit = (baskets.matrix @ sparse.diags(self._norm)).tocsr()
        self._turned = self._unit.T.tocsr()
        self._own = baskets.counts * self._norm**2

    def to(self, weights: Floats) -> Floats:
        """Σ over items j of weights[j] · sim(i, j), float64[n_items]."""
        return np.asarray(self._turned @ (self._unit @ weights) - self._own * weights, np.float64)

    def each(self, items: Sequence[int]) -> Floats:
        """sim(i, j) for each j of `items`, float64[len(items), n_items]."""
        found = np.asarray((self._turned @ self._turned[list(items)].T).todense(), np.float64).T
        found[np.arange(len(items)), list(items)] = 0.0
        return found


def indicator(rows: Sequence[Sequence[int]], width: int) -> sparse.csr_matrix:
    """A matrix with 1 at the given columns of each row, float64[len(rows), width]."""
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
    indices = np.array([column for row in rows for column in row], dtype=np.int64)
    return sparse.csr_matrix((np.ones(len(indices)), indices, indptr), shape=(len(rows), width))
