"""`Recommender`: the asynchronous core for code without an event loop, and how it is stopped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import wait
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from anyio.from_thread import start_blocking_portal
from langchain_core.embeddings import Embeddings

from tastemaker.agent.conversation.pieces import Piece
from tastemaker.agent.erasure import Erasure
from tastemaker.agent.expiry import Expiry
from tastemaker.agent.head import Head
from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.domain import (
    Contrast,
    Event,
    EventType,
    Explanation,
    Item,
    Preferences,
    Recommendation,
    RerankedDocument,
    RewardReceipt,
)
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.fusion import Learned
from tastemaker.retrieval.profile import UserProfile

R = TypeVar("R")
V = TypeVar("V")
SIGNAL_SECONDS = 0.1
"""How often a call that waits for its work lets Python look for signals."""


class Recommender(AbstractContextManager["Recommender"]):
    """`AsyncRecommender` for code without an event loop: same methods, same arguments, results instead of awaitables.

    Runs a loop in a thread of its own; `close`, or leaving the `with` block, ends it.
    """

    def __init__(self, path: Path | str | None = None, *, progress: Progress = silent, **options: Any) -> None:
        self._stopping = threading.Event()
        self._loop = start_blocking_portal()
        self._portal = self._loop.__enter__()
        self._workers_loop = self._portal.call(_running_loop)

        def tell(what: str, done: int, total: int | None) -> None:
            if self._stopping.is_set():  # the only way to end work in a thread: it asks between two batches
                raise Stopped
            progress(what, done, total)

        try:
            self.core: AsyncRecommender = self._call(AsyncRecommender.open, path, progress=tell, **options)
        except BaseException:
            self._end_loop()
            raise

    @classmethod
    def open(
        cls, path: Path | str | None = None, *, embeddings: Embeddings | None = None, progress: Progress = silent,
        **settings: Any,
    ) -> Recommender:  # fmt: skip
        """See `AsyncRecommender.open`."""
        return cls(path, embeddings=embeddings, progress=progress, **settings)

    def index(self, items: Iterable[Item]) -> int:
        """See `AsyncRecommender.index`."""
        return self._call(self.core.index, self._until_stopped(items))

    def observe(self, events: Iterable[Event]) -> int:
        """See `AsyncRecommender.observe`."""
        return self._call(self.core.observe, self._until_stopped(events))

    def fit(self) -> Learned:
        """See `AsyncRecommender.fit`."""
        return self._call(self.core.fit)

    def fit_head(self) -> Head:
        """See `AsyncRecommender.fit_head`."""
        return self._call(self.core.fit_head)

    def profile(self, user_id: str) -> UserProfile:
        """See `AsyncRecommender.profile`."""
        return self._call(self.core.profile, user_id)

    def preferences(self, user_id: str) -> Preferences:
        """See `AsyncRecommender.preferences`."""
        return self._call(self.core.preferences, user_id)

    def prefer(self, user_id: str, preferences: Preferences) -> None:
        """See `AsyncRecommender.prefer`."""
        return self._call(self.core.prefer, user_id, preferences)

    def erase(self, user_id: str, item_id: str | None = None) -> Erasure:
        """See `AsyncRecommender.erase`."""
        return self._call(self.core.erase, user_id, item_id)

    def expire(self, older_than: timedelta) -> Expiry:
        """See `AsyncRecommender.expire`."""
        return self._call(self.core.expire, older_than)

    def recommend(self, user_or_history: str | Sequence[str | Event] | None = None, **options: Any) -> Recommendation:
        """See `AsyncRecommender.recommend`."""
        return self._call(self.core.recommend, user_or_history, **options)

    def explain(self, decision: Recommendation | str, **options: Any) -> Iterator[Explanation]:
        """See `AsyncRecommender.explain`; each reason comes as soon as it is written."""
        return self._streamed(self.core.explain(decision, **options))

    def why_not(self, decision: Recommendation | str, item_id: str, *, language: str | None = None) -> Contrast:
        """See `AsyncRecommender.why_not`."""
        return self._call(self.core.why_not, decision, item_id, language=language)

    def chat(self, message: str, conversation_id: str | None = None, **options: Any) -> Iterator[Piece]:
        """See `AsyncRecommender.chat`; each piece comes as soon as it is there."""
        return self._streamed(self.core.chat(message, conversation_id, **options))

    def rerank(
        self, query_or_history: str | Sequence[str], documents: Sequence[str], **limits: Any
    ) -> list[RerankedDocument]:
        """See `AsyncRecommender.rerank`."""
        return self._call(self.core.rerank, query_or_history, documents, **limits)

    def reward(self, decision_id: str, item_id: str, type: EventType | str, **options: Any) -> RewardReceipt:
        """See `AsyncRecommender.reward`."""
        return self._call(self.core.reward, decision_id, item_id, type, **options)

    def close(self) -> None:
        """Close the engines and end the loop's thread."""
        try:
            self._call(self.core.close)
        finally:
            self._end_loop()

    def _end_loop(self) -> None:
        self._loop.__exit__(None, None, None)
        # anyio's workers inherit the loop thread's daemon flag and are told to end, but not waited for. One that still
        # frees tensors while the interpreter shuts down is killed inside a C++ destructor, which aborts the process.
        for thread in threading.enumerate():
            if getattr(thread, "loop", None) is self._workers_loop:
                thread.join()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _streamed(self, values: AsyncGenerator[V, None]) -> Iterator[V]:
        try:
            while True:
                try:
                    yield self._call(values.__anext__)
                except StopAsyncIteration:
                    return
        finally:
            self._call(values.aclose)

    def _until_stopped(self, values: Iterable[V]) -> Iterator[V]:
        for value in values:
            if self._stopping.is_set():
                raise Stopped
            yield value

    def _call(self, work: Callable[..., Awaitable[R]], *args: Any, **kwargs: Any) -> R:
        ended = threading.Event()

        async def run() -> R:
            try:
                return await work(*args, **kwargs)
            finally:
                ended.set()

        future = self._portal.start_task_soon(run)
        try:
            # A library may have set SIGINT to restart system calls (polars does), and then no wait without end is
            # interrupted by Ctrl-C: Python sees the signal only when the wait returns.
            while not wait([future], SIGNAL_SECONDS).done:
                pass
            return future.result()
        except KeyboardInterrupt:
            self._stopping.set()
            future.cancel()
            ended.wait()  # what comes next finds the store at rest
            self._stopping.clear()
            raise


class Stopped(Exception):
    """Ctrl-C, told to work that runs in another thread. Never reaches the caller, who gets `KeyboardInterrupt`."""


async def _running_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()
