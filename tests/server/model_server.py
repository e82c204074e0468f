"""What stands for a vLLM server: real HTTP on loopback, in the respects that matter here. It writes until its caller leaves, and notes that."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from tastemaker.server.benchmark.in_thread import in_thread

MODEL = "llama"


@dataclass
class Call:
    """A request for a completion. `left` is set once its caller has closed the connection before the answer was whole."""

    body: dict[str, Any]
    left: threading.Event = field(default_factory=threading.Event)

    @property
    def kind(self) -> str:
        """`scores` (a label's or a text's), `reads` (JSON under a schema) or `writes`."""
        if not self.body.get("stream"):
            return "scores"
        return "reads" if "structured_outputs" in self.body else "writes"


class ModelServer:
    """The ASGI application.

    What `holds` is true of is never answered to its end: it is put into `held` and waits for its caller to leave. What `fails` is true of gets
    an error once `fails_after` others are held.
    """

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[Call] = []
        self.held: queue.Queue[Call] = queue.Queue()
        self.holds: Callable[[Call], bool] = lambda call: False
        self.fails: Callable[[Call], bool] = lambda call: False
        self.fails_after = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"]
        if path == "/v1/models":
            await JSONResponse({"data": [{"id": MODEL, "max_model_len": 100_000}]})(scope, receive, send)
            return
        body = await Request(scope, receive).json()
        if path == "/tokenize":  # a token for each character
            text = body.get("prompt") or "\n".join(one["content"] for one in body["messages"])
            await JSONResponse({"tokens": [ord(one) for one in text]})(scope, receive, send)
            return
        if path != "/v1/completions":
            await JSONResponse({"error": "not found"}, 404)(scope, receive, send)
            return
        call = Call(body)
        self.calls.append(call)
        if self.fails(call):
            while self.held.qsize() < self.fails_after:
                await anyio.sleep(0.01)
            await JSONResponse({"error": "engine died"}, 500)(scope, receive, send)
        elif self.holds(call):
            await self._hold(call, receive, send)
        else:
            await self._answer(call, scope, receive, send)

    async def _hold(self, call: Call, receive: Receive, send: Send) -> None:
        """Watch for a disconnect as vLLM's `with_cancellation` does; a stream goes on meanwhile."""
        async with anyio.create_task_group() as group:

            async def watch() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                call.left.set()
                group.cancel_scope.cancel()

            group.start_soon(watch)
            if call.kind != "scores":
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})  # fmt: skip
                await send({"type": "http.response.body", "body": _event(" on"), "more_body": True})
            self.held.put(call)
            while call.kind == "writes":
                await send({"type": "http.response.body", "body": _event(" and on"), "more_body": True})
                await anyio.sleep(0.01)

    async def _answer(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        if call.kind == "scores":
            wanted = call.body.get("logprob_token_ids", ())
            top = {f"token_id:{token}": -1.0 - n / 10 for n, token in enumerate(wanted)}
            rows = [{str(token): {"logprob": -1.0}} for token in call.body["prompt"]]
            choice = {"logprobs": {"top_logprobs": [top]}, "prompt_logprobs": [None, *rows[1:]]}
            await JSONResponse({"choices": [choice]})(scope, receive, send)
            return
        whole = (
            _event("{" if call.kind == "reads" else "Fine.") + b"data: [DONE]\n\n"
        )  # no reading: the rules' is taken
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": whole})


def _event(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"text": text}]}).encode() + b"\n\n"


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """One that runs."""
    server, app = ModelServer(), FastAPI()
    app.mount("/", server)
    with in_thread(app) as url:
        server.url = url
        yield server
