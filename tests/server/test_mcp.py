"""The MCP door, with the official client: over HTTP from a real uvicorn, and over the pipes of the real command."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

import anyio
import httpx
import httpx2
import jsonschema  # type: ignore[import-untyped]
import pytest
import uvicorn
from anyio.from_thread import BlockingPortal
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from tastemaker import AsyncRecommender, Event, EventType, Item, Settings
from tastemaker.agent.engines.base import Engine
from tastemaker.eval.environments import interpreter
from tastemaker.server.disconnects import CancelledOnDisconnect
from tastemaker.server.keys import Scope
from tastemaker.server.mcp_server import mcp_routes
from tastemaker.server.mcp_tools import Seat, Seats

from .served import Served

Mode = Literal["auto", "legacy", "2026-07-28"]
MODES: tuple[Mode, ...] = ("auto", "legacy", "2026-07-28")
ADAPTERS = {
    "langchain-mcp-adapters==0.3.2 langchain-core==1.8.3": """
from langchain_mcp_adapters.client import MultiServerMCPClient
async def tools(url):
    return await MultiServerMCPClient({"t": {"url": url, "transport": "streamable_http"}}).get_tools()
""",
    "langchain[mcp]==1.5.2": """
from langchain.mcp import MCPAdapter
async def tools(url):
    adapter = MCPAdapter(url)
    await adapter.__aenter__()
    return await adapter.list_tools()
""",
}
"""What is installed for each of LangChain's own adapters, the first with mcp 1, and how its tools are listed."""
CALLING = """
import asyncio, json, sys
async def main():
    tool = next(tool for tool in await tools(sys.argv[1]) if tool.name == "rerank")
    call = {"type": "tool_call", "id": "1", "name": "rerank", "args": {"query": "soup", "documents": ["a rocket", "soup"]}}
    message = await tool.ainvoke(call)
    print(json.dumps([message.status, message.artifact["structured_content"]]))
asyncio.run(main())
"""
TOOLS = {"recommend", "similar_items", "rerank", "explain", "give_feedback"}
COMMAND = str(Path(sys.executable).with_name("tastemaker"))
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@pytest.fixture(scope="module")
def core(
    tmp_path_factory: pytest.TempPathFactory, portal: BlockingPortal, items: list[Item], events: list[Event],
    embedded: Engine,
) -> Iterator[AsyncRecommender]:  # fmt: skip
    """A filled store whose recommender lives in the tests' loop, with the real small model."""
    path = tmp_path_factory.mktemp("mcp") / "store"
    opened = portal.call(partial(AsyncRecommender.open, path, encoder="hashing", dtype="float32"))
    opened.use_engine(opened.settings.ranker, embedded)
    portal.call(opened.index, items)
    portal.call(opened.observe, events)
    yield opened
    opened.store.close()  # and not the engine, which other tests use


