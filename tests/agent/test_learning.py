"""The head of a store: fitted on what its users did next, kept by model, mode and templates, looked up by the ranker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from anyio.from_thread import BlockingPortal

from tastemaker import Event, Item, Recommender
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.head import CAUTIOUS, Head, Signals, known_head
from tastemaker.agent.learning import MAX_CASES, MIN_CASES, RankedCase, fit_for, store_cases
from tastemaker.agent.modes import Mode
from tastemaker.agent.reranker import Reranker
from tastemaker.agent.store import Store
from tastemaker.domain import EventType
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.retrieval.fusion import LEARNED, Fusion, Learned
from tastemaker.retrieval.tuning import cases_of

ITEMS = [Item(id=f"i{n}", title=f"Title number {n}") for n in range(12)]


class Oracle(Reranker):
    """A ranker whose model knows what is wanted, or its opposite, or nothing."""

    def __init__(self, engine: Engine, knows: float) -> None:
        super().__init__(engine, PromptBuilder())
        self.knows, self.wanted, self.asked = knows, dict[float, int](), 0

    async def signals(self, history, query, texts, prior, items=()):  # type: ignore[no-untyped-def]
        self.asked += 1
        noise = np.random.default_rng(self.asked).normal(size=len(texts))
        noise[self.wanted[prior[0]]] += self.knows
        return Signals(np.asarray(prior), noise, len(history), 20.0)


def cases(n: int, ranker: Oracle) -> list[RankedCase]:
    rng = np.random.default_rng(0)
    made = []
    for _ in range(n):
        want, prior = int(rng.integers(12)), rng.normal(size=12)
        ranker.wanted[float(prior[0])] = want
        made.append(RankedCase(["a film"], ITEMS, prior.tolist(), np.arange(12) == want))
    return made


def test_a_model_is_heard_as_far_as_it_knows(embedded: Engine, portal: BlockingPortal) -> None:
    wise, blind = Oracle(embedded, 2.0), Oracle(embedded, 0.0)
    assert portal.call(fit_for, wise, cases(90, wise)).weights[0] > 0.5
    head = portal.call(fit_for, blind, cases(90, blind))
    assert head.weights == (0.0, 0.0, 0.0, 0.0) and head.cases == 90


def test_too_few_cases_or_cases_that_tell_nothing_teach_nothing(embedded: Engine, portal: BlockingPortal) -> None:
    ranker = Oracle(embedded, 2.0)
    given = cases(MIN_CASES - 1, ranker)
    silent = [
        RankedCase(["a film"], ITEMS, [0.0] * 12, np.zeros(12, dtype=bool)),
        RankedCase([], ITEMS, [1.0] * 12, given[0].wanted),
    ]
    assert portal.call(fit_for, ranker, [*given, *silent * 50]) == CAUTIOUS and ranker.asked == 0
    portal.call(fit_for, ranker, cases(MAX_CASES + 50, ranker))
    assert ranker.asked == MAX_CASES


def observed(path: Path) -> Store:
    """Sixty users who read three of twelve titles, and one more each in the last tenth of the time."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rng = np.random.default_rng(1)
    events = []
    for user in range(60):
        had = rng.permutation(12)[:4]
        events += [
            Event(user_id=f"u{user}", item_id=f"i{item}", type=EventType.LIKE, timestamp=start + timedelta(hours=place))
            for place, item in enumerate(had[:3])
        ]
        events.append(
            Event(user_id=f"u{user}", item_id=f"i{had[3]}", type=EventType.LIKE, timestamp=start + timedelta(days=30))
        )
    with Recommender.open(path) as recommender:
        recommender.index(ITEMS)
        recommender.observe(events)
        made_by = recommender.core.encoder().encoder_id
    return Store(path, made_by)


@pytest.mark.slow
def test_the_cases_of_a_store_are_its_users_as_they_were(tmp_path: Path) -> None:
    store = observed(tmp_path)
    found, (known, until) = store_cases(store), cases_of(store.catalogue)
    assert len(found) == len(known) and until is not None
    for ranked, case in zip(found, known, strict=True):
        assert not {item.id for item in ranked.items} & set(
            case.profile.seen
        )  # nothing of what they had, nor of what came
        assert {item.id for item, yes in zip(ranked.items, ranked.wanted, strict=True) if yes} <= case.wanted
        assert len(ranked.history) == len(case.profile.liked)
    assert sum(ranked.wanted.any() for ranked in found) > len(found) / 2


def test_the_head_is_kept_for_a_model_a_mode_and_templates(embedded: Engine, tmp_path: Path) -> None:
    from tastemaker.database import open_database
    from tastemaker.retrieval.catalogue import Catalogue

    catalogue = Catalogue(open_database(tmp_path / "store.sqlite3"))
    prompts = PromptBuilder()
    assert Reranker(embedded, prompts, catalogue).head == Head() == known_head(None, "any")
    catalogue.set_fact(LEARNED, Learned(items=5, fusion=Fusion()).model_dump_json())
    assert Reranker(embedded, prompts, catalogue).head == CAUTIOUS  # tastes are known, and the model is not
    mine = Head(weights=(0.7, 0.0, 0.0, 0.0), cases=80, ndcg=0.5, ndcg_of_prior=0.4)
    catalogue.set_fact(Reranker(embedded, prompts, catalogue).head_name, mine.model_dump_json())
    assert Reranker(embedded, prompts, catalogue).head == mine
    assert Reranker(embedded, prompts, catalogue, mode=Mode.LISTWISE).head == CAUTIOUS
    assert Reranker(embedded, prompts, catalogue, head=Head()).head == Head()
