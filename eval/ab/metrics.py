"""An experiment's figures at one look: sample ratio, rates with the delta method, CUPED, power. Computed by tea-tasting."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tastemaker.errors import MissingExtraError
from tastemaker.eval.ab.sequential import ALPHA, LEAST_USERS, enough
from tastemaker.eval.metrics import Floats

LEAST_P = 0.001
"""Of the sample ratio: below it the arms are not what the assignment makes, and no figure of theirs means anything."""
POWER = 0.8

Columns = Mapping[str, Floats]
"""float64[users of an arm] by name: `impressions`, `clicks`, …"""


def load_tea_tasting() -> Any:
    """The module tea_tasting. Raises `MissingExtraError` where it isn't installed."""
    try:
        import tea_tasting
        import tea_tasting.aggr
    except ImportError as error:
        raise MissingExtraError(
            "needs tea-tasting", where="the analysis of an experiment", remedy="Run: pip install 'tastemaker[ab]'"
        ) from error
    return tea_tasting


def sample_ratio(users: Mapping[str, int], weights: Mapping[str, float]) -> dict[str, Any]:
    """Did the variants get the users that their weights say? The first is the control.

    `p` is the smallest of the treatments' two-sided p-values against the control (binomial up to 999 users, else normal with continuity
    correction), times their number (Bonferroni), at most 1; None if nobody came. `ok` is p ≥ 0.001.
    """
    control, *treatments = users
    tea = load_tea_tasting()
    metric = tea.SampleRatio(dict(weights))
    counts = {name: tea.aggr.Aggregates(count_=n) for name, n in users.items()}
    found = [
        metric.analyze(counts, control, name).pvalue for name in treatments if users[control] + users[name]
    ]  # fmt: skip
    p = min(1.0, min(found) * len(treatments)) if found else None
    total = sum(weights.values())
    expected = {name: sum(users.values()) * weight / total for name, weight in weights.items()}
    return {"users": dict(users), "expected": expected, "p": p, "ok": p is None or p >= LEAST_P}


def why_not(control: Columns, treatment: Columns, events: str | None, per: str) -> str | None:
    """Why the arms can't be compared by `events` (None for what is no event) over `per`; None if they can."""
    arms = {"control": control, "treatment": treatment}
    users = {name: np.array(float((arm[per] > 0).sum())) for name, arm in arms.items()}
    for name, n in users.items():
        if n < LEAST_USERS:
            return f"not estimable: the {name} has {n:.0f} users with {per}, and {LEAST_USERS} are the least"
    if events and not enough((users["control"], users["treatment"]), (control[events].sum(), treatment[events].sum())):
        return f"not estimable: {control[events].sum() + treatment[events].sum():.0f} {events} in both arms are too few"
    return None


def _alike(arm: Columns, numerator: str) -> bool:
    """Whether each user has the same rate, so that there is no variance to go by."""
    residuals = arm[numerator] - arm["impressions"] * (arm[numerator].sum() / arm["impressions"].sum())
    return float(np.ptp(residuals)) < 1e-9


def rate(control: Columns, treatment: Columns, numerator: str, *, cuped: bool = False) -> dict[str, Any]:
    """`numerator` over impressions in both arms: the ratio of means over users, by the delta method (Deng, Knoblich and Lu 2018).

    An impression-wise test would take a user's impressions for independent. `ci` is of the absolute difference, `relative_ci` of the change
    over the control's (by the logarithm of the ratio), both 95% at this look alone; `p` is two-sided. With `cuped` the users' click
    rate before the experiment is taken out (Deng, Xu, Kohavi and Walker 2013).
    """
    if reason := why_not(control, treatment, numerator, "impressions"):
        return {"estimable": False, "why": reason}
    if cuped and (reason := why_not(control, treatment, "clicks_before", "impressions_before")):
        return {"estimable": False, "why": f"not estimable: CUPED needs an earlier time, which is {reason}"}
    if _alike(control, numerator) and _alike(treatment, numerator):
        return {"estimable": False, "why": "not estimable: all users are alike"}
    before = ("clicks_before", "impressions_before") if cuped else (None, None)
    metric = load_tea_tasting().RatioOfMeans(numerator, "impressions", *before, confidence_level=1 - ALPHA)
    names = [numerator, "impressions", *(before if cuped else ())]
    arms = {"control": _aggregates(control, names), "treatment": _aggregates(treatment, names)}
    found = metric.analyze(arms, "control", "treatment")
    return {
        "estimable": True, "control": found.control, "treatment": found.treatment, "difference": found.effect_size,
        "ci": [found.effect_size_ci_lower, found.effect_size_ci_upper], "relative": found.rel_effect_size,
        "relative_ci": [found.rel_effect_size_ci_lower, found.rel_effect_size_ci_upper], "p": found.pvalue,
    }  # fmt: skip


def balance(control: Columns, treatment: Columns) -> float | None:
    """Two-sided p of the click rates before the experiment, which no treatment can have changed; None if not estimable."""
    names = ["clicks_before", "impressions_before"]
    if why_not(control, treatment, names[0], names[1]):
        return None
    metric = load_tea_tasting().RatioOfMeans(*names)
    arms = {"control": _aggregates(control, names), "treatment": _aggregates(treatment, names)}
    return float(metric.analyze(arms, "control", "treatment").pvalue)


def power(control: Columns, mde: float, ratio: float, users: int) -> dict[str, Any]:
    """What the CTR can tell, by the control's users so far: for one look, two-sided at 5%.

    `ratio` is treatment's over control's users, `users` how many both have. `power` in [0, 1] to find a relative change of `mde`, `needed` users in
    both arms for a power of 80% (200 at least), and `detectable`, the relative change that is found with 80% by the users that there are.
    """
    if why_not(control, control, "clicks", "impressions") or _alike(control, "clicks"):
        return {"estimable": False, "why": "not estimable: the control has too few users or clicks, or all are alike"}
    arm = _aggregates(control, ["clicks", "impressions"])

    def solve(what: str, n: int = users) -> Any:
        # By the normal distribution: the t distribution's degrees of freedom are none for the few users that the search for n begins with.
        metric = load_tea_tasting().RatioOfMeans(
            "clicks", "impressions", rel_effect_size=mde, n_obs=n, ratio=ratio, power=POWER, alpha=ALPHA, use_t=False
        )
        return metric.solve_power(arm, what)[0]

    least = 2 * LEAST_USERS
    few = solve("power", least).power >= POWER
    return {
        "estimable": True, "users": users, "power": solve("power").power,
        "needed": least if few else math.ceil(solve("n_obs").n_obs), "detectable": solve("rel_effect_size").rel_effect_size,
    }  # fmt: skip


def _aggregates(arm: Columns, names: list[Any]) -> Any:
    values = np.array([arm[name] for name in names])
    covariance = np.cov(values)
    pairs = [(n, m) for n in range(len(names)) for m in range(n)]
    return load_tea_tasting().aggr.Aggregates(
        values.shape[1], dict(zip(names, values.mean(axis=1).tolist(), strict=True)),
        dict(zip(names, np.diag(covariance).tolist(), strict=True)),
        {(names[n], names[m]): float(covariance[n, m]) for n, m in pairs},
    )  # fmt: skip
