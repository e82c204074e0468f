"""Vectors in rows beside their ids, compared one by one: in memory, or in a file that is read where it lies."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tastemaker.retrieval.attributes import Eligible, Listed, rows_in
from tastemaker.retrieval.filters import Bools

Space = Literal["cosine", "ip", "l2"]
Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]
COMPARED = 1_024
"""Rows that are compared at once: 1.5 MB at 384 floats."""
ALONE = 16_384
"""Rows up to which one core compares them."""


class Rows(Listed):
    """`matrix`, float32[n, dimensions], with an id a row; by cosine its rows are units.

    Exact: every eligible row is compared. `ids` and `place` may go on to grow; only the first n count here.
    """

    def __init__(self, ids: list[str], place: dict[str, int], matrix: Floats32, space: Space) -> None:
        super().__init__(ids)
        self.place, self.matrix, self.space = place, np.asarray(matrix), space  # a memmap's own slices are slow

    @classmethod
    def of(cls, ids: Sequence[str], vectors: Floats32, space: Space) -> Rows:
        """In memory, ordered by id, so that ties go by it."""
        order = sorted(range(len(ids)), key=ids.__getitem__)
        named = [ids[n] for n in order]
        matrix = vectors[order]
        return cls(named, {one: n for n, one in enumerate(named)}, unit(matrix) if space == "cosine" else matrix, space)

    def __len__(self) -> int:
        return len(self.matrix)

    def take(self, ids: Sequence[str]) -> Floats32:
        """The vectors of `ids`, float32[len(ids), dimensions]. Raises `KeyError` for an id that is not there."""
        rows = [self.place[identity] for identity in ids]
        return np.asarray(self.matrix[rows])

    def nearest(
        self, queries: Floats32, n: int, *, among: Eligible | None = None, without: Collection[str] = ()
    ) -> dict[str, float]:
        """Up to `n` ids with their score for the query that they are nearest to, best first, ties by row."""
        return self.scan(queries, n, self.eligible(among) if among is not None else None, without)

    def scan(self, queries: Floats32, n: int, mask: Bools | None, without: Collection[str] = ()) -> dict[str, float]:
        """As `nearest`, of the rows of `mask`, or of all."""
        rows = np.flatnonzero(mask) if mask is not None else None
        if rows is not None and not len(rows):
            return {}
        best = self._scores(queries, rows)
        if without:
            barred = rows_in(self.place, list(without))
            barred = barred[(barred >= 0) & (barred < len(self))]
            if rows is not None:
                at = np.minimum(np.searchsorted(rows, barred), len(rows) - 1)
                barred = at[rows[at] == barred]
            best[barred] = -np.inf
        n = min(n, len(best) - int(np.isneginf(best).sum()))
        if n <= 0:
            return {}
        kept = np.sort(np.argpartition(-best, n - 1)[:n]) if n < len(best) else np.arange(len(best))
        kept = kept[np.argsort(-best[kept], kind="stable")][:n]
        named = kept if rows is None else rows[kept]
        return dict(zip([self.ids[row] for row in named.tolist()], best[kept].tolist(), strict=True))

    def _scores(self, queries: Floats32, rows: Ints | None) -> Floats32:
        """Of each row the highest score for a query, float32[n]."""
        if self.space == "cosine":
            queries = unit(queries)
        size = len(self) if rows is None else len(rows)
        best = np.empty(size, dtype=np.float32)
        if size <= ALONE:
            self._compare(queries, rows, best, 0)
        else:  # rows lie apart in memory, and one core waits for each: the others can wait for theirs meanwhile
            cores = os.cpu_count() or 1
            share = -(-size // cores)
            with ThreadPoolExecutor(cores) as pool:
                list(pool.map(lambda n: self._compare(queries, rows, best[n : n + share], n), range(0, size, share)))
        return best

    def _compare(self, queries: Floats32, rows: Ints | None, best: Floats32, first: int) -> None:
        """Fill `best` with the scores from the `first` row on."""
        # One block of memory for all copies: fresh ones cost more in page faults than the copying itself.
        copied = np.empty((min(COMPARED, len(best)), self.matrix.shape[1]), dtype=np.float32)
        for start in range(0, len(best), COMPARED):
            part = best[start : start + COMPARED]
            at = slice(first + start, first + start + len(part))
            if rows is None:
                vectors = self.matrix[at]
            else:
                vectors = copied[: len(part)]
                np.take(self.matrix, rows[at], axis=0, out=vectors, mode="clip")
            part[:] = similarity(queries, vectors, "ip" if self.space == "cosine" else self.space).max(axis=0)


class RowFile:
    """Rows on disk: `PATH.f32` holds the vectors one after another, `PATH.ids` their length and then an id a line.

    A copy of what a collection holds, made again from it by `write` wherever it is missing or was cut short.
    """

    def __init__(self, path: Path, space: Space) -> None:
        self._vectors, self._names, self._space = path.with_suffix(".f32"), path.with_suffix(".ids"), space
        self._lock = threading.Lock()
        self._ids: list[str] = []
        self._place: dict[str, int] = {}
        self._dimensions = 0

    def rows(self, size: int) -> Rows | None:
        """What the file holds, or None if that is less than `size` rows."""
        with self._lock:
            return self._rows() if self._load() and len(self._ids) >= size else None

    def _rows(self) -> Rows:
        shape = (len(self._ids), self._dimensions)
        matrix: Floats32 = np.memmap(self._vectors, dtype=np.float32, mode="r", shape=shape)
        return Rows(self._ids, self._place, matrix, self._space)

    def write(self, pages: Iterable[tuple[Sequence[str], Floats32]]) -> Rows:
        """Make the file anew from pages of ids and vectors, at least one; and what it then holds."""
        with self._lock:
            self._delete()
            self._vectors.parent.mkdir(parents=True, exist_ok=True)
            for ids, vectors in pages:
                if not self._dimensions:
                    self._vectors.touch()
                    self._dimensions = vectors.shape[1]
                    self._names.write_text(f"{self._dimensions}\n", encoding="utf-8")
                self._put(ids, vectors)
            return self._rows()

    def put(self, ids: Sequence[str], vectors: Floats32) -> None:
        """Add or replace vectors, if there is a file."""
        with self._lock:
            if self._load():
                self._put(ids, vectors)

    def _put(self, ids: Sequence[str], vectors: Floats32) -> None:
        if vectors.shape[1] != self._dimensions:  # the collection refuses these itself; a copy can be made again
            self._delete()
            return
        vectors = np.ascontiguousarray(unit(vectors) if self._space == "cosine" else vectors, dtype="<f4")
        new = [n for n, one in enumerate(ids) if one not in self._place]
        old = [n for n, one in enumerate(ids) if one in self._place]
        width = 4 * self._dimensions
        with self._vectors.open("r+b") as file:
            for n in old:
                file.seek(self._place[ids[n]] * width)
                file.write(vectors[n].tobytes())
            file.seek(len(self._ids) * width)
            file.write(vectors[new].tobytes())
            file.flush()
            os.fsync(file.fileno())  # before the ids that vouch for them
        with self._names.open("a", encoding="utf-8") as names:
            names.writelines(f"{ids[n]}\n" for n in new)
        for n in new:
            self._place[ids[n]] = len(self._ids)
            self._ids.append(ids[n])

    def delete(self) -> None:
        """Remove the file."""
        with self._lock:
            self._delete()

    def _delete(self) -> None:
        self._names.unlink(missing_ok=True)
        self._vectors.unlink(missing_ok=True)
        self._ids, self._place, self._dimensions = [], {}, 0

    def _load(self) -> bool:
        if not self._dimensions and self._names.is_file() and self._vectors.is_file():
            first, *ids = self._names.read_text(encoding="utf-8").split("\n")
            self._ids = ids[:-1]  # a last line that was not ended was cut short
            self._place = {one: n for n, one in enumerate(self._ids)}
            self._dimensions = int(first) if first.isdecimal() else 0
            if self._vectors.stat().st_size < 4 * self._dimensions * len(self._ids):
                self._delete()
        return bool(self._dimensions)


def similarity(queries: Floats32, vectors: Floats32, space: Space) -> Floats32:
    """float32[n_queries, n_vectors], higher is nearer: the cosine where `vectors` are units, the inner product, or minus
    the squared distance."""
    products: Floats32 = (unit(queries) if space == "cosine" else queries) @ vectors.T
    if space == "l2":
        products = 2 * products - (queries**2).sum(axis=1)[:, None] - (vectors**2).sum(axis=1)[None, :]
    return products


def unit(vectors: Floats32) -> Floats32:
    """The rows at length 1; rows of zeros stay."""
    made: Floats32 = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return made
