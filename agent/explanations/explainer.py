"""Writes reasons one after the other: the model's where every statement in it holds, else a template's."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass

from tastemaker.agent.engines.base import Engine, Message
from tastemaker.agent.explanations.names import shown
from tastemaker.agent.explanations.sentences import template
from tastemaker.agent.explanations.verifier import Verifier
from tastemaker.domain import EventType, Evidence, Item
from tastemaker.errors import EngineError, InvalidInputError
from tastemaker.prompts.builder import PromptBuilder

MAX_TOKENS = {"short": 50, "full": 80}
TRIES = 2
"""Once more with the fault named, then a template."""
_CITING = re.compile(r"^\s*(?P<ids>e\d+(?:[ ,]+e\d+)*)\s*[|:]\s*(?P<text>.+?)\s*$", re.DOTALL)
_WRITABLE = {"history", "query"}
_SAID_IN_ANY_CASE = {"exploration", "unseen", "sponsored"}


@dataclass(frozen=True, slots=True)
class Case:
    """An item to explain, its evidence, and the items of the history that this points to."""

    item: Item
    evidence: tuple[Evidence, ...]
    cited: Mapping[str, Item]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the model was asked, what it answered, and why that was refused; None if it was not."""

    prompt: list[Message]
    answer: str
    fault: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """The text to show, who wrote it (`model` or `template`), and what the model tried."""

    text: str
    source: str
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Manner:
    """How reasons are written: `language` is `en`, `zh` or `zh-hant`, `tone` plain, friendly or formal, `length` short or full."""

    language: str = "en"
    tone: str = "plain"
    length: str = "full"


class Explainer:
    """Writes reasons with `writer`; without one, from templates only."""

    def __init__(self, writer: Engine | None, prompts: PromptBuilder, tries: int = TRIES) -> None:
        self._writer, self._prompts, self._tries = writer, prompts, tries

    async def explain(
        self, cases: Sequence[Case], manner: Manner, budget_s: float | None = None
    ) -> AsyncGenerator[Reason, None]:
        """A reason for each case, in order, each as soon as it is there; what `budget_s` seconds don't suffice for is a template's.

        The first case is written by itself and so comes first; an engine that batches reads the others beside it. A model
        that fails is one that wrote nothing.
        """
        deadline = None if budget_s is None else time.perf_counter() + budget_s
        asked = [n for n, case in enumerate(cases) if self._writer and _for_the_model(case)]
        waves = [wave for wave in (asked[:1], asked[1:]) if wave]
        tasks = [asyncio.create_task(self._write([cases[n] for n in wave], manner)) for wave in waves]
        of = {n: (task, place) for task, wave in zip(tasks, waves, strict=True) for place, n in enumerate(wave)}
        try:
            for n, case in enumerate(cases):
                tried: tuple[Attempt, ...] = ()
                if n in of:
                    task, place = of[n]
                    left = None if deadline is None else max(0.0, deadline - time.perf_counter())
                    await asyncio.wait({task}, timeout=left)
                    tried = tuple(task.result()[place]) if task.done() else ()
                if tried and tried[-1].fault is None:
                    yield Reason(_parsed(tried[-1].answer)[1], "model", tried)
                else:
                    yield Reason(self._template(case, n, manner), "template", tried)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @staticmethod
    def _template(case: Case, place: int, manner: Manner) -> str:
        return template(
            case.item, case.evidence, case.cited, manner.language, place=place, tone=manner.tone, length=manner.length
        )

    async def _write(self, cases: Sequence[Case], manner: Manner) -> list[list[Attempt]]:
        """What the model tried for each case: until one holds, or twice."""
        assert self._writer is not None
        tried: list[list[Attempt]] = [[] for _ in cases]
        waiting = list(range(len(cases)))
        for _ in range(self._tries):
            prompts = [self.prompt(cases[n], manner, tried[n]) for n in waiting]
            try:
                answers = await self._writer.generate_all(prompts, max_tokens=MAX_TOKENS[manner.length], stop=["\n"])
            except (EngineError, InvalidInputError) as error:  # the latter: more than the model reads
                for n, prompt in zip(waiting, prompts, strict=True):
                    tried[n].append(Attempt(prompt, "", f"the model failed: {error.what}"))
                break
            for n, prompt, answer in zip(waiting, prompts, answers, strict=True):
                tried[n].append(Attempt(prompt, answer, judged(answer, cases[n], manner.language)))
            waiting = [n for n in waiting if tried[n][-1].fault is not None]
            if not waiting:
                break
        return tried

    def prompt(self, case: Case, manner: Manner, tried: Sequence[Attempt] = ()) -> list[Message]:
        """What the model is asked for a case, after what it `tried`."""
        lines = [(one.id, said(one), one.text) for one in case.evidence]
        turns = self._prompts.reason(shown(case.item), lines, manner.language, manner.tone, manner.length)
        for attempt in tried:
            turns += [
                ("assistant", attempt.answer),
                ("user", self._prompts.again(attempt.fault or "", manner.language)),
            ]
        return [{"role": role, "content": content} for role, content in turns]


def judged(answer: str, case: Case, language: str) -> str | None:
    """Why the model's answer may not be shown: it must cite evidence, then say what that holds. None if it may."""
    cites, text = _parsed(answer)
    if not cites:
        return "does not begin with the evidence that it cites"
    if unknown := [one for one in cites if one not in {entry.id for entry in case.evidence}]:
        return f"cites {unknown[0]}, which there is not"
    return Verifier(case.item, case.evidence, case.cited, language).judge(text, cites).fault


def said(one: Evidence) -> str:
    """What the evidence is to the user, in a word for the prompt."""
    if one.kind == "history":
        return {EventType.PURCHASE: "bought", EventType.CART: "put in the cart", EventType.SHARE: "shared"}.get(
            one.event or EventType.LIKE, "liked"
        )
    if one.kind == "shared":
        return "both" if one.field in {None, "category"} else f"both, {one.field}"
    return {"query": "asked for", "condition": "condition", "popular": "popular"}.get(one.kind, one.kind)


def _parsed(answer: str) -> tuple[list[str], str]:
    found = _CITING.match(answer)
    return (re.findall(r"e\d+", found["ids"]), found["text"]) if found else ([], answer.strip())


def _for_the_model(case: Case) -> bool:
    kinds = {one.kind for one in case.evidence}
    return bool(kinds & _WRITABLE) and not kinds & _SAID_IN_ANY_CASE
