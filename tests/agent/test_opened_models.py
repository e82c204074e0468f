"""Which engine serves what: opened once, tested before it is believed, closed with the others; whose prompts share a cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from tastemaker import Settings
from tastemaker.agent import models
from tastemaker.agent.engines.base import Engine, cache_salt
from tastemaker.agent.models import Models, salted
from tastemaker.agent.modes import Debias, Mode
from tastemaker.errors import EngineError
from tastemaker.eval.recorder import Recorder
from tastemaker.progress import silent
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.settings import ModelSpec

MINE, OTHER = ModelSpec(model="mine"), ModelSpec(model="other")


class Closing(Recorder):
    closed = 0

    async def close(self) -> None:
        self.closed += 1


class Tested:
    """Stands for the self-test: counts its calls, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.calls, self.failures = list[str](), failures

    async def __call__(self, engine: Engine, *_: Any) -> tuple[Mode, Debias]:
        self.calls.append(engine.model_id)
        if len(self.calls) <= self.failures:
            raise EngineError("is broken", where="here")
        return Mode.LISTWISE, Debias.ROTATIONS


@pytest.fixture
def opened(embedded: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Models, dict[str, Closing]]:
    """Models whose engines are made here."""
    made: dict[str, Closing] = {}

    async def open_engine(spec: ModelSpec, *_: Any) -> Engine:
        await anyio.sleep(0.01)
        assert spec.model not in made
        made[spec.model] = Closing(embedded)
        made[spec.model].model_id = spec.model
        return made[spec.model]

    monkeypatch.setattr(models, "open_engine", open_engine)
    return Models(Settings.load(ranker="mine", cache=tmp_path), PromptBuilder(), silent), made


def test_each_model_is_opened_and_tested_once(
    opened: tuple[Models, dict[str, Closing]], monkeypatch: pytest.MonkeyPatch
) -> None:
    of, made = opened
    test = Tested()
    monkeypatch.setattr(models, "working_mode", test)

    async def run() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(of.writer)
        first, again = await of.ranker(None), await of.ranker(None)
        assert first.engine is again.engine is await of.writer() is made["mine"]
        assert (first.mode, first.debias) == (Mode.LISTWISE, Debias.ROTATIONS)
        named = await of.ranker(None, OTHER)
        assert named.engine is made["other"] and (await of.ranker(None)).engine is made["mine"]
        await of.close()

    anyio.run(run)
    assert test.calls == ["mine", "other"] and [one.closed for one in made.values()] == [1, 1]


def test_an_engine_that_fails_its_test_is_tested_again(
    opened: tuple[Models, dict[str, Closing]], monkeypatch: pytest.MonkeyPatch
) -> None:
    of, _ = opened
    test = Tested(failures=1)
    monkeypatch.setattr(models, "working_mode", test)

    async def run() -> list[Mode]:
        return [(await of.ranker(None)).mode for _ in range(3)]

    assert anyio.run(run) == [Mode.LIKELIHOOD, Mode.LISTWISE, Mode.LISTWISE] and len(test.calls) == 2


def test_a_mode_that_was_set_needs_no_test(embedded: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(models, "working_mode", None)
    of = Models(Settings.load(ranker="mine", mode="pointwise", cache=tmp_path), PromptBuilder(), silent)
    engine = Closing(embedded)
    of.use(MINE, engine)

    async def run() -> None:
        ranker = await of.ranker(None)
        assert ranker.engine is engine and (ranker.mode, ranker.debias) == (Mode.POINTWISE, Debias.NONE)
        await of.close()
        await of.close()

    anyio.run(run)
    assert engine.closed == 1


def test_a_salt_holds_as_long_as_its_request() -> None:
    assert cache_salt.get() is None
    with pytest.raises(RuntimeError), salted("ann"):
        outer = cache_salt.get()
        with salted(None):
            assert cache_salt.get() not in {None, outer}
        assert cache_salt.get() == outer
        raise RuntimeError
    assert cache_salt.get() is None
