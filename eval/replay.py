"""A store's own log, read for off-policy evaluation: what another temperature or share of even draws would have earned."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.agent.feedback.outcomes import impressions
from tastemaker.agent.online import OnlineHead, signals_of
from tastemaker.agent.policy import Policy, best_first
from tastemaker.errors import InvalidInputError
from tastemaker.eval import ope
from tastemaker.eval.ope import Logged
from tastemaker.progress import Progress, silent

MAX_DECISIONS = 100_000


@dataclass(frozen=True, slots=True)
class Replay:
    """Matured decisions with the target's propensities, and how many were left out, by why.

    `skips` is 1 where the item was skipped, of the shape of the rewards; `shown` and `aimed` say how often each item was shown, and would be
    in expectation.
    """

    logged: Logged
    left_out: dict[str, int]
    skips: NDArray[np.float64]
    shown: dict[str, float]
    aimed: dict[str, float]


def replay(
    log: FeedbackLog, target: Policy, matured: timedelta, until: datetime | None = None, progress: Progress = silent,
    head: OnlineHead | None = None,
) -> Replay:  # fmt: skip
    """The newest hundred thousand decisions that are older than `matured`; where no reward came, that is zero.

    The target draws by the scores of `head`, or where none is given by those that were logged.

    Left out are those whose model failed (`degraded`: that is another policy), and those certain when they were made (greedy, no even draws):
    they say nothing of other slates. Propensities are the logged ones; only a place's marginals are computed, from logged scores.
    Raises `InvalidInputError` if none is left, or a propensity is missing or 0.
    """
    rows = impressions(log, (until or datetime.now(UTC)) - matured, MAX_DECISIONS)
    left_out = {"degraded": 0, "certain": 0, "without scores": 0}
    kept: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    for decision, shown in rows:
        if decision["degraded"]:
            left_out["degraded"] += 1
        elif not decision["tau"] and not decision["epsilon"]:
            left_out["certain"] += 1
        elif not shown or any("score" not in one for one in decision["candidates"]):
            left_out["without scores"] += 1
        else:
            kept.append((decision, shown))
    if not kept:
        rest = ", ".join(f"{n} {why}" for why, n in left_out.items() if n) or "none at all"
        raise InvalidInputError(
            f"holds no matured decision that chance had a part in ({rest})", where="log",
            remedy="Recommend with tau or epsilon above 0, and give a shorter time to mature",
        )  # fmt: skip
    width = max((len(shown) for _, shown in kept), default=0)
    rewards, behaviour, aimed = (np.zeros((len(kept), width)) for _ in range(3))
    marginals, skips = np.ones((2, len(kept), width)), np.zeros((len(kept), width))
    given, wanted = Counter[str](), defaultdict[str, float](float)
    for n, (decision, shown) in enumerate(kept):
        progress("Reading the log", n, len(kept))
        k, candidates = len(shown), decision["candidates"]
        scores = np.array([one["score"] for one in candidates])
        order = best_first(candidates)
        at = {one["id"]: m for m, one in enumerate(candidates)}
        picks = [at[one["item_id"]] for one in shown]
        rewards[n, :k] = [one["reward"] for one in shown]
        # A shorter slate ends as it is: nothing more is shown, and nothing earned.
        behaviour[n] = [one["log_propensity"] for one in shown] + [shown[-1]["log_propensity"]] * (width - k)
        skips[n, :k] = ["skip" in one["types"] for one in shown]
        own = Policy(decision["tau"], decision["epsilon"]).marginals(scores, order, k)
        if head is not None:
            scores = head.logits(signals_of(candidates))
            order = np.argsort(-scores, kind="stable").tolist()
        told = target.log_propensities(scores, order, picks)
        aimed[n] = told + [told[-1]] * (width - k)
        theirs = target.marginals(scores, order, k)
        for row, places in enumerate((own, theirs)):
            marginals[row, n, :k] = places[picks, np.arange(k)]
        given.update(one["item_id"] for one in shown)
        for candidate, share in zip(candidates, theirs.sum(axis=1), strict=True):
            wanted[candidate["id"]] += float(share)
    progress("Reading the log", len(kept), len(kept))
    logged = Logged(rewards, behaviour, aimed, marginals[0], marginals[1])
    return Replay(logged, left_out, skips, dict(given), dict(wanted))


def estimates(log: Logged, seed: int = 0) -> list[ope.Estimate]:
    """What was earned, and every estimator's word on what would have been; the doubly robust one predicts a place's mean.

    Where IIPS and RIPS are apart, clicks are neither by place alone nor by what stands above.
    """
    means = np.broadcast_to(log.rewards.mean(axis=0), log.rewards.shape)
    return [
        ope.on_policy(log.rewards, seed), ope.sips(log, seed), ope.snips(log, seed), ope.iips(log, seed),
        ope.rips(log, seed), ope.snrips(log, seed), ope.cascade_dr(log, means, means, seed),
    ]  # fmt: skip
