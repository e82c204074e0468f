"""The application: every route behind one door, and the recommender that they all call."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from starlette.middleware.cors import CORSMiddleware
from threadpoolctl import threadpool_limits

import tastemaker
from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.progress import silent
from tastemaker.server import (
    chat,
    chat_completions,
    dashboard,
    errors,
    events,
    expiring,
    health,
    items,
    mcp_server,
    page,
    recommend,
    rerank,
    users,
)
from tastemaker.server.access import Access
from tastemaker.server.database import open_server, own_secret
from tastemaker.server.door import Door
from tastemaker.server.resent import Resent
from tastemaker.server.tokens import Tokens
from tastemaker.settings import Settings

ROUTES = (recommend, items, rerank, chat_completions, chat, events, users, dashboard, health)
WORKERS = 64
"""Threads for what blocks: the databases, which wait for the disk, and a model in this process."""


def create_app(
    core: AsyncRecommender | Settings, access: Access | None = None, aliases: Sequence[str] = (), keep_days: int | None = None
) -> FastAPI:  # fmt: skip
    """The app around a recommender, which is left open at the end, or around settings, from which one is opened, and closed at the end.

    `access` is what is asked of callers, by default no key, from this machine only. `aliases` are further names that the model is asked by.
    What users left is deleted once it is older than `keep_days`; by default never.
    """
    bearer = HTTPBearer(auto_error=False, description="An API key, `tm_…`; none where the server asks for none.")
    app = FastAPI(
        title="Tastemaker", version=tastemaker.__version__, lifespan=_lifespan, docs_url=None, redoc_url=None,
        description="A recommender that you can talk to. Errors carry `message`, `detail` and `error`.",
    )  # fmt: skip
    app.state.access, app.state.aliases = access or Access(), tuple(aliases)
    app.state.started, app.state.readiness = int(time.time()), health.Readiness()
    app.state.given, app.state.keep_days = core, keep_days
    errors.install(app)
    for route in ROUTES:
        app.include_router(route.router, dependencies=[Depends(bearer)])
    page.install(app)
    mcp_server.install(app)
    if app.state.access.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=list(app.state.access.origins), allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["authorization", "content-type"],
        )  # fmt: skip
    app.add_middleware(Door, access=app.state.access)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    given = app.state.given
    owned = isinstance(given, Settings)
    core = await anyio.to_thread.run_sync(AsyncRecommender, given, None, silent) if owned else given
    engine = await anyio.to_thread.run_sync(open_server, Path(core.settings.path))
    secret = await anyio.to_thread.run_sync(own_secret, engine)
    app.state.core, app.state.tokens = core, Tokens(secret)
    app.state.resent = await anyio.to_thread.run_sync(Resent, engine, secret)
    anyio.to_thread.current_default_thread_limiter().total_tokens = WORKERS
    try:
        # Products of a request are small: on all cores, threads of 32 requests at once waited for each other, 19 slates a second in place of 50.
        with threadpool_limits(1, user_api="blas"):
            async with anyio.create_task_group() as group:
                group.start_soon(health.get_ready, app)
                if app.state.keep_days is not None:
                    group.start_soon(expiring.keep_expiring, app, app.state.keep_days)
                yield
                group.cancel_scope.cancel()
    finally:
        if owned:
            await core.close()
        engine.dispose()
