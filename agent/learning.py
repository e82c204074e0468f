"""Learns from what a store's users did next how much the model's scores count beside the prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.head import CAUTIOUS, Head, Signals, fit_head
from tastemaker.agent.reranker import DEPTH, HISTORY_LINES, Reranker
from tastemaker.agent.store import Store
from tastemaker.domain import Item, item_text
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.attributes import Eligible
from tastemaker.retrieval.factorise import fit_taste
from tastemaker.retrieval.fusion import learned
from tastemaker.retrieval.retriever import Retriever
from tastemaker.retrieval.taste import HeldTastes
from tastemaker.retrieval.tuning import Case, cases_of, no_query

MAX_CASES, MIN_CASES = 100, 30
"""Rankings that a head is fitted on: a small model reads one in a second or three on two cores."""


@dataclass(frozen=True, slots=True)
class RankedCase:
    """A ranking of which it is known what was wanted: `history` (texts, oldest first), `items` with their `prior`, and
    which of them were `wanted`, bool[n]."""

    history: Sequence[str]
    items: Sequence[Item]
    prior: Sequence[float]
    wanted: NDArray[np.bool_]


async def fit_for(ranker: Reranker, cases: Sequence[RankedCase], progress: Progress = silent) -> Head:
    """The head for this ranker, by what was wanted in the first hundred of `cases` that tell anything; the cautious one if they are fewer than 30.

    Raises the engine's error if it fails.
    """
    telling = [case for case in cases if case.wanted.any() and not case.wanted.all() and case.history][:MAX_CASES]
    if len(telling) < MIN_CASES:
        return CAUTIOUS
    signals: list[Signals] = []
    for number, case in enumerate(telling):
        progress("Learning what the model's scores are worth", number, len(telling))
        texts = [item_text(item) for item in case.items]
        signals.append(await ranker.signals(case.history, None, texts, case.prior, case.items))
    return fit_head(signals, [case.wanted for case in telling])


async def fit_head_of(store: Store, ranker: Reranker, progress: Progress = silent) -> Head:
    """`fit_for` on the users of the last tenth of a store's events, as they were before it, kept in the store for this model,
    mode and templates."""
    head = await fit_for(ranker, store_cases(store), progress)
    store.catalogue.set_fact(ranker.head_name, head.model_dump_json())
    return head


def store_cases(store: Store) -> list[RankedCase]:
    """The prior's best twenty for each of those users, from what had been learned by then."""
    cases, until = cases_of(store.catalogue)
    if not cases:
        return []
    known = learned(store.catalogue)
    tastes = fit_taste(store.catalogue.consumption(until), known.penalties)
    retriever = Retriever(
        store.catalogue, store.index, no_query, known.fusion, until=until,
        taste=HeldTastes(tastes).taste if tastes else lambda *_, **__: {},
    )  # fmt: skip
    return [ranked_case(store, retriever, case) for case in cases]


def ranked_case(store: Store, retriever: Retriever, case: Case, among: Eligible | None = None) -> RankedCase:
    """What the retriever proposes for someone, and which of it they had next."""
    profile = case.profile.model_copy(update={"searches": ()})
    ranked = retriever.rank(profile, None, DEPTH, among)
    items = store.catalogue.items([identity for identity, _, _ in ranked])
    liked = store.catalogue.items(profile.liked[-HISTORY_LINES:])
    return RankedCase(
        [item_text(item) for item in liked], items, [prior for _, prior, _ in ranked],
        np.array([item.id in case.wanted for item in items], dtype=bool),
    )  # fmt: skip
