"""What a client should not send, and clients that leave: never a 5xx for it, and no work for nobody."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from .served import Served

MESSAGE = "Something about soup with a very private detail"


def patiently(holds: Callable[[], bool]) -> bool:
    """Whether it holds before long."""
    deadline = time.monotonic() + 60
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/recommend", {"user_id": "ann", "unknown": 1}),
        ("/v1/recommend", {"user_id": "ann", "history": ["i0"]}),
        ("/v1/recommend", {"user_id": "a b"}),
        ("/v1/recommend", {"user_id": "ann", "k": 0}),
        ("/v1/recommend", {"user_id": "ann", "k": "many"}),
        ("/v1/recommend", {"user_id": "ann", "ranker": "http://169.254.169.254#m"}),
        ("/v1/recommend", {"user_id": "ann", "where": {"no": {"such": 1}}}),
        ("/v1/recommend", {"user_id": "ann", "tau": 1e999}),
        ("/v1/recommend", {}),
        ("/v1/recommend", [1]),
        ("/v1/recommend", None),
        ("/v1/chat", {"message": 5}),
        ("/v1/chat", {"message": "x\0"}),
        ("/v1/chat", {"message": "soup", "lift": ["none"]}),
        ("/v1/chat", {"message": "soup", "language": "xx"}),
        ("/v1/events", {"user_id": "ann"}),
        ("/v1/events", [{"user_id": "ann", "type": "like"}]),
        ("/v1/events", [{"user_id": "ann", "type": "rating", "item_id": "i0", "value": 9}]),
        ("/v1/feedback", {"type": "like"}),
        ("/v1/chat/completions", {"model": "tastemaker", "messages": "hi"}),
        ("/v1/chat/completions", {"model": "tastemaker", "messages": [{"role": "user", "content": [1]}]}),
        ("/v1/rerank", {"query": "x", "documents": "one"}),
    ],
)  # fmt: skip
def test_what_can_not_be_accepted(open_door: Served, path: str, body: Any) -> None:
    content = json.dumps(body).replace("Infinity", "1e999")
    answer = open_door.client.post(path, content=content, headers={"content-type": "application/json"})
    told = answer.json()
    assert answer.status_code == 400 and told["message"] == told["detail"] == told["error"]["message"], answer.text
    assert told["error"]["type"] == "invalid_request_error" and answer.headers["x-request-id"]


def test_what_is_not_there(open_door: Served) -> None:
    for path in ("/v1/users/who", "/v1/users/who/export", "/v1/conversations/none", "/nothing", "/v1/models/x/y"):
        answer = open_door.client.get(path)
        assert answer.status_code == 404 and answer.json()["error"]["message"], path
    assert open_door.client.post("/v1/recommend", json={"history": ["i99"]}).status_code == 404
    assert open_door.client.put("/v1/recommend", json={}).status_code == 405
    reward = {"decision_id": "none", "item_id": "i0", "type": "like"}
    assert open_door.client.post("/v1/feedback", json=reward).json()["orphan"] is True


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe\x00", b'{"query": "\xc3\x28"}', b"[" * 100 + b"]" * 100, b"[" * 500_000, b'{"query": NaN}', b"{"],
    ids=["empty", "no UTF-8", "UTF-8 cut", "deep", "deeper", "NaN", "cut"],
)
def test_bodies_that_are_no_json(open_door: Served, body: bytes) -> None:
    answer = open_door.client.post("/v1/rerank", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "invalid_value"


def test_fifty_megabytes(open_door: Served) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(50):
            yield b"x" * 1_000_000

    header = {"content-type": "application/json"}
    for content in (b"x" * 50_000_000, parts()):
        answer = open_door.client.post("/v1/rerank", content=content, headers=header)
        assert answer.status_code == 413 and answer.json()["error"]["code"] == "request_too_large"
    assert open_door.client.get("/health").status_code == 200


def raw(served: Served) -> socket.socket:
    address = httpx.URL(served.url)
    return socket.create_connection((address.host, address.port or 80), timeout=60)


def request(served: Served, path: str, body: bytes, length: int | None = None) -> bytes:
    host = httpx.URL(served.url).netloc.decode()
    head = f"POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
    return head.encode() + f"content-length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def gone(route: str) -> float:
    return REGISTRY.get_sample_value("tastemaker_http_gone_total", {"route": route}) or 0.0


def test_a_body_that_is_never_whole(open_door: Served) -> None:
    before = gone("-")
    with raw(open_door) as connection:
        connection.sendall(request(open_door, "/v1/rerank", b'{"query": ', length=500))
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert patiently(lambda: gone("-") == before + 1)
    assert open_door.client.get("/health").status_code == 200


def test_a_client_that_leaves_a_stream_cancels_it(open_door: Served) -> None:
    """It leaves at the first piece; not all reasons are written then."""
    memory, log = open_door.recommender.core.store.memory, open_door.recommender.core.store.log
    body = json.dumps({"message": "Something about soup", "user_id": "leaver", "k": 11}).encode()
    before = gone("/v1/chat")
    with raw(open_door) as connection:
        connection.sendall(request(open_door, "/v1/chat", body))
        assert b"200 OK" in connection.recv(1000)
    assert patiently(lambda: gone("/v1/chat") == before + 1)
    (row,) = memory.conversations("leaver")
    decision = memory.turns(row.id)[0].decision_id
    assert decision is not None and len(log.slate(decision)) == 11
    written = len(log.explanations(decision))
    time.sleep(1)
    assert len(log.explanations(decision)) == written < 11


def test_a_client_that_leaves_while_it_waits(open_door: Served) -> None:
    before = gone("/v1/rerank")
    documents = [f"A text about the number {n}" for n in range(200)]
    connection = raw(open_door)
    connection.sendall(request(open_door, "/v1/rerank", json.dumps({"query": "x", "documents": documents}).encode()))
    time.sleep(0.5)
    connection.close()
    assert patiently(lambda: gone("/v1/rerank") == before + 1)


def test_many_at_once(open_door: Served) -> None:
    statuses = list[int]()

    def ask(n: int) -> None:
        told = {"user_id": "ann", "explain": False} if n % 2 else {"query": "soup", "explain": False}
        statuses.append(
            httpx.post(f"{open_door.url}/v1/recommend", json=told, timeout=120, trust_env=False).status_code
        )

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert statuses == [200] * 8


def test_the_log_tells_nothing_of_what_was_said(open_door: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        key = {"authorization": "Bearer tm_very-secret", "x-openwebui-user-id": "private-person"}
        body = {"model": "tastemaker", "messages": [{"role": "user", "content": MESSAGE}]}
        assert open_door.client.post("/v1/chat/completions", json=body, headers=key).status_code == 200
        open_door.client.get("/v1/users/private-person")
        open_door.client.post("/v1/recommend", json={"user_id": "private-person", "query": MESSAGE, "k": 0})
    ours = "\n".join(
        one.getMessage() for one in caplog.records if one.name.startswith(("tastemaker", "uvicorn", "fastapi"))
    )
    assert "/v1/users/{user_id}" in ours
    assert not any(word in ours for word in ("private", "secret", "soup"))
