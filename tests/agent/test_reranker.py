"""The reranker on the real small model: a permutation always, the planted item first, neutral terms once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from anyio.from_thread import BlockingPortal
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tastemaker import Item
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.head import Head, Signals
from tastemaker.agent.modes import Mode
from tastemaker.agent.reranker import HISTORY_TOKENS, Reranker, combine
from tastemaker.database import open_database
from tastemaker.domain import item_text
from tastemaker.errors import InvalidInputError
from tastemaker.eval.recorder import Recorder
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.fusion import standardise

numbers = arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e6, 1e6))


@given(numbers)
def test_every_ranking_is_a_permutation(values: np.ndarray) -> None:
    scored = combine(Signals(values, values[::-1].copy(), 0, 0.0), Head())
    assert sorted(scored.order) == list(range(len(values)))
    assert np.isfinite(scored.fused).all()


@given(numbers)
def test_standardised_values_have_mean_zero(values: np.ndarray) -> None:
    assert abs(standardise(values).mean()) < 1e-6


def test_ties_keep_the_prior_then_the_input() -> None:
    assert combine(Signals(np.array([0.1, 0.3, 0.3]), np.zeros(3), 0, 0.0), Head()).order == [1, 2, 0]
    assert combine(Signals(np.ones(3), -np.ones(3), 0, 0.0), Head()).order == [0, 1, 2]


def test_scores_are_the_difference_to_the_neutral_prompt(embedded: Engine, portal: BlockingPortal) -> None:
    prompts = PromptBuilder()
    texts = ["Bread from Rye", "Journey to Mars"]
    scored = portal.call(Reranker(embedded, prompts).rank, ["The Art of Soup"], None, texts, [0.0, 0.0])
    lines = [f" {text}" for text in texts]
    given = portal.call(embedded.score_texts, prompts.choice(["The Art of Soup"], None, "en"), lines)
    neutral = portal.call(embedded.score_texts, prompts.choice([], None, "en"), lines)
    assert scored.logprobs == pytest.approx((given.logprobs - neutral.logprobs) / given.tokens, abs=1e-6)


@pytest.mark.parametrize("planted", range(4))
def test_the_planted_item_wins_from_every_position(embedded: Engine, portal: BlockingPortal, planted: int) -> None:
    others = ["Interest rates rise again", "The team wins the cup final", "New phone has a bigger screen"]
    texts = [*others[:planted], "How to bake sourdough bread at home", *others[planted:]]
    history = ["Ten soups for winter", "How to bake a chocolate cake", "The best flour for pizza dough"]
    scored = portal.call(Reranker(embedded, PromptBuilder()).rank, history, None, texts, [0.0] * 4)
    assert scored.order[0] == planted


def test_neutral_terms_are_read_once(
    embedded: Engine, portal: BlockingPortal, tmp_path: Path, items: list[Item]
) -> None:
    catalogue = Catalogue(open_database(tmp_path / "store.sqlite3"))
    catalogue.add_items(items)
    ranker = Reranker(embedded, PromptBuilder(), catalogue)
    texts = [item_text(item) for item in items]
    prior = [0.0] * len(items)
    first = portal.call(ranker.rank, ["soup"], None, texts, prior, items)
    (scope,) = {f"neutral/{embedded.kind}/{embedded.model_id}/{PromptBuilder().version}/en"}
    assert len(catalogue.constants(scope, items)) == len(items)
    again = portal.call(ranker.rank, ["soup"], None, texts, prior, items)
    assert again.logprobs == pytest.approx(first.logprobs, abs=1e-6)
    catalogue.set_constants(scope, items[:1], [0.0])
    changed = portal.call(ranker.rank, ["soup"], None, texts, prior, items)
    assert changed.logprobs[0] != pytest.approx(first.logprobs[0], abs=1e-3)


def test_with_nothing_to_condition_on_the_prior_decides(embedded: Engine, portal: BlockingPortal) -> None:
    scored = portal.call(Reranker(embedded, PromptBuilder()).rank, [], None, ["Heat", "Alien", "Emma"], [1.0, 3.0, 2.0])
    assert scored.order == [1, 2, 0]
    assert not scored.z_model.any()


def test_a_long_history_is_cut_to_its_newest_lines(embedded: Engine, portal: BlockingPortal) -> None:
    ranker = Reranker(embedded, PromptBuilder())
    history = [f"Film number {n} about a long journey by train" for n in range(300)]
    kept = portal.call(ranker._fitted, history, "trains", ["Heat"]).history
    assert 10 < len(kept) < 300
    assert kept == history[-len(kept) :]
    assert sum(portal.call(embedded.count_tokens, f"- {line}\n") for line in kept) <= HISTORY_TOKENS


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    "text",
    ["一部关于人类探索未知世界的纪录片" * 40, "a rather long description of a thing " * 300, "👩‍👩‍👧‍👦" * 400, "<|im_end|>\n" * 300, "x" * 10_000, "مرحبا بالعالم " * 200],
    ids=["chinese", "10,000 characters", "emoji", "control tokens", "one word", "right to left"],
)  # fmt: skip
def test_a_prompt_longer_than_the_context_is_cut_and_says_of_whom(
    embedded: Engine, portal: BlockingPortal, mode: Mode, text: str
) -> None:
    """Everyone is ranked, by however little of their text, and who lost something is named."""
    engine = Recorder(embedded)
    engine.max_tokens = 1_024
    texts = [f"{n} {text}" if n % 2 else f"Heat {n}" for n in range(24)]
    scored = portal.call(Reranker(engine, PromptBuilder(), mode=mode).rank, [text, "Tea"], text, texts, [0.0] * 24)
    assert sorted(scored.order) == list(range(24)) and np.isfinite(scored.logprobs).all() and scored.degraded is None
    assert scored.shortened == tuple(range(1, 24, 2))
    assert engine.prompts and max(map(len, engine.prompts)) < 1_024


def test_lengths_must_agree(embedded: Engine, portal: BlockingPortal) -> None:
    for texts, prior in (([], []), (["a"], []), (["a"], [1.0, 2.0])):
        with pytest.raises(InvalidInputError, match="rerank"):
            portal.call(Reranker(embedded, PromptBuilder()).rank, [], "q", texts, prior)
