"""Ways to read a model: windows that compare everyone with the first, labels that are tokens, and likelihood by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anyio
import numpy as np
import pytest
from anyio.from_thread import BlockingPortal
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.agent.engines.base import Engine, LabelScores, Message, Prompt
from tastemaker.agent.modes import (
    MAX_ROUNDS,
    Debias,
    Mode,
    Task,
    Windows,
    _single,
    by_labels,
    by_likelihood,
    by_yes,
    cover,
    read,
)
from tastemaker.errors import InvalidInputError
from tastemaker.prompts.builder import PromptBuilder

HISTORY = ("Ten soups for winter", "How to bake a chocolate cake")
TEXTS = ("Baking sourdough bread", "Interest rates rise again", "New phone has a bigger screen")


@given(st.integers(2, 130), st.integers(2, 20), st.integers(0, 10_000), st.booleans())
def test_everyone_has_shared_a_prompt_with_the_first(n: int, window: int, seed: int, fickle: bool) -> None:
    """Whatever a model says, and even if it says something else each time."""
    rng = np.random.default_rng(seed)
    worth, met = rng.normal(size=n), np.eye(n, dtype=bool)

    async def ask(windows: Windows) -> list[np.ndarray]:
        for places in windows:
            assert 2 <= len(places) <= window and len(set(places)) == len(places)
            met[np.ix_(list(places), list(places))] = True
        return [rng.normal(size=len(places)) if fickle else worth[list(places)] for places in windows]

    scores = anyio.run(cover, n, window, ask)
    first = int(np.argmax(scores))
    assert len(scores) == n and np.isfinite(scores).all() and met[first].all()
    if not fickle:
        assert first == int(np.argmax(worth))
        assert list(np.argsort(-scores)) == list(np.argsort(-worth))


def test_windows_cost_no_more_than_two_rounds_where_a_model_is_of_one_mind() -> None:
    asked: list[list[int]] = []

    async def ask(windows: Windows) -> list[np.ndarray]:
        asked.append([len(places) for places in windows])
        return [-places.astype(np.float64) for places in windows]

    anyio.run(cover, 100, 20, ask)
    assert asked == [[20] * 5, [5], [18, 18, 18, 17, 17, 17]]  # 99 others, with the first in each of six windows
    assert MAX_ROUNDS > 1


def test_labels_are_single_tokens_of_their_own(embedded: Engine) -> None:
    labels = anyio.run(_single, embedded, [("two words", "A", "A", "B"), tuple("XYZ")], 3)
    assert labels == ["X", "Y", "Z"]
    assert anyio.run(_single, embedded, [("two words", "A", "A", "B")], 3) == ["A", "B"]
    with pytest.raises(InvalidInputError, match="no labels"):
        anyio.run(_single, embedded, [("two words", "A")], 2)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("n", [1, 2, 3, 45])
def test_every_mode_scores_every_candidate(embedded: Engine, portal: BlockingPortal, mode: Mode, n: int) -> None:
    texts = [f"{TEXTS[m % 3]} {m}" for m in range(n)]
    found = portal.call(read, mode, embedded, PromptBuilder(), Task(HISTORY, None, texts, "en"))
    assert found.scores.shape == (n,) and np.isfinite(found.scores).all() and 0 <= found.mass <= 1


def test_likelihood_is_the_difference_to_the_neutral_prompt(embedded: Engine, portal: BlockingPortal) -> None:
    prompts, lines = PromptBuilder(), [f" {text}" for text in TEXTS]
    known = portal.call(embedded.score_texts, prompts.choice([], None, "en"), lines)
    given = portal.call(embedded.score_texts, prompts.choice(HISTORY, None, "en"), lines)
    expected = (given.logprobs - known.logprobs) / given.tokens
    for neutral in (None, known.logprobs):
        found = portal.call(by_likelihood, embedded, prompts, Task(HISTORY, None, TEXTS, "en", neutral))
        assert found.scores == pytest.approx(expected, abs=1e-5)


def test_yes_is_read_against_no(embedded: Engine, portal: BlockingPortal) -> None:
    prompts = PromptBuilder()
    found = portal.call(by_yes, embedded, prompts, Task(HISTORY, "bread", TEXTS, "en"))
    for text, score in zip(TEXTS, found.scores, strict=True):
        asked: list[Message] = [{"role": "user", "content": prompts.yes_or_no(HISTORY, "bread", text)}]
        alone = portal.call(embedded.score_labels, [asked], ["Yes", "No"])
        assert score == pytest.approx(alone.logprobs[0, 0] - alone.logprobs[0, 1], abs=1e-3)
        assert asked[0]["content"].startswith("What this person liked") and asked[0]["content"].endswith(text)


def test_labels_of_one_window_are_what_the_model_says(embedded: Engine, portal: BlockingPortal) -> None:
    prompts = PromptBuilder()
    found = portal.call(by_labels, embedded, prompts, Task(HISTORY, None, TEXTS, "en"))
    question = prompts.labels(HISTORY, None, list(zip("ABC", TEXTS, strict=True)))
    asked: list[Message] = [{"role": "user", "content": question}]
    said = portal.call(embedded.score_labels, [asked], ["A", "B", "C"])
    assert found.scores == pytest.approx(said.logprobs[0], abs=1e-6)
    assert found.mass == pytest.approx(said.mass[0], abs=1e-6)


class Swayed(Engine):
    """Says what each candidate is worth, in nats, and adds a liking of its own for every letter.

    A candidate's worth is that of its history (`worth`), if there is one, and its general appeal (`appeal`).
    """

    kind, model_id, max_tokens = "embedded", "swayed", 100_000

    def __init__(self, inner: Engine, worth: dict[str, float], appeal: dict[str, float], letters: list[float]) -> None:
        self.tokenizer, self._worth, self._appeal, self._letters = inner.tokenizer, worth, appeal, letters

    async def score_labels(self, prompts: Sequence[Prompt], labels: Sequence[str]) -> LabelScores:
        rows = []
        for prompt in prompts:
            text = prompt if isinstance(prompt, str) else prompt[0]["content"]
            known = any(line in text for line in HISTORY)
            row = []
            for label, letter in zip(labels, self._letters, strict=False):
                shown = next((one for one in self._worth if f"{label}. {one}" in text), None)
                told = self._appeal[shown] + (self._worth[shown] if known else 0.0) if shown else -50.0
                row.append(told + letter)
            rows.append(np.array(row) - np.logaddexp.reduce(row))
        return LabelScores(np.array(rows), np.ones(len(rows)))

    async def _first_token(self, prompts: list[list[int]], ids: list[int]) -> Any: ...
    async def _continuations(self, prefix: list[int], texts: list[list[int]]) -> Any: ...
    def _generate(self, prompt: list[int], max_tokens: int, stop: list[str], schema: str | None) -> Any: ...


def centred(values: Any) -> Any:
    return np.asarray(values) - np.mean(values)


def test_debiased_labels_by_hand(embedded: Engine) -> None:
    """Turned by half, the likings for letters of four candidates are averaged in pairs; without a history, all that is not due to
    it goes."""
    texts = ["one", "two", "three", "four"]
    worth, appeal, letters = [0.3, 0.1, -0.4, 0.0], [0.0, 1.0, 0.5, -0.5], [2.0, 0.0, -1.0, 0.5]
    engine = Swayed(embedded, dict(zip(texts, worth, strict=True)), dict(zip(texts, appeal, strict=True)), letters)
    both = np.add(worth, appeal)
    expected = {
        Debias.NONE: both + letters,
        Debias.ROTATIONS: both + np.tile([(2.0 - 1.0) / 2, (0.0 + 0.5) / 2], 2),
        Debias.CONTENT_FREE: np.array(worth),
    }
    for way, scores in expected.items():
        found = anyio.run(read, Mode.LISTWISE, engine, PromptBuilder(), Task(HISTORY, None, texts, "en", None, way))
        assert centred(found.scores) == pytest.approx(centred(scores), abs=1e-9), way
        assert found.mass == pytest.approx(1.0)


@pytest.mark.parametrize("way", list(Debias))
@pytest.mark.parametrize("n", [2, 21, 45])
def test_debiased_windows_keep_the_order_of_what_a_model_is_sure_of(embedded: Engine, way: Debias, n: int) -> None:
    texts = [f"film number {m:02d} of them" for m in range(n)]
    worth = dict(zip(texts, np.random.default_rng(n).permutation(n).astype(float), strict=True))
    engine = Swayed(embedded, worth, dict.fromkeys(texts, 0.0), list(np.linspace(0.3, 0.0, 20)))
    found = anyio.run(read, Mode.LISTWISE, engine, PromptBuilder(), Task(HISTORY, None, texts, "en", None, way))
    assert [texts[m] for m in np.argsort(-found.scores)] == sorted(texts, key=lambda one: -worth[one])
