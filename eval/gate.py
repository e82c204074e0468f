"""The gate before a promotion: a head serves only if the log shows, soundly, that it earns more and harms nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from tastemaker.agent.feedback.heads import head_state, serve
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.agent.feedback.outcomes import impressions
from tastemaker.agent.online import OnlineHead, signals_of
from tastemaker.agent.policy import Policy
from tastemaker.errors import GateError
from tastemaker.eval import ope
from tastemaker.eval.beyond_accuracy import gini_of
from tastemaker.eval.metrics import Floats
from tastemaker.eval.replay import Replay, replay
from tastemaker.eval.statistics import bootstrap
from tastemaker.progress import Progress, silent

MORE_GINI = 0.05
"""How much more unevenly items may be shown, on the Gini scale of 0 to 1."""
LESS_SPREAD = 0.8
"""Least share of today's spread (the exponential of the entropy of exposure: how many items it amounts to) that must be left."""
SLOWEST_MS = 5.0
"""Milliseconds in which the head must score a decision's candidates, at the 95th percentile."""
TIMED = 200


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: its name, whether it holds, and the figures."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`promote` if all checks hold. `today` and `value` are mean rewards of a slate, as logged and as estimated under the head;
    `difference` is the 95% interval of value − today, paired by decision."""

    promote: bool
    today: float
    value: float
    difference: tuple[float, float]
    ess: float
    decisions: int
    checks: tuple[Check, ...]


def judge(
    log: FeedbackLog, head: OnlineHead, target: Policy, matured: timedelta, *, until: datetime | None = None, seed: int = 0,
    progress: Progress = silent,
) -> Verdict:  # fmt: skip
    """Whether the policy `target` over the head's scores earns more than what the log shows.

    Decisions that the head was fitted on are among those that judge it, which flatters it somewhat. Raises `InvalidInputError` if the log holds no decision that chance had a part in.
    """
    found = replay(log, target, matured, until, progress, head)
    logged, estimate = found.logged, ope.snrips(found.logged, seed)
    gain = ope.ratio_values(logged.rewards, logged.prefix_weights) - logged.rewards.sum(axis=1)
    difference = bootstrap(gain, seed)
    skips = ope.ratio_values(found.skips, logged.prefix_weights) - found.skips.sum(axis=1)
    more_skips = bootstrap(skips, seed)
    checks = (
        Check("estimable", estimate.estimable, f"effective sample size {estimate.ess:,.0f} of {ope.LEAST_ESS:g}"),
        Check("earns more", difference[0] > 0, f"{difference[0]:+.4f} to {difference[1]:+.4f} a slate"),
        Check("skips", more_skips[0] <= 0, f"{more_skips[0]:+.4f} to {more_skips[1]:+.4f} a slate"),
        *_exposure(found), _latency(log, head, matured, until),
    )  # fmt: skip
    return Verdict(
        all(one.ok for one in checks), float(logged.rewards.sum(axis=1).mean()), estimate.value, difference,
        estimate.ess, len(logged.rewards), checks,
    )  # fmt: skip


def promote(log: FeedbackLog, version: str, target: Policy, matured: timedelta, progress: Progress = silent) -> Verdict:
    """Let a version serve if the gate lets it pass; what it saw is kept with the pointer.

    Raises `GateError` if it does not, `InvalidInputError` for a version that is not there or a log that can't be evaluated.
    """
    verdict = judge(log, OnlineHead.model_validate(head_state(log, version)), target, matured, progress=progress)
    if not verdict.promote:
        failed = "; ".join(f"{one.name}: {one.detail}" for one in verdict.checks if not one.ok)
        raise GateError(
            f"is not promoted ({failed})", where=f"head {version}",
            remedy="Judge it with the tau and epsilon of the decisions that were logged, collect more of them, or learn again",
        )  # fmt: skip
    why: dict[str, Any] = {"kind": "promotion", "value": verdict.value, "today": verdict.today}
    serve(log, version, why | {"difference": list(verdict.difference), "ess": verdict.ess, "policy": target.version})
    return verdict


def _exposure(found: Replay) -> tuple[Check, Check]:
    items = sorted({*found.shown, *found.aimed})
    today, aimed = (np.array([told.get(one, 0.0) for one in items]) for told in (found.shown, found.aimed))
    a, b = gini_of(today), gini_of(aimed)
    wide, left = spread(today), spread(aimed)
    return (
        Check("exposure", b <= a + MORE_GINI, f"Gini {b:.3f}, today {a:.3f}"),
        Check("diversity", left >= LESS_SPREAD * wide, f"amounts to {left:.1f} items, today {wide:.1f}"),
    )


def spread(shown: Floats) -> float:
    """exp of the entropy of shares: to how many evenly shown items it amounts (Hill 1973, order 1); 0 for none."""
    shares = shown[shown > 0] / max(shown.sum(), 1e-300)
    return float(np.exp(-(shares * np.log(shares)).sum())) if len(shares) else 0.0


def _latency(log: FeedbackLog, head: OnlineHead, matured: timedelta, until: datetime | None) -> Check:
    taken = list[float]()
    for decision, _ in impressions(log, (until or datetime.now(UTC)) - matured, TIMED):
        started = time.perf_counter()
        if decision["candidates"]:
            head.logits(signals_of(decision["candidates"]))
            taken.append(1000 * (time.perf_counter() - started))
    slowest = float(np.percentile(taken, 95)) if taken else 0.0
    return Check("latency", slowest <= SLOWEST_MS, f"{slowest:.2f} ms to score a decision, bar {SLOWEST_MS:g}")
