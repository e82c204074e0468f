"""Which slate is shown: the head that serves scores the candidates, the policy draws, and what it drew from is kept for the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.experiments import assign
from tastemaker.agent.feedback.heads import in_force, serving
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.agent.feedback.trials import running
from tastemaker.agent.online import OnlineHead, signals_of
from tastemaker.agent.policy import Policy, Slate, best_first
from tastemaker.agent.reranker import Scored
from tastemaker.domain import Candidate, RankedItem
from tastemaker.errors import InvalidInputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """A slate with all that it was drawn from: `features` as logged, with the `score` that the policy saw."""

    slate: Slate
    policy_version: str
    features: list[dict[str, Any]]
    policy: Policy
    head_version: str | None = None
    theta: list[float] | None = None
    exposures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller asked of the draw: how many, the policy, its seed, whose it is, and whether coefficients are drawn."""

    k: int
    policy: Policy
    seed: int
    user_id: str | None
    thompson: bool = False


def choose(log: FeedbackLog, candidates: Sequence[Candidate], scored: Scored, wish: Wish) -> Choice:
    """Draw `k` of the candidates, by the head that serves now, or by the fixed fusion of prior and model where none does, or where the
    model failed: that is a policy of its own. An experiment that the user is in has the last word on temperature, even share and head.

    With `thompson` the head's coefficients are drawn anew, once for the slate; given them the slate's propensity is exact.
    Raises `InvalidInputError` for `thompson` where no head serves.
    """
    features = [_features(candidate, scored, n) for n, candidate in enumerate(candidates)]
    version, policy, seed = serving(log), wish.policy, wish.seed
    trials = {one.name: one for one in running(log)}
    exposures = assign(trials.values(), wish.user_id)
    for name, arm in exposures.items():
        variant = trials[name].variants[arm]
        told = {"tau": variant.tau, "epsilon": variant.epsilon}
        policy = replace(policy, **{what: value for what, value in told.items() if value is not None})
        version = variant.head or version
    found = in_force(log, version) if version else None
    if wish.thompson and found is None:
        raise InvalidInputError(
            "needs a head, and none serves", where="thompson", remedy="Run tastemaker learn and tastemaker promote"
        )
    if found is None or scored.degraded:
        slate = policy.draw(scored.fused, scored.order, wish.k, seed)
        return Choice(slate, policy.version, features, policy, exposures=exposures)
    version, state = found
    head = OnlineHead.model_validate(state)
    theta = head.theta(seed if wish.thompson else None)
    logits = head.logits(signals_of(features), theta)
    for row, logit in zip(features, logits, strict=True):
        row["score"] = float(logit)
    slate = policy.draw(logits, best_first(features), wish.k, seed)
    drawn = theta.tolist() if wish.thompson else None
    name = f"thompson+{policy.version}" if wish.thompson else policy.version
    return Choice(slate, f"{name}@{version}", features, policy, version, drawn, exposures)


def ranked(candidates: Sequence[Candidate], scored: Scored, choice: Choice) -> Iterable[RankedItem]:
    """The items of the slate, as they are shown."""
    for rank, n in enumerate(choice.slate.picks, start=1):
        candidate = candidates[n]
        yield RankedItem(
            id=candidate.item.id,
            title=candidate.item.title,
            rank=rank,
            score=choice.features[n]["score"],
            prior_rank=candidate.prior_rank,
            llm_logprob=scored.logprob(n),
            fused_from={"prior": float(scored.z_prior[n]), "model": float(scored.z_model[n])},
            sources={name: float(place) for name, place in candidate.sources.items()},
        )


def _features(candidate: Candidate, scored: Scored, n: int) -> dict[str, Any]:
    return {
        "id": candidate.item.id,
        "prior": candidate.prior,
        "llm_logprob": scored.logprob(n),
        "score": float(scored.fused[n]),
        "sources": candidate.sources,
    }
