"""Ranks candidates by the model's log-probabilities, fused with the retriever's prior. The result is a permutation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import anyio
import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.engines.base import Engine
from tastemaker.agent.head import Head, Signals, known_head
from tastemaker.agent.modes import WINDOW, Debias, Mode, Reading, Task, read
from tastemaker.agent.telemetry import NEUTRAL_TERMS, ranked, ranking
from tastemaker.domain import Item, Reason
from tastemaker.errors import EngineError, EngineTimeoutError, EngineUnavailableError, InvalidInputError
from tastemaker.prompts.budget import fair_share, newest_within, within
from tastemaker.prompts.builder import LINE_CHARS, PromptBuilder, candidate_line, data_line, language_of
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.fusion import standardise

DEPTH = 20
"""Candidates that the model reads, at least; more if more are asked for."""
HISTORY_LINES = 20
"""Of the last likes, what the model is told."""
HISTORY_TOKENS = 512
INSTRUCTION_TOKENS = 128
"""What a template and the chat template around it take at most."""
LABEL_TOKENS = 6
"""A candidate's label, dot and end of line."""
MARGIN = 0.7
"""Of the time that is left, what the model's passes are planned to take: throughput varies."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores in candidate order, each of shape (n,): `fused`, its parts, and the model's, NaN where it read nothing.

    `order` holds candidate indices, best first; equal scores keep the prior's order, then that of the input. `degraded`
    says why the model read fewer than it was to, if it did; `mass` how much of its answers the labels were; `shortened` of
    which candidates it read only the beginning.
    """

    fused: Floats
    z_prior: Floats
    z_model: Floats
    logprobs: Floats
    order: list[int]
    mass: float = 1.0
    degraded: Reason | None = None
    shortened: tuple[int, ...] = ()

    def logprob(self, n: int) -> float | None:
        """The model's score of candidate n, None if it did not read it."""
        return None if np.isnan(self.logprobs[n]) else float(self.logprobs[n])


@dataclass(frozen=True, slots=True)
class Fitted:
    """What of a history, a query and texts goes into a prompt."""

    history: list[str]
    query: str | None
    texts: list[str]


