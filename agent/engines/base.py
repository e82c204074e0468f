"""What every engine can do: score labels, score texts, generate. Checks are made here, once; engines fill in the rest."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypedDict, TypeVar

import anyio
import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.telemetry import model_call
from tastemaker.errors import CutShortError, EngineError, EngineTimeoutError, EngineUnavailableError, InvalidInputError

KEPT_RATE = 0.3
"""What the last request's throughput counts in the average."""
WARM_UP = "A short text, long enough to see how fast the model reads."
cache_salt: ContextVar[str | None] = ContextVar("cache_salt", default=None)
"""Whose request this is, unguessable to others: a server reuses what it has read only among requests of the same salt, so that
nobody learns by the clock what somebody else has asked. Set around a request, for all that it asks the engine."""
MAX_LABELS = 128
"""vLLM's bound on `logprob_token_ids` in one request; the same for all engines."""

SAME_NATS = 0.02
"""How far two ways to read a token's log-probability may differ: formats of 16 bits round so."""
V = TypeVar("V")
T = TypeVar("T")


class Message(TypedDict):
    """One turn of a chat prompt."""

    role: str
    content: str


Prompt = str | Sequence[Message]
"""A string is given to the model as it is; messages go through the model's chat template."""
Schema = Mapping[str, Any]
"""A JSON schema, of an object."""


@dataclass(frozen=True, slots=True)
class LabelScores:
    """`logprobs[p, l]`: log-probability of label l as the first answer token to prompt p, normalised over the labels.

    `mass[p]`: probability in [0, 1] that the answer begins with any of the labels at all.
    """

    logprobs: NDArray[np.float64]
    mass: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TextScores:
    """`logprobs[t]`: summed log-probability in nats of text t's tokens after the prefix; `tokens[t]`: how many."""

    logprobs: NDArray[np.float64]
    tokens: NDArray[np.int64]


class Tokenizer(Protocol):
    """Text to token ids, as the engine's model reads them."""

    async def encode(self, text: str, *, special: bool) -> list[int]:
        """Ids of `text`; with `special`, after the model's begin-of-text token if it has one."""

    async def chat(self, messages: Sequence[Message]) -> list[int] | None:
        """Ids of the chat template up to where the answer begins; None if the model has no template."""


