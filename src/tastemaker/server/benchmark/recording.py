"""A proxy before a vLLM server that notes which completions were asked for, so that the same prompts can be sent to it without us."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import httpx
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tastemaker.server.benchmark.clients import Body, client
from tastemaker.server.benchmark.in_thread import in_thread

COMPLETIONS = "/v1/completions"


@dataclass
class Recorded:
    """The proxy's address, and the bodies of completions in the order in which they came."""

    url: str
    bodies: list[Body] = field(default_factory=list)


@contextmanager
def recording(upstream: str) -> Iterator[Recorded]:
    """Pass everything on to `upstream`, from a thread."""
    recorded = Recorded("")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with client() as app.state.client:
            yield

    async def pass_on(request: Request) -> Response:
        through: httpx.AsyncClient = request.app.state.client
        body = await request.body()
        if request.url.path == COMPLETIONS:
            recorded.bodies.append(orjson.loads(body))
        kind = {"content-type": request.headers.get("content-type", "application/json")}
        answer = await through.request(request.method, upstream + request.url.path, content=body, headers=kind)
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))

    app = Starlette(routes=[Route("/{path:path}", pass_on, methods=["GET", "POST"])], lifespan=lifespan)
    with in_thread(app) as recorded.url:
        yield recorded
