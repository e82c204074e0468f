"""Server-sent events: a reply as it is written, kept alive while the model thinks, closed when the client leaves."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from traceback import format_tb
from typing import Any

import anyio
import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tastemaker.errors import TastemakerError
from tastemaker.server.errors import body_of, told

log = logging.getLogger("tastemaker.server")
KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment is sent, so that no proxy takes the stream for dead."""
DONE = b"data: [DONE]\n\n"


def data(value: Any) -> bytes:
    """One event that holds `value` as JSON."""
    return b"data: " + orjson.dumps(value) + b"\n\n"


class EventStream(Response):
    """Sends what `events` yields.

    They are read in the task of the request, as what they hold open belongs to it; so no part of Starlette that moves them elsewhere is used.
    """

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        super().__init__(headers={"x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream to its end."""
        quiet = [anyio.current_time()]
        one_at_a_time = anyio.Lock()

        async def put(body: bytes, more: bool = True) -> None:
            async with one_at_a_time:
                quiet[0] = anyio.current_time()
                await send({"type": "http.response.body", "body": body, "more_body": more})

        async def keep_alive() -> None:
            while True:
                await anyio.sleep(KEEP_ALIVE)
                if anyio.current_time() - quiet[0] >= KEEP_ALIVE:
                    await put(b": keep-alive\n\n")

        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._events) as events, anyio.create_task_group() as group:
            group.start_soon(keep_alive)
            async for event in events:
                await put(event)
            group.cancel_scope.cancel()
        await put(b"", more=False)


async def begun(events: AsyncGenerator[bytes, None]) -> EventStream:
    """The stream, once its first event is there: what is refused before that gets an HTTP status of its own.

    What fails later becomes a last event with `error`, and no `[DONE]` follows.
    """
    try:
        first = await anext(events)
    except BaseException:
        await events.aclose()
        raise

    async def all_of_them() -> AsyncGenerator[bytes, None]:
        async with aclosing(events) as rest:
            yield first
            try:
                async for event in rest:
                    yield event
            except TastemakerError as error:
                yield data(told(error))
            except Exception as error:  # noqa: BLE001 (logged without what it says)
                log.error("%s in a stream\n%s", type(error).__name__, "".join(format_tb(error.__traceback__)[-8:]))
                yield data(body_of("Something failed here; the server's log tells more.", 500, "internal_error"))

    return EventStream(all_of_them())
