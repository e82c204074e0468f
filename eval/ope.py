"""Off-policy evaluation: what a policy would have earned, from what another one showed and logged the propensities of.

Arrays are of `n` decisions with `k` places each. `rewards[d, j]` came from place j of decision d. Behaviour is what was logged, target what
is evaluated; log-propensities are of the logged slates' prefixes, marginals of the logged item at its place. Weights are
ratios of target to behaviour. What each estimator assumes of clicks is in its docstring; under it, it is unbiased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.errors import InvalidInputError
from tastemaker.eval.statistics import bootstrap

Floats = NDArray[np.float64]
LEAST_ESS = 200.0
"""Effective sample size under which intervals no longer hold (docs/feedback.md has how often they do, by ESS)."""


@dataclass(frozen=True, slots=True)
class Logged:
    """What was logged, and what the target policy would have given the same slates.

    Raises `InvalidInputError` where shapes differ, a number is not finite, or a logged propensity is missing or 0: such rows can't be
    evaluated, and nothing is put in their place.
    """

    rewards: Floats
    behaviour: Floats
    target: Floats
    behaviour_marginals: Floats | None = None
    target_marginals: Floats | None = None

    def __post_init__(self) -> None:
        shape = self.rewards.shape
        arrays = [self.behaviour, self.target, self.behaviour_marginals, self.target_marginals]
        if len(shape) != 2 or any(one is not None and one.shape != shape for one in arrays):
            raise InvalidInputError("rewards and propensities are not of one shape (decisions, places)", where="log")
        if not len(self.rewards):
            raise InvalidInputError("holds no decision", where="log")
        if not np.isfinite(self.rewards).all():
            raise InvalidInputError("holds rewards that are not finite", where="log")
        if not np.isfinite(self.behaviour).all() or (self.behaviour > 1e-9).any():
            raise InvalidInputError(
                "holds decisions whose propensity is missing, 0, or above 1", where="log",
                remedy="Leave them out; a propensity can't be made up afterwards",
            )  # fmt: skip
        if np.isnan(self.target).any() or (self.target > 1e-9).any():
            raise InvalidInputError("gives propensities that are none", where="target policy")
        if self.behaviour_marginals is not None and not (self.behaviour_marginals > 0).all():
            raise InvalidInputError("holds places whose propensity is 0", where="log")

    @property
    def prefix_weights(self) -> Floats:
        """float64[n, k]: of each prefix, target over behaviour."""
        return np.exp(self.target - self.behaviour)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean reward of a decision, its 95% interval (bootstrap over decisions), and how far it can be believed.

    `ess` is the effective sample size (Σw)² / Σw² of the last weights (Kish 1965); under 200 it is not `estimable`: a number, but none to go by.
    `mean_weight` is near 1 where behaviour covers target; `largest` is one decision's share of all weight.
    """

    estimator: str
    value: float
    ci: tuple[float, float]
    ess: float
    estimable: bool
    mean_weight: float
    largest: float


def on_policy(rewards: Floats, seed: int = 0) -> Estimate:
    """The mean of what came; that of the policy that showed it."""
    return _estimate("on-policy", rewards.sum(axis=1), np.ones(len(rewards)), seed)


def sips(log: Logged, seed: int = 0) -> Estimate:
    """Slate IPS: whole slates weighed (Swaminathan et al. 2017). Assumes nothing of clicks; its weights are the widest."""
    weights = log.prefix_weights[:, -1]
    return _estimate("SIPS", weights * log.rewards.sum(axis=1), weights, seed)


def snips(log: Logged, seed: int = 0) -> Estimate:
    """SIPS over the sum of its weights (Swaminathan and Joachims 2015): slightly biased, within the range of rewards."""
    weights = log.prefix_weights[:, -1]
    return _ratio("SNIPS", log.rewards.sum(axis=1)[:, None], weights[:, None], seed)


def iips(log: Logged, seed: int = 0) -> Estimate:
    """Independent IPS: each place by its own marginals (Li et al. 2018). Assumes that clicks at a place depend on place and
    item alone (the position-based model)."""
    if log.behaviour_marginals is None or log.target_marginals is None:
        raise InvalidInputError("needs the marginals of each place", where="IIPS")
    weights = log.target_marginals / log.behaviour_marginals
    return _estimate("IIPS", (weights * log.rewards).sum(axis=1), weights.mean(axis=1), seed)


def rips(log: Logged, seed: int = 0) -> Estimate:
    """Reward-interaction IPS: each place by the prefix that ends there (McInerney et al. 2020). Assumes that clicks depend on
    what stands at and above a place (the cascade model)."""
    weights = log.prefix_weights
    return _estimate("RIPS", (weights * log.rewards).sum(axis=1), weights[:, -1], seed)


