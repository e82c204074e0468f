"""One treatment against the control: what changed, whether it can be told from chance at this or any look, what it cost."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from tastemaker.agent.experiments import Experiment
from tastemaker.eval.ab import metrics
from tastemaker.eval.ab.exposures import Exposures
from tastemaker.eval.ab.sequential import ALPHA, LEAST_USERS, Arm, difference, needed
from tastemaker.eval.beyond_accuracy import gini
from tastemaker.eval.metrics import Floats

COUNTS = ("impressions", "clicks", "purchases", "skips", "seconds", "timed")
GOAL = ("click rate", "clicks", "impressions", 1, 0.0)
GUARDS = (
    ("purchase rate", "purchases", "impressions", 1, 0.0),
    ("skip rate", "skips", "impressions", -1, 0.0),
    ("seconds a decision", "seconds", "timed", -1, 0.1),
)
"""Name, numerator, denominator, the sign of what is better, and how much worse, of the control's mean, is no matter."""
DRAWS = 199
MORE_CONCENTRATED = 0.01


def compare(
    experiment: Experiment, exposures: Exposures, earlier: dict[str, Floats], treatment: str, seed: int
) -> dict[str, Any]:
    """All figures of a treatment, without a verdict. Those of `metrics` and `days` are for one look, `goal` and `guardrails` for any.

    The sequences' level is 5% over the number of treatments. `earlier` is what `tastemaker.eval.ab.exposures.earlier` gives.
    """
    alpha = ALPHA / (len(experiment.variants) - 1)
    sums = {name: exposures.sums(name) for name in COUNTS} | earlier
    places = [exposures.variants.index(name) for name in (experiment.control, treatment)]
    arms = [{name: values[exposures.arm == place] for name, values in sums.items()} for place in places]
    control, treated = arms
    weights = [experiment.variants[name].weight for name in (experiment.control, treatment)]
    users = sum(len(arm["clicks"]) for arm in arms)
    planned = metrics.power(control, experiment.mde, weights[1] / weights[0], users)
    if planned["estimable"]:
        own = Arm.of(_values(control, "clicks", "impressions"))
        planned["needed_at_any_look"] = needed(
            float(own.mean), float(own.variance), experiment.mde, weights[1] / weights[0], alpha
        )
    days = _days(exposures, places)
    return {
        "treatment": treatment, "control": experiment.control,
        "metrics": {
            "CTR": metrics.rate(control, treated, "clicks"),
            "CTR, CUPED": metrics.rate(control, treated, "clicks", cuped=True),
            "CVR": metrics.rate(control, treated, "purchases"),
            "CVR, CUPED": metrics.rate(control, treated, "purchases", cuped=True),
        },
        "goal": sequence(arms, *GOAL, alpha),
        "guardrails": {
            **{guard[0]: sequence(arms, *guard, alpha) for guard in GUARDS},
            "Gini of exposure": exposure_gini(exposures, places, seed),
        },
        "balance_p": metrics.balance(control, treated), "power": planned,
        "days": days, "trend": trend(days), "path": _path(exposures, places, alpha),
    }  # fmt: skip


def sequence(
    arms: list[dict[str, Floats]], name: str, numerator: str, denominator: str, sign: int, margin: float, alpha: float
) -> dict[str, Any]:
    """The difference of the means over users of each user's own rate, with its confidence sequence at 1 − α.

    `arms` are the control's and the treatment's columns. `better`: the interval is wholly on that side of 0; `worse`: on the other, and beyond
    `margin` times the control's mean.
    """
    found: dict[str, Any] = {"name": name, "estimable": False, "better": False, "worse": False}
    if reason := metrics.why_not(arms[0], arms[1], None if numerator == "seconds" else numerator, denominator):
        return {**found, "why": reason}
    values = [_values(arm, numerator, denominator) for arm in arms]
    if max(float(np.ptp(one)) for one in values) < 1e-9:
        return {**found, "why": "not estimable: all users are alike"}
    control, treated = (Arm.of(one) for one in values)
    gap, width = (float(one) for one in difference(control, treated, alpha))
    return {
        **found, "estimable": True, "control": float(control.mean), "treatment": float(treated.mean), "difference": gap,
        "ci": [gap - width, gap + width], "better": sign * gap > width,
        "worse": -sign * gap - width > margin * float(control.mean),
    }  # fmt: skip


