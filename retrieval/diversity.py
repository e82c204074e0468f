"""Another order for a ranked list: varied among itself (`mmr`), or with the categories that someone likes (`calibrate`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tastemaker.errors import InvalidInputError

SMOOTHING = 0.01
"""α of Steck (RecSys 2018, section 3): keeps the divergence finite where a slate lacks a category."""
LEAST_SHARE = 1e-12
"""A smaller share of the target is left out: it could change no choice, and its logarithms could overflow."""

Floats = NDArray[np.float64]


def mmr(relevance: ArrayLike, vectors: ArrayLike, k: int, diversity: float) -> list[int]:
    """Indices of `k` items by maximal marginal relevance, the first to show first; all n if `k` is more.

    Each next item has the highest (1 − diversity) · relevance − diversity · (highest cosine with an item before it), as in
    Carbonell and Goldstein (SIGIR 1998, section 2), where λ is 1 − diversity. The first is the most relevant. Ties go to the
    earlier, so with diversity 0 a sorted list keeps its order. Takes O(n · k · d).

    Args:
        relevance: float64[n], higher is better, of any scale: it is brought to [0, 1] by its lowest and highest.
        vectors: float32[n, d]; a row of zeros is like no other.
        k: At least 0.
        diversity: In [0, 1].

    Raises:
        InvalidInputError: a number is outside of its range or not finite, or the lengths differ.
    """
    scores, wanted = scaled(relevance), share("diversity", diversity)
    units = _units(vectors, len(scores))
    closest = np.zeros(len(scores))
    free = np.ones(len(scores), dtype=bool)
    chosen: list[int] = []
    for _ in range(_count(k, len(scores))):
        # The first is chosen by relevance alone, also where diversity 1 would give relevance no weight.
        gain = (1.0 - wanted) * scores - wanted * closest if chosen else scores
        best = int(np.argmax(np.where(free, gain, -np.inf)))
        cosines = (units @ units[best]).astype(np.float64)
        closest = np.maximum(closest, cosines) if chosen else cosines
        chosen.append(best)
        free[best] = False
    return chosen


def calibrate(
    relevance: ArrayLike, categories: Sequence[Sequence[str]], target: Mapping[str, float], k: int, strength: float
) -> list[int]:
    """Indices of `k` items whose categories come near `target`, the first to show first; all n if `k` is more.

    Each next item most increases (1 − strength) · Σ relevance − strength · KL(p || q̃), the greedy selection of Steck (RecSys
    2018, section 4). p is the target's shares; q the slate's, where each item has 1 to divide evenly among its
    categories; q̃ = 0.99 q + 0.01 p. An item without categories counts for nothing in q, and a slate of only such items has
    q = 0. Ties go to the earlier, so with strength 0 a sorted list keeps its order. Takes O(n · k · categories).

    Args:
        relevance: float64[n], higher is better. It is summed as it is: `scaled` brings it to [0, 1], where a
            `strength` means the same for every list.
        categories: Those of each item; one that is named twice counts once.
        target: What share each category should have: at least 0, not all 0; the shares are divided by their sum.
        k: At least 0.
        strength: In [0, 1].

    Raises:
        InvalidInputError: a number is outside of its range or not finite, the lengths differ, or an item's categories
            are no list.
    """
    scores, weight = _numbers("relevance", relevance, 1), share("strength", strength)
    names, wanted = _shares_of(target)
    held, total = _divided(categories, names, len(scores))
    slate, slate_total = np.zeros(len(names)), 0.0
    free = np.ones(len(scores), dtype=bool)
    chosen: list[int] = []
    for _ in range(_count(k, len(scores))):
        q = (slate + held) / np.maximum(slate_total + total, 1.0)[:, None]  # totals are whole: below 1 is none
        divergence = -(np.log((1.0 - SMOOTHING) * q / wanted + SMOOTHING) @ wanted)
        gain = (1.0 - weight) * scores - weight * divergence
        best = int(np.argmax(np.where(free, gain, -np.inf)))
        slate, slate_total = slate + held[best], slate_total + total[best]
        chosen.append(best)
        free[best] = False
    return chosen


def scaled(relevance: ArrayLike) -> Floats:
    """`relevance`, float64[n], moved and stretched so that the lowest is 0 and the highest 1; zeros where all are equal.

    Raises:
        InvalidInputError: it isn't a list of finite numbers.
    """
    values = _numbers("relevance", relevance, 1)
    if not len(values):
        return values
    halves = values / 2  # the difference of two halves never overflows
    low, high = halves.min(), halves.max()
    return (halves - low) / (high - low) if high > low else np.zeros(len(values))


def _units(vectors: ArrayLike, n: int) -> NDArray[np.float32]:
    rows = _numbers("vectors", vectors, 2)
    if len(rows) != n:
        raise InvalidInputError(f"has {len(rows)} rows for {n} items", where="vectors")
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    rows = rows / np.where(largest > 0, largest, 1.0)  # so that squares neither overflow nor vanish
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


def _shares_of(target: Mapping[str, float]) -> tuple[list[str], Floats]:
    if not isinstance(target, Mapping):
        raise InvalidInputError(f"is {type(target).__name__}, not a mapping of categories to shares", where="target")
    values = _numbers("target", list(target.values()), 1)
    if not len(values) or values.min() < 0 or values.max() == 0:
        raise InvalidInputError("needs shares of at least 0, and one above 0", where="target")
    shares = values / values.max()
    shares /= shares.sum()
    kept = shares > LEAST_SHARE
    return [name for name, is_kept in zip(target, kept, strict=True) if is_kept], shares[kept]


def _divided(categories: Sequence[Sequence[str]], names: Sequence[str], n: int) -> tuple[Floats, Floats]:
    """What each item adds to each category of `names`, float64[n, len(names)], and to all categories, float64[n]: 1 or 0."""
    if len(categories) != n:
        raise InvalidInputError(f"has {len(categories)} entries for {n} items", where="categories")
    place = {name: column for column, name in enumerate(names)}
    held, total = np.zeros((n, len(names))), np.zeros(n)
    for row, some in enumerate(categories):
        if isinstance(some, str) or not isinstance(some, Collection):
            raise InvalidInputError(f"is {type(some).__name__}, not a list of texts", where=f"categories[{row}]")
        distinct = set(some)
        total[row] = bool(distinct)
        held[row, [place[name] for name in distinct if name in place]] = 1 / max(1, len(distinct))
    return held, total


def _numbers(name: str, values: ArrayLike, dimensions: int) -> Floats:
    try:
        made = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInputError("holds something that is not a number", where=name) from None
    if made.ndim != dimensions:
        raise InvalidInputError(f"has {made.ndim} dimensions, not {dimensions}", where=name)
    if not np.isfinite(made).all():
        raise InvalidInputError("holds a number that is not finite", where=name)
    return made


def share(name: str, value: Any) -> float:
    """`value`. Raises `InvalidInputError` naming it if it is no number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) <= 1:
        raise InvalidInputError("must be a number from 0 to 1", where=name)
    return float(value)


def _count(k: Any, n: int) -> int:
    if isinstance(k, bool) or not isinstance(k, Integral) or k < 0:
        raise InvalidInputError("must be a whole number of at least 0", where="k")
    return min(int(k), n)
