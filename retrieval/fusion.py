"""Several sources' scores become one prior: a weighted sum of standardised scores, with weights learned on validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from tastemaker.domain import Shape
from tastemaker.retrieval.catalogue import Catalogue

WEIGHTS = {
    "query": 2.0, "content": 0.25, "together": 1.0, "next": 0.5, "popular": 0.25, "recent": 0.5, "new": 0.0
}  # fmt: skip
"""Between what three tracks of MovieLens-100K choose on validation (docs/experiments.md); a store learns its own."""
DECAYS = {"together": 0.95, "next": 0.95}
Share = Annotated[float, Field(ge=0, le=1)]


class Fusion(Shape):
    """How sources are weighed.

    `decays` is what each step back in a history keeps of its say, by taste source, in (0, 1]; `unwanted` what an item that
    was disliked keeps, in [0, 1]; `recent_share` the last part of the time of all events in which recent items are
    counted, in (0, 1]; `half_life` the hours in which a new item loses half of its score.
    """

    weights: dict[str, float] = Field(default_factory=lambda: dict(WEIGHTS))
    decays: dict[str, Share] = Field(default_factory=lambda: dict(DECAYS))
    unwanted: Share = 0.0
    recent_share: Share = 0.1
    half_life: float = Field(default=72.0, gt=0)


class Penalties(Shape):
    """The ridge penalties λ of the two taste maps."""

    together: float = Field(default=400.0, gt=0)
    next: float = Field(default=200.0, gt=0)


class Learned(Shape):
    """What `fit` chose: penalties and fusion on `cases` cases, with NDCG@10 on them and that of the defaults, where there
    were enough; and how many `items` have a taste vector."""

    items: int = 0
    cases: int = 0
    ndcg: float | None = None
    ndcg_of_defaults: float | None = None
    penalties: Penalties = Penalties()
    fusion: Fusion = Fusion()


LEARNED = "learned"
"""Name of the catalogue's fact that holds a `Learned` as JSON."""


def learned(catalogue: Catalogue) -> Learned:
    """What was learned for a store; the defaults before that."""
    kept = catalogue.fact(LEARNED)
    return Learned.model_validate_json(kept) if kept else Learned()


def fuse(found: Mapping[str, Mapping[str, float]], weights: Mapping[str, float]) -> list[tuple[str, float]]:
    """(id, prior) with the highest prior first, ties by id: Σ over sources of weight · (score − mean) / deviation.

    `found` maps a source to the scores of the ids it proposes, higher is better; an id that a source does not propose
    has the lowest score it gave. Linear fusion of standardised scores beat reciprocal ranks here (docs/experiments.md),
    as Bruch, Gai and Ingber (TOIS 2023) found for text.
    """
    ids, columns = standardised(found)
    prior = np.zeros(len(ids))
    for source, column in columns.items():
        prior += weights.get(source, 0.0) * column
    order = np.argsort(-prior, kind="stable")
    return [(ids[n], float(prior[n])) for n in order]


def standardised(found: Mapping[str, Mapping[str, float]]) -> tuple[list[str], dict[str, NDArray[np.float64]]]:
    """All ids that a source proposes, in order, and by source what it standardises to, float64[n_ids]."""
    ids = sorted(set().union(*found.values())) if found else []
    place = {identity: n for n, identity in enumerate(ids)}
    columns: dict[str, NDArray[np.float64]] = {}
    for source, scores in found.items():
        if scores:
            values = np.full(len(ids), min(scores.values()))
            values[[place[identity] for identity in scores]] = list(scores.values())
            columns[source] = standardise(values)
    return ids, columns


def standardise(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(x − mean) / standard deviation; zeros where all values are equal."""
    spread = float(values.std())
    centred: NDArray[np.float64] = values - values.mean()
    return centred / spread if spread > 1e-9 * np.abs(values).max() else np.zeros_like(centred)