def exposure_gini(exposures: Exposures, places: list[int], seed: int) -> dict[str, Any]:
    """The Gini index of how often each item of both arms was shown, in [0, 1]: higher is fewer items for everybody.

    `p` is one-sided, for a higher index in the treatment, by 199 draws in which users change arms (a user's impressions stay together, and
    arms of different sizes stay so). `worse` is p ≤ 0.01 at this look. Deterministic for a seed.
    """
    rows = np.isin(exposures.arm[exposures.shown[:, 0]], places)
    user, item = exposures.shown[rows].T
    least = min(len(np.unique(user[exposures.arm[user] == place])) for place in places)
    if least < LEAST_USERS:
        why = f"not estimable: an arm has {least} users with impressions, and {LEAST_USERS} are the least"
        return {"name": "Gini of exposure", "estimable": False, "better": False, "worse": False, "why": why}
    item = np.unique(item, return_inverse=True)[1]
    every = np.ones(item.max() + 1, dtype=bool)
    own, there = exposures.arm.copy(), np.flatnonzero(np.isin(exposures.arm, places))

    def indices() -> tuple[float, float]:
        return gini(item[own[user] == places[0]], every), gini(item[own[user] == places[1]], every)

    before, after = indices()
    rng, extreme = np.random.default_rng(seed), 0
    for _ in range(DRAWS):
        own[there] = rng.permutation(own[there])
        a, b = indices()
        extreme += b - a >= after - before - 1e-12
    p = (1 + extreme) / (1 + DRAWS)
    return {
        "name": "Gini of exposure", "estimable": True, "control": before, "treatment": after,
        "difference": after - before, "p": p, "better": False, "worse": p <= MORE_CONCENTRATED,
    }  # fmt: skip


def _days(exposures: Exposures, places: list[int]) -> list[dict[str, Any]]:
    """The CTR of each day's users: an effect that fades by day was the novelty's."""
    found = []
    for day, told in enumerate(exposures.days):
        sums = {name: exposures.on(name, day) for name in ("clicks", "impressions")}
        active = sums["impressions"] > 0
        arms = [{name: values[active & (exposures.arm == place)] for name, values in sums.items()} for place in places]
        found.append({"day": told.isoformat(), **metrics.rate(arms[0], arms[1], "clicks")})
    return found


def trend(days: list[dict[str, Any]]) -> dict[str, Any]:
    """How the difference of CTR changes with each day, with a 95% interval: weighted least squares, a day weighs 1 / variance.

    `days` have `day`, `difference` and `ci`; those that are not estimable are passed over, and three are the least.
    """
    told = [one for one in days if one["estimable"]]
    if len(told) < 3:
        return {"estimable": False, "why": f"not estimable: {len(told)} days with enough users, and 3 are the least"}
    at = np.array([date.fromisoformat(one["day"]).toordinal() for one in told], np.float64)
    gaps = np.array([one["difference"] for one in told])
    weight = np.array([(one["ci"][1] - one["ci"][0]) / 3.92 for one in told]) ** -2
    off = at - np.average(at, weights=weight)
    spread = float((weight * off**2).sum())
    slope, error = float((weight * off * gaps).sum()) / spread, spread**-0.5
    return {"estimable": True, "by_day": slope, "ci": [slope - 1.96 * error, slope + 1.96 * error]}


def _path(exposures: Exposures, places: list[int], alpha: float) -> list[dict[str, Any]]:
    """The goal's sequence as it stood at the end of each day."""
    found = []
    for day, told in enumerate(exposures.days):
        sums = {name: exposures.sums(name, day) for name in ("clicks", "impressions")}
        arms = [{name: values[exposures.arm == place] for name, values in sums.items()} for place in places]
        found.append({"day": told.isoformat(), **sequence(arms, *GOAL, alpha)})
    return found


def _values(arm: dict[str, Floats], numerator: str, denominator: str) -> Floats:
    there = arm[denominator] > 0
    values: Floats = arm[numerator][there] / arm[denominator][there]
    return values
