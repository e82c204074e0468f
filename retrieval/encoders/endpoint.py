"""An OpenAI-compatible server of embeddings, such as vLLM with a pooling model."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from typing import Any

import httpx
from pydantic import SecretStr

from tastemaker.errors import EngineError, EngineTimeoutError, EngineUnavailableError, ModelMismatchError
from tastemaker.retrieval.encoders.base import RowEncoder

BATCH = 64
TRIES = 3
MAX_WAIT_S = 5.0
_PASSING = {429, 500, 502, 503, 504}
_TOO_LONG = "maximum context length"
_CUT = {"truncate_prompt_tokens": -1}
"""What vLLM has to be told before it cuts a text, as models in this process do. With `truncation_side` it cuts the last mark too."""


class EndpointEncoder(RowEncoder):
    """`model` at `url`, asked by `POST /v1/embeddings`, 64 texts a request.

    A request is bounded by `timeout_s` seconds and tried at most three times: again where the server can't be reached
    or answers 429 or 5xx, not where it is too slow. Where vLLM finds a text too long it is asked to cut it. Without
    `api_key` the variable `TASTEMAKER_API_KEY` is taken.

    Raises, when it encodes:
        EngineUnavailableError: nothing answers at the address.
        EngineTimeoutError: no whole answer within `timeout_s`.
        ModelMismatchError: the server does not serve `model`.
        EngineError: any other refusal, or an answer that can't be read.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        timeout_s: float = 60.0,
        api_key: SecretStr | None = None,
        query: str = "",
        document: str = "",
    ) -> None:
        self._url, self._model, self._timeout_s, self._query, self._document = url, model, timeout_s, query, document
        key = api_key.get_secret_value() if api_key else os.environ.get("TASTEMAKER_API_KEY")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=url, timeout=timeout_s, headers=headers, trust_env=False)

    def rows(self, texts: Sequence[str], *, query: bool) -> list[Any]:
        """See `RowEncoder`. The server's own numbers."""
        prefix = self._query if query else self._document
        sent = [prefix + text for text in texts]
        return [row for start in range(0, len(sent), BATCH) for row in self._ask(sent[start : start + BATCH])]

    def _ask(self, texts: list[str]) -> list[Any]:
        status, said, pause, too_long = 0, "", 0.0, ""
        body: dict[str, Any] = {"model": self._model, "input": texts, "encoding_format": "float"}
        for attempt in range(TRIES):
            time.sleep(pause)
            try:
                status, said, asked = self._post(body | _CUT if too_long else body)
            except (httpx.TimeoutException, TimeoutError) as error:
                raise EngineTimeoutError(
                    f"gave no answer within {self._timeout_s:g} s", where=self._where, remedy="Raise timeout_s"
                ) from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                status, said, asked = 0, str(error), 0.0
            if status == httpx.codes.OK:
                return self._read(said, len(texts))
            if status == httpx.codes.BAD_REQUEST and _TOO_LONG in said and not too_long:
                too_long = said
                continue
            if status and status not in _PASSING:
                break
            pause = min(MAX_WAIT_S, max(asked, 0.2 * 2**attempt))
        raise self._refused(status, " ".join((too_long or said).split())[:300])

    def _post(self, body: dict[str, Any]) -> tuple[int, str, float]:
        """Status, text and the pause that the server asks for, in seconds; `timeout_s` bounds the whole answer."""
        deadline = time.monotonic() + self._timeout_s
        received = bytearray()
        with self._client.stream("POST", "/v1/embeddings", json=body) as response:
            for part in response.iter_bytes():
                received += part
                if time.monotonic() > deadline:  # httpx bounds each read, not their sum
                    raise TimeoutError
            after = response.headers.get("Retry-After", "")
            return response.status_code, received.decode("utf-8", "replace"), float(after) if after.isdigit() else 0.0

    def _read(self, said: str, n: int) -> list[Any]:
        try:
            rows = {int(row["index"]): row["embedding"] for row in json.loads(said)["data"]}
            return [rows.pop(place) for place in range(n)] if len(rows) == n else self._odd(f"{len(rows)} vectors", n)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            return self._odd(f"no OpenAI embeddings ({error!r})", n)

    def _odd(self, what: str, n: int) -> list[Any]:
        raise EngineError(f"gave {what} for {n} texts", where=self._where, remedy="Check that it serves embeddings")

    def _refused(self, status: int, said: str) -> EngineError:
        if not status:
            return EngineUnavailableError(
                f"can't be reached after {TRIES} tries ({said})", where=self._where, remedy="Start the server"
            )
        if status == httpx.codes.NOT_FOUND:
            return ModelMismatchError(
                f"does not serve it ({said})", where=self._where, remedy="Name a model that it lists at /v1/models"
            )
        return EngineError(
            f"answered {status} ({said})",
            where=self._where,
            remedy="Check the server's log, and TASTEMAKER_API_KEY if it needs a key",
        )

    @property
    def _where(self) -> str:
        return f"encoder {self._url}#{self._model}"
