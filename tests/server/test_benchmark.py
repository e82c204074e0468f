"""`bench serve` on small stores: both sides are asked the same, and a refusal is no answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from tastemaker import Event, Item, Recommender
from tastemaker.errors import EngineError, EngineUnavailableError
from tastemaker.eval.benchmarks.processes import process
from tastemaker.progress import silent
from tastemaker.server.benchmark import null, saturated
from tastemaker.server.benchmark.clients import Body, Round, client, figures, ratio, send
from tastemaker.server.benchmark.in_thread import in_thread
from tastemaker.settings import Settings


def test_figures_of_rounds() -> None:
    rounds = [Round(2.0, (100.0, 300.0)), Round(1.0, (200.0, 400.0), degraded=1)]
    found = figures(rounds)
    assert found["requests_s"] == 1.5 and found["ms"]["median"] == 250.0 and found["degraded"] == 1
    assert found["p99_ms"] == pytest.approx(397.0) and found["p99_over_p50"] == pytest.approx(1.588)
    assert ratio(rounds, [Round(1.0, (1.0, 1.0)), Round(2.0, (1.0, 1.0))]) == {
        "median": 1.25,
        "least": 0.5,
        "most": 2.0,
    }


@pytest.fixture
def counting() -> Iterator[tuple[str, list[Body]]]:
    """A server that answers all but the tenth request, and says of every third that it was degraded."""
    app, asked = FastAPI(), list[Body]()

    @app.post("/ask")
    async def ask(body: Body) -> JSONResponse:
        asked.append(body)
        if body["n"] == 10:
            return JSONResponse({"message": "no"}, 503)
        return JSONResponse({"degraded": "budget" if body["n"] % 3 == 0 else None})

    with in_thread(app) as url:
        yield f"{url}/ask", asked


def test_each_is_asked_once_and_what_is_degraded_is_counted(counting: tuple[str, list[Body]]) -> None:
    url, asked = counting

    async def run(numbers: range) -> Round:
        async with client() as web:
            return await send(web, url, [{"n": n} for n in numbers], users=4)

    done = anyio.run(run, range(9))
    assert len(done.ms) == 9 and done.degraded == 3 and sorted(one["n"] for one in asked) == list(range(9))
    with pytest.raises(EngineError, match="503"):
        anyio.run(run, range(20))


def test_a_server_that_does_not_start_is_shown_with_its_last_words() -> None:
    command = ["python", "-c", "raise SystemExit('no such store')"]
    with pytest.raises(EngineUnavailableError, match="no such store"), process(command, "http://127.0.0.1:9", "/"):
        pass


@pytest.mark.slow
def test_without_a_model(tmp_path: Path) -> None:
    found = anyio.run(null.measure, Settings.load(cache=tmp_path), 400, 1, silent, 40)
    assert found["items"] == 400 and found["ratio"]["median"] > 0
    for side in ("ours", "with_reasons", "bare", "same_search"):
        assert found[side]["ms"]["n"] == 40 and found[side]["degraded"] == 0


@pytest.mark.slow
def test_before_vllm_both_sides_have_the_same_prompts_read(
    server_url: str, tmp_path: Path, items: list[Item], events: list[Event]
) -> None:
    with Recommender.open(tmp_path / "store", encoder="hashing") as recommender:
        recommender.index(items)
        recommender.observe(events)
    served = httpx.get(f"{server_url}/v1/models", trust_env=False).json()["data"][0]["id"]
    bodies = [{"query": query, "k": 3, "explain": False} for query in ("soup", "bread", "stars", "rivers")]

    async def run() -> Body:
        options = ["--encoder", "hashing"]
        return await saturated.compare(tmp_path / "store", server_url, served, bodies, 2, options=options)

    found = anyio.run(run)
    assert found["prompts"] == len(bodies) and found["ours"]["degraded"] == 0
    assert found["prompt_tokens"]["ours"] == found["prompt_tokens"]["raw"] and min(found["prompt_tokens"]["ours"]) > 100
