"""Language model engines. One contract, three places to run: see `base.Engine`."""

from __future__ import annotations

import anyio.to_thread

from tastemaker.agent.engines.base import Engine
from tastemaker.progress import Progress, silent
from tastemaker.settings import EngineKind, ModelSpec, Settings


async def open_engine(spec: ModelSpec, settings: Settings, progress: Progress = silent) -> Engine:
    """Open the engine that `spec` names; the caller closes it.

    Raises:
        MissingExtraError: the packages that run it are not installed.
        ModelNotFoundError: there is no such model.
        EngineError: the server is down, slow, or serves another model.
    """
    if spec.kind is EngineKind.SERVER:
        from tastemaker.agent.engines.server import ServerEngine

        return await ServerEngine.connect(spec, timeout_s=settings.timeout_s, api_key=settings.api_key)
    from tastemaker.agent.engines.models import resolve

    found = await anyio.to_thread.run_sync(resolve, spec.model, settings.cache, progress)
    if spec.kind is EngineKind.VLLM:
        from tastemaker.agent.engines.vllm_process import VllmEngine

        return await VllmEngine.start(found, dtype=settings.dtype)
    from tastemaker.agent.engines.embedded import EmbeddedEngine

    return await anyio.to_thread.run_sync(EmbeddedEngine, found, settings.dtype)
