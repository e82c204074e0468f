"""A vLLM server over its OpenAI-compatible HTTP. Needs neither torch nor transformers here: the server tokenises."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import math
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import anyio
import httpx
import numpy as np
from numpy.typing import NDArray
from pydantic import SecretStr

from tastemaker.agent.engines.base import WARM_UP, Engine, Message, agree, cache_salt, together
from tastemaker.agent.telemetry import CACHED_TOKENS
from tastemaker.errors import (
    EngineError,
    EngineTimeoutError,
    EngineUnavailableError,
    InvalidInputError,
    ModelMismatchError,
    RequestRefusedError,
)
from tastemaker.settings import ModelSpec

CONCURRENCY = 16
TOKEN_CACHE = 10_000
MAX_MODEL_LEN = 2_048
"""Where the server does not say."""
MAX_RETRIES = 3
"""Times that a busy server is asked again, if it says when."""


class ServerEngine(Engine):
    """One connection pool to a vLLM server; made by `connect`, which checks what it serves."""

    kind = "server"

    def __init__(self, http: _Http, model: str, max_tokens: int, *, adapters: bool = False) -> None:
        self._http, self.model_id, self.max_tokens, self._adapters = http, model, max_tokens, adapters
        self._reads_ids: bool | None = None
        self.tokenizer = ServerTokenizer(http, model)

    @classmethod
    async def connect(cls, spec: ModelSpec, *, timeout_s: float, api_key: SecretStr | None = None) -> ServerEngine:
        """Connect and check the served model.

        Raises:
            EngineUnavailableError: nothing answers at the address.
            EngineTimeoutError: no answer within `timeout_s` seconds.
            ModelMismatchError: the model asked for is not served; the message names those that are.
        """
        http = _Http(spec.url, timeout_s, api_key)
        try:
            served = {card["id"]: card for card in (await http.get("/v1/models"))["data"]}
            if spec.model and spec.model not in served:
                raise ModelMismatchError(
                    f"serves {', '.join(served) or 'no model'}, not {spec.model}", where=spec.url,
                    remedy=f"Start it with --served-model-name {spec.model}, or ask for a model that it serves",
                )  # fmt: skip
            bare = [name for name, card in served.items() if not card.get("parent")]
            if not spec.model and len(bare) != 1:
                raise ModelMismatchError(
                    f"serves {len(served)} models ({', '.join(served)})", where=spec.url, remedy="Name one after a #"
                )
            name = spec.model or bare[0]
            base = served.get(served[name].get("parent"), {})  # of a LoRA adapter: what it is laid over
            reads = int(served[name].get("max_model_len") or base.get("max_model_len") or MAX_MODEL_LEN)
            return cls(http, name, reads, adapters=len(bare) < len(served))
        except (KeyError, TypeError, ValueError) as error:
            await http.close()
            raise EngineError(f"gave a list of models that can't be read ({error!r})", where=spec.url) from error
        except BaseException:
            await http.close()
            raise

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _first_token(self, prompts: list[list[int]], ids: list[int]) -> NDArray[np.float64]:
        async def one(prompt: list[int]) -> list[float]:
            body = {"logprobs": len(ids), "logprob_token_ids": ids, "return_tokens_as_token_ids": True}
            choice = await self._complete(prompt, body)
            top = choice["logprobs"]["top_logprobs"][0]
            return [top[f"token_id:{token}"] for token in ids]

        return np.asarray(await self._all(one, prompts), np.float64)

    async def throughput(self) -> float:
        """See `Engine`."""
        if self._rate is None and self._adapters:
            ids = await self.tokenizer.encode(WARM_UP, special=True)
            with self._timed("score_labels", len(ids)):
                await self._first_token([ids], sorted(set(ids))[:2])
        return await super().throughput()

    async def _continuations(self, prefix: list[int], texts: list[list[int]]) -> list[float]:
        if self._adapters:  # vllm-project/vllm issues 16668 and 51594
            raise InvalidInputError(
                "likelihoods are not read from a vLLM server that holds LoRA adapters: they are wrong there, or end its engine",
                where=self._http.url, remedy="Use the mode listwise or pointwise, or a server without adapters",
            )  # fmt: skip
        if self._reads_ids is None:
            probe = await self._all(lambda text: agree(self._by_ids, self._by_prompt, prefix, text), texts[:1])
            self._reads_ids = bool(probe[0])
        one = self._by_ids if self._reads_ids else self._by_prompt
        return list(await self._all(lambda text: one(prefix, text), texts))

    async def _by_prompt(self, prefix: list[int], text: list[int]) -> float:
        """From the log-probabilities of all prompt tokens, which any vLLM gives: it computes those of the prefix in vain."""
        choice = await self._complete([*prefix, *text], {"prompt_logprobs": 0})
        rows = choice["prompt_logprobs"][len(prefix) :]
        return float(sum(row[str(token)]["logprob"] for row, token in zip(rows, text, strict=True)))

    async def _by_ids(self, prefix: list[int], text: list[int]) -> float:
        """From the log-probabilities of the text's tokens alone, which vLLM's second model runner gives."""
        wanted = {"prompt_logprob_token_ids": [[token] for token in text], "prompt_logprob_start": len(prefix) - 1}
        body: dict[str, Any] = {"model": self.model_id, "token_ids": [*prefix, *text], **_salted()}
        body["sampling_params"] = {**PINNED, "max_tokens": 1, **wanted}
        answer = await self._http.post("/inference/v1/generate", body)
        return float(_unpacked(answer["prompt_token_id_logprobs"]).reshape(len(text)).sum(dtype=np.float64))

    async def _generate(
        self, prompt: list[int], max_tokens: int, stop: list[str], schema: str | None
    ) -> AsyncGenerator[str, None]:
        body = {**self._body(prompt, max_tokens), "stop": stop, "stream": True}
        if schema is not None:
            body["structured_outputs"] = {"json": schema}
        try:
            async with aclosing(self._http.stream("/v1/completions", body)) as events:
                async for event in events:
                    for choice in event.get("choices", ()):
                        if choice.get("text"):
                            yield choice["text"]
        except RequestRefusedError as error:
            if schema is None:
                raise
            raise InvalidInputError(f"can't be enforced ({error.what})", where="schema") from error

    async def _complete(self, prompt: list[int], extra: dict[str, Any]) -> Any:
        answer = await self._http.post("/v1/completions", self._body(prompt, 1) | extra)
        choice = answer["choices"][0]
        with contextlib.suppress(KeyError, TypeError, ValueError):  # told only if the server was started so
            kept = answer["usage"]["prompt_tokens_details"]["cached_tokens"]
            CACHED_TOKENS.labels(self.kind, self.model_id).inc(kept)
        return choice

    def _body(self, prompt: list[int], max_tokens: int) -> dict[str, Any]:
        return {"model": self.model_id, "prompt": prompt, "max_tokens": max_tokens, **PINNED, **_salted()}

    async def _all(self, work: Any, values: Sequence[Any]) -> list[Any]:
        limit = anyio.Semaphore(CONCURRENCY)

        async def run(value: Any) -> Any:
            async with limit:
                return await work(value)

        try:
            return await together(run, values)
        except (KeyError, TypeError, IndexError, ValueError) as error:
            raise EngineError(
                f"gave no log-probabilities for what was asked ({error!r})", where=self._http.url,
                remedy="Use a vLLM server, 0.32 or later",
            ) from error  # fmt: skip


PINNED = {"temperature": 0.0, "top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0, "n": 1}
"""Sampling parameters, all named, so that none is taken from the served model's generation config."""