@contextmanager
def served(app: ASGIApp, portal: BlockingPortal) -> Iterator[str]:
    """The address of `app` on a real uvicorn, in the tests' loop."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # who comes before the server is ready waits
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        running = portal.start_task_soon(partial(server.serve, sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        running.result(timeout=60)


def application(core: AsyncRecommender | Seats, **options: Any) -> ASGIApp:
    included = mcp_routes(core, **options)
    return Starlette(routes=included.routes, lifespan=lambda _: included.running())


@pytest.fixture(scope="module")
def url(core: AsyncRecommender, portal: BlockingPortal) -> Iterator[str]:
    with served(application(core), portal) as address:
        yield f"{address}/mcp"


Talk = Callable[[Client], Awaitable[Any]]


def talk(portal: BlockingPortal, server: Any, mode: Mode, work: Talk) -> Any:
    """What `work` gives with a connected client."""

    async def run() -> Any:
        with anyio.fail_after(240):
            async with Client(server, mode=mode) as client:
                return await work(client)

    return portal.call(run)


def call(portal: BlockingPortal, url: str, tool: str, **arguments: Any) -> CallToolResult:
    result = talk(portal, url, "2026-07-28", lambda client: client.call_tool(tool, arguments))
    assert isinstance(result, CallToolResult)
    return result


def fault(result: CallToolResult) -> str:
    """The text of a refusal."""
    assert result.is_error and result.structured_content is None
    return str(getattr(result.content[0], "text", ""))


async def everything(client: Client) -> None:
    """Each tool once, its answer held against the schema that it was announced with."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == TOOLS

    async def told(name: str, **arguments: Any) -> dict[str, Any]:
        tool = tools[name]
        jsonschema.validate(arguments, tool.input_schema)
        result = await client.call_tool(name, arguments)
        assert not result.is_error, result.content
        content = result.structured_content
        assert isinstance(content, dict) and tool.output_schema is not None
        jsonschema.validate(content, tool.output_schema)
        assert json.loads(getattr(result.content[0], "text", "")) == content
        return content

    shown = await told("recommend", user_id="ann", query="soup", k=2)
    assert [one["rank"] for one in shown["items"]] == [1, 2] and all(one["why"] for one in shown["items"])
    decision = {"decision_id": shown["decision_id"]}
    reasons = (await told("explain", **decision, language="zh", tone="formal"))["reasons"]
    assert [one["item_id"] for one in reasons] == [one["id"] for one in shown["items"]]
    assert all(one["language"] == "zh" and one["text"] for one in reasons)
    liked = {
        **decision,
        "item_id": shown["items"][1]["id"],
        "type": "like",
        "event_id": f"e{decision}"[:60].replace(" ", ""),
    }
    first, again = await told("give_feedback", **liked), await told("give_feedback", **liked)
    assert (first["position"], first["duplicate"], again["duplicate"]) == (2, False, True)
    near = await told("similar_items", item_id="i0", k=3, explain=False)
    assert len(near["items"]) == 3 and "i0" not in {one["id"] for one in near["items"]}
    texts = ["rockets", "soup with beans", "a violin"]
    ranked = await told("rerank", query="soup", documents=texts, top_n=2)
    assert len(ranked["results"]) == 2 and all(texts[one["index"]] == one["text"] for one in ranked["results"])


@pytest.mark.parametrize("mode", MODES)
def test_every_tool_over_http(url: str, portal: BlockingPortal, mode: Mode) -> None:
    talk(portal, url, mode, everything)


def test_what_version_is_spoken(url: str, portal: BlockingPortal) -> None:
    async def version(client: Client) -> str:
        return client.protocol_version

    assert [talk(portal, url, mode, version) for mode in MODES] == ["2026-07-28", "2025-11-25", "2026-07-28"]


