"""Work for a client that has gone is cancelled, also where the application never asks whether it has."""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class CancelledOnDisconnect:
    """An ASGI application whose work on a request ends when the client goes away.

    What the client sends is passed on as it comes; from when the whole body was read to when the whole answer was sent a
    disconnect cancels the application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        read, gone, answered = anyio.Event(), anyio.Event(), anyio.Event()

        async def passed_on() -> Message:
            if read.is_set():  # from now on only the watcher asks
                await gone.wait()
                return {"type": "http.disconnect"}
            message = await receive()
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                read.set()
            return message

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                answered.set()
            await send(message)

        async def watch() -> None:
            await read.wait()
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()
            if not answered.is_set():
                work.cancel_scope.cancel()

        try:
            async with anyio.create_task_group() as work:
                work.start_soon(watch)
                await self._app(scope, passed_on, noted)
                work.cancel_scope.cancel()
        except ExceptionGroup as group:  # what the application raised, and nothing else
            raise group.exceptions[0] from None
