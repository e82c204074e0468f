"""The model server behind us: whoever leaves, its work for them ends there too; and what it is never sent. Conformance test 20."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from tastemaker import Event, Item, Recommender, Settings
from tastemaker.agent.engines.server import ServerEngine
from tastemaker.agent.self_test import keep, kept_file
from tastemaker.errors import EngineError
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.server.app import create_app
from tastemaker.server.benchmark.in_thread import in_thread
from tastemaker.settings import ModelSpec

from .model_server import MODEL, Call, ModelServer, model_server

SOON = 1.0
"""Seconds in which the model server must see that nobody listens any more."""
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
Work = Callable[[ServerEngine], Coroutine[Any, Any, Any]]


@pytest.fixture
def behind() -> Iterator[ModelServer]:
    with model_server() as one:
        yield one


@pytest.fixture
def engine(behind: ModelServer, portal: BlockingPortal) -> Iterator[ServerEngine]:
    spec = ModelSpec.parse(behind.url)
    opened = portal.call(lambda: ServerEngine.connect(spec, timeout_s=60.0))
    yield opened
    portal.call(opened.close)


async def _listen(engine: ServerEngine) -> None:
    async with aclosing(engine.generate("Tell me")) as pieces:
        async for _ in pieces:
            pass


WORKS: dict[str, tuple[int, Work]] = {
    "a stream": (1, _listen),
    "labels": (3, lambda engine: engine.score_labels(["one", "two", "three"], ["A", "B"])),
    "texts": (1, lambda engine: engine.score_texts("one", ["a", "b", "c"])),
    "whole answers": (2, lambda engine: engine.generate_all(["one", "two"])),
    "an answer under a schema": (1, lambda engine: engine.generate_all(["one"], schema=SCHEMA)),
}


@pytest.mark.parametrize("work", WORKS)
def test_cancelled_work_ends_at_the_model_server(
    portal: BlockingPortal, engine: ServerEngine, behind: ModelServer, work: str
) -> None:
    behind.holds = lambda call: True
    requests, begin = WORKS[work]
    task = portal.start_task_soon(begin, engine)
    calls = [behind.held.get(timeout=30) for _ in range(requests)]
    assert not any(call.left.is_set() for call in calls)
    task.cancel()
    assert all(call.left.wait(SOON) for call in calls)
    with pytest.raises(CancelledError):
        task.result(30)


@pytest.mark.parametrize("closes", [True, False], ids=["closes it", "drops it"])
def test_who_stops_reading_ends_the_stream(
    portal: BlockingPortal, engine: ServerEngine, behind: ModelServer, closes: bool
) -> None:
    behind.holds = lambda call: True
    left_over: list[str] = []

    async def some() -> str:
        hooks = sys.get_asyncgen_hooks()
        assert hooks.finalizer is not None
        ends = hooks.finalizer

        def note(one: Any) -> None:
            left_over.append(one.__qualname__)
            ends(one)

        sys.set_asyncgen_hooks(finalizer=note)
        try:
            pieces = engine.generate("Tell me")
            said = await anext(pieces) + await anext(pieces)
            if closes:
                await pieces.aclose()
            del pieces
            return said
        finally:
            sys.set_asyncgen_hooks(finalizer=ends)

    assert portal.call(some) == " on and on"
    assert behind.held.get(timeout=30).left.wait(SOON)
    if closes:
        assert [one for one in left_over if one.startswith(("Engine", "ServerEngine", "_Http"))] == []


def test_where_one_answer_fails_the_others_end(
    portal: BlockingPortal, engine: ServerEngine, behind: ModelServer
) -> None:
    behind.fails, behind.fails_after = (lambda call: call.body["prompt"] == [ord("x")]), 2
    behind.holds = lambda call: True
    with pytest.raises(EngineError, match="500"):
        portal.call(engine.generate_all, ["one", "two", "x"])
    assert all(behind.held.get(timeout=30).left.wait(SOON) for _ in range(2))


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, items: list[Item], events: list[Event]
) -> Iterator[tuple[str, ModelServer]]:
    """A server of ours whose model is behind HTTP, and passed its tests as a writer and as a reader."""
    folder = tmp_path_factory.mktemp("upstream")
    store, cache, prompts = folder / "store", folder / "cache", PromptBuilder().version
    with Recommender.open(store, encoder="hashing", cache=cache) as opened:
        opened.index(items)
        opened.observe(events)
    with model_server() as behind:
        for work in ("reasons", "readings"):
            keep(kept_file(cache, work, f"{behind.url} {MODEL}", prompts, "en"), json.dumps({"score": 1.0}))
        settings = Settings.load(path=store, encoder="hashing", cache=cache, ranker=behind.url, mode="listwise")
        with in_thread(create_app(settings)) as url:
            while httpx.get(f"{url}/ready", trust_env=False).status_code != 200:
                time.sleep(0.05)
            yield url, behind


def leave(url: str, path: str, body: dict[str, Any], behind: ModelServer, begins: bool) -> Call:
    """Ask, wait until the model server is at work (and the answer has begun), and leave. The request that it worked on."""
    parts, raw = urlsplit(url), json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        f"X-OpenWebUI-User-Id: a@b.example\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30) as connection:
        connection.sendall(head.encode() + raw)
        call = behind.held.get(timeout=30)
        if begins:
            assert b"200 OK" in connection.recv(15)
        assert not call.left.is_set()
    return call


CHAT = {"model": "tastemaker", "messages": [{"role": "user", "content": "Something about soup"}]}
HELLO = {"model": "tastemaker", "messages": [{"role": "user", "content": "Hello!"}]}
ANN = {"user_id": "ann", "query": "soup"}
LEFT: list[tuple[str, dict[str, Any], str, bool]] = [
    ("/v1/chat/completions", {**CHAT, "stream": True}, "reads", False),
    ("/v1/chat/completions", {**CHAT, "stream": True}, "scores", False),
    ("/v1/chat/completions", {**CHAT, "stream": True}, "writes", True),
    ("/v1/chat/completions", {**HELLO, "stream": True}, "writes", True),
    ("/v1/chat/completions", CHAT, "scores", False),
    ("/v1/chat/completions", CHAT, "writes", False),
    ("/v1/recommend", ANN, "scores", False),
    ("/v1/recommend", ANN, "writes", False),
    ("/v1/chat", {"message": "Something about soup"}, "writes", True),
    ("/v1/rerank", {"query": "soup", "documents": ["Soup", "Mars"]}, "scores", False),
]


@pytest.mark.parametrize(("path", "body", "kind", "begins"), LEFT, ids=[f"{path} {kind}" for path, _, kind, _ in LEFT])
def test_a_client_that_leaves_ends_the_work_of_the_model_server(
    served: tuple[str, ModelServer], path: str, body: dict[str, Any], kind: str, begins: bool
) -> None:
    url, behind = served
    behind.calls.clear()
    behind.holds = lambda call: call.kind == kind
    assert leave(url, path, body, behind, begins).left.wait(SOON)
    while not behind.held.empty():  # what was asked beside it
        assert behind.held.get().left.wait(SOON)
    behind.holds = lambda call: False
    answer = httpx.post(f"{url}{path}", json=body, timeout=30, trust_env=False)
    assert answer.status_code == 200  # nothing was left behind that stands in the way
    for call in behind.calls:
        assert not any(name.startswith("guided") for name in call.body)
        assert 0 < len(call.body["cache_salt"]) <= 128 and not {*call.body["cache_salt"]} & {*"/@\\\0"}
