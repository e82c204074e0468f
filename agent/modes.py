"""How a language model is read as a ranker: by likelihood, by labels in one prompt, or by yes and no. Nothing is decoded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.engines.base import Engine, Prompt
from tastemaker.errors import InvalidInputError
from tastemaker.prompts.builder import PromptBuilder, candidate_line

Floats = NDArray[np.float64]
WINDOW = 20
"""Candidates in one prompt at most, as in RankGPT and RankLLM."""
MAX_ROUNDS = 4
ALPHABETS = (
    tuple("ABCDEFGHIJKLMNOPQRST"),
    tuple("abcdefghijklmnopqrst"),
    tuple("0123456789"),
    tuple("甲乙丙丁戊己庚辛壬癸"),
)
"""Labels, the first whose letters are single and distinct tokens of the model."""
ANSWERS = ("Yes", "No")


class Mode(StrEnum):
    """`likelihood`: the candidate's text after the history. `listwise`: labels of up to 20 candidates in one prompt.
    `pointwise`: yes or no to each."""

    LIKELIHOOD = "likelihood"
    LISTWISE = "listwise"
    POINTWISE = "pointwise"


class Debias(StrEnum):
    """How listwise labels are freed from a liking for places and letters. `rotations`: every window is also asked turned by
    half, and the log-probabilities averaged (after Tang et al. 2024, arXiv 2310.07712, which averages rankings of shuffles).
    `content-free`: what the labels get with no history and no query is subtracted (after Zhao et al. 2021, arXiv
    2102.09690). Each doubles the tokens to read."""

    NONE = "none"
    ROTATIONS = "rotations"
    CONTENT_FREE = "content-free"


@dataclass(frozen=True, slots=True)
class Task:
    """What is ranked: `texts` for someone with this `history` (oldest first) and this `query`. `neutral` holds the summed
    log-probability of each text without either, float64[n], where it is known. `debias` is for labels."""

    history: Sequence[str]
    query: str | None
    texts: Sequence[str]
    language: str
    neutral: Floats | None = None
    debias: Debias = Debias.NONE


@dataclass(frozen=True, slots=True)
class Reading:
    """`scores`, float64[n], higher suits better, in nats; `mass` in [0, 1]: how much of the model's answer the labels were,
    1 where there are none."""

    scores: Floats
    mass: float = 1.0


async def read(mode: Mode, engine: Engine, prompts: PromptBuilder, task: Task) -> Reading:
    """The model's scores of `task.texts` by `mode`.

    Raises `InvalidInputError` where the model has no labels of single tokens, or a prompt exceeds what it reads.
    """
    return await READERS[mode](engine, prompts, task)


async def by_likelihood(engine: Engine, prompts: PromptBuilder, task: Task) -> Reading:
    """(log p(text | history) − log p(text | neutral)) / tokens, after Holtzman et al. 2021 (arXiv 2104.08315,
    domain-conditional PMI) and Sachan et al. 2022 (arXiv 2204.07496, query likelihood)."""
    lines = [candidate_line(text) for text in task.texts]
    given = await engine.score_texts(prompts.choice(task.history, task.query, task.language), lines)
    neutral = task.neutral
    if neutral is None:
        neutral = (await engine.score_texts(prompts.choice([], None, task.language), lines)).logprobs
    return Reading((given.logprobs - neutral) / given.tokens)


async def by_yes(engine: Engine, prompts: PromptBuilder, task: Task) -> Reading:
    """log p(Yes) − log p(No) to each candidate by itself; what comes before the candidate is the same in all prompts."""
    asked: list[Prompt] = [
        [{"role": "user", "content": prompts.yes_or_no(task.history, task.query, text)}] for text in task.texts
    ]
    found = await engine.score_labels(asked, await _single(engine, [ANSWERS, tuple(f" {word}" for word in ANSWERS)], 2))
    return Reading(found.logprobs[:, 0] - found.logprobs[:, 1], float(found.mass.mean()))


async def by_labels(engine: Engine, prompts: PromptBuilder, task: Task) -> Reading:
    """Log-probability of each candidate's label, above 20 candidates relative to one that all share a prompt with."""
    labels = await _single(engine, ALPHABETS, min(WINDOW, max(2, len(task.texts))))
    masses: list[float] = []

    def prompt(places: NDArray[np.int64], *, of_somebody: bool = True) -> Prompt:
        pairs = [(label, task.texts[n]) for label, n in zip(labels, places, strict=False)]
        history, query = (task.history, task.query) if of_somebody else ([], None)
        return [{"role": "user", "content": prompts.labels(history, query, pairs)}]

    async def ask(windows: Windows) -> list[Floats]:
        asked = [prompt(places) for places in windows]
        if task.debias is Debias.ROTATIONS:
            asked += [prompt(np.roll(places, len(places) // 2)) for places in windows]
        elif task.debias is Debias.CONTENT_FREE:
            asked += [prompt(places, of_somebody=False) for places in windows]
        found = await engine.score_labels(asked, labels[: max(2, *map(len, windows))])
        sizes = [len(places) for places in windows] * (len(asked) // len(windows))
        scores = [row[:size] for row, size in zip(found.logprobs, sizes, strict=True)]
        within = [np.logaddexp.reduce(row) for row in scores]  # a window with fewer candidates uses fewer labels
        masses.extend((np.exp(within) * found.mass)[: len(windows)])
        plain = [row - total for row, total in zip(scores, within, strict=True)]
        first, second = plain[: len(windows)], plain[len(windows) :]
        if task.debias is Debias.ROTATIONS:
            return [(a + np.roll(b, -(len(b) // 2))) / 2 for a, b in zip(first, second, strict=True)]
        return [a - b for a, b in zip(first, second, strict=True)] if second else first

    scores = await cover(len(task.texts), len(labels), ask)
    return Reading(scores, float(np.mean(masses)) if masses else 1.0)


Windows = Sequence[NDArray[np.int64]]
"""Places of the candidates that share a prompt."""
Ask = Callable[[Windows], Awaitable[list[Floats]]]


async def cover(n: int, window: int, ask: Ask) -> Floats:
    """Scores of `n` candidates from prompts of at most `window`, float64[n]: every one of them has shared a prompt with
    the one that ends up first.

    `ask` gives, for several windows at once, the scores of the candidates at those places. One window holds all if they are
    few. Otherwise the first of each window's best is the anchor; every window is asked again with it, and scores are
    differences to its own. If one beats it, that is the next anchor, up to four times; then it stays first.
    """
    if n == 1:
        return np.zeros(1)
    if n <= window:
        return (await ask([np.arange(n)]))[0]
    best = np.arange(n)
    while len(best) > 1:
        parts = np.array_split(best, -(-len(best) // window))
        found = iter(await ask([part for part in parts if len(part) > 1]))
        best = np.array([part[int(np.argmax(next(found)))] if len(part) > 1 else part[0] for part in parts])
    anchor, scores = int(best[0]), np.zeros(n)
    for _ in range(MAX_ROUNDS):
        others = np.delete(np.arange(n), anchor)
        parts = [np.r_[anchor, part] for part in np.array_split(others, -(-(n - 1) // (window - 1)))]
        for part, said in zip(parts, await ask(parts), strict=True):
            scores[part] = said - said[0]
        if int(np.argmax(scores)) == anchor:
            return scores
        last, anchor = anchor, int(np.argmax(scores))
    scores[scores > 0] = 0.0
    scores[last] = np.nextafter(0.0, 1.0)
    return scores


async def _single(engine: Engine, alphabets: Sequence[Sequence[str]], n: int) -> list[str]:
    """The first `n` letters of the first alphabet that has as many as single, distinct tokens of the model, or else of
    the one that has most."""
    most: list[str] = []
    for alphabet in alphabets:
        seen: dict[int, str] = {}
        for label in alphabet:
            ids = await engine.tokenizer.encode(label, special=False)
            if len(ids) == 1:
                seen.setdefault(ids[0], label)
        found = list(seen.values())
        if len(found) >= n:
            return found[:n]
        most = max(most, found, key=len)
    if len(most) < 2:
        raise InvalidInputError("has no labels of single tokens", where=f"model {engine.model_id}")
    return most


READERS: dict[Mode, Callable[[Engine, PromptBuilder, Task], Awaitable[Reading]]] = {
    Mode.LIKELIHOOD: by_likelihood, Mode.LISTWISE: by_labels, Mode.POINTWISE: by_yes
}  # fmt: skip
