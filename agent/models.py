"""The language models of a recommender: opened when first needed, tested before they are believed, closed together."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
from collections.abc import Iterator

import anyio

from tastemaker.agent.conversation.self_test import READS, share_read
from tastemaker.agent.engines import open_engine
from tastemaker.agent.engines.base import Engine, cache_salt
from tastemaker.agent.explanations.self_test import WRITES, share_written
from tastemaker.agent.modes import Debias, Mode
from tastemaker.agent.reranker import Reranker
from tastemaker.agent.self_test import KeptScores, Measure, working_mode
from tastemaker.errors import EngineError
from tastemaker.progress import Progress
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.settings import EngineKind, ModelSpec, Settings

_SECRET = secrets.token_bytes(32)


class Models:
    """One engine for each model that `settings` or a request names; `ranker` and `writer` may be one."""

    def __init__(self, settings: Settings, prompts: PromptBuilder, progress: Progress) -> None:
        self._settings, self._prompts, self._progress = settings, prompts, progress
        self._engines: dict[ModelSpec, Engine] = {}
        self._opening = anyio.Lock()
        self._modes: dict[ModelSpec, tuple[Mode, Debias]] = {}
        self._shares: dict[tuple[str, str, str], float] = {}

    def use(self, spec: ModelSpec, engine: Engine) -> None:
        """Let `engine` serve what `spec` names, instead of opening one. It is closed with the others."""
        self._engines[spec] = engine

    async def ranker(self, catalogue: Catalogue | None, named: ModelSpec | None = None) -> Reranker:
        """The ranker's model, or the one `named`, in the mode that was set or that the self-test chose for it."""
        spec = named or self._settings.ranker
        engine = await self._engine(spec)
        if spec not in self._modes and self._settings.mode != "auto":
            self._modes[spec] = Mode(self._settings.mode), Debias.NONE
        if spec not in self._modes:
            self._progress(f"Testing {engine.model_id}", 0, None)
            # Of an engine that fails the ranking will say so, and the next one tries again.
            with contextlib.suppress(EngineError):
                self._modes[spec] = await working_mode(engine, self._prompts, self._settings.cache)
        mode, debias = self._modes.get(spec, (Mode.LIKELIHOOD, Debias.NONE))
        return Reranker(engine, self._prompts, catalogue, mode=mode, debias=debias)

    async def writer(self, language: str) -> Engine | None:
        """The model that writes reasons, or None if what it writes in that language is hardly ever true.

        That is tested once, with planted cases, and kept in the cache: of a model that can't write none is loaded.
        """
        return await self._if_able("writer", language, self._kept("reasons", share_written), WRITES)

    async def reader(self, language: str) -> Engine | None:
        """The model that reads what users say, or None if it reads that language no better than the rules do.

        It is the writer's, tested and kept in the same way. Raises `EngineError` if the engine fails in its test.
        """
        spoken = "en" if language == "en" else "zh"
        return await self._if_able("reader", spoken, self._kept("readings", share_read), READS)

    def _kept(self, work: str, measure: Measure) -> KeptScores:
        return KeptScores(self._settings.cache, self._prompts, work, measure)

    async def _if_able(self, work: str, language: str, kept: KeptScores, least: float) -> Engine | None:
        spec = self._settings.writer or self._settings.ranker
        name = str(spec)
        if spec.kind is EngineKind.SERVER:  # where another model may have come to the same address
            name = f"{spec} {(await self._engine(spec)).model_id}"
        share = self._shares.get((work, name, language), kept.find(name, language))
        if share is None:
            engine = await self._engine(spec)
            self._progress(f"Testing {engine.model_id} as a {work}", 0, None)
            with salted(None):
                share = await kept.test(engine, name, language)
        self._shares[work, name, language] = share
        return await self._engine(spec) if share >= least else None

    async def close(self) -> None:
        """Close all engines."""
        for engine in self._engines.values():
            await engine.close()
        self._engines.clear()

    async def _engine(self, spec: ModelSpec) -> Engine:
        async with self._opening:
            if spec not in self._engines:
                self._progress(f"Loading {spec}", 0, None)
                self._engines[spec] = await open_engine(spec, self._settings, self._progress)
            return self._engines[spec]


@contextlib.contextmanager
def salted(user_id: str | None) -> Iterator[None]:
    """Within it, what a model server has read is reused only for this user, by this process; for nobody, where none is named."""
    named = hmac.new(_SECRET, user_id.encode(), hashlib.sha256).hexdigest() if user_id else secrets.token_hex(32)
    token = cache_salt.set(named)
    try:
        yield
    finally:
        cache_salt.reset(token)
