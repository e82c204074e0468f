"""Which engine serves what: tested before it is believed, closed with the others; whose prompts share a cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from anyio.from_thread import BlockingPortal
from numpy.typing import NDArray

from tastemaker import Settings
from tastemaker.agent.engines.base import Engine, cache_salt
from tastemaker.agent.models import Models, salted
from tastemaker.agent.modes import Debias, Mode
from tastemaker.errors import EngineError
from tastemaker.eval.recorder import Recorder
from tastemaker.progress import silent
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.settings import ModelSpec

MINE, OTHER = ModelSpec(model="mine"), ModelSpec(model="other")


class Watched(Recorder):
    """Counts how often it is closed, and is broken until it is mended."""

    def __init__(self, inner: Engine, name: str, *, broken: bool = False) -> None:
        super().__init__(inner)
        self.model_id, self.broken, self.closed = name, broken, 0

    async def _continuations(self, prefix: list[int], texts: list[list[int]]) -> list[float]:
        if self.broken:
            raise EngineError("is broken", where="here")
        return await super()._continuations(prefix, texts)

    async def _first_token(self, prompts: list[list[int]], ids: list[int]) -> NDArray[np.float64]:
        if self.broken:
            raise EngineError("is broken", where="here")
        return await super()._first_token(prompts, ids)

    async def close(self) -> None:
        self.closed += 1


def test_each_model_is_tested_once_and_closed_once(embedded: Engine, portal: BlockingPortal, tmp_path: Path) -> None:
    of = Models(Settings.load(ranker="mine", cache=tmp_path), PromptBuilder(), silent)
    mine, other = Watched(embedded, "mine"), Watched(embedded, "other")
    of.use(MINE, mine)
    of.use(OTHER, other)
    first = portal.call(of.ranker, None)
    read = len(mine.prompts)
    again = portal.call(of.ranker, None)
    assert read > 0 and len(mine.prompts) == read and not other.prompts  # the self-test, once
    assert first.engine is again.engine is mine
    assert portal.call(of.writer, "en") in {mine, None}  # by whether it can write
    assert (first.mode, first.debias) == (again.mode, again.debias) == (Mode.LIKELIHOOD, Debias.NONE)
    named = portal.call(of.ranker, None, OTHER)
    assert named.engine is other and other.prompts and portal.call(of.ranker, None).engine is mine
    portal.call(of.close)
    portal.call(of.close)
    assert mine.closed == other.closed == 1


def test_an_engine_that_fails_its_test_is_tested_again(
    embedded: Engine, portal: BlockingPortal, tmp_path: Path
) -> None:
    of = Models(Settings.load(ranker="mine", cache=tmp_path), PromptBuilder(), silent)
    mine = Watched(embedded, "mine", broken=True)
    of.use(MINE, mine)
    assert (
        portal.call(of.ranker, None).mode is Mode.LIKELIHOOD and not mine.prompts
    )  # its ranking will say what is wrong
    mine.broken = False
    portal.call(of.ranker, None)
    assert mine.prompts


def test_a_mode_that_was_set_needs_no_test(embedded: Engine, portal: BlockingPortal, tmp_path: Path) -> None:
    of = Models(Settings.load(ranker="mine", mode="pointwise", cache=tmp_path), PromptBuilder(), silent)
    mine = Watched(embedded, "mine")
    of.use(MINE, mine)
    ranker = portal.call(of.ranker, None)
    assert (ranker.mode, ranker.debias) == (Mode.POINTWISE, Debias.NONE) and not mine.prompts


def test_a_salt_holds_as_long_as_its_request() -> None:
    assert cache_salt.get() is None
    with pytest.raises(RuntimeError), salted("ann"):
        outer = cache_salt.get()
        with salted(None):
            assert cache_salt.get() not in {None, outer}
        assert cache_salt.get() == outer
        raise RuntimeError
    assert cache_salt.get() is None
