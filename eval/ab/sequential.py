"""Intervals that hold however often one looks, and a simulation of looking at experiments in which nothing differs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.errors import InvalidInputError
from tastemaker.eval.metrics import Floats

ALPHA = 0.05
LEAST_USERS, LEAST_SUCCESSES = 100, 20
"""Of each arm, below which a result is "not estimable": the limit theorems behind all intervals here have not set in. Of successes (clicks,
…) those count that the arm would have at the rate of both, so that none at all in one arm beside many in the other is a result."""
TIGHTEST = 1_000
"""Users at which the sequence is tightest. It must not depend on the data; from 100 to 100,000 users it is at most 1.3 times as wide as it could be."""


def half_width(users: Floats, variance: Floats, alpha: float = ALPHA) -> Floats:
    """Half the width of the asymptotic confidence sequence for a mean after t `users` whose values have `variance`; any one shape.

    σ √(2 (tρ² + 1) / (t²ρ²) · log(√(tρ² + 1) / α)), with ρ² = (−2 log α + log(1 − 2 log α)) / t* for the t* at which it is tightest
    (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences", arXiv
    2103.06476: theorem 2.2 and the paragraphs on ρ). With probability 1 − α it covers at all t at once, as t grows.
    """
    rho2 = (-2 * np.log(alpha) + np.log1p(-2 * np.log(alpha))) / TIGHTEST
    grown = users * rho2 + 1
    found: Floats = np.sqrt(variance * 2 * grown / (users**2 * rho2) * np.log(np.sqrt(grown) / alpha))
    return found


def enough(users: tuple[Floats, Floats], successes: tuple[Floats, Floats]) -> NDArray[np.bool_]:
    """Whether both arms have the users, and at the rate of both together the successes, for a result; each float64 of one shape."""
    least, both = np.minimum(*users), users[0] + users[1]
    found: NDArray[np.bool_] = (least >= LEAST_USERS) & (
        (successes[0] + successes[1]) * least >= LEAST_SUCCESSES * both
    )
    return found


class Arm(NamedTuple):
    """Of an arm's users: how many, and the sum and the sum of squares of their values; each float64 of one shape."""

    users: Floats
    total: Floats
    squares: Floats

    @property
    def mean(self) -> Floats:
        """The mean of the users' values."""
        return self.total / self.users

    @property
    def variance(self) -> Floats:
        """The unbiased variance of the users' values."""
        found: Floats = np.maximum(self.squares - self.users * self.mean**2, 0.0) / (self.users - 1)
        return found

    @classmethod
    def of(cls, values: Floats) -> Arm:
        """Of the values of one arm's users, float64[n]."""
        return cls(np.array(float(len(values))), np.array(values.sum()), np.array((values**2).sum()))


def difference(control: Arm, treatment: Arm, alpha: float = ALPHA) -> tuple[Floats, Floats]:
    """The difference of means, treatment − control, and the half width of its own confidence sequence.

    The sequence is of the difference, not of two means or a pooled rate: each of n users is a term of treatment over its share minus control
    over its share (section 3 of the paper, with the arms' means as the outcome model), with the variance n (s₁²/n₁ + s₀²/n₀).
    """
    users = control.users + treatment.users
    variance = users * (control.variance / control.users + treatment.variance / treatment.users)
    return treatment.mean - control.mean, half_width(users, variance, alpha)


def needed(mean: float, variance: float, mde: float, ratio: float, alpha: float = ALPHA) -> int | None:
    """Users in both arms until the sequence tells a relative change of `mde` from 0 with 80%; None above a billion.

    `mean` and `variance` are those of the control's users' values; `ratio` is treatment's over control's users.
    """
    users = np.geomspace(2 * LEAST_USERS, 1e9, 4_000)
    spread = np.full(len(users), variance * (1 + ratio) * (1 + 1 / ratio))
    reached = half_width(users, spread, alpha) + 0.841621 * np.sqrt(spread / users) <= mde * mean
    return int(np.ceil(users[reached.argmax()])) if reached.any() else None


def aa_false_positives(tests: int = 1000, looks: int = 50, seed: int = 0, users: int = 2_000) -> dict[str, Any]:
    """How many of `tests` experiments with two equal arms are called different at any of `looks` looks.

    Each user has a click rate of their own, Beta(1, 9), comes at a random time, sees 1 to 20 impressions and as many again at a random later
    time, after which their value (clicks over impressions) is another: the theorem is for values that stay, this counts what happens where they
    don't. Looks are evenly spaced, and pass without a call while less
    than `enough` is known. `sequence` and `fixed_z` are shares of tests, in [0, 1]: by the confidence
    sequence on the difference at 5%, and by |z| > 1.96 on the same means at each look. `last_look` is the z test's share at the last look alone,
    5% if all is well. Deterministic for a seed.
    """
    if min(tests, looks) < 1 or users < 2 * LEAST_USERS:
        raise InvalidInputError(
            f"need at least one test, one look and {2 * LEAST_USERS} users", where="tests, looks, users"
        )
    rng = np.random.default_rng(seed)
    called = {"sequence": 0, "fixed_z": 0, "last_look": 0}
    for start in range(0, tests, 100):
        block = min(100, tests - start)
        control, treatment = (_arm_by_look(rng, block, looks, users // 2) for _ in range(2))
        told = enough((control[0].users, treatment[0].users), (control[1], treatment[1]))
        with np.errstate(divide="ignore", invalid="ignore"):
            gap, width = difference(control[0], treatment[0])
            error = np.sqrt(sum(arm.variance / arm.users for arm in (control[0], treatment[0])))
            outside = told & (np.abs(gap) > width)
            extreme = told & (np.abs(gap) > 1.959964 * error)
        called["sequence"] += int(outside.any(axis=1).sum())
        called["fixed_z"] += int(extreme.any(axis=1).sum())
        called["last_look"] += int(extreme[:, -1].sum())
    shares = {name: n / tests for name, n in called.items()}
    return {"tests": tests, "looks": looks, "users": users, "seed": seed, **shares}


def _arm_by_look(rng: np.random.Generator, tests: int, looks: int, users: int) -> tuple[Arm, Floats]:
    """An arm, and its clicks, at each look: float64[tests, looks]."""
    shape = (tests, users)
    rate = rng.beta(1, 9, shape)
    first = rng.integers(0, looks, shape)
    again = first + rng.integers(0, looks, shape)
    shown, more = rng.integers(1, 21, shape), rng.integers(1, 21, shape)
    clicks, later = rng.binomial(shown, rate), rng.binomial(more, rate)
    value, changed = clicks / shown, (clicks + later) / (shown + more)

    def by_look(at_first: Floats, at_return: Floats) -> Floats:
        """The running sum of what is added at the first visit and at the return, which may be after the last look."""
        row = np.arange(tests)[:, None] * 2 * looks
        added = np.bincount((row + first).ravel(), at_first.ravel(), tests * 2 * looks)
        added += np.bincount((row + again).ravel(), at_return.ravel(), tests * 2 * looks)
        found: Floats = added.reshape(tests, 2 * looks)[:, :looks].cumsum(axis=1)
        return found

    ones = np.ones(shape)
    arm = Arm(by_look(ones, ones * 0), by_look(value, changed - value), by_look(value**2, changed**2 - value**2))
    return arm, by_look(clicks.astype(np.float64), later.astype(np.float64))
