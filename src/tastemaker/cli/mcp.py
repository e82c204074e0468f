"""`mcp`: the tools for assistants, over stdio or, on this machine alone, over HTTP."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated

import anyio
import typer

from tastemaker.cli.output import Encoder, Ranker, Store, Timeout, Writer, bars, log
from tastemaker.errors import MissingExtraError

if TYPE_CHECKING:
    from tastemaker.agent.recommender import AsyncRecommender

HOST = "127.0.0.1"
GRACE_S = 10
"""Seconds that requests under way are given when the server is told to stop."""


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Serve streamable HTTP on 127.0.0.1, not standard input.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of --http; the address is /mcp there.")] = 8765,
    store: Store = None,
    ranker: Ranker = None,
    writer: Writer = None,
    encoder: Encoder = None,
    timeout: Timeout = None,
) -> None:  # fmt: skip
    """Be an MCP server: recommend, similar_items, rerank, explain and give_feedback as tools of an assistant.

    A client starts it and talks over standard input and output; what it logs goes to stderr. For other machines, with keys:
    `tastemaker serve`, which has /mcp too.
    """
    try:
        from tastemaker.server import mcp_server
    except ImportError as error:
        raise MissingExtraError(
            f"{error.name or 'mcp'} is not installed", where="mcp", remedy="Run: pip install 'tastemaker[server]'"
        ) from error
    from tastemaker.agent.recommender import AsyncRecommender

    async def opened() -> None:
        with bars() as progress:
            core = await AsyncRecommender.open(
                store, ranker=ranker, writer=writer, encoder=encoder, timeout_s=timeout, progress=progress
            )
        async with core:
            await (_http(core, port) if http else mcp_server.mcp_server(core).run_stdio_async())

    if not http:  # a read of standard input ends with the input; Ctrl-C would wait for it
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    anyio.run(opened)


async def _http(core: AsyncRecommender, port: int) -> None:
    """Answer on this machine until a signal ends it."""
    import uvicorn
    from starlette.applications import Starlette

    from tastemaker.server.mcp_server import PATH, mcp_routes

    included = mcp_routes(core)
    app = Starlette(routes=included.routes, lifespan=lambda _: included.running())
    config = uvicorn.Config(
        app, host=HOST, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE_S
    )
    log.print(f"MCP at http://{HOST}:{port}{PATH}", highlight=False)
    await uvicorn.Server(config).serve()
