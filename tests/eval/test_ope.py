"""Estimators against enumeration: the expectation over every slate that could have been logged is the target's true value,
under what each assumes, and is not where it should not be."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest

from tastemaker.agent.policy import Policy
from tastemaker.errors import InvalidInputError
from tastemaker.eval import ope
from tastemaker.eval.ope import Estimate, Logged

N, K = 5, 3
RNG = np.random.default_rng(3)
SCORES = RNG.normal(size=N)
OTHER = RNG.normal(size=N)
ORDER = np.argsort(-SCORES).tolist()
ORDER_OTHER = np.argsort(-OTHER).tolist()
BEHAVIOUR, TARGET = Policy(tau=0.9, epsilon=0.1), Policy(tau=0.5)
SLATES = np.array(list(permutations(range(N), K)))
LOG_B = np.array([BEHAVIOUR.log_propensities(SCORES, ORDER, slate) for slate in SLATES.tolist()])
LOG_E = np.array([TARGET.log_propensities(OTHER, ORDER_OTHER, slate) for slate in SLATES.tolist()])
P_B, P_E = np.exp(LOG_B[:, -1]), np.exp(LOG_E[:, -1])
MARGINAL_B, MARGINAL_E = BEHAVIOUR.marginals(SCORES, ORDER, K), TARGET.marginals(OTHER, ORDER_OTHER, K)
ATTRACTION, EXAMINED = RNG.uniform(0.1, 0.9, N), np.array([1.0, 0.6, 0.3])


def position_based(slate: np.ndarray) -> np.ndarray:
    return np.asarray(ATTRACTION[slate] * EXAMINED)


def cascade(slate: np.ndarray) -> np.ndarray:
    """Goes on where the one above did not satisfy."""
    going = np.cumprod(np.r_[1.0, 1 - ATTRACTION[slate][:-1]])
    return np.asarray(ATTRACTION[slate] * going)


def across(slate: np.ndarray) -> np.ndarray:
    """What stands below matters too."""
    return np.asarray(ATTRACTION[slate] * (1 + ATTRACTION[slate][::-1]) / 2)


def value(rewards: Callable[[np.ndarray], np.ndarray]) -> float:
    return float(sum(p * rewards(slate).sum() for p, slate in zip(P_E, SLATES, strict=True)))


def log_of(rewards: Callable[[np.ndarray], np.ndarray]) -> Logged:
    places = np.arange(K)
    return Logged(
        np.array([rewards(slate) for slate in SLATES]), LOG_B, LOG_E,
        MARGINAL_B[SLATES, places], MARGINAL_E[SLATES, places],
    )  # fmt: skip


def expected(estimator: Callable[[Logged], Estimate], log: Logged) -> float:
    """Σ over slates of the behaviour's probability times what the estimator says of that slate alone."""
    total = 0.0
    for n, p in enumerate(P_B):
        one = Logged(
            log.rewards[n : n + 1], log.behaviour[n : n + 1], log.target[n : n + 1],
            None if log.behaviour_marginals is None else log.behaviour_marginals[n : n + 1],
            None if log.target_marginals is None else log.target_marginals[n : n + 1],
        )  # fmt: skip
        total += p * estimator(one).value
    return float(total)


def test_propensities_of_all_slates_sum_to_one() -> None:
    assert P_B.sum() == pytest.approx(1, abs=1e-12) and P_E.sum() == pytest.approx(1, abs=1e-12)
    for k in range(1, K):
        prefixes = {tuple(slate[:k].tolist()): np.exp(row[k - 1]) for slate, row in zip(SLATES, LOG_B, strict=True)}
        assert sum(prefixes.values()) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("estimator", "model", "exact"),
    [
        (ope.sips, position_based, True), (ope.sips, cascade, True), (ope.sips, across, True),
        (ope.iips, position_based, True), (ope.iips, cascade, False), (ope.iips, across, False),
        (ope.rips, position_based, True), (ope.rips, cascade, True), (ope.rips, across, False),
    ],
)  # fmt: skip
def test_each_is_exact_under_its_assumption_and_wrong_elsewhere(
    estimator: Callable[[Logged], Estimate], model: Callable[[np.ndarray], np.ndarray], exact: bool
) -> None:
    error = abs(expected(estimator, log_of(model)) - value(model))
    assert error < 1e-11 if exact else error > 1e-3


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("model", [position_based, cascade])
def test_cascade_dr_is_exact_whatever_is_predicted(model: Callable[[np.ndarray], np.ndarray], right: bool) -> None:
    guess = np.random.default_rng(1).uniform(size=(N, K))

    def predicted(prefix: tuple[int, ...]) -> float:
        if right:
            return (
                float(model(np.array(prefix))[len(prefix) - 1])
                if model is cascade
                else float(ATTRACTION[prefix[-1]] * EXAMINED[len(prefix) - 1])
            )
        return float(guess[prefix[-1], len(prefix) - 1])

    def ahead(prefix: tuple[int, ...]) -> float:
        """In expectation over what the target shows next after a prefix."""
        nexts = [one for one in range(N) if one not in prefix]
        logs = [TARGET.log_propensities(OTHER, ORDER_OTHER, [*prefix, one])[-1] for one in nexts]
        before = TARGET.log_propensities(OTHER, ORDER_OTHER, list(prefix))[-1] if prefix else 0.0
        return sum(
            float(np.exp(log - before)) * predicted((*prefix, one)) for one, log in zip(nexts, logs, strict=True)
        )

    log, total = log_of(model), 0.0
    for n, slate in enumerate(SLATES.tolist()):
        q = np.array([[predicted(tuple(slate[: j + 1])) for j in range(K)]])
        e = np.array([[ahead(tuple(slate[:j])) for j in range(K)]])
        one = Logged(log.rewards[n : n + 1], LOG_B[n : n + 1], LOG_E[n : n + 1])
        total += P_B[n] * ope.cascade_dr(one, q, e).value
    assert total == pytest.approx(value(model), abs=1e-11)


