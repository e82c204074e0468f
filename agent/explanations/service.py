"""Explains what was logged: reasons one after the other, and why something else was not shown."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any

import anyio.to_thread

from tastemaker.agent.engines.base import Engine
from tastemaker.agent.explanations.contrast import contrast
from tastemaker.agent.explanations.explainer import Case, Explainer, Manner, Reason
from tastemaker.agent.explanations.names import to_simplified
from tastemaker.agent.explanations.request import Request, cases, standing
from tastemaker.agent.explanations.sentences import LENGTHS, TONES
from tastemaker.agent.limits import left
from tastemaker.agent.models import salted
from tastemaker.agent.store import Store
from tastemaker.domain import Contrast, Explanation
from tastemaker.errors import EngineError, InvalidInputError, UnknownDecisionError
from tastemaker.prompts.builder import PromptBuilder, language_of
from tastemaker.retrieval.encoders import Encoder
from tastemaker.retrieval.fusion import learned
from tastemaker.retrieval.retriever import Retriever

LANGUAGES = ("en", "zh", "zh-hant")


def manner(language: str | None, tone: str, length: str, otherwise: str) -> Manner:
    """How reasons are to be written. Raises `InvalidInputError` for what there is not."""
    for name, value, known in (
        ("language", language, (None, *LANGUAGES)), ("tone", tone, TONES), ("length", length, LENGTHS)
    ):  # fmt: skip
        if value not in known:
            there = ", ".join(one for one in known if one)
            raise InvalidInputError(f"is {value!r}, not one of {there}", where=name)
    return Manner(language or otherwise, tone, length)


def spoken_by(texts: list[str]) -> str:
    """The language of what a user wrote or likes: `en`, `zh`, or `zh-hant` if it is in traditional characters."""
    if language_of(texts) == "en":
        return "en"
    joined = "".join(texts)
    return "zh" if to_simplified(joined) == joined else "zh-hant"


class Explaining:
    """Explains the decisions of `store`. `encoder` loads the one that reads queries, where there is one."""

    def __init__(self, store: Store, prompts: PromptBuilder, encoder: Callable[[], Encoder]) -> None:
        self._store, self._prompts, self._encoder = store, prompts, encoder

    async def reasons(
        self, decision_id: str, how: Callable[[str], Manner], writer: Callable[[str], Awaitable[Engine | None]],
        counterfactual: bool | None, started: float, budget_ms: float | None,
    ) -> AsyncGenerator[Explanation, None]:  # fmt: skip
        """See `AsyncRecommender.explain`; opening the writer is no part of the time since `started`."""
        row, request = await anyio.to_thread.run_sync(self._logged, decision_id)
        told = how(request.language)
        found = await anyio.to_thread.run_sync(
            partial(cases, self._store, self._retriever(), request, told.language, counterfactual),
            limiter=self._store.retrieving,
        )
        loading, engine, failed = time.perf_counter(), None, ""
        try:
            if told.language != "zh-hant":  # models mix the scripts, and a converted sentence would convert titles
                engine = await writer(told.language)
        except EngineError as error:
            failed = f"the model failed: {error}"
        started += time.perf_counter() - loading
        written = Explainer(engine, self._prompts).explain(found, told, left(started, budget_ms))
        async with aclosing(written) as pieces:
            for rank, case in enumerate(found, start=1):
                with salted(row["user_id"]):  # which the model's requests, begun by the first of these, take with them
                    reason = await anext(pieces)
                shown = _explanation(case, reason, rank, told.language, failed)
                attempts = [_logged_attempt(one.prompt, one.answer, one.fault) for one in reason.attempts]
                await anyio.to_thread.run_sync(self._store.log.add_explanation, decision_id, shown, attempts)
                yield shown

    async def why_not(self, decision_id: str, item_id: str, how: Callable[[str], Manner]) -> Contrast:
        """See `AsyncRecommender.why_not`."""

        def run() -> Contrast:
            _, request = self._logged(decision_id)
            item = self._store.catalogue.items([item_id])[0]
            known = {one["id"] for one in request.candidates} | {*request.profile.seen}
            stands = None if item_id in known else standing(self._store, self._retriever(), request, item)
            return contrast(self._store, request, item, stands, how(request.language).language)

        return await anyio.to_thread.run_sync(run, limiter=self._store.retrieving)

    def _retriever(self) -> Retriever:
        store = self._store
        return Retriever(store.catalogue, store.index, self._encoder, learned(store.catalogue).fusion)

    def _logged(self, decision_id: str) -> tuple[dict[str, Any], Request]:
        row = self._store.log.decision(decision_id)
        if row["request"] is None:
            raise UnknownDecisionError(
                "was logged by an earlier version, which kept too little to explain it",
                where=f"decision {decision_id[:80]!r}", remedy="Recommend again, and explain that",
            )  # fmt: skip
        return row, Request.of(row, self._store.log.slate(decision_id))


def _explanation(case: Case, reason: Reason, rank: int, language: str, failed: str) -> Explanation:
    refused = [one.fault for one in reason.attempts if one.fault]
    return Explanation(
        item_id=case.item.id, rank=rank, text=reason.text, source=reason.source, language=language,
        evidence=case.evidence, refused=(failed, *refused) if failed else tuple(refused),
    )  # fmt: skip


def _logged_attempt(prompt: list[Any], answer: str, fault: str | None) -> dict[str, Any]:
    return {"prompt": prompt[-1]["content"], "answer": answer, "fault": fault}
