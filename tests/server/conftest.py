"""A filled store, the real small model, and a real uvicorn on a loopback port, open or behind keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tastemaker import Event, Item, Recommender
from tastemaker.agent.engines.base import Engine
from tastemaker.server.access import Access
from tastemaker.server.app import create_app
from tastemaker.server.benchmark.in_thread import in_thread
from tastemaker.server.database import open_server
from tastemaker.server.keys import Keys

from .served import Serve, Served


@pytest.fixture(scope="module")
def filled(
    tmp_path_factory: pytest.TempPathFactory, items: list[Item], events: list[Event], embedded: Engine
) -> Iterator[Recommender]:
    """A store that the tests of a module share; each user in it is one test's."""
    linked = [
        item.model_copy(
            update={"url": f"https://shop.example/{item.id}", "image_url": f"https://shop.example/{item.id}.png"}
        )
        if n % 2 == 0
        else item
        for n, item in enumerate(items)
    ]
    with Recommender.open(tmp_path_factory.mktemp("served") / "store", encoder="hashing", dtype="float32") as opened:
        opened.core.use_engine(opened.core.settings.ranker, embedded)
        opened.index(linked)
        opened.observe(events)
        yield opened


@pytest.fixture(scope="module")
def serve(filled: Recommender) -> Iterator[Serve]:
    """Start a server with some access."""
    with ExitStack() as stack:

        def start(access: Access | None = None, recommender: Recommender = filled) -> Served:
            app = create_app(recommender.core, access)
            url = stack.enter_context(in_thread(app))
            client = stack.enter_context(httpx.Client(base_url=url, timeout=120, trust_env=False))
            return Served(url, app, recommender, client)

        yield start


@pytest.fixture(scope="module")
def open_door(serve: Serve) -> Served:
    """A server that asks for no key."""
    return serve()


@pytest.fixture(scope="module")
def locked(serve: Serve, filled: Recommender) -> Served:
    """A server that asks for keys."""
    return serve(Access(Keys(open_server(filled.core.settings.path))))


@pytest.fixture
def path(filled: Recommender) -> Path:
    """The folder of the store."""
    return filled.core.settings.path
