"""Several sources' scores become one prior: a weighted sum of standardised scores, with weights learned on validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

WEIGHTS = {"query": 2.0, "content": 0.25, "together": 1.0, "next": 0.5, "popular": 0.25, "recent": 0.5}
"""Between what three tracks of MovieLens-100K choose on validation (docs/experiments.md, 2026-11-25)."""


@dataclass(frozen=True, slots=True)
class Fusion:
    """How sources are weighed.

    `decay` is what each step back in a history keeps of its say, in (0, 1]; `unwanted` what an item that was disliked
    keeps, in [0, 1]; `recent_share` the last part of the time of all events in which recent items are counted, in (0, 1].
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    decay: float = 0.95
    unwanted: float = 0.0
    recent_share: float = 0.1


def fuse(found: Mapping[str, Mapping[str, float]], weights: Mapping[str, float]) -> list[tuple[str, float]]:
    """(id, prior) with the highest prior first, ties by id: Σ over sources of weight · (score − mean) / deviation.

    `found` maps a source to the scores of the ids it proposes, higher is better; an id that a source does not propose
    has the lowest score it gave. Linear fusion of standardised scores beat reciprocal ranks here (docs/experiments.md),
    as Bruch, Gai and Ingber (TOIS 2023) found for text.
    """
    ids = sorted(set().union(*found.values())) if found else []
    place = {identity: n for n, identity in enumerate(ids)}
    prior = np.zeros(len(ids))
    for source, scores in found.items():
        if scores and (weight := weights.get(source, 0.0)):
            values = np.full(len(ids), min(scores.values()))
            values[[place[identity] for identity in scores]] = list(scores.values())
            prior += weight * standardise(values)
    order = np.argsort(-prior, kind="stable")
    return [(ids[n], float(prior[n])) for n in order]


def standardise(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(x − mean) / standard deviation; zeros where all values are equal."""
    spread = float(values.std())
    centred: NDArray[np.float64] = values - values.mean()
    return centred / spread if spread > 1e-9 * np.abs(values).max() else np.zeros_like(centred)