@pytest.mark.parametrize(
    ("tool", "arguments", "named"),
    [
        ("recommend", {"query": "soup", "k": "five"}, "k"),
        ("recommend", {"query": "soup", "k": 0}, "k"),
        ("recommend", {"query": "soup", "k": 101}, "k"),
        ("recommend", {"query": ["soup"]}, "query"),
        ("recommend", {"query": "x" * 20_001}, "query"),
        ("recommend", {"query": "a\x00b"}, "NUL"),
        ("recommend", {"query": "soup", "limit": 3}, "limit"),
        ("recommend", {"liked": "i0"}, "liked"),
        ("recommend", {"liked": ["i0"] * 1_001}, "liked"),
        ("recommend", {"user_id": "an n"}, "user_id"),
        ("recommend", {"query": "soup", "where": "{"}, "where"),
        ("recommend", {"query": "soup", "language": "klingon"}, "language"),
        ("similar_items", {}, "item_id"),
        ("rerank", {"query": "", "documents": ["a"]}, "query"),
        ("rerank", {"query": "a", "documents": []}, "documents"),
        ("rerank", {"query": "a", "documents": ["a"] * 1_001}, "documents"),
        ("give_feedback", {"decision_id": "d", "item_id": "i0", "type": "adore"}, "type"),
        ("no_such_tool", {}, "no_such_tool"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_an_error_that_names_them(
    url: str, portal: BlockingPortal, tool: str, arguments: dict[str, Any], named: str
) -> None:
    assert named in fault(call(portal, url, tool, **arguments))


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("recommend", {}, "Give a query, a history, or a user with events"),
        ("recommend", {"user_id": "ann", "liked": ["i0"]}, "Give one of them"),
        ("recommend", {"user_id": "nobody"}, "nobody"),
        ("recommend", {"query": "soup", "where": {"prise": 3}}, "prise"),
        ("similar_items", {"item_id": "i99"}, "item 'i99': no such item is in the catalogue. Index it first, or check the id"),
        ("rerank", {"query": "a", "documents": ["a", " "]}, "documents[1]: is empty. Leave empty documents out"),
        ("explain", {"decision_id": "nothing"}, "nothing"),
        ("give_feedback", {"decision_id": "d", "item_id": "i0", "type": "rating"}, "0.5 to 5"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_where_and_what_to_do(
    url: str, portal: BlockingPortal, tool: str, arguments: dict[str, Any], said: str
) -> None:
    assert said in fault(call(portal, url, tool, **arguments))


def test_a_query_that_looks_like_json_stays_a_query(url: str, portal: BlockingPortal) -> None:
    for query in ("null", "[1]", '{"a": 1}', "5"):
        assert not call(portal, url, "recommend", query=query, k=1, explain=False).is_error


def test_a_wrong_argument_is_no_http_error(url: str) -> None:
    request = LIST | {"method": "tools/call", "params": {"name": "recommend", "arguments": {"k": []}}}
    answer = httpx.post(url, json=request, headers=JSON)
    assert answer.status_code == 200 and answer.json()["result"]["isError"] is True


def test_the_route_answers_without_a_redirect_and_only_to_its_own_name(url: str) -> None:
    assert httpx.post(url, json=LIST, headers=JSON).status_code == 200
    port = url.rsplit(":", 1)[1].removesuffix("/mcp")
    for host in ("localhost", f"localhost:{port}", f"[::1]:{port}", "127.0.0.1"):
        assert httpx.post(url, json=LIST, headers=JSON | {"host": host}).status_code == 200, host
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example:80"):
        assert httpx.post(url, json=LIST, headers=JSON | {"host": host}).status_code == 421, host
        modern = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list", "host": host}
        assert httpx.post(url, json=LIST, headers=JSON | modern).status_code == 421, host
    assert httpx.post(url, json=LIST, headers=JSON | {"origin": "https://evil.example"}).status_code == 403
    assert httpx.post(url, json=LIST, headers=JSON | {"origin": f"http://localhost:{port}"}).status_code == 200


def test_other_hosts_can_be_allowed(core: AsyncRecommender, portal: BlockingPortal) -> None:
    with served(application(core, hosts=("shop.example",)), portal) as address:
        statuses = [
            httpx.post(f"{address}/mcp", json=LIST, headers=JSON | {"host": host}).status_code
            for host in ("shop.example", "shop.example:8443", "127.0.0.1")
        ]
    assert statuses == [200, 200, 421]


def test_what_is_no_request_is_refused(url: str) -> None:
    assert (
        httpx.get(url, headers={"accept": "text/event-stream"}).status_code == 405
    )  # there are no sessions to listen to
    deep = b'{"jsonrpc": "2.0", "id": 1, "method": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    for headers in (JSON, JSON | {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}):
        for body in (b"{", b"\xff\xfe\x00", b"[]", b"[1, 2]", deep):
            answer = httpx.post(url, content=body, headers=headers)
            assert answer.status_code == 400 and "error" in answer.json(), body[:50]
    assert httpx.post(url, content=b"x" * (4 * 1024 * 1024 + 1), headers=JSON).status_code == 413


def test_what_is_included_can_start_again(core: AsyncRecommender, portal: BlockingPortal) -> None:
    app = application(core)
    for _ in range(2):
        with served(app, portal) as address:
            assert httpx.post(f"{address}/mcp", json=LIST, headers=JSON).status_code == 200


def test_the_servers_application_has_it(open_door: Served, portal: BlockingPortal) -> None:
    url = f"{open_door.url}/mcp"
    for mode in MODES:
        talk(portal, url, mode, lambda client: client.list_tools())
    assert httpx.post(url, json=LIST, headers=JSON, follow_redirects=False).status_code == 200
    assert httpx.post(url, json=LIST, headers=JSON | {"origin": "https://evil.example"}).status_code == 403
    assert open_door.client.get("/health").status_code == 200


def with_key(portal: BlockingPortal, url: str, key: dict[str, str], tool: str, **arguments: Any) -> CallToolResult:
    """What a tool gives to the caller with this key, who sends it as a header as Claude Code does."""

    async def run() -> CallToolResult:
        async with (
            httpx2.AsyncClient(headers=key, timeout=120) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            result = await client.call_tool(tool, arguments)
            assert isinstance(result, CallToolResult)
            return result

    return portal.call(run)


def test_the_servers_keys_hold(locked: Served, portal: BlockingPortal) -> None:
    url = f"{locked.url}/mcp"
    for headers in ({}, {"authorization": "Bearer tm_wrong"}):
        refused = httpx.post(url, json=LIST, headers=JSON | headers)
        assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Bearer"
        assert "resource_metadata" not in str(refused.headers) and "error" in refused.json()
    reader, writer = locked.key(Scope.READ), locked.key(Scope.WRITE)
    elsewhere = httpx.post(url, json=LIST, headers=JSON | reader | {"host": "shop.example"})
    assert elsewhere.status_code == 200
    shown = with_key(portal, url, reader, "recommend", query="soup", k=1, explain=False).structured_content
    assert shown is not None
    liked = {"decision_id": shown["decision_id"], "item_id": shown["items"][0]["id"], "type": "like"}
    assert "Use a key of that scope" in fault(with_key(portal, url, reader, "give_feedback", **liked))
    assert not with_key(portal, url, writer, "give_feedback", **liked).is_error


def test_tenants_never_meet(locked: Served, portal: BlockingPortal) -> None:
    url = f"{locked.url}/mcp"
    acme, other = locked.key(tenant="acme"), locked.key(tenant="other")
    core = locked.recommender
    core.observe([Event(user_id="~acme~eve", item_id="i0", type=EventType.LIKE)])
    shown = with_key(portal, url, acme, "recommend", user_id="eve", k=1, explain=False).structured_content
    assert shown is not None
    assert "eve" in fault(with_key(portal, url, other, "recommend", user_id="eve", k=1))
    assert "~" in fault(with_key(portal, url, locked.key(), "recommend", user_id="~acme~eve", k=1))
    decision = {"decision_id": shown["decision_id"]}
    liked = {**decision, "item_id": shown["items"][0]["id"], "type": "like", "event_id": "once"}
    for key in (other, locked.key()):
        assert "no such decision" in fault(with_key(portal, url, key, "explain", **decision))
        assert "no such decision" in fault(with_key(portal, url, key, "give_feedback", **liked))
    receipt = with_key(portal, url, acme, "give_feedback", **liked).structured_content
    assert receipt is not None and receipt["event_id"] == "once" and not receipt["duplicate"]
    assert not with_key(portal, url, acme, "explain", **decision).is_error


def test_a_crash_is_not_told(portal: BlockingPortal) -> None:
    def broken(request: Request | None) -> Seat:
        raise RuntimeError("a secret")

    with served(application(broken), portal) as address:
        assert "secret" not in fault(call(portal, f"{address}/mcp", "recommend", query="soup"))


@pytest.mark.parametrize("modern", [False, True])
def test_a_client_that_goes_away_ends_its_work(core: AsyncRecommender, portal: BlockingPortal, modern: bool) -> None:
    started, ended = anyio.Event(), anyio.Event()

    class Waiting(AsyncRecommender):
        async def rerank(self, *_: Any, **__: Any) -> Any:
            started.set()
            try:
                await anyio.sleep_forever()
            finally:
                ended.set()

    waiting = Waiting(core.settings.model_copy(update={"path": core.settings.path / "none"}), None, core._progress)

    async def run(url: str) -> None:
        headers = JSON | ({"mcp-protocol-version": "2026-07-28"} if modern else {})
        headers |= {"mcp-method": "tools/call", "mcp-name": "rerank"} if modern else {}
        params: dict[str, Any] = {"name": "rerank", "arguments": {"query": "a", "documents": ["b"]}}
        if modern:
            about = "io.modelcontextprotocol/"
            params["_meta"] = {f"{about}protocolVersion": "2026-07-28", f"{about}clientCapabilities": {}}
        request = LIST | {"method": "tools/call", "params": params}
        with anyio.fail_after(60):
            async with httpx.AsyncClient() as client, anyio.create_task_group() as work:
                work.start_soon(partial(client.post, url, json=request, headers=headers))
                await started.wait()
                work.cancel_scope.cancel()
            await ended.wait()

    with served(application(waiting), portal) as address:
        portal.call(run, f"{address}/mcp")


def test_what_an_application_raises_is_raised() -> None:
    async def broken(scope: AsgiScope, receive: Receive, send: Send) -> None:
        raise KeyError("here")

    async def nothing(*_: Any) -> Any:
        await anyio.sleep_forever()

    with pytest.raises(KeyError, match="here"):
        anyio.run(CancelledOnDisconnect(broken), {"type": "http"}, nothing, nothing)


@pytest.fixture
def command(core: AsyncRecommender, settings: Settings) -> StdioServerParameters:
    """The real command on the store, which another process then holds too."""
    options = ["mcp", "--store", str(core.settings.path), "--encoder", "hashing"]
    return StdioServerParameters(command=COMMAND, args=options, env={"TASTEMAKER_CACHE": str(settings.cache)})


@pytest.mark.slow
def test_every_tool_over_stdio(command: StdioServerParameters, portal: BlockingPortal) -> None:
    talk(portal, command, "auto", everything)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_stdio_in_the_other_versions(command: StdioServerParameters, portal: BlockingPortal, mode: Mode) -> None:
    async def work(client: Client) -> None:
        assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
        assert "i99" in fault(await client.call_tool("similar_items", {"item_id": "i99"}))

    talk(portal, command, mode, work)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("requirement", ADAPTERS)
def test_langchains_adapters_get_the_structured_content(url: str, settings: Settings, requirement: str) -> None:
    """Each in an environment of its own: one needs another mcp than ours, the other brings a framework of servers."""
    python = interpreter((requirement,), settings.cache / "environments")
    code = ADAPTERS[requirement] + CALLING
    done = subprocess.run([str(python), "-c", code, url], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    status, content = json.loads(done.stdout.splitlines()[-1])
    assert status == "success" and [one["index"] for one in content["results"]] == [1, 0]


@pytest.mark.slow
def test_stdout_is_the_protocol_alone_and_the_end_of_input_the_end(core: AsyncRecommender, tmp_path: Path) -> None:
    lines = [
        "no json",
        json.dumps(LIST | {"method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}),
        json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json.dumps(LIST | {"id": 2}),
        json.dumps(LIST | {"id": 3, "method": "tools/call", "params": {"name": "recommend", "arguments": {"query": "soup"}}}),
    ]  # fmt: skip
    with subprocess.Popen(
        [COMMAND, "mcp", "--store", str(tmp_path / "none"), "--encoder", "hashing"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "200"},
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write("".join(f"{line}\n" for line in lines))
        process.stdin.flush()
        answers: dict[Any, Any] = {}
        while 3 not in answers:
            answer = json.loads(process.stdout.readline())
            answers[answer.get("id")] = answer
        rest, said = process.communicate()
    assert process.returncode == 0 and rest == ""
    assert "Traceback" not in said and "soup" not in said
    assert answers[1]["result"]["serverInfo"]["name"] == "tastemaker"
    refused = answers[3]["result"]
    assert refused["isError"] and "there is no store in this folder" in refused["content"][0]["text"]


@pytest.mark.slow
def test_ctrl_c_ends_it_though_input_is_awaited(tmp_path: Path) -> None:
    options = ["mcp", "--store", str(tmp_path / "none"), "--encoder", "hashing"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([COMMAND, *options], text=True, **pipes) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(LIST) + "\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == -signal.SIGINT


@pytest.mark.slow
def test_the_command_serves_http_until_it_is_stopped(core: AsyncRecommender, portal: BlockingPortal) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    options = ["mcp", "--http", "--port", port, "--store", str(core.settings.path), "--encoder", "hashing"]
    with subprocess.Popen([COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"MCP at http://127.0.0.1:{port}/mcp\n"
        transport = httpx.HTTPTransport(retries=10)  # with a growing wait; it listens a moment later
        with httpx.Client(transport=transport) as client:
            assert client.post(f"http://127.0.0.1:{port}/mcp", json=LIST, headers=JSON).status_code == 200
        talk(portal, f"http://127.0.0.1:{port}/mcp", "auto", lambda client: client.list_tools())
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate()
    assert printed == "" and "Traceback" not in said and process.returncode == 130
