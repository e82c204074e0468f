"""A server that is down, slow, wrong or broken: each is said as what it is. Real sockets, no vLLM needed."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from anyio.from_thread import BlockingPortal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from tastemaker import AsyncRecommender
from tastemaker.agent.engines.server import ServerEngine
from tastemaker.agent.models import salted
from tastemaker.agent.reranker import Reranker, Scored
from tastemaker.domain import MAX_ID_CHARS, Reason, RerankedDocument
from tastemaker.errors import (
    EngineError,
    EngineTimeoutError,
    EngineUnavailableError,
    InvalidInputError,
    ModelMismatchError,
    TastemakerError,
)
from tastemaker.eval.benchmarks.vllm_server import free_port
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.settings import ModelSpec

MODELS = {"data": [{"id": "llama", "max_model_len": 4096}]}


class Handler(BaseHTTPRequestHandler):
    """Answers each path with what the test put there: a status, a body, and seconds to wait."""

    answers: dict[str, tuple[int, Any, float]]
    """A body may be a function of what was sent."""
    seen: list[str]
    sent: list[tuple[str, Any]]
    busy: int = 0
    """How many requests are answered 429 first, with a Retry-After."""

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.given = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self.sent.append((self.path, self.given))
        self.answer()

    def answer(self) -> None:
        self.seen.append(self.headers.get("Authorization", ""))
        if self.command == "POST" and type(self).busy > 0:
            type(self).busy -= 1
            self.send_response(429)
            self.send_header("Retry-After", "0.1")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        status, body, wait = self.answers.get(self.path, (404, {"error": "not found"}, 0.0))
        time.sleep(wait)
        body = body(self.given) if callable(body) else body
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a client that gave up waiting
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def address() -> Iterator[tuple[str, type[Handler]]]:
    handler = type("OneHandler", (Handler,), {"answers": {}, "seen": [], "sent": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", handler
    server.shutdown()
    server.server_close()


def connect(portal: BlockingPortal, url: str, timeout_s: float = 5.0, **options: Any) -> ServerEngine:
    return portal.call(lambda: ServerEngine.connect(ModelSpec.parse(url), timeout_s=timeout_s, **options))


def test_a_server_that_is_down(portal: BlockingPortal) -> None:
    with pytest.raises(EngineUnavailableError, match=r"can't be reached.*Start the vLLM server"):
        connect(portal, f"http://127.0.0.1:{free_port()}")


def test_a_slow_server(portal: BlockingPortal, address: tuple[str, type[Handler]]) -> None:
    url, handler = address
    handler.answers["/v1/models"] = (200, MODELS, 3.0)
    started = time.monotonic()
    with pytest.raises(EngineTimeoutError, match=r"within 0.3 s.*timeout_s"):
        connect(portal, url, timeout_s=0.3)
    assert time.monotonic() - started < 2


def test_a_server_with_another_model(portal: BlockingPortal, address: tuple[str, type[Handler]]) -> None:
    url, handler = address
    handler.answers["/v1/models"] = (200, MODELS, 0.0)
    with pytest.raises(ModelMismatchError, match="serves llama, not qwen"):
        connect(portal, f"{url}#qwen")
    assert connect(portal, url).model_id == "llama"
    assert connect(portal, f"{url}#llama").max_tokens == 4096


def test_a_server_with_several_models_needs_a_name(portal: BlockingPortal, address: tuple[str, type[Handler]]) -> None:
    url, handler = address
    handler.answers["/v1/models"] = (200, {"data": [{"id": "a"}, {"id": "b"}]}, 0.0)
    with pytest.raises(ModelMismatchError, match="serves 2 models"):
        connect(portal, url)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"data": 3}', b'{"data": [{}]}', b"{}"])
def test_something_else_at_the_address(portal: BlockingPortal, address: tuple[str, type[Handler]], body: bytes) -> None:
    url, handler = address
    handler.answers["/v1/models"] = (200, body, 0.0)
    with pytest.raises(EngineError, match=url):
        connect(portal, url)


def test_a_key_is_sent_and_a_refusal_is_said(portal: BlockingPortal, address: tuple[str, type[Handler]]) -> None:
    url, handler = address
    handler.answers["/v1/models"] = (401, {"error": "Unauthorized"}, 0.0)
    with pytest.raises(EngineError, match=r"401.*TASTEMAKER_API_KEY"):
        connect(portal, url, api_key=SecretStr("hunter2"))
    assert handler.seen == ["Bearer hunter2"]


@pytest.mark.parametrize(
    "completion",
    [
        (200, {"choices": []}, 0.0),
        (200, {"choices": [{"logprobs": None, "prompt_logprobs": None}]}, 0.0),
        (500, {"error": "engine died"}, 0.0),
        (200, b"", 0.0),
        (200, {"choices": [{"prompt_logprobs": [None, {"9": {"logprob": -1}}]}]}, 3.0),
    ],
    ids=["no choice", "no log-probabilities", "error", "no body", "too slow"],
)
def test_a_server_that_fails_later(
    portal: BlockingPortal, address: tuple[str, type[Handler]], completion: tuple[int, Any, float]
) -> None:
    url, handler = address
    handler.answers |= {
        "/v1/models": (200, MODELS, 0.0),
        "/tokenize": (200, {"tokens": [1]}, 0.0),
        "/v1/completions": completion,
    }
    engine = connect(portal, url, timeout_s=0.5)
    with pytest.raises(EngineError, match=url):
        portal.call(lambda: engine.score_texts("x", ["a", "b"]))


def reads(logprob: Any) -> tuple[int, Any, float]:
    """A completion in which every token after the first has this log-probability."""
    rows = [None, *[{"1": {"logprob": logprob}} for _ in range(200)]]
    return 200, {"choices": [{"prompt_logprobs": rows[:2]}]}, 0.0


HOSTILE: list[tuple[str, tuple[int, Any, float], Reason]] = [
    (
        "no log-probabilities",
        (200, {"choices": [{"logprobs": None, "prompt_logprobs": None}]}, 0.0),
        Reason.ENGINE_ERROR,
    ),
    ("partial", (200, {"choices": [{"prompt_logprobs": [None, {"7": {"logprob": -1.0}}]}]}, 0.0), Reason.ENGINE_ERROR),
    ("not a number", reads(float("nan")), Reason.ENGINE_ERROR),
    ("minus infinity", reads(float("-inf")), Reason.ENGINE_ERROR),
    ("text for a number", reads("low"), Reason.ENGINE_ERROR),
    ("error 500", (500, {"error": "engine died"}, 0.0), Reason.ENGINE_ERROR),
    ("error 429", (429, {"error": "busy"}, 0.0), Reason.ENGINE_ERROR),
    ("no JSON", (200, b"<html>", 0.0), Reason.ENGINE_ERROR),
    ("hangs", (200, {}, 5.0), Reason.ENGINE_TIMEOUT),
]


def hostile(
    portal: BlockingPortal, address: tuple[str, type[Handler]], completion: tuple[int, Any, float]
) -> ServerEngine:
    url, handler = address
    handler.answers |= {
        "/v1/models": (200, MODELS, 0.0), "/tokenize": (200, {"tokens": [1]}, 0.0), "/v1/completions": completion
    }  # fmt: skip
    return connect(portal, url, timeout_s=0.5)


@pytest.mark.parametrize(("completion", "reason"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_whatever_a_server_does_the_ranking_is_whole_and_says_why(
    portal: BlockingPortal, address: tuple[str, type[Handler]], completion: tuple[int, Any, float], reason: Reason
) -> None:
    engine = hostile(portal, address, completion)
    scored = portal.call(Reranker(engine, PromptBuilder()).rank, ["tea"], None, ["a", "b", "c"], [0.1, 0.3, 0.2])
    assert scored.order == [1, 2, 0] and scored.degraded == reason
    assert [scored.logprob(n) for n in range(3)] == [None] * 3


def test_a_server_that_fails_from_the_first_request_on_leaves_the_prior(
    portal: BlockingPortal, address: tuple[str, type[Handler]], tmp_path: Path
) -> None:
    """The self-test too fails then, which says nothing of the model."""
    engine = hostile(portal, address, (500, {"error": "engine died"}, 0.0))

    async def rerank() -> list[RerankedDocument]:
        path, cache = tmp_path / "store", tmp_path / "cache"
        async with await AsyncRecommender.open(path, encoder="hashing", cache=cache) as recommender:
            recommender.use_engine(recommender.settings.ranker, engine)
            return await recommender.rerank("soup", ["rockets", "a guide to soup", "piano"])

    ranked = portal.call(rerank)
    assert [one.prior_rank for one in ranked] == [1, 2, 3] and ranked[0].degraded == Reason.ENGINE_ERROR
    assert not (tmp_path / "cache" / "self-tests").exists()


def test_a_server_that_is_gone_leaves_the_prior(portal: BlockingPortal, address: tuple[str, type[Handler]]) -> None:
    engine = hostile(portal, address, reads(-1.0))
    engine._http.url = engine._http._client.base_url = f"http://127.0.0.1:{free_port()}"
    scored = portal.call(Reranker(engine, PromptBuilder()).rank, ["tea"], None, ["a", "b", "c"], [0.1, 0.3, 0.2])
    assert scored.order == [1, 2, 0] and scored.degraded == Reason.ENGINE_UNAVAILABLE


def test_a_budget_ends_what_a_server_does_not(portal: BlockingPortal, address: tuple[str, type[Handler]]) -> None:
    engine = hostile(portal, address, reads(-1.0))
    engine._rate = 1e6
    address[1].answers["/v1/completions"] = (200, {}, 2.0)

    async def rank() -> Scored:
        return await Reranker(engine, PromptBuilder()).rank(["tea"], None, ["a", "b"], [0.1, 0.3], budget_s=0.2)

    started = time.monotonic()
    scored = portal.call(rank)
    assert scored.order == [1, 0] and scored.degraded == Reason.BUDGET
    assert time.monotonic() - started < 0.45


def test_a_busy_server_is_asked_again_when_it_says(portal: BlockingPortal, address: tuple[str, type[Handler]]) -> None:
    engine = hostile(portal, address, reads(-1.0))
    address[1].busy = 2
    scores = portal.call(engine.score_texts, "x", ["a"])
    assert list(scores.logprobs) == [-1.0] and address[1].busy == 0


def logprob(token: int) -> float:
    return -token / 100


def second_runner(handler: type[Handler], off_by: float = 0.0) -> None:
    """Lets a server answer as vLLM does with its second model runner, whose fixed ids are off by so many nats a token."""

    def fixed_ids(body: dict[str, Any]) -> dict[str, Any]:
        wanted = body["sampling_params"]["prompt_logprob_token_ids"]
        assert body["sampling_params"]["prompt_logprob_start"] == len(body["token_ids"]) - len(wanted) - 1
        with io.BytesIO() as file:
            np.save(file, np.array([[logprob(token) + off_by] for (token,) in wanted], np.float32))
            return {"prompt_token_id_logprobs": base64.b64encode(file.getvalue()).decode()}

    def plain(body: dict[str, Any]) -> dict[str, Any]:
        rows = [{str(token): {"logprob": logprob(token)}} for token in body["prompt"]]
        return {"choices": [{"prompt_logprobs": [None, *rows[1:]]}]}

    handler.answers["/v1/models"] = (200, MODELS, 0.0)
    handler.answers["/tokenize"] = (200, lambda body: {"tokens": [len(word) for word in body["prompt"].split()]}, 0.0)
    handler.answers["/inference/v1/generate"] = (200, fixed_ids, 0.0)
    handler.answers["/v1/completions"] = (200, plain, 0.0)


WORDS = ["a film about the sea", "soup", "many many years later"]
SUMS = [-sum(len(word) for word in text.split()) / 100 for text in WORDS]


def paths(handler: type[Handler]) -> dict[str, int]:
    return Counter(path for path, _ in handler.sent if path != "/tokenize")


def test_the_quick_route_is_taken_where_it_says_the_same(
    portal: BlockingPortal, address: tuple[str, type[Handler]]
) -> None:
    url, handler = address
    second_runner(handler)
    engine = connect(portal, url)
    for asked in (4, 7):  # one to compare with, at first
        assert portal.call(engine.score_texts, "what comes next", WORDS).logprobs == pytest.approx(SUMS, abs=1e-6)
        assert paths(handler) == {"/inference/v1/generate": asked, "/v1/completions": 1}
    portal.call(engine.close)


@pytest.mark.parametrize("broken", ["other values", "not there", "no answer", "not numpy's", "too few"])
def test_else_the_plain_one(portal: BlockingPortal, address: tuple[str, type[Handler]], broken: str) -> None:
    url, handler = address
    second_runner(handler, off_by=0.1 if broken == "other values" else 0.0)
    one = base64.b64encode(b"\x93NUMPY\x01\x00nonsense").decode()
    with io.BytesIO() as file:
        np.save(file, np.zeros((0, 1), np.float32))
        none = base64.b64encode(file.getvalue()).decode()
    others: dict[str, dict[str, tuple[int, Any, float]]] = {
        "not there": {"/inference/v1/generate": (404, {"error": "not found"}, 0.0)},
        "no answer": {"/inference/v1/generate": (200, {"prompt_token_id_logprobs": None}, 0.0)},
        "not numpy's": {"/inference/v1/generate": (200, {"prompt_token_id_logprobs": one}, 0.0)},
        "too few": {"/inference/v1/generate": (200, {"prompt_token_id_logprobs": none}, 0.0)},
    }
    handler.answers |= others.get(broken, {})
    engine = connect(portal, url)
    for _ in range(2):
        assert portal.call(engine.score_texts, "what comes next", WORDS).logprobs == pytest.approx(SUMS, abs=1e-6)
    assert paths(handler)["/inference/v1/generate"] == 1  # tried once
    portal.call(engine.close)


def test_a_quick_route_that_breaks_later_is_an_error_of_the_engine(
    portal: BlockingPortal, address: tuple[str, type[Handler]]
) -> None:
    url, handler = address
    second_runner(handler)
    engine = connect(portal, url)
    portal.call(engine.score_texts, "what comes next", WORDS)
    bodies: list[Any] = [{"prompt_token_id_logprobs": "!"}, {}, [], {"prompt_token_id_logprobs": 3}]
    for body in bodies:
        handler.answers["/inference/v1/generate"] = (200, body, 0.0)
        with pytest.raises(EngineError, match="no log-probabilities"):
            portal.call(engine.score_texts, "what comes next", WORDS)
    portal.call(engine.close)


def test_every_request_of_a_user_has_their_salt_and_no_other(
    portal: BlockingPortal, address: tuple[str, type[Handler]]
) -> None:
    url, handler = address
    second_runner(handler)
    engine = connect(portal, url)

    async def ask(user: str | None) -> None:
        with salted(user):
            await engine.score_texts("what comes next", WORDS)

    found: list[set[str]] = []
    for user in ("ann", "bob", "ann", None, None):
        handler.sent.clear()
        portal.call(ask, user)
        found.append({body["cache_salt"] for path, body in handler.sent if path != "/tokenize"})
    assert all(len(one) == 1 for one in found)
    ann, bob, again, nobody, other = (next(iter(one)) for one in found)
    assert ann == again and len({ann, bob, nobody, other}) == 4
    assert all(set(one) <= set("0123456789abcdef") and "ann" not in one for one in (ann, bob, nobody))
    handler.sent.clear()
    portal.call(engine.score_texts, "what comes next", WORDS)  # outside of any request
    assert not any("cache_salt" in body for _, body in handler.sent)
    portal.call(engine.close)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=MAX_ID_CHARS) | st.text("/@\\\0~", min_size=1, max_size=MAX_ID_CHARS))
def test_a_salt_holds_nothing_that_vllm_refuses(
    portal: BlockingPortal, address: tuple[str, type[Handler]], user: str
) -> None:
    url, handler = address
    second_runner(handler)
    handler.sent.clear()

    async def ask() -> None:
        engine = await ServerEngine.connect(ModelSpec.parse(url), timeout_s=5.0)
        with salted(user):
            await engine.score_texts("what comes next", WORDS[:1])
        await engine.close()

    portal.call(ask)
    salts = [body["cache_salt"] for path, body in handler.sent if path != "/tokenize"]
    assert salts and all(0 < len(salt) <= 128 and not {*salt} & {*"/@\\\0"} for salt in salts)


def test_more_labels_than_vllm_takes_are_refused_before_anything_is_sent(
    portal: BlockingPortal, address: tuple[str, type[Handler]]
) -> None:
    engine = hostile(portal, address, reads(-1.0))
    with pytest.raises(InvalidInputError, match="129 labels"):
        portal.call(engine.score_labels, ["x"], [f"label {n}" for n in range(129)])
    assert address[1].sent == []
    portal.call(engine.close)


def test_an_adapter_reads_as_much_as_what_it_is_laid_over(
    portal: BlockingPortal, address: tuple[str, type[Handler]]
) -> None:
    url, handler = address
    adapter = {"id": "films", "parent": "llama", "max_model_len": None}
    handler.answers["/v1/models"] = (200, {"data": [*MODELS["data"], adapter]}, 0.0)
    assert connect(portal, f"{url}#films").max_tokens == 4096
    assert connect(portal, url).model_id == "llama"  # which needs no name, as adapters are no models of their own


def test_likelihoods_are_not_asked_of_a_server_that_they_would_end(
    portal: BlockingPortal, address: tuple[str, type[Handler]]
) -> None:
    url, handler = address
    second_runner(handler)
    adapter = {"id": "films", "parent": "llama"}
    handler.answers["/v1/models"] = (200, {"data": [*MODELS["data"], adapter]}, 0.0)

    def letters(body: dict[str, Any]) -> dict[str, Any]:
        assert "prompt_logprobs" not in body
        top = {f"token_id:{token}": -1.0 for token in body["logprob_token_ids"]}
        return {"choices": [{"logprobs": {"top_logprobs": [top]}}]}

    handler.answers["/v1/completions"] = (200, letters, 0.0)
    for engine in (connect(portal, url), connect(portal, f"{url}#films")):
        with pytest.raises(InvalidInputError, match=r"adapters.*listwise or pointwise"):
            portal.call(engine.score_texts, "what comes next", WORDS)
        assert portal.call(engine.throughput) > 0  # what a budget is planned by
        portal.call(engine.close)


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def streams(text: str) -> bytes:
    """A streamed completion, in two pieces."""
    events = [json.dumps({"choices": [{"text": piece}]}) for piece in (text[:3], text[3:])]
    return "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]).encode()


def test_a_schema_goes_with_the_request_and_nothing_without_one(
    portal: BlockingPortal, address: tuple[str, type[Handler]]
) -> None:
    engine = hostile(portal, address, (200, streams('{"a":12}'), 0.0))
    assert portal.call(lambda: engine.generate_all(["x"], schema=SCHEMA)) == ['{"a":12}']
    assert portal.call(lambda: engine.generate_all(["x"])) == ['{"a":12}']
    first, second = (body for path, body in address[1].sent if path == "/v1/completions")
    assert json.loads(first["structured_outputs"]["json"]) == SCHEMA and not first["stop"]
    assert "structured_outputs" not in second
    assert not any(name.startswith("guided") for _, body in address[1].sent for name in body)  # vLLM passes over it
    portal.call(engine.close)


@pytest.mark.parametrize("said", ["Sure! Here it is:", '{"a":', "", '{"a":1} and more'])
def test_a_server_that_heeds_no_schema_is_an_error_of_the_engine(
    portal: BlockingPortal, address: tuple[str, type[Handler]], said: str
) -> None:
    engine = hostile(portal, address, (200, streams(said), 0.0))
    with pytest.raises(EngineError, match="no whole JSON"):
        portal.call(lambda: engine.generate_all(["x"], schema=SCHEMA))
    portal.call(engine.close)


def test_a_schema_that_the_server_refuses_is_the_caller_s_error(
    portal: BlockingPortal, address: tuple[str, type[Handler]]
) -> None:
    kinds: list[tuple[int, type[TastemakerError]]] = [(400, InvalidInputError), (500, EngineError)]
    for status, wanted in kinds:
        engine = hostile(portal, address, (status, {"error": "Failed to transform json schema"}, 0.0))
        with pytest.raises(wanted, match="Failed to transform"):
            portal.call(partial(engine.generate_all, ["x"], schema=SCHEMA))
        with pytest.raises(EngineError):  # without one it is the server's
            portal.call(engine.generate_all, ["x"])
        portal.call(engine.close)
