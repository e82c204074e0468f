"""The model's sentence where it holds, asked once more with the fault named, else the template's; in order, in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest
from anyio.from_thread import BlockingPortal
from numpy.typing import NDArray

from tastemaker import EventType, Evidence, Item
from tastemaker.agent.engines.base import Engine, Prompt
from tastemaker.agent.explanations.explainer import Case, Explainer, Manner, Reason, judged
from tastemaker.agent.explanations.self_test import PLANTED, planted, share_written
from tastemaker.agent.self_test import KeptScores
from tastemaker.errors import EngineUnavailableError, InvalidInputError
from tastemaker.prompts.builder import PromptBuilder


class Writer(Engine):
    """Answers each prompt by `says`, after `seconds`; knows what it was asked, and whether it was stopped."""

    kind, model_id, max_tokens = "test", "writer", 4_000

    def __init__(self, says: Callable[[str], str], seconds: float = 0.0) -> None:
        self.says, self.seconds, self.asked, self.stopped = says, seconds, list[list[str]](), 0

    async def generate_all(
        self, prompts: Sequence[Prompt], *, max_tokens: int = 128, stop: Sequence[str] = (), schema: Any = None
    ) -> list[str]:
        last = [str(prompt[-1]["content"]) for prompt in prompts if not isinstance(prompt, str)]
        self.asked.append(last)
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        return [self.says(text) for text in last]

    async def _first_token(self, prompts: list[list[int]], ids: list[int]) -> NDArray[np.float64]:
        raise NotImplementedError

    async def _continuations(self, prefix: list[int], texts: list[list[int]]) -> list[float]:
        raise NotImplementedError

    async def _generate(
        self, prompt: list[int], max_tokens: int, stop: list[str], schema: str | None
    ) -> AsyncGenerator[str, None]:
        raise NotImplementedError
        yield ""


ALIEN = Item(id="a", title="Alien")


def case(title: str, *more: Evidence) -> Case:
    near = Evidence(id="e1", kind="history", text="Alien", item_id="a", event=EventType.LIKE, near=True)
    return Case(Item(id=title, title=title), (near, *more), {"a": ALIEN})


def told(
    portal: BlockingPortal, writer: Engine | None, cases: list[Case], budget_s: float | None = None
) -> list[Reason]:
    async def run() -> list[Reason]:
        async with aclosing(Explainer(writer, PromptBuilder()).explain(cases, Manner(), budget_s)) as reasons:
            return [reason async for reason in reasons]

    return portal.call(run)


def about(prompt: str) -> str:
    return prompt.rsplit("Recommended: ", 1)[-1].split("\n")[0].strip()


def true(prompt: str) -> str:
    return f"e1 | You liked Alien, and {about(prompt)} is close to it."


CASES = [case(title) for title in ("Predator", "Aliens", "Dune")]


def test_true_sentences_are_shown_as_the_model_s_in_order(portal: BlockingPortal) -> None:
    writer = Writer(true)
    found = told(portal, writer, CASES)
    assert [one.text for one in found] == [f"You liked Alien, and {one.item.title} is close to it." for one in CASES]
    assert {one.source for one in found} == {"model"}
    assert [len(wave) for wave in writer.asked] == [1, 2]  # the first by itself: it is there first


def test_a_false_sentence_is_written_again_with_its_fault_named(portal: BlockingPortal) -> None:
    def says(prompt: str) -> str:
        return "e1 | You liked Alien, and this is similar." if "Not shown" in prompt else "e1 | Predator won an Oscar."

    writer = Writer(says)
    (found,) = told(portal, writer, CASES[:1])
    assert (found.text, found.source) == ("You liked Alien, and this is similar.", "model")
    assert [bool(one.fault) for one in found.attempts] == [True, False] and "'won'" in str(found.attempts[0].fault)
    assert "'won'" in writer.asked[1][0]


def test_what_never_holds_gives_the_template_s(portal: BlockingPortal) -> None:
    writer = Writer(lambda prompt: "Predator is great.")
    (found,) = told(portal, writer, CASES[:1])
    assert found.source == "template" and "Alien" in found.text and "great" not in found.text
    assert len(found.attempts) == 2 and all(
        "does not begin with the evidence" in str(one.fault) for one in found.attempts
    )


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("e1 | You liked Alien, and Predator is close to it.", None),
        ("e1, e2 | You liked Alien, and Predator is close to it.", "cites e2"),
        ("e7 | You liked Alien.", "cites e7"),
        ("You liked Alien, and Predator is close to it.", "does not begin"),
        ("", "does not begin"),
    ],
)
def test_a_sentence_cites_its_evidence(answer: str, says: str | None) -> None:
    fault = judged(answer, CASES[0], "en")
    assert fault is None if says is None else says in str(fault)


def test_what_there_is_no_time_for_comes_from_templates_and_is_stopped(portal: BlockingPortal) -> None:
    writer = Writer(true, seconds=30.0)
    started = time.perf_counter()
    found = told(portal, writer, CASES, budget_s=0.2)
    assert time.perf_counter() - started < 10 and {one.source for one in found} == {"template"}
    assert writer.stopped == 2


def test_nobody_listening_stops_the_writing(portal: BlockingPortal) -> None:
    writer = Writer(true, seconds=0.0)

    async def first() -> Reason:
        async with aclosing(Explainer(writer, PromptBuilder()).explain(CASES, Manner())) as reasons:
            async for reason in reasons:
                writer.seconds = 30.0
                return reason
        raise AssertionError

    assert portal.call(first).source == "model"


def test_a_model_that_fails_wrote_nothing(portal: BlockingPortal) -> None:
    def fail(prompt: str) -> str:
        raise EngineUnavailableError("is down", where="http://127.0.0.1:9")

    found = told(portal, Writer(fail), CASES)
    assert {one.source for one in found} == {"template"} and "is down" in str(found[0].attempts[-1].fault)


def test_more_than_the_model_reads_is_a_model_that_wrote_nothing(portal: BlockingPortal) -> None:
    def fail(prompt: str) -> str:
        raise InvalidInputError("9000 tokens are needed, but it reads 2048", where="prompt")

    found = told(portal, Writer(fail), CASES)
    assert {one.source for one in found} == {"template"} and "9000 tokens" in str(found[0].attempts[-1].fault)


def test_without_a_writer_or_where_chance_or_money_speaks_no_model_is_asked(portal: BlockingPortal) -> None:
    assert told(portal, None, CASES)[0].attempts == ()
    writer = Writer(true)
    for kind in ("exploration", "unseen", "sponsored"):
        (found,) = told(portal, writer, [case("Predator", Evidence(id="e2", kind=kind, text=kind))])
        assert found.source == "template" and not writer.asked


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_writer_is_tested_once_and_kept(portal: BlockingPortal, tmp_path: object, language: str) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    assert len(planted(language)) == len(PLANTED[language]) == 6
    chinese = {
        one.item.title: f"e1 | 你喜欢《{one.evidence[0].text}》,《{one.item.title}》与它很接近。"
        for one in planted("zh")
    }
    liked = {one.item.title: one.evidence[0].text for one in planted("en")}

    def says(prompt: str) -> str:
        if language == "zh":
            return chinese[prompt.rsplit("推荐:", 1)[-1].split("\n")[0]]
        return f"e1 | You liked {liked[about(prompt).replace(' One sentence.', '')]}, and this is close to it."

    good, bad = Writer(says), Writer(lambda prompt: "I recommend it.")
    assert portal.call(share_written, good, PromptBuilder(), language) == 1.0
    kept = KeptScores(folder, PromptBuilder(), "reasons", share_written)
    assert kept.find("good", language) is None
    assert portal.call(kept.test, good, "good", language) == 1.0 == kept.find("good", language)
    assert kept.find("good", "en" if language == "zh" else "zh") is None
    assert portal.call(kept.test, bad, "bad", language) == 0.0 == kept.find("bad", language)
    assert sum(map(len, bad.asked)) == 2  # after two that fail no more are asked
