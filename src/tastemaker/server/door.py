"""What every request goes through first: a number, bounds of its body, strict JSON, an end when the client leaves, a line in the log."""

from __future__ import annotations

import logging
import math
import time
import traceback
from typing import Any
from uuid import uuid4

import anyio
from prometheus_client import Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tastemaker.errors import InvalidInputError, TastemakerError, TooLargeError
from tastemaker.server.access import LOOPBACK, Access
from tastemaker.server.errors import answer, body_of
from tastemaker.server.limits import check_json

BODY_SECONDS = 30.0
"""How long a body may take to arrive."""
DRAINED = 64_000_000
"""Bytes of a body that is too large that are read and dropped, so that its sender reads the answer."""
log = logging.getLogger("tastemaker.server")
REQUESTS = Counter("tastemaker_http_requests", "Requests that were answered", ["method", "route", "status"])
SECONDS = Histogram("tastemaker_http_seconds", "From the request's head to the answer's last byte", ["route"])
RUNNING = Gauge("tastemaker_http_running", "Requests under way", multiprocess_mode="livesum")
GONE = Counter("tastemaker_http_gone", "Requests whose client left before the answer was whole", ["route"])


class _Gone(Exception):
    """The client left before its request was whole."""


class Door:
    """ASGI middleware around the whole app. Nothing of a body, a header's value or a query goes to the log, and of a path its route."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Request(self._app, self._access, scope, receive, send)
        with RUNNING.track_inprogress():
            await request.serve()


class _Request:
    """One request on its way."""

    def __init__(self, app: ASGIApp, access: Access, scope: Scope, receive: Receive, send: Send) -> None:
        self._app, self._access, self._scope = app, access, scope
        self._receive, self._send = receive, send
        self._id, self._status, self._ended, self._left = uuid4().hex, 0, False, False
        self._headers = Headers(scope=scope)

    async def serve(self) -> None:
        started = time.perf_counter()
        if self._misdirected():
            await self._misled()
            return
        try:
            body = await self._body()
            if body and "json" in self._headers.get("content-type", ""):
                check_json(body)
            await self._run(body)
        except _Gone:
            self._left = True
        except TastemakerError as error:
            await answer(error)(self._scope, self._receive, self.send)
        except Exception as error:  # noqa: BLE001 (logged without what it says)
            await self._failed(error)
        route = getattr(self._scope.get("route"), "path", "-")
        seconds = time.perf_counter() - started
        if self._left:
            GONE.labels(route).inc()
        REQUESTS.labels(self._scope["method"], route, str(self._status)).inc()
        SECONDS.labels(route).observe(seconds)
        told = (self._scope["method"], route, self._status, 1000 * seconds, self._id, " gone" if self._left else "")
        log.info("%s %s %d %.0f ms %s%s", *told)

    def _misdirected(self) -> bool:
        """Without keys a page of another site must not reach us under a name of its own that leads to this machine (DNS rebinding)."""
        host = self._headers.get("host", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        return self._access.keys is None and name not in LOOPBACK

    async def _misled(self) -> None:
        message = (
            "host: is no name of this machine, and no API key is asked for. Use http://127.0.0.1, or make a key with: "
            "tastemaker keys create."
        )
        await JSONResponse(body_of(message, 421, "misdirected", "host"), 421)(self._scope, self._receive, self.send)

    async def _body(self) -> bytes:
        limit, parts, size, more = self._access.max_body, list[bytes](), 0, True
        declared = self._headers.get("content-length", "")
        if declared.isdigit() and int(declared) > DRAINED:
            raise _too_large(limit)
        with anyio.move_on_after(BODY_SECONDS) as patience:
            while more:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    raise _Gone
                size, more = size + len(message.get("body", b"")), message.get("more_body", False)
                if size > limit:
                    parts.clear()
                    if size > DRAINED:
                        break
                else:
                    parts.append(message.get("body", b""))
        if size > limit:
            raise _too_large(limit)
        if patience.cancelled_caught:
            raise InvalidInputError(f"did not arrive within {BODY_SECONDS:g} seconds", where="body")
        return b"".join(parts)

    async def _run(self, body: bytes) -> None:
        """Run the app until it is done or the client leaves; then its work is cancelled."""
        rest: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        fault: Exception | None = None

        async def receive() -> Message:
            if not rest:
                await anyio.sleep_forever()  # until the scope is cancelled
            return rest.pop()

        async with anyio.create_task_group() as group:

            async def watch() -> None:
                while (await self._receive())["type"] != "http.disconnect":
                    pass
                if not self._ended:
                    self._left = True
                    group.cancel_scope.cancel()

            group.start_soon(watch)
            try:
                await self._app(self._scope, receive, self.send)
            except Exception as error:  # noqa: BLE001 (raised again outside of the group, which would wrap it)
                fault = error
            group.cancel_scope.cancel()
        if fault is not None:
            raise fault

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on, with the request's number."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self._id
            headers.setdefault("x-content-type-options", "nosniff")
            headers.setdefault("cache-control", "no-store")
            if self._status == 413:
                headers["connection"] = "close"
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self._ended = True
        await self._send(message)

    async def _failed(self, error: Exception) -> None:
        """Something is broken here. Its message may hold what a user said, so only its kind and place are logged."""
        lines = "".join(traceback.format_tb(error.__traceback__)[-8:])
        log.error("%s in request %s\n%s", type(error).__name__, self._id, lines)
        if not self._status:
            message = f"Something failed here; the server's log tells more of the request {self._id}."
            await JSONResponse(body_of(message, 500, "internal_error"), 500)(self._scope, self._receive, self.send)


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"holds more than {limit:,} bytes", where="body", remedy="Send less at once")


def plain(value: Any) -> Any:
    """`value` with NaN as None, as JSON has none."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value
