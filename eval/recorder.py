"""An engine that notes what another is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.engines.base import Engine


class Recorder(Engine):
    """An engine that notes, in `prompts`, the tokens that another is asked to read labels after, or texts after a prefix."""

    def __init__(self, inner: Engine) -> None:
        self._inner, self.prompts = inner, list[list[int]]()
        self.kind, self.model_id = inner.kind, inner.model_id
        self.max_tokens, self.tokenizer = inner.max_tokens, inner.tokenizer

    async def _first_token(self, prompts: list[list[int]], ids: list[int]) -> NDArray[np.float64]:
        self.prompts += prompts
        return await self._inner._first_token(prompts, ids)

    async def _continuations(self, prefix: list[int], texts: list[list[int]]) -> list[float]:
        self.prompts += [[*prefix, *text] for text in texts]
        return await self._inner._continuations(prefix, texts)

    def _generate(self, prompt: list[int], max_tokens: int, stop: list[str], schema: str | None) -> Any:
        return self._inner._generate(prompt, max_tokens, stop, schema)
