"""The command `tastemaker serve` from a cold process: it refuses to be open to others, gets ready, drains, and makes and revokes keys."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tastemaker import Event, Item, Recommender
from tastemaker.errors import AccessError, EmptyCatalogueError, InvalidInputError
from tastemaker.eval.benchmarks.vllm_server import free_port
from tastemaker.server.database import open_server
from tastemaker.server.keys import Keys
from tastemaker.server.serving import Serving, checked, is_loopback

COMMAND = [sys.executable, "-m", "tastemaker"]


def run(*arguments: str) -> tuple[int, Any]:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else done.stderr


@contextmanager
def serving(store: Path, *options: str, chroma: str | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--store", str(store), "--encoder", "hashing", "--port", str(port), *options],
        env={**os.environ, **({"TASTEMAKER_CHROMA": chroma} if chroma else {})},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None
            try:
                if httpx.get(f"{url}/ready", timeout=5, trust_env=False).is_success:
                    break
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        yield url, process
    finally:
        process.kill()
        process.wait()


def test_what_others_can_reach_needs_a_key(recommender: Recommender, tmp_path: Path) -> None:
    settings = {"path": str(recommender.core.settings.path)}
    assert checked(Serving(settings=settings)).keys is None
    for host in ("0.0.0.0", "192.168.0.1", "::", "example.org"):
        with pytest.raises(AccessError, match="no API key"):
            checked(Serving(host=host, settings=settings))
    with pytest.raises(AccessError, match="in force"):
        checked(Serving(keys=True, settings=settings))
    with pytest.raises(InvalidInputError):
        checked(Serving(workers=0, settings=settings))
    with pytest.raises(EmptyCatalogueError):
        checked(Serving(settings={"path": str(tmp_path / "none")}))
    Keys(open_server(recommender.core.settings.path)).create("k")
    assert checked(Serving(settings=settings)).keys is not None
    assert checked(Serving(host="0.0.0.0", settings=settings)).keys is not None
    assert checked(Serving(keys=False, settings=settings)).keys is None
    with pytest.raises(AccessError):
        checked(Serving(host="0.0.0.0", keys=False, settings=settings))


def test_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.8.8", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "localhost.example")))


@pytest.fixture
def indexed(store: Path, items: list[Item], events: list[Event]) -> Path:
    with Recommender.open(store, encoder="hashing") as opened:
        opened.index(items)
        opened.observe(events)
    return store


@pytest.mark.slow
def test_keys_from_the_shell(indexed: Path) -> None:
    where = ("--store", str(indexed), "--json")
    status, made = run("keys", "create", "shop", "--scope", "admin", "--tenant", "acme", *where)
    assert status == 0 and made["key"].startswith("tm_")
    status, listed = run("keys", "list", *where)
    assert listed["keys"][0]["id"] == made["id"] and "key" not in listed["keys"][0]
    assert run("keys", "revoke", made["id"], *where) == (0, {"id": made["id"], "revoked": True})
    assert (
        run("keys", "revoke", made["id"], *where)[0] == 2
        and run("keys", "create", "x", "--scope", "all", *where)[0] == 2
    )
    status, told = run("serve", "--host", "0.0.0.0", "--store", str(indexed))
    assert status == 1 and "keys create" in told


@pytest.mark.slow
def test_requests_under_way_are_answered_before_it_stops(indexed: Path) -> None:
    with serving(indexed) as (url, process):
        answers = list[httpx.Response]()
        body = {"message": "Something about soup", "k": 5}
        asking = threading.Thread(
            target=lambda: answers.append(httpx.post(f"{url}/v1/chat", json=body, timeout=120, trust_env=False))
        )
        asking.start()
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        asking.join()
        assert process.wait(60) in {0, -signal.SIGTERM}
        assert answers[0].status_code == 200 and answers[0].text.endswith("data: [DONE]\n\n")


@pytest.fixture(params=["folder", "server"])
def chroma(
    request: pytest.FixtureRequest, tmp_path: Path, run_chroma: Callable[[Path], AbstractContextManager[str]]
) -> Iterator[str | None]:
    """Where the vectors are: in the store, or on a real Chroma server."""
    if request.param == "folder":
        yield None
        return
    with run_chroma(tmp_path / "chroma") as url:
        yield url


@pytest.mark.slow
def test_several_workers_see_what_one_has_written(indexed: Path, chroma: str | None) -> None:
    """One process writes vectors and events while two serve; each of them sees both."""
    with Recommender.open(indexed, encoder="hashing", chroma=chroma) as moved:
        moved.index([])
    with serving(indexed, "--workers", "2", chroma=chroma) as (url, _):
        with Recommender.open(indexed, encoder="hashing", chroma=chroma) as other:
            other.index([Item(id="new", title="A Soup for Spring", categories=("Cooking",))])
        seen, deadline = set[int](), time.monotonic() + 120
        while len(seen) < 2 and time.monotonic() < deadline:
            # A connection of its own, which stays with the worker that took it.
            with httpx.Client(base_url=url, timeout=120, trust_env=False) as client:
                ask = {"query": "A Soup for Spring", "k": 3, "explain": False}
                told = client.post("/v1/recommend", json=ask).json()
                assert "new" in [one["id"] for one in told["items"]]
                seen.add(client.get("/health").json()["process"])
        assert len(seen) == 2
