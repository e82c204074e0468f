"""An engine that answers some prompts as it is told to."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence

from tastemaker.agent.engines.base import Engine, Prompt, Schema, text_of
from tastemaker.eval.recorder import Recorder


class Scripted(Recorder):
    """Another engine whose answers to some prompts are written: `says` is given the text of a prompt, and gives the answer or None.

    It stands for a model that can do what no model at hand can. Bounds hold as of any engine.
    """

    def __init__(self, inner: Engine, says: Callable[[str], str | None]) -> None:
        super().__init__(inner)
        self._says = says

    async def generate(
        self, prompt: Prompt, *, max_tokens: int = 128, stop: Sequence[str] = (), schema: Schema | None = None
    ) -> AsyncGenerator[str, None]:
        """See `Engine`."""
        answer = self._says(prompt if isinstance(prompt, str) else "\n".join(one["content"] for one in prompt))
        if answer is None:
            async for piece in super().generate(prompt, max_tokens=max_tokens, stop=stop, schema=schema):
                yield piece
            return
        self._check_length(len(await self._encode(prompt)) + max_tokens)
        if (tokens := await self.count_tokens(answer)) > max_tokens:
            answer = answer[: len(answer) * max_tokens // tokens]
        yield answer[: min((at for at in map(answer.find, stop) if at >= 0), default=None)]
        if schema is not None:
            self._check_whole(answer, max_tokens)

    async def generate_all(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int = 128,
        stop: Sequence[str] = (),
        schema: Schema | None = None,
    ) -> list[str]:
        """See `Engine`."""
        return [
            await text_of(self.generate(prompt, max_tokens=max_tokens, stop=stop, schema=schema)) for prompt in prompts
        ]
