"""From ranks to rows: recall by rank, intervals over dialogues, paired differences, bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.eval.dialogues.protocol import Case
from tastemaker.eval.metrics import Floats, Ints
from tastemaker.eval.statistics import bootstrap

PLACES = (1, 10, 20, 50)
DEPTHS = {"0": (0, 0), "1-2": (1, 2), "3-5": (3, 5), "6+": (6, 10**9)}
"""Films named before."""
SINKING = 0.5
"""Points of recall at 10 that a model may cost at most."""
BARS: dict[str, dict[str, float]] = {
    "redial": {"R@1": 3.5, "R@10": 16.0, "R@50": 33.0, "unseen R@50": 10.0},
    "inspired": {"R@10": 13.0, "R@50": 25.0},
}
"""In percent."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What stands in each row of targets: the `dialogue` it is from, int64[n]; how many films were named before (`depth`,
    int64[n]); the number of its `case`, int64[n]; and whether no training dialogue names it (`unseen`, bool[n])."""

    dialogue: Ints
    depth: Ints
    case: Ints
    unseen: NDArray[np.bool_]

    @classmethod
    def of(cls, cases: Sequence[Case], seen: frozenset[str]) -> Rows:
        """One row a target, in the order of `cases`; `seen` are the films that training names."""
        return cls(
            np.array([case.dialogue for case in cases for _ in case.targets], dtype=np.int64),
            np.array([case.mentions for case in cases for _ in case.targets], dtype=np.int64),
            np.array([n for n, case in enumerate(cases) for _ in case.targets], dtype=np.int64),
            np.array([one not in seen for case in cases for one in case.targets], dtype=bool),
        )


def row(system: str, ranks: Ints, rows: Rows) -> dict[str, Any]:
    """A system's figures: `R@k` in percent, each with a 95% interval over dialogues; the same at 50 for what training never
    named, at 10 by films named before; and `top1`: in how many turns the first item is one that was advised."""
    found: dict[str, Any] = {"system": system}
    found |= {f"R@{k}": mean(_hits(ranks, k), rows.dialogue) for k in PLACES}
    found["unseen R@50"] = mean(_hits(ranks[rows.unseen], 50), rows.dialogue[rows.unseen])
    found["R@10 by films named"] = {
        name: mean(_hits(ranks[here], 10), rows.dialogue[here])
        for name, (low, high) in DEPTHS.items()
        for here in [(rows.depth >= low) & (rows.depth <= high)]
    }
    first = np.zeros(int(rows.case.max(initial=-1)) + 1)
    np.maximum.at(first, rows.case, _hits(ranks, 1))
    of = np.zeros(len(first), dtype=np.int64)
    of[rows.case] = rows.dialogue
    found["top1"] = mean(first, of)
    return found


def _hits(ranks: Ints, k: int) -> Floats:
    return np.where(ranks <= k, 100.0, 0.0)


def mean(values: Floats, dialogue: Ints) -> dict[str, Any]:
    """The mean of `values`, float64[n], its 95% bootstrap interval over dialogues, and n; None where there is no row."""
    if not len(values):
        return {"mean": None, "ci": None, "n": 0}
    _, owner = np.unique(dialogue, return_inverse=True)
    weights = np.bincount(owner).astype(np.float64)
    low, high = bootstrap(np.bincount(owner, values) / weights, seed=0, weights=weights)
    return {"mean": round(float(values.mean()), 2), "ci": [round(low, 2), round(high, 2)], "n": len(values)}


def paired(name: str, ranks: Ints, base: Ints, rows: Rows) -> dict[str, Any]:
    """What `name` gains over the base, in points of recall, with 95% intervals of the paired difference over dialogues."""
    gains = {f"R@{k}": mean(_hits(ranks, k) - _hits(base, k), rows.dialogue) for k in PLACES}
    return {"system": name, **gains}


def bars(dataset: str, found: Mapping[str, Any], with_model: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Each bar, what was reached, and whether it is `passed`; None where nothing was measured."""
    made = []
    for measure, bar in BARS[dataset].items():
        value = found[measure]["mean"]
        made.append({"measure": measure, "bar": bar, "value": value, "passed": None if value is None else value >= bar})
    if with_model is not None:
        value = with_model["R@10"]["mean"]
        made.append(
            {"measure": "R@10, model minus prior", "bar": -SINKING, "value": value, "passed": value >= -SINKING}
        )
    return made