class Engine(ABC):
    """A language model, where it runs, and what it can read.

    `model_id` names the weights (and where they were taken from); `max_tokens` bounds prompt and answer together.
    """

    kind: str
    model_id: str
    max_tokens: int
    tokenizer: Tokenizer
    _rate: float | None = None

    async def throughput(self) -> float:
        """Prompt tokens a second: measured with a short text at first, then with every request, the last ones most."""
        if self._rate is None:
            for _ in range(2):  # the first also warms
                self._rate = None
                await self.score_texts(WARM_UP, [WARM_UP] * 4)
        assert self._rate is not None
        return self._rate

    async def score_labels(self, prompts: Sequence[Prompt], labels: Sequence[str]) -> LabelScores:
        """Read the labels' log-probabilities for the first answer token. Nothing is decoded.

        Raises `InvalidInputError` for no prompt, fewer than 2 or more than 128 labels, or labels that are not single
        and distinct tokens of this model.
        """
        if not prompts:
            raise InvalidInputError("no prompt was given", where="score_labels")
        if not 2 <= len(labels) <= MAX_LABELS:
            raise InvalidInputError(f"{len(labels)} labels were given, not 2 to {MAX_LABELS}", where="score_labels")
        ids: list[int] = []
        for label in labels:
            tokens = await self.tokenizer.encode(label, special=False)
            if len(tokens) != 1 or tokens[0] in ids:
                raise InvalidInputError(
                    "is not a single token of its own", where=f"label {label!r} for {self.model_id}",
                    remedy="Choose labels that the model's vocabulary holds, such as A, B, C",
                )  # fmt: skip
            ids.append(tokens[0])
        encoded = await together(self._encode, prompts)  # a server tokenises them side by side
        self._check_length(max(map(len, encoded)) + 1)
        with self._timed("score_labels", sum(map(len, encoded))):
            full = self._finite(await self._first_token(encoded, ids))
        total = np.logaddexp.reduce(full, axis=1)
        return LabelScores(full - total[:, None], np.exp(total))

    async def score_texts(self, prefix: str, texts: Sequence[str]) -> TextScores:
        """Log-probability of each text as the continuation of `prefix`. Prefix and texts are tokenised apart.

        Raises `InvalidInputError` for an empty prefix or text, or if prefix and longest text exceed `max_tokens`.
        """
        if not texts:
            raise InvalidInputError("no text was given", where="score_texts")
        before = await self._encode(prefix)
        after = await together(partial(self.tokenizer.encode, special=False), texts)
        if not before or not all(after):
            raise InvalidInputError("the prefix or a text is empty", where="score_texts")
        self._check_length(len(before) + max(map(len, after)))
        with self._timed("score_texts", len(before) + sum(map(len, after))):
            sums = self._finite(await self._continuations(before, after))
        return TextScores(sums, np.asarray([len(ids) for ids in after], np.int64))

    async def generate(
        self, prompt: Prompt, *, max_tokens: int = 128, stop: Sequence[str] = (), schema: Schema | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield pieces of the greedy answer, up to the first of `stop`, which is not yielded.

        Decoding is pinned (temperature 0, no penalties): nothing is taken from the model's generation config. With `schema`, a
        JSON schema of an object, the answer is JSON that fits it, enforced while decoding, and there may be no `stop`.

        Raises, beside what the engine does:
            InvalidInputError: `schema` is none, or can't be enforced.
            CutShortError: after the last piece, if `max_tokens` ended the JSON before it was whole.
        """
        enforced = _enforced(schema, stop)
        ids = await self._encode(prompt)
        self._check_length(len(ids) + max_tokens)
        said = ""
        with model_call(self, "generate", len(ids), max_tokens):
            async with aclosing(self._generate(ids, max_tokens, list(stop), enforced)) as pieces:
                async for piece in pieces:
                    said += piece if enforced else ""
                    yield piece
            if enforced:
                self._check_whole(said, max_tokens)

    async def generate_all(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int = 128,
        stop: Sequence[str] = (),
        schema: Schema | None = None,
    ) -> list[str]:
        """Whole answers to several prompts at once, each what `generate` would give; raises what that does."""
        enforced = _enforced(schema, stop)
        encoded = [await self._encode(prompt) for prompt in prompts]
        self._check_length(max(map(len, encoded), default=0) + max_tokens)
        if not encoded:
            return []
        with model_call(self, "generate", sum(map(len, encoded)), max_tokens):
            answers = await self._generate_all(encoded, max_tokens, list(stop), enforced)
            for answer in answers if enforced else ():
                self._check_whole(answer, max_tokens)
        return answers

    async def count_tokens(self, text: str) -> int:
        """Number of tokens of `text` without special ones."""
        return len(await self.tokenizer.encode(text, special=False))

    async def close(self) -> None:
        """Let go of the model or the connection."""
        return

    async def _encode(self, prompt: Prompt) -> list[int]:
        if isinstance(prompt, str):
            return await self.tokenizer.encode(prompt, special=True)
        ids = await self.tokenizer.chat(prompt)
        if ids is None:  # a base model: the contents alone, one below the other
            text = "\n\n".join(message["content"] for message in prompt) + "\n\n"
            ids = await self.tokenizer.encode(text, special=True)
        return ids

    @contextmanager
    def _timed(self, operation: str, tokens: int) -> Iterator[None]:
        started = time.perf_counter()
        with model_call(self, operation, tokens):
            yield
        rate = tokens / max(time.perf_counter() - started, 1e-6)
        self._rate = rate if self._rate is None else self._rate + KEPT_RATE * (rate - self._rate)

    def _finite(self, values: object) -> NDArray[np.float64]:
        numbers = np.asarray(values, np.float64)
        if not np.isfinite(numbers).all():
            raise EngineError(
                "gave log-probabilities that are not finite", where=f"model {self.model_id}",
                remedy="Use weights and a number format that the model was made for",
            )  # fmt: skip
        return numbers

    def _check_length(self, needed: int) -> None:
        if needed > self.max_tokens:
            raise InvalidInputError(
                f"{needed} tokens are needed, but {self.model_id} reads {self.max_tokens}", where="prompt",
                remedy="Shorten the history or the texts",
            )  # fmt: skip

    def _check_whole(self, answer: str, max_tokens: int) -> None:
        try:
            json.loads(answer)
        except ValueError as error:
            raise CutShortError(
                f"wrote no whole JSON in {max_tokens} tokens ({error})", where=f"model {self.model_id}",
                remedy="Raise max_tokens, or bound the schema by maxItems and maxLength",
            ) from error  # fmt: skip

    @abstractmethod
    async def _first_token(self, prompts: list[list[int]], ids: list[int]) -> NDArray[np.float64]:
        """Log-probabilities over the whole vocabulary of `ids` after each prompt, shape (prompts, ids)."""

    @abstractmethod
    async def _continuations(self, prefix: list[int], texts: list[list[int]]) -> list[float]:
        """Summed log-probability of each text's tokens after `prefix`."""

    @abstractmethod
    def _generate(
        self, prompt: list[int], max_tokens: int, stop: list[str], schema: str | None
    ) -> AsyncGenerator[str, None]:
        """Greedy pieces of the answer, up to the first of `stop`; JSON that fits `schema`, itself JSON, if that is given."""

    async def _generate_all(
        self, prompts: list[list[int]], max_tokens: int, stop: list[str], schema: str | None
    ) -> list[str]:
        """Answers to `prompts`; here as concurrent requests, which vLLM batches."""
        return await together(lambda ids: text_of(self._generate(ids, max_tokens, stop, schema)), prompts)


async def agree(
    quick: Callable[[list[int], list[int]], Awaitable[float]], plain: Callable[[list[int], list[int]], Awaitable[float]],
    prefix: list[int], text: list[int],
) -> bool:  # fmt: skip
    """Whether a quicker way to read a continuation's log-probability works on this engine, and says what the plain way says.

    Within `SAME_NATS` a token. What the plain way raises is raised, and so is a failure of the engine itself.
    """
    short, some = prefix[-16:], text[:8]
    try:
        found = await quick(short, some)
    except (EngineTimeoutError, EngineUnavailableError):
        raise
    except (
        EngineError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
    ):  # an older or another vLLM has no such way
        return False
    return abs(found - await plain(short, some)) <= SAME_NATS * len(some)


async def together(work: Callable[[V], Awaitable[T]], values: Sequence[V]) -> list[T]:
    """What `work` gives for each of the values, all at once; one that fails ends the others, and is raised.

    What is ended here closes what it holds. Under `asyncio.gather` it can't: gather hands on every cancellation, and anyio cancels until its
    scope is left, so also what is about to close. A request to a model server then stayed open, and went on, for nobody.
    """
    found: dict[int, T] = {}

    async def run(place: int, value: V) -> None:
        found[place] = await work(value)

    try:
        async with anyio.create_task_group() as group:
            for place, value in enumerate(values):
                group.start_soon(run, place, value)
    except BaseExceptionGroup as errors:
        first: BaseException = errors
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from first.__cause__
    return [found[place] for place in range(len(values))]


async def text_of(pieces: AsyncGenerator[str, None]) -> str:
    """All pieces joined."""
    return "".join([piece async for piece in pieces])


def _enforced(schema: Schema | None, stop: Sequence[str]) -> str | None:
    """The schema as JSON. Of an object, as only what ends in a brace shows whether it is whole."""
    if schema is None:
        return None
    if stop:
        raise InvalidInputError("stop strings would cut the JSON, which ends by itself", where="stop")
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        raise InvalidInputError("is no JSON schema of an object", where="schema", remedy='Give it "type": "object"')
    try:
        return json.dumps(dict(schema), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInputError(f"is no JSON ({error})", where="schema") from error