def test_the_pseudoinverse_is_exact_for_sums_over_places() -> None:
    def pi(one: Logged) -> Estimate:
        at = int(np.flatnonzero((one.behaviour == LOG_B).all(axis=1))[0])
        return ope.pseudoinverse(one, [SLATES[at]], [(P_B, P_E, SLATES)])

    assert expected(pi, log_of(position_based)) == pytest.approx(value(position_based), abs=1e-10)
    assert abs(expected(pi, log_of(across)) - value(across)) > 1e-3


def test_identities() -> None:
    rewards = np.random.default_rng(0).uniform(size=(len(SLATES), K))
    same = Logged(rewards, LOG_B, LOG_B, MARGINAL_B[SLATES, np.arange(K)], MARGINAL_B[SLATES, np.arange(K)])
    mean = ope.on_policy(rewards).value
    for estimator in (ope.sips, ope.snips, ope.iips, ope.rips, ope.snrips):
        found = estimator(same)
        assert found.value == pytest.approx(mean) and found.mean_weight == pytest.approx(1)
        assert found.ess == pytest.approx(len(SLATES))
    log = Logged(rewards, LOG_B, LOG_E)
    zero = np.zeros_like(rewards)
    assert ope.cascade_dr(log, zero, zero).value == pytest.approx(ope.rips(log).value)
    moved = Logged(rewards + 2.0, LOG_B, LOG_E)
    assert ope.snips(moved).value == pytest.approx(ope.snips(log).value + 2.0 * K)
    assert rewards.sum(axis=1).min() <= ope.snips(log).value <= rewards.sum(axis=1).max()


def test_single_items() -> None:
    """Switch at 0 is the direct method, at infinity doubly robust; with no prediction IPS; PI of one place is IPS."""
    rng = np.random.default_rng(5)
    log = Logged(
        rng.uniform(size=(50, 1)), np.log(rng.uniform(0.1, 0.9, (50, 1))), np.log(rng.uniform(0.1, 0.9, (50, 1)))
    )
    q, e = rng.uniform(size=50), rng.uniform(size=50)
    weights = log.prefix_weights[:, 0]
    assert ope.switch_dr(log, q, e, 0.0).value == pytest.approx(e.mean())
    assert ope.switch_dr(log, q, e, np.inf).value == pytest.approx((e + weights * (log.rewards[:, 0] - q)).mean())
    zero = np.zeros(50)
    assert ope.switch_dr(log, zero, zero, np.inf).value == pytest.approx(ope.sips(log).value)
    b, t = np.array([0.2, 0.8]), np.array([0.5, 0.5])
    one = Logged(np.array([[1.0]]), np.log([[0.2]]), np.log([[0.5]]))
    pi = ope.pseudoinverse(one, [np.array([0])], [(b, t, np.array([[0], [1]]))])
    assert pi.value == pytest.approx(2.5)


def test_few_effective_decisions_are_not_estimable() -> None:
    rewards = np.ones((1000, 1))
    even = Logged(rewards, np.full((1000, 1), np.log(0.5)), np.full((1000, 1), np.log(0.5)))
    assert ope.sips(even).estimable and ope.sips(even).ess == pytest.approx(1000)
    target = np.full((1000, 1), -20.0)
    target[0] = -0.1
    far = ope.sips(Logged(rewards, np.full((1000, 1), np.log(0.5)), target))
    assert not far.estimable and far.ess < 2 and far.largest > 0.99


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"behaviour": np.array([[-np.inf]])}, "missing, 0"), ({"behaviour": np.array([[np.nan]])}, "missing, 0"),
        ({"behaviour": np.array([[0.5]])}, "above 1"), ({"rewards": np.array([[np.inf]])}, "not finite"),
        ({"target": np.array([[np.nan]])}, "none"), ({"target": np.zeros((1, 2))}, "one shape"),
        ({"rewards": np.zeros((0, 1)), "behaviour": np.zeros((0, 1)), "target": np.zeros((0, 1))}, "no decision"),
    ],
)  # fmt: skip
def test_propensities_are_never_made_up(change: dict[str, np.ndarray], says: str) -> None:
    good = {"rewards": np.array([[1.0]]), "behaviour": np.array([[-0.7]]), "target": np.array([[-0.7]])}
    with pytest.raises(InvalidInputError, match=says):
        Logged(**(good | change))
