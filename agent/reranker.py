"""Ranks candidates by the model's log-probabilities, fused with the retriever's prior. The result is a permutation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.engines.base import Engine
from tastemaker.domain import Item
from tastemaker.errors import InvalidInputError
from tastemaker.prompts.budget import newest_within
from tastemaker.prompts.builder import LINE_CHARS, PromptBuilder, candidate_line, language_of
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.fusion import standardise

HISTORY_TOKENS = 512
PRIOR_WEIGHT, MODEL_WEIGHT = 1.0, 0.5
"""The head before it has learned: the prior counts twice as much as the model (docs/experiments.md, 2026-11-25)."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores in candidate order, each of shape (n,): `fused`, its parts, and the model's nats per token.

    `order` holds candidate indices, best first; equal scores keep the prior's order, then that of the input.
    """

    fused: NDArray[np.float64]
    z_prior: NDArray[np.float64]
    z_model: NDArray[np.float64]
    logprobs: NDArray[np.float64]
    order: list[int]


class Reranker:
    """Likelihood ranking: (log p(text | history) − log p(text | neutral)) / tokens, after Holtzman et al. 2021
    (arXiv 2104.08315, domain-conditional PMI) and Sachan et al. 2022 (arXiv 2204.07496, query likelihood).
    """

    def __init__(self, engine: Engine, prompts: PromptBuilder, catalogue: Catalogue | None = None) -> None:
        self.engine, self._prompts, self._catalogue = engine, prompts, catalogue

    async def rank(
        self,
        history: Sequence[str],
        query: str | None,
        texts: Sequence[str],
        prior: Sequence[float],
        items: Sequence[Item] = (),
    ) -> Scored:
        """Score `texts` for someone with this history (oldest first) and query.

        `prior` has one number a text, higher is better. With `items`, the neutral terms are kept in the catalogue.
        Raises `InvalidInputError` if the lengths differ or nothing is given to rank.
        """
        if not texts or len(texts) != len(prior):
            raise InvalidInputError(f"{len(texts)} texts and {len(prior)} priors were given", where="rerank")
        lines = [candidate_line(text) for text in texts]
        language = language_of([*history, query or "", *texts])
        prefix = self._prompts.choice(await self._fitting(history, query, lines, language), query, language)
        if prefix == self._prompts.choice([], None, language):  # nothing to condition on: the model has no say
            return combine(np.asarray(prior, np.float64), np.zeros(len(lines)))
        given = await self.engine.score_texts(prefix, lines)
        neutral = await self._neutral(lines, items, language)
        logprobs = (given.logprobs - neutral) / given.tokens
        return combine(np.asarray(prior, np.float64), logprobs)

    async def _neutral(self, lines: Sequence[str], items: Sequence[Item], language: str) -> NDArray[np.float64]:
        scope = f"neutral/{self.engine.kind}/{self.engine.model_id}/{self._prompts.version}/{language}"
        kept = self._catalogue.constants(scope, items) if self._catalogue and items else {}
        places = [n for n in range(len(lines)) if not items or items[n].id not in kept]
        values = np.asarray([kept.get(item.id, 0.0) for item in items] or [0.0] * len(lines), np.float64)
        if places:
            prefix = self._prompts.choice([], None, language)
            values[places] = (await self.engine.score_texts(prefix, [lines[n] for n in places])).logprobs
            if self._catalogue and items:
                self._catalogue.set_constants(scope, [items[n] for n in places], values[places].tolist())
        return values

    async def _fitting(
        self, history: Sequence[str], query: str | None, lines: Sequence[str], language: str
    ) -> list[str]:
        """The newest lines of the history that leave room for the query and the longest candidate."""
        if not history:
            return []
        fixed = await self.engine.count_tokens(self._prompts.choice([], query, language))
        longest = max([await self.engine.count_tokens(line) for line in lines])
        room = min(HISTORY_TOKENS, self.engine.max_tokens - fixed - longest - 16)
        lengths = [await self.engine.count_tokens(f"- {line[:LINE_CHARS]}\n") for line in history]
        kept = newest_within(lengths, room)
        return list(history)[len(history) - kept :]


def combine(prior: NDArray[np.float64], logprobs: NDArray[np.float64]) -> Scored:
    """Fuse standardised prior and model scores with the head's weights."""
    z_prior, z_model = standardise(prior), standardise(logprobs)
    fused = PRIOR_WEIGHT * z_prior + MODEL_WEIGHT * z_model
    order = sorted(range(len(fused)), key=lambda n: (-fused[n], -prior[n], n))
    return Scored(fused, z_prior, z_model, logprobs, order)
