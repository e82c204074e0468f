"""MCP: the tools over stdio, and over streamable HTTP, where one route answers all versions of the protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple

from fastapi import FastAPI
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ToolAnnotations
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

import tastemaker
from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.errors import TastemakerError
from tastemaker.server.access import LOOPBACK, identify
from tastemaker.server.disconnects import CancelledOnDisconnect
from tastemaker.server.errors import answer
from tastemaker.server.keys import Scope as KeyScope
from tastemaker.server.mcp_tools import Seat, Seats, Tools, alone

PATH = "/mcp"
INSTRUCTIONS = (
    "Recommendations from a catalogue, with checked reasons. Use recommend for a user, for liked items or for a wish in "
    "words, and similar_items for more like one item. Tell the reasons as they stand. When the user likes, refuses or "
    "takes an item, call give_feedback with its decision_id. rerank sorts any texts for a query."
)


def mcp_server(core: AsyncRecommender | Seats) -> MCPServer[Any]:
    """The server of these tools, for any transport. It logs to stderr, and nothing that a caller said."""
    tools = Tools(alone(core) if isinstance(core, AsyncRecommender) else core)
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    writes = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
    offered = [
        _tool(tools.recommend, "Recommend", reads),
        _tool(tools.similar_items, "Similar items", reads),
        _tool(tools.rerank, "Rerank", reads),
        _tool(tools.explain, "Explain", reads),
        _tool(tools.give_feedback, "Give feedback", writes),
    ]
    return MCPServer(
        "tastemaker",
        title="Tastemaker",
        instructions=INSTRUCTIONS,
        version=tastemaker.__version__,
        tools=offered,
        log_level="WARNING",
    )


def _tool(function: Callable[..., Any], title: str, hints: ToolAnnotations) -> Tool:
    """The tool, which refuses arguments that it does not know instead of passing them over."""
    tool = Tool.from_function(function, title=title, annotations=hints)
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = arguments.model_json_schema(by_alias=True)
    return tool


class McpRoutes(NamedTuple):
    """What an application includes: its `routes`, and `running()`, entered in its lifespan."""

    routes: list[Route]
    running: Callable[[], AbstractAsyncContextManager[None]]


def mcp_routes(
    core: AsyncRecommender | Seats, *, hosts: Sequence[str] | None = LOOPBACK, origins: Sequence[str] = ()
) -> McpRoutes:
    """The route `/mcp` over streamable HTTP: no sessions, so that any worker answers, and JSON.

    A request whose Host is none of `hosts`, with any port, is answered 421, and one of a page that is neither there nor in `origins`
    403: so no page reaches us under a name of its own that leads to this machine. With None any Host will do, for a server
    that asks for keys; it is not done here, but by `install`. A body over 4 MiB is answered 413. A client that goes away
    ends its work.
    """
    endpoint = _Endpoint(core, _security(hosts, origins))
    return McpRoutes([Route(PATH, endpoint=endpoint, methods=["POST"])], endpoint.running)


def install(app: FastAPI) -> None:
    """Give the application the route, behind its own keys, and run it for as long as the application runs."""
    access = app.state.access
    endpoint = _Endpoint(_of_request, _security(None if access.keys else LOOPBACK, access.origins))
    app.router.routes.append(Route(PATH, endpoint=_Known(endpoint), methods=["POST"]))
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def both(running: Any) -> AsyncIterator[Any]:
        async with inner(running) as state, endpoint.running():
            yield state

    app.router.lifespan_context = both


def _of_request(request: Request | None) -> Seat:
    assert request is not None
    return Seat(request.state.caller, request.app.state.core)


def _security(hosts: Sequence[str] | None, origins: Sequence[str]) -> TransportSecuritySettings:
    if hosts is None:
        return TransportSecuritySettings(enable_dns_rebinding_protection=False)
    own = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
    return TransportSecuritySettings(
        allowed_hosts=[form for host in hosts for form in (host, f"{host}:*")],
        allowed_origins=[*origins, *(form for origin in own for form in (origin, f"{origin}:*"))],
    )


class _Endpoint:
    """What answers at the route while `running()` is entered, as often as an application starts again."""

    def __init__(self, core: AsyncRecommender | Seats, security: TransportSecuritySettings) -> None:
        self._core, self._security = core, security
        self._answer: ASGIApp | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        server = mcp_server(self._core)
        server.streamable_http_app(stateless_http=True, json_response=True, transport_security=self._security)
        async with server.session_manager.run():
            self._answer = CancelledOnDisconnect(StreamableHTTPASGIApp(server.session_manager))
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._answer is not None, "a request before running() was entered"
        await self._answer(scope, receive, send)


class _Known:
    """An endpoint whose callers have shown a key that may read; who has not is answered 401, 403 or 429."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            request.state.caller = await identify(request, KeyScope.READ)
        except TastemakerError as error:
            await answer(error)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
