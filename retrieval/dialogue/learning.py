"""How much each feature counts: the weights that make what was advised likeliest among the whole catalogue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.progress import Progress, silent
from tastemaker.retrieval.dialogue.features import FEATURES, Features
from tastemaker.retrieval.dialogue.past import advices
from tastemaker.retrieval.dialogue.together import Floats
from tastemaker.retrieval.dialogue.turns import Dialogue, mentioned

RIDGE = 1e-3
OTHERS = 500
"""Items drawn for each turn to stand for all that were not advised."""
MOST_STEPS = 200
EMPTY = -1e9
FRESH = 0.5
"""Nats added to what nobody advised yet: likelihood alone hardly ever shows it, so it stays unadvised (docs/experiments.md)."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Turns of advice: `features` float32[n, width, n_features]; `chosen` float32[n, width], at what was advised the share of its dialogue; `offset`
    float32[n, width], the log of how many items each column stands for, `EMPTY` where there is none."""

    features: NDArray[np.float32]
    chosen: NDArray[np.float32]
    offset: NDArray[np.float32]

    def of(self, rows: NDArray[np.int64]) -> Choices:
        """The turns at these places."""
        return Choices(self.features[rows], self.chosen[rows], self.offset[rows])


def choices(
    features: Features, dialogues: Sequence[Dialogue], seed: int = 0, progress: Progress = silent
) -> tuple[Choices, NDArray[np.int64]]:
    """Every turn of advice in `dialogues`, seen without its own dialogue, and the number of that dialogue, int64[n].

    Beside what was advised stand 500 items drawn evenly from the rest, each for its share of them, as importance sampling has
    it (Bengio and Senécal, AISTATS 2003); items named before are no choice.
    """
    rng, place = np.random.default_rng(seed), features.known.place
    rows, of = [], []
    for n, one in enumerate(found := list(advices(dialogues))):
        progress("Reading dialogues", n, len(found))
        targets = [place[item] for item in one.items if item in place]
        if not targets:
            continue
        taken = np.zeros(len(place), dtype=bool)
        taken[[*targets, *(place[item] for item in mentioned(one.before) if item in place)]] = True
        rest = np.flatnonzero(~taken)
        drawn = rng.choice(rest, min(OTHERS, len(rest)), replace=False)
        identity = dialogues[one.dialogue].id
        table = features.matrix(one.before, leave=identity)[[*targets, *drawn]]
        share = features.past.shares[number] if (number := features.past.number.get(identity)) is not None else 1.0
        rows.append((table.astype(np.float32), len(targets), len(rest) / max(len(drawn), 1), share))
        of.append(one.dialogue)
    progress("Reading dialogues", len(found), len(found))
    width = max((len(matrix) for matrix, *_ in rows), default=0)
    made = Choices(
        np.zeros((len(rows), width, len(FEATURES)), np.float32),
        np.zeros((len(rows), width), np.float32),
        np.full((len(rows), width), EMPTY, np.float32),
    )
    for n, (matrix, targets_n, stands_for, share) in enumerate(rows):
        made.features[n, : len(matrix)] = matrix
        made.chosen[n, :targets_n] = share
        made.offset[n, : len(matrix)] = np.where(np.arange(len(matrix)) < targets_n, 0.0, np.log(max(stands_for, 1.0)))
    return made, np.array(of, dtype=np.int64)


def fit(given: Choices, use: Collection[str] = FEATURES, fresh: float = FRESH) -> dict[str, float]:
    """The weights of the features in `use`, for their own scale.

    A conditional logit (McFadden 1974): the mean of −log softmax at what was advised, with a ridge of 1e-3 on the weights of
    standardised features. Then what nobody advised yet gets `fresh` nats more.
    """
    from scipy.optimize import minimize  # a third of a second, which only this needs
    from scipy.special import log_softmax

    columns = [n for n, name in enumerate(FEATURES) if name in use]
    rows, width = given.chosen.shape
    raw = given.features[:, :, columns].reshape(rows * width, -1)
    scale = raw[given.offset.ravel() > EMPTY].std(axis=0)
    flat = (raw / np.where(scale > 1e-6, scale, np.inf)).astype(np.float32)
    chosen, total = given.chosen.ravel() @ flat, float(given.chosen.sum())
    often = given.chosen.sum(axis=1, keepdims=True)

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = (flat @ weights.astype(np.float32)).reshape(rows, width) + given.offset
        logs = log_softmax(logits, axis=1)
        cost = -float((given.chosen * logs).sum()) / total
        slope = np.asarray(((np.exp(logs) * often).ravel() @ flat - chosen) / total, np.float64)
        return cost + RIDGE * float(weights @ weights), slope + 2 * RIDGE * weights

    found = minimize(loss, np.zeros(len(columns)), jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS}).x
    own = np.where(scale > 1e-6, found / np.maximum(scale, 1e-6), 0.0)
    own += [fresh * (FEATURES[column] == "unheard") for column in columns]
    return {FEATURES[column]: round(float(weight), 4) for column, weight in zip(columns, own, strict=True)}
