"""The head: how much the model's scores count beside the retriever's prior. Known for a model, or learned for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.domain import Shape
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.fusion import learned, standardise

Floats = NDArray[np.float64]
FOLDS = 5
RIDGE = 1e-3
TOP = 10


@dataclass(frozen=True, slots=True)
class Signals:
    """What the head sees of one ranking: the prior and the model's scores, each float64[n] and higher better; how many
    items the history has; the mean length of the candidates' texts, in characters; and the mass of the labels."""

    prior: Floats
    model: Floats
    history: int
    richness: float
    mass: float = 1.0

    @property
    def columns(self) -> Floats:
        """float64[4, n]: z(model), and that times log(1 + history), log(1 + richness) / 4, and the mass."""
        z = standardise(self.model)
        return np.stack([z, z * math.log1p(self.history), z * math.log1p(self.richness) / 4, z * self.mass])


class Head(Shape):
    """fused = z(prior) + w · z(model), where w = max(0, weights · (1, log(1 + history), log(1 + richness) / 4, mass)).

    `cases`, `ndcg` and `ndcg_of_prior` say on how much it was chosen and what that gave, by cross-validation; 0 cases: it
    is the default.
    """

    weights: tuple[float, float, float, float] = (0.5, 0.0, 0.0, 0.0)
    cases: int = 0
    ndcg: float | None = None
    ndcg_of_prior: float | None = None

    def weight(self, history: int, richness: float, mass: float = 1.0) -> float:
        """w, at least 0."""
        said = (1.0, math.log1p(history), math.log1p(richness) / 4, mass)
        return max(0.0, sum(a * b for a, b in zip(self.weights, said, strict=True)))

    def hears(self, history: int, richness: float) -> bool:
        """Whether the model has a say in such a ranking, whatever the mass: else nobody needs to read it."""
        return self.weight(history, richness, 0.0) > 0 or self.weight(history, richness, 1.0) > 0

    def fuse(self, signals: Signals) -> Floats:
        """float64[n], higher is better."""
        weight = self.weight(signals.history, signals.richness, signals.mass)
        fused: Floats = standardise(signals.prior) + weight * standardise(signals.model)
        return fused


CAUTIOUS = Head(weights=(0.1, 0.0, 0.0, 0.0))
"""Where the prior knows much and nothing is known of the model: a tenth of the prior's say moves only what is close."""


def fit_head(signals: Sequence[Signals], wanted: Sequence[NDArray[np.bool_]], seed: int = 0) -> Head:
    """The head that makes what was wanted likeliest: it minimises the cross-entropy of a softmax over each ranking
    (ListNet, Cao et al., ICML 2007, with binary gains), with the prior's own scale learned beside it.

    Three are compared by cross-validation over five folds: none of the model, one weight for all, and the weight that
    depends on the case; the simplest that none beats by more than a standard error of the difference is taken, so that a model
    that adds nothing measurable has no say.
    """
    rng = np.random.default_rng(seed)
    fold = rng.permutation(len(signals)) % FOLDS
    names = {"none": 0, "one": 1, "all": 4}
    quality = {name: np.zeros(len(signals)) for name in names}
    for number in range(FOLDS):
        train, test = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        for name, size in names.items():
            head = _fitted([signals[n] for n in train], [wanted[n] for n in train], size)
            for n in test:
                quality[name][n] = _ndcg(head.fuse(signals[n]), wanted[n])
    chosen = "none"
    for name in ("one", "all"):
        gain = quality[name] - quality[chosen]
        if gain.mean() > gain.std() / math.sqrt(len(gain)):
            chosen = name
    head = _fitted(signals, wanted, names[chosen])
    return head.model_copy(
        update={
            "cases": len(signals), "ndcg": float(quality[chosen].mean()), "ndcg_of_prior": float(quality["none"].mean())
        }
    )  # fmt: skip


def known_head(catalogue: Catalogue | None, name: str) -> Head:
    """The head that was fitted and kept by this name, which says the model, the mode and the templates. Else the default, or
    the cautious one where tastes are learned, which tell more than texts do."""
    if catalogue is None:
        return Head()
    if kept := catalogue.fact(name):
        return Head.model_validate_json(kept)
    return CAUTIOUS if learned(catalogue).items else Head()


def _fitted(signals: Sequence[Signals], wanted: Sequence[NDArray[np.bool_]], size: int) -> Head:
    if not size:
        return Head(weights=(0.0, 0.0, 0.0, 0.0))
    from scipy.optimize import minimize  # a third of a second, which only this needs

    rows = [
        (np.stack([standardise(one.prior), *one.columns[:size]]), want / want.sum())
        for one, want in zip(signals, wanted, strict=True)
        if want.any()
    ]

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = RIDGE * float(weights @ weights), 2 * RIDGE * weights
        for columns, share in rows:
            scores = weights @ columns
            logs = scores - np.logaddexp.reduce(scores)
            total -= float(share @ logs) / len(rows)
            slope = slope + columns @ (np.exp(logs) - share) / len(rows)
        return total, slope

    start = np.r_[1.0, 0.3, np.zeros(size - 1)]
    bounds = [(1e-2, None), *[(None, None)] * size]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = [round(float(value / found[0]), 4) for value in found[1:]]
    a, b, c, d = (*weights, 0.0, 0.0, 0.0)[:4]
    return Head(weights=(a, b, c, d))


def _ndcg(scores: Floats, wanted: NDArray[np.bool_]) -> float:
    """NDCG@10 with binary gains; ties count against it."""
    ranks = np.sort([(scores >= scores[n]).sum() for n in np.flatnonzero(wanted)])
    gains = 1 / np.log2(np.arange(2, TOP + 2))
    found = sum(1 / math.log2(rank + 1) for rank in ranks if rank <= TOP)
    return float(found / gains[: len(ranks)].sum()) if len(ranks) else 0.0