def snrips(log: Logged, seed: int = 0) -> Estimate:
    """RIPS with each place over the sum of its weights (McInerney et al. 2020)."""
    weights = log.prefix_weights
    return _ratio("SN-RIPS", log.rewards, weights, seed)


def cascade_dr(log: Logged, predicted: Floats, expected: Floats, seed: int = 0) -> Estimate:
    """Cascade doubly robust (Kiyohara et al. 2022), for predictions of each place's own reward.

    `predicted[d, j]` is the reward predicted at place j for the logged prefix, `expected[d, j]` the same in expectation over what the target
    would show there after the logged prefix above. Σ_j w_{1:j} (r_j − predicted_j) + w_{1:j−1} expected_j. Unbiased under the cascade model
    whatever is predicted; the better that is, the narrower.
    """
    if predicted.shape != log.rewards.shape or expected.shape != log.rewards.shape:
        raise InvalidInputError("predictions are not of the shape (decisions, places)", where="Cascade-DR")
    weights = log.prefix_weights
    above = np.concatenate([np.ones((len(weights), 1)), weights[:, :-1]], axis=1)
    values = (weights * (log.rewards - predicted) + above * expected).sum(axis=1)
    return _estimate("Cascade-DR", values, weights[:, -1], seed)


def switch_dr(log: Logged, predicted: Floats, expected: Floats, threshold: float, seed: int = 0) -> Estimate:
    """Switch doubly robust (Wang, Agarwal and Dudík 2017), for slates of one: where a weight is above `threshold` the prediction
    stands alone. At 0 that is the direct method, at infinity doubly robust."""
    if log.rewards.shape[1] != 1 or predicted.shape != (len(log.rewards),) or expected.shape != (len(log.rewards),):
        raise InvalidInputError("is for slates of one place", where="Switch-DR")
    weights = log.prefix_weights[:, 0]
    kept = np.where(weights <= threshold, weights, 0.0)
    return _estimate("Switch-DR", expected + kept * (log.rewards[:, 0] - predicted), weights, seed)


def pseudoinverse(log: Logged, slates: Sequence[NDArray[np.int64]], every: Sequence[tuple[Floats, Floats, NDArray[np.int64]]], seed: int = 0) -> Estimate:  # fmt: skip
    """Pseudoinverse (Swaminathan et al. 2017). Assumes that the reward of a slate is a sum over its places of a
    value of place and item, however the slate is drawn.

    `slates[d]` are the items shown; `every[d]` is all that could have been: the behaviour's and the target's probabilities,
    float64[s], and the slates, int[s, k]. For few candidates: all slates are enumerated.
    """
    weights = np.array([_pi_weight(shown, *given) for shown, given in zip(slates, every, strict=True)])
    return _estimate("PI", weights * log.rewards.sum(axis=1), weights, seed)


def _pi_weight(shown: NDArray[np.int64], behaviour: Floats, target: Floats, slates: NDArray[np.int64]) -> float:
    n, k = int(slates.max()) + 1, slates.shape[1]
    vectors = np.zeros((len(slates), n * k))
    for place in range(k):
        vectors[np.arange(len(slates)), place * n + slates[:, place]] = 1.0
    gamma = (vectors * behaviour[:, None]).T @ vectors
    own = np.zeros(n * k)
    own[np.arange(k) * n + shown] = 1.0
    return float((target @ vectors) @ np.linalg.pinv(gamma, hermitian=True) @ own)


def _estimate(name: str, values: Floats, weights: Floats, seed: int) -> Estimate:
    return _told(name, float(values.mean()), bootstrap(values, seed), weights)


def ratio_values(rewards: Floats, weights: Floats) -> Floats:
    """float64[n], whose mean is Σ over places of Σwr / Σw, and whose spread is that of this estimate, linearised (Hesterberg 1995).

    Both are float64[n, k]. A place where nothing weighs anything adds nothing.
    """
    means = weights.mean(axis=0)
    own = np.divide((weights * rewards).mean(axis=0), means, out=np.zeros_like(means), where=means > 0)
    scaled = np.divide(weights, means, out=np.zeros_like(weights), where=means > 0)
    found: Floats = (scaled * (rewards - own) + own).sum(axis=1)
    return found


def _ratio(name: str, rewards: Floats, weights: Floats, seed: int) -> Estimate:
    values = ratio_values(rewards, weights)
    if not weights.any(axis=0).all():
        values = np.full(len(values), np.nan)
    return _told(name, float(values.mean()), bootstrap(values, seed), weights[:, -1])


def _told(name: str, value: float, ci: tuple[float, float], weights: Floats) -> Estimate:
    squares = float((weights**2).sum())
    ess = float(weights.sum() ** 2 / squares) if squares > 0 else 0.0
    largest = float(np.abs(weights).max() / np.abs(weights).sum()) if np.abs(weights).sum() > 0 else 1.0
    return Estimate(name, value, ci, ess, ess >= LEAST_ESS, float(weights.mean()), largest)
