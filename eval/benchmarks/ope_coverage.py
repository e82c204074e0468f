"""`bench ope`: how often 95% intervals hold the truth, by effective sample size, in a world whose truth is known by enumeration."""

from __future__ import annotations

from typing import Any

import numpy as np

from tastemaker.agent.policy import Policy
from tastemaker.eval.benchmarks.environment import environment
from tastemaker.eval.metrics import Floats
from tastemaker.eval.ope import Logged
from tastemaker.eval.replay import estimates
from tastemaker.progress import Progress, silent

CANDIDATES, PLACES, DECISIONS = 20, 5, 2_000
BEHAVIOUR = Policy(tau=1.0, epsilon=0.1)
TARGETS = (Policy(tau=1.0, epsilon=0.1), Policy(tau=0.8), Policy(tau=0.6), Policy(tau=0.45), Policy(tau=0.3), Policy())
LOWEST, HIGHEST = 0.92, 0.97
SEEN = 0.8 ** np.arange(PLACES)
"""How likely each place is looked at: clicks are by place and item, under which all of the estimators are unbiased."""


def run(runs: int, progress: Progress = silent) -> dict[str, Any]:
    """Shares of `runs` in which each estimator's interval holds the target's true value, with the median ESS; for six targets.

    The bar, 0.92 to 0.97, is for those whose median ESS is estimable; what chance alone allows of `runs` is printed.
    """
    rng = np.random.default_rng(0)
    scores, liked = rng.normal(size=CANDIDATES), rng.uniform(0.05, 0.6, CANDIDATES)
    order = np.argsort(-scores, kind="stable").tolist()
    own = BEHAVIOUR.marginals(scores, order, PLACES)
    rows = list[dict[str, Any]]()
    for n, target in enumerate(TARGETS):
        theirs = target.marginals(scores, order, PLACES)
        truth = float((theirs * liked[:, None] * SEEN).sum())
        held: dict[str, list[bool]] = {}
        sizes: dict[str, list[float]] = {}
        for seed in range(runs):
            progress("Simulating", n * runs + seed, len(TARGETS) * runs)
            log = _logged(scores, order, liked, target, own, theirs, seed)
            for one in estimates(log, seed)[1:]:
                held.setdefault(one.estimator, []).append(one.ci[0] <= truth <= one.ci[1])
                sizes.setdefault(one.estimator, []).append(one.ess)
        for name, hits in held.items():
            ess = float(np.median(sizes[name]))
            rows.append(
                {"target": target.version, "estimator": name, "ess": round(ess), "estimable": ess >= 200,
                 "coverage": round(float(np.mean(hits)), 3)}
            )  # fmt: skip
    progress("Simulating", len(TARGETS) * runs, len(TARGETS) * runs)
    chance = 2 * float(np.sqrt(0.95 * 0.05 / runs))
    believed = [row for row in rows if row["estimable"]]
    return {
        "runs": runs, "bar": [LOWEST, HIGHEST], "two_standard_errors": round(chance, 4), "rows": rows,
        "lowest": min(row["coverage"] for row in believed), "highest": max(row["coverage"] for row in believed),
        "passed": all(LOWEST <= row["coverage"] <= HIGHEST for row in believed), **environment(),
    }  # fmt: skip


def _logged(
    scores: Floats, order: list[int], liked: Floats, target: Policy, own: Floats, theirs: Floats, seed: int
) -> Logged:
    rng, places = np.random.default_rng(seed), np.arange(PLACES)
    slates = [BEHAVIOUR.draw(scores, order, PLACES, int(rng.integers(2**62))) for _ in range(DECISIONS)]
    picks = np.array([slate.picks for slate in slates])
    rewards = (rng.random(picks.shape) < liked[picks] * SEEN).astype(np.float64)
    aimed = np.array([target.log_propensities(scores, order, slate.picks) for slate in slates])
    behaviour = np.array([slate.log_propensities for slate in slates])
    return Logged(rewards, behaviour, aimed, own[picks, places], theirs[picks, places])
