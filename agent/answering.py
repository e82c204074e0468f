"""One request answered: candidates read by the model, a slate drawn, the decision logged before anyone sees it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import anyio.to_thread

from tastemaker.agent.deciding import Wish, choose, ranked
from tastemaker.agent.explanations.request import Request
from tastemaker.agent.explanations.service import LANGUAGES, spoken_by
from tastemaker.agent.feedback.log import DecisionContext
from tastemaker.agent.limits import left
from tastemaker.agent.models import salted
from tastemaker.agent.policy import Policy
from tastemaker.agent.reranker import HISTORY_LINES, Reranker
from tastemaker.agent.store import Store
from tastemaker.domain import Candidate, Recommendation, item_text
from tastemaker.retrieval.profile import UserProfile

RECENT_SEARCHES = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request, checked: whose it is, what is known of them, what is wanted, and how the slate is drawn.

    `where` is the hard filter as it is logged; `retrieve` finds candidates that pass it. See `AsyncRecommender.recommend` for the others.
    """

    user_id: str | None
    profile: UserProfile
    query: str | None
    retrieve: Callable[[], list[Candidate]]
    k: int
    where: Mapping[str, Any] | None = None
    depth: int | None = None
    budget_ms: float | None = None
    policy: Policy = field(default_factory=Policy)
    thompson: bool = False
    seed: int | None = None
    cold_share: float = 0.0
    language: str | None = None


async def decide(
    asked: Wanted, store: Store, reranker: Reranker, template_version: str, started: float
) -> Recommendation:
    """The slate, logged, without reasons; `started` is when its time began, by `time.perf_counter`."""
    profile, query = asked.profile, asked.query
    candidates = await anyio.to_thread.run_sync(asked.retrieve, limiter=store.retrieving)
    liked = await anyio.to_thread.run_sync(store.catalogue.items, profile.liked[-HISTORY_LINES:])
    retrieved = time.perf_counter()
    history = [item_text(item) for item in liked]
    items = [candidate.item for candidate in candidates]
    wish = query or "; ".join(profile.searches[-RECENT_SEARCHES:]) or None
    with salted(asked.user_id):
        scored = await reranker.rank(
            history, wish, [item_text(item) for item in items], [candidate.prior for candidate in candidates], items,
            depth=asked.depth, budget_s=left(started, asked.budget_ms),
        )  # fmt: skip
    reranked = time.perf_counter()
    seed = secrets.randbits(63) if asked.seed is None else asked.seed
    drawn = Wish(asked.k, asked.policy, seed, asked.user_id, asked.thompson)
    choice = await anyio.to_thread.run_sync(partial(choose, store.log, candidates, scored, drawn))
    own = next((one for one in profile.languages if one in LANGUAGES), None)
    spoken = asked.language or own or spoken_by([query] if query else history)
    timings = {"retrieve": retrieved - started, "rank": reranked - retrieved}
    recommendation = Recommendation(
        decision_id=uuid4().hex,
        user_id=asked.user_id,
        items=tuple(ranked(candidates, scored, choice)),
        policy_version=choice.policy_version,
        engine=reranker.engine.kind,
        model=reranker.engine.model_id,
        log_propensity=choice.slate.log_propensity,
        degraded=scored.degraded,
        truncated_ids=tuple(items[n].id for n in scored.shortened),
        timings={name: round(seconds, 4) for name, seconds in timings.items()},
    )
    where = dict(asked.where) if asked.where else None
    context = DecisionContext(
        query=query,
        seed=seed,
        tau=choice.policy.tau,
        epsilon=choice.policy.epsilon,
        template_version=template_version,
        candidates=choice.features,
        propensities=choice.slate.log_propensities,
        even=choice.slate.even,
        head_version=choice.head_version,
        theta=choice.theta,
        exposures=choice.exposures,
        seconds=round(reranked - started, 4),
        request=Request(profile, query, where, asked.k, spoken, asked.cold_share).logged(),
    )
    await anyio.to_thread.run_sync(store.log.add_decision, recommendation, context)
    return recommendation
