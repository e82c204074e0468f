"""The self-test of readers: an able model is entrusted with what users say, a careless one and the packaged one are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal

from tastemaker import Settings
from tastemaker.agent.conversation.model_reader import EXAMPLES, as_json
from tastemaker.agent.conversation.notation import parse
from tastemaker.agent.conversation.reading import Reading
from tastemaker.agent.conversation.self_test import (
    PLANTED,
    READS,
    YEAR,
    f1,
    planted,
    score,
    share_read,
    slots,
)
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.models import Models
from tastemaker.agent.self_test import KeptScores
from tastemaker.errors import EngineUnavailableError
from tastemaker.eval.scripted import Scripted
from tastemaker.progress import silent
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.settings import ModelSpec

ANSWERS = {said: reading for language in PLANTED for said, reading in planted(language)}
MINE = ModelSpec(model="mine")


def reader(inner: Engine, change: Callable[[Reading], Reading | None] = lambda one: one) -> Scripted:
    """Reads every planted utterance rightly, but for a `change`; counts in `prompts` what it is asked."""

    def says(prompt: str) -> str:
        made.prompts.append([])
        reading = change(ANSWERS[prompt.rsplit("\nMessage: ", 1)[1].split("\n")[0]])
        return as_json(reading) if reading is not None else "I can't."

    made = Scripted(inner, says)
    return made


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_able_model_reads_all(embedded: Engine, portal: BlockingPortal, language: str) -> None:
    able = reader(embedded)
    assert portal.call(share_read, able, PromptBuilder(), language) == 1.0
    assert len(able.prompts) == len(PLANTED[language]) == 16


def positive(reading: Reading) -> Reading:
    turned = tuple(one.model_copy(update={"negated": False}) for one in reading.conditions)
    return reading.model_copy(update={"conditions": turned})


def without_numbers(reading: Reading) -> Reading:
    return reading.model_copy(update={"conditions": tuple(one for one in reading.conditions if one.values)})


def without_items(reading: Reading) -> Reading:
    return reading.model_copy(update={"mentions": (), "about": None})


@pytest.mark.parametrize("careless", [positive, without_numbers, without_items])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_that_is_blind_to_a_kind_of_slot_is_no_reader(
    embedded: Engine, portal: BlockingPortal, careless: Callable[[Reading], Reading], language: str
) -> None:
    found = portal.call(share_read, reader(embedded, careless), PromptBuilder(), language)
    assert found < READS and (found == 0.0 or careless is not positive)


def test_a_slip_of_an_able_one_is_forgiven_unless_it_is_of_a_refusal() -> None:
    wanted = [reading for _, reading in planted("en")]
    refuses = next(n for n, reading in enumerate(wanted) if any(one.negated for one in reading.conditions))
    assert score(wanted, [Reading(), *wanted[1:]]) > READS
    assert score(wanted, [*wanted[:refuses], Reading(), *wanted[refuses + 1 :]]) < READS
    assert score(wanted, [*wanted[:-1], parse("+genre=crime", YEAR)]) > READS


def test_a_hopeless_one_is_asked_once(embedded: Engine, portal: BlockingPortal) -> None:
    hopeless = reader(embedded, lambda one: None)
    assert portal.call(share_read, hopeless, PromptBuilder(), "en") == 0.0
    assert len(hopeless.prompts) == 1


def test_slots_by_hand() -> None:
    wanted = [parse("+genre=comedy|war +year<2000 -star=X ref=#1 q=bees", YEAR), parse("act=talk", YEAR)]
    assert f1(wanted, wanted) == {"value": 1, "number": 1, "refused": 1, "item": 1, "turn": 1}
    found = f1(wanted, [parse("+genre=War|Comedy +genre=drama +year<=2000 -star=X", YEAR), None])
    assert found == {"value": pytest.approx(2 / 3), "number": 0, "refused": 1, "item": 0, "turn": 0}
    assert score(wanted, wanted) == 1.0 and score(wanted, [None, None]) == 0.0
    assert score([Reading()], [Reading()]) == 1.0
    assert slots(parse("+region=French|Korean", YEAR)) == slots(parse("+region=South_Korea|France", YEAR))


def test_no_planted_utterance_is_an_example() -> None:
    assert not {said for said, _ in EXAMPLES} & {*ANSWERS}
    assert len(ANSWERS) == 32


def test_it_is_tested_once_and_kept(embedded: Engine, portal: BlockingPortal, tmp_path: Path) -> None:
    def opened(engine: Engine) -> Models:
        made = Models(Settings.load(ranker="mine", cache=tmp_path), PromptBuilder(), silent)
        made.use(MINE, engine)
        return made

    able = reader(embedded)
    first = opened(able)
    assert portal.call(first.reader, "en") is able
    asked = len(able.prompts)
    assert portal.call(first.reader, "en") is portal.call(opened(able).reader, "en") is able
    assert len(able.prompts) == asked  # of another process the same file is read
    assert portal.call(first.reader, "zh") is portal.call(first.reader, "zh-hant") is able
    assert len(able.prompts) == 2 * asked
    hopeless = reader(embedded, lambda one: None)
    other = Models(Settings.load(ranker="other", cache=tmp_path), PromptBuilder(), silent)
    other.use(ModelSpec(model="other"), hopeless)
    assert portal.call(other.reader, "en") is None
    assert KeptScores(tmp_path, PromptBuilder(), "readings", share_read).find(str(MINE), "en") == 1.0
    assert KeptScores(tmp_path, PromptBuilder(), "readings", share_read).find("nobody", "en") is None


def test_an_engine_that_fails_is_tested_again(embedded: Engine, portal: BlockingPortal, tmp_path: Path) -> None:
    def fail(reading: Reading) -> Reading:
        raise EngineUnavailableError("is down", where="http://127.0.0.1:9")

    broken, able = reader(embedded, fail), reader(embedded)
    models = Models(Settings.load(ranker="mine", cache=tmp_path), PromptBuilder(), silent)
    models.use(MINE, broken)
    with pytest.raises(EngineUnavailableError):
        portal.call(models.reader, "en")
    models.use(MINE, able)
    assert portal.call(models.reader, "en") is able


@pytest.mark.slow
def test_the_packaged_model_is_no_reader(embedded: Engine, portal: BlockingPortal, tmp_path: Path) -> None:
    models = Models(Settings.load(ranker="mine", cache=tmp_path), PromptBuilder(), silent)
    models.use(MINE, embedded)
    assert portal.call(models.reader, "en") is None
    assert portal.call(models.reader, "zh") is None