class ServerTokenizer:
    """The server's `/tokenize`, with the last answers kept."""

    def __init__(self, http: _Http, model: str) -> None:
        self._http, self._model = http, model
        self._kept: OrderedDict[tuple[str, bool], list[int]] = OrderedDict()

    async def encode(self, text: str, *, special: bool) -> list[int]:
        """Ids of `text`; with `special`, after the begin-of-text token if the model has one."""
        key = (text, special)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        body = {"model": self._model, "prompt": text, "add_special_tokens": special}
        ids = await self._http.tokens(body)
        self._kept[key] = ids
        if len(self._kept) > TOKEN_CACHE:
            self._kept.popitem(last=False)
        return ids

    async def chat(self, messages: Sequence[Message]) -> list[int] | None:
        """Ids of the served model's chat template; None if it has none."""
        body = {"model": self._model, "messages": list(messages), "add_generation_prompt": True}
        body["chat_template_kwargs"] = {"enable_thinking": False}
        try:
            return await self._http.tokens(body)
        except EngineError as error:
            if "chat template" in str(error).lower():
                return None
            raise


class _Http:
    """httpx with this project's errors, and one deadline for each whole request."""

    def __init__(self, url: str, timeout_s: float, api_key: SecretStr | None) -> None:
        self.url, self._timeout_s = url, timeout_s
        headers = {"Authorization": f"Bearer {api_key.get_secret_value()}"} if api_key else {}
        limits = httpx.Limits(max_connections=2 * CONCURRENCY)
        self._client = httpx.AsyncClient(
            base_url=url, timeout=timeout_s, headers=headers, limits=limits, trust_env=False
        )

    async def get(self, path: str) -> Any:
        return await self._send("GET", path, None)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        return await self._send("POST", path, body)

    async def tokens(self, body: dict[str, Any]) -> list[int]:
        answer = await self.post("/tokenize", body)
        if not isinstance(answer, dict) or not isinstance(answer.get("tokens"), list):
            raise EngineError("gave no tokens", where=self.url, remedy="Check that it is a vLLM server")
        return [int(token) for token in answer["tokens"]]

    async def stream(self, path: str, body: dict[str, Any]) -> AsyncGenerator[Any, None]:
        deadline = anyio.current_time() + self._timeout_s
        try:
            async with self._client.stream("POST", path, json=body) as response:
                if response.is_error:
                    await response.aread()
                    self._check(response, path)
                async for line in response.aiter_lines():
                    if anyio.current_time() > deadline:
                        raise TimeoutError
                    if line.startswith("data: ") and line != "data: [DONE]":
                        event = json.loads(line.removeprefix("data: "))
                        if "error" in event:
                            raise _broken_off(event["error"], self.url)
                        yield event
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            raise self._explain(error) from error

    async def close(self) -> None:
        await self._client.aclose()

    async def _send(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        try:
            with anyio.fail_after(self._timeout_s) as scope:
                response = await self._client.request(method, path, json=body)
                for _ in range(MAX_RETRIES):
                    wait = _retry_after(response)
                    if wait is None or anyio.current_time() + wait > scope.deadline:
                        break
                    await anyio.sleep(wait)
                    response = await self._client.request(method, path, json=body)
            self._check(response, path)
            return response.json()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            raise self._explain(error) from error

    def _check(self, response: httpx.Response, path: str) -> None:
        if response.is_error:
            said = " ".join(response.text.split())[:300]
            kind = RequestRefusedError if response.status_code == httpx.codes.BAD_REQUEST else EngineError
            raise kind(
                f"answered {response.status_code} to {path} ({said})", where=self.url,
                remedy="Check that it is a vLLM server, its log, and TASTEMAKER_API_KEY if it needs a key",
            )  # fmt: skip

    def _explain(self, error: Exception) -> EngineError:
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return EngineTimeoutError(
                f"did not answer within {self._timeout_s:g} s", where=self.url,
                remedy="Raise timeout_s (TASTEMAKER_TIMEOUT_S); a CPU server's first request takes about 20 s",
            )  # fmt: skip
        if isinstance(error, ValueError):
            return EngineError(
                f"gave an answer that is no JSON ({error})", where=self.url, remedy="Check that it is a vLLM server"
            )
        return EngineUnavailableError(
            f"can't be reached ({error or type(error).__name__})", where=self.url,
            remedy="Start the vLLM server, or correct the address",
        )  # fmt: skip


def _broken_off(said: Any, url: str) -> EngineError:
    """The error of a stream in place of a next piece. vLLM tells so too what it would answer 400 to without a stream."""
    wrong = isinstance(said, dict) and said.get("code") == httpx.codes.BAD_REQUEST
    return (RequestRefusedError if wrong else EngineError)(f"broke off ({said})", where=url)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds after which a server that is busy wants to be asked again; None if it is not, or does not say."""
    if response.status_code not in {429, 503}:
        return None
    try:
        seconds = float(response.headers["Retry-After"])  # a date there is rare, and not worth a clock
    except (KeyError, ValueError):
        return None
    return max(seconds, 0.05) if math.isfinite(seconds) else None


def _salted() -> dict[str, str]:
    salt = cache_salt.get()
    return {"cache_salt": salt} if salt else {}


def _unpacked(packed: str) -> NDArray[np.float32]:
    """An array in numpy's file format, as vLLM packs it."""
    try:
        values: NDArray[np.float32] = np.load(io.BytesIO(base64.b64decode(packed)), allow_pickle=False)
    except Exception as error:  # numpy's readers have many ways to fail
        raise ValueError(f"no array: {error}") from error
    return values