class Reranker:
    """Reads the candidates with `engine` by `mode`, and weighs what it says by `head`, by default what the catalogue's store has
    learned for this model, mode and templates."""

    def __init__(
        self, engine: Engine, prompts: PromptBuilder, catalogue: Catalogue | None = None, *,
        mode: Mode = Mode.LIKELIHOOD, debias: Debias = Debias.NONE, head: Head | None = None,
    ) -> None:  # fmt: skip
        self.engine, self.mode, self.debias = engine, mode, debias
        self._prompts, self._catalogue = prompts, catalogue
        self.head = head or known_head(catalogue, self.head_name)

    @property
    def head_name(self) -> str:
        """What the head holds for: the model, the mode and the templates, by their hash."""
        return f"head/{self.engine.model_id}/{self.mode}/{self._prompts.version}"

    async def rank(
        self, history: Sequence[str], query: str | None, texts: Sequence[str], prior: Sequence[float],
        items: Sequence[Item] = (), *, depth: int | None = None, budget_s: float | None = None,
    ) -> Scored:  # fmt: skip
        """Score `texts` for someone with this history (oldest first) and query.

        `prior` has one finite number a text, higher is better; the model reads the best `depth` by it. With `items`, the
        neutral terms are kept in the catalogue. With `budget_s` it reads as many as it can in so many seconds, and what it
        has not read by then it leaves; likewise if the engine fails. The rest keep the prior's order: `degraded` says why.

        Raises `InvalidInputError` if the lengths differ, nothing is given to rank, or a prior is not finite.
        """
        given = np.asarray(prior, np.float64)
        if not texts or len(texts) != len(given):
            raise InvalidInputError(f"{len(texts)} texts and {len(given)} priors were given", where="rerank")
        if not np.isfinite(given).all():
            raise InvalidInputError("is not finite", where=f"prior[{int(np.argmin(np.isfinite(given)))}]")
        alone = combine(Signals(given, np.zeros(len(texts)), 0, 0.0), self.head)
        alone = replace(alone, logprobs=np.full(len(texts), np.nan))
        heard = self.head.hears(len(history) + bool(query), richness_of(texts))
        if len(texts) == 1 or not (history or query) or not heard:  # nothing to choose or to condition on, or no say
            return alone
        with ranking(self.engine, self.mode, len(texts)) as span:
            scored = await self._scored(history, query, texts, given, items, alone, depth, budget_s)
            ranked(
                span, self.engine, prior=given, fused=scored.fused, mass=scored.mass,
                truncated=len(scored.shortened), degraded=scored.degraded,
            )  # fmt: skip
            return scored

    async def signals(
        self, history: Sequence[str], query: str | None, texts: Sequence[str], prior: Sequence[float],
        items: Sequence[Item] = (),
    ) -> Signals:  # fmt: skip
        """What the head would see of this ranking. Raises the engine's error if it fails."""
        reading, _ = await self._read(history, query, texts, items)
        return self._signals(np.asarray(prior, np.float64), reading.scores, history, query, texts, reading.mass)

    @staticmethod
    def _signals(
        prior: Floats, model: Floats, history: Sequence[str], query: str | None, texts: Sequence[str], mass: float
    ) -> Signals:
        return Signals(prior, model, len(history) + bool(query), richness_of(texts), mass)

    async def _scored(
        self, history: Sequence[str], query: str | None, texts: Sequence[str], given: Floats, items: Sequence[Item],
        alone: Scored, depth: int | None, budget_s: float | None,
    ) -> Scored:  # fmt: skip
        best = np.lexsort((np.arange(len(given)), -given))[:depth]
        reading, cut_short, degraded, read_of = None, list[int](), Reason.BUDGET, best
        try:
            with anyio.move_on_after(budget_s):
                read_of = best[
                    : await self._affordable(history, query, [texts[n] for n in best], budget_s, known=bool(items))
                ]
                if len(read_of) > 1:
                    some = [items[n] for n in read_of] if items else []
                    reading, cut_short = await self._read(history, query, [texts[n] for n in read_of], some)
        except EngineError as error:
            degraded = _reason(error)
        if reading is None:
            return replace(alone, degraded=degraded)
        logprobs = alone.logprobs.copy()
        logprobs[read_of] = reading.scores
        model = np.full(len(texts), reading.scores.mean())  # whose z is 0 where it read nothing
        model[read_of] = reading.scores
        scored = combine(self._signals(given, model, history, query, texts, reading.mass), self.head)
        shortened = tuple(sorted(int(read_of[n]) for n in cut_short))
        late = Reason.BUDGET if len(read_of) < len(best) else None
        return replace(scored, logprobs=logprobs, degraded=late, shortened=shortened)

    async def _affordable(
        self, history: Sequence[str], query: str | None, texts: Sequence[str], budget_s: float | None, *, known: bool
    ) -> int:
        """How many of `texts` the model can read in that time, by its measured throughput; `known`: neutral terms are kept."""
        if budget_s is None:
            return len(texts)
        tokens = await self.engine.throughput() * budget_s * MARGIN - sum(map(_tokens, [*history, query or ""]))
        passes = 2 if (not known if self.mode is Mode.LIKELIHOOD else self.debias is not Debias.NONE) else 1
        used = np.cumsum([passes * _tokens(text) for text in texts])
        return int(np.searchsorted(used, tokens, side="right"))

    async def _read(
        self, history: Sequence[str], query: str | None, texts: Sequence[str], items: Sequence[Item]
    ) -> tuple[Reading, list[int]]:
        """The model's scores, and the places of the texts of which it read only the beginning."""
        language = language_of([*history, query or "", *texts])
        fitted = await self._fitted(history, query, texts)
        lines = [candidate_line(text) for text in fitted.texts]
        neutral = await self._neutral(lines, items, language) if self.mode is Mode.LIKELIHOOD else None
        task = Task(fitted.history, fitted.query, fitted.texts, language, neutral, self.debias)
        whole = [data_line(text, len(text) + 1) for text in texts]
        shortened = [n for n, (given, kept) in enumerate(zip(whole, fitted.texts, strict=True)) if given != kept]
        return await read(self.mode, self.engine, self._prompts, task), shortened

    async def _neutral(self, lines: Sequence[str], items: Sequence[Item], language: str) -> Floats:
        """log p(text) without history or query: a constant of each item, computed once and kept."""
        scope = f"neutral/{self.engine.kind}/{self.engine.model_id}/{self._prompts.version}/{language}"
        kept = self._catalogue.constants(scope, items) if self._catalogue and items else {}
        places = [n for n in range(len(lines)) if not items or items[n].id not in kept]
        values = np.asarray([kept.get(item.id, 0.0) for item in items] or [0.0] * len(lines), np.float64)
        for found, number in (("kept", len(lines) - len(places)), ("computed", len(places))):
            NEUTRAL_TERMS.labels(self.engine.kind, self.engine.model_id, found).inc(number)
        if places:
            prefix = self._prompts.choice([], None, language)
            values[places] = (await self.engine.score_texts(prefix, [lines[n] for n in places])).logprobs
            if self._catalogue and items:
                self._catalogue.set_constants(scope, [items[n] for n in places], values[places].tolist())
        return values

    async def _fitted(self, history: Sequence[str], query: str | None, texts: Sequence[str]) -> Fitted:
        """What of all this the model can read in one prompt: half of the room is for the candidates, an eighth for the
        query, and what is left then, but at most 512 tokens, for the newest of the history."""
        room, count = self.engine.max_tokens - INSTRUCTION_TOKENS, self.engine.count_tokens
        together = min(WINDOW, len(texts)) if self.mode is Mode.LISTWISE else 1
        kept, half = [data_line(text) for text in texts], room // 2 - together * LABEL_TOKENS
        lengths = [len(text.encode("utf-8", "replace")) + 1 for text in kept]  # no text has more tokens than that
        if sum(sorted(lengths)[-together:]) > half:
            lengths = [await count(text) for text in kept]
        share = fair_share(sorted(lengths)[-together:], half)
        kept = [await within(text, share, count) or "…" for text in kept]
        wish = await within(data_line(query), room // 8, count) if query else None
        used = together * LABEL_TOKENS + sum(sorted(min(share, length) for length in lengths)[-together:])
        lines = [data_line(line) for line in history]
        left = min(HISTORY_TOKENS, room - used - (room // 8 if wish else 0))
        if lines and await count("\n- ".join(lines)) + 2 > left:
            of_lines = [await count(f"- {line}\n") for line in lines]
            lines = lines[len(lines) - newest_within(of_lines, left) :]
        return Fitted(lines, wish or None, kept)


def richness_of(texts: Sequence[str]) -> float:
    """The mean length of the candidates' texts, in characters."""
    return float(np.mean([len(text) for text in texts]))


def combine(signals: Signals, head: Head) -> Scored:
    """Fuse standardised prior and model scores with the head."""
    fused, prior = head.fuse(signals), signals.prior
    order = sorted(range(len(fused)), key=lambda n: (-fused[n], -prior[n], n))
    return Scored(fused, standardise(prior), standardise(signals.model), signals.model, order, signals.mass)


def _tokens(text: str) -> float:
    """About how many tokens a model reads in `text`, rather more than fewer: three bytes each."""
    return 4 + min(len(text.encode("utf-8", "replace")), 3 * LINE_CHARS) / 3


def _reason(error: EngineError) -> Reason:
    if isinstance(error, EngineTimeoutError):
        return Reason.ENGINE_TIMEOUT
    return Reason.ENGINE_UNAVAILABLE if isinstance(error, EngineUnavailableError) else Reason.ENGINE_ERROR
