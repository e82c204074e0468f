"""What someone likes, as several vectors instead of one average: likes in groups, each spoken for by one of its items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_GROUPS = 10
MAX_LIKES = 100
"""Of the last likes; grouping takes the square of their number."""
DECAY = 0.98
"""What each later like leaves of an earlier one's say."""


@dataclass(frozen=True, slots=True)
class Group:
    """Likes that are near each other: the row of the one nearest to all of them, their rows, and their share in [0, 1]."""

    medoid: int
    rows: tuple[int, ...]
    weight: float


def group(vectors: NDArray[np.float32], max_groups: int = MAX_GROUPS) -> list[Group]:
    """Up to `max_groups` groups of the rows of `vectors`, float32[n, dimensions], oldest first; the weightiest group first.

    Ward's clustering, a medoid for each cluster and decayed sizes as weights follow PinnerSage (Pal et al., KDD 2020,
    section 4), with the number of clusters fixed in place of a distance, whose scale is each encoder's own.
    """
    n = len(vectors)
    says = DECAY ** np.arange(n - 1, -1, -1.0)
    if n <= max_groups:
        labels = np.arange(n)
    else:
        from scipy.cluster.hierarchy import fcluster, linkage  # a third of a second, which short histories save

        labels = fcluster(linkage(vectors, "ward"), max_groups, "maxclust")
    made: list[Group] = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        spread = ((vectors[rows] - vectors[rows].mean(axis=0)) ** 2).sum(axis=1)
        medoid = int(rows[::-1][np.argmin(spread[::-1])])  # of two as near, as always two are, the later
        made.append(Group(medoid, tuple(rows.tolist()), float(says[rows].sum() / says.sum())))
    return sorted(made, key=lambda one: (-one.weight, one.medoid))
