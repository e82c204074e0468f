"""`bench rerank`: our readings of a model against writing a permutation, against bare passes, and against other rerankers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.agent.engines import open_engine
from tastemaker.agent.engines.base import Prompt
from tastemaker.agent.engines.embedded import EmbeddedEngine
from tastemaker.agent.engines.models import resolve
from tastemaker.agent.engines.server import ServerEngine
from tastemaker.agent.models import salted
from tastemaker.agent.modes import Mode
from tastemaker.agent.reranker import Reranker
from tastemaker.database import open_database
from tastemaker.domain import Item
from tastemaker.eval import metrics
from tastemaker.eval.benchmarks.environment import environment, number_format, quartiles
from tastemaker.eval.benchmarks.rerank import baselines, floors
from tastemaker.eval.benchmarks.rerank.cases import SEED, Case, cases
from tastemaker.eval.benchmarks.rerank.peers import PEERS, ask
from tastemaker.eval.benchmarks.vllm_server import vllm_server
from tastemaker.eval.recorder import Recorder
from tastemaker.eval.statistics import bootstrap
from tastemaker.progress import Progress, silent
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.datasets import open_dataset
from tastemaker.settings import EngineKind, ModelSpec, Settings

HISTORY = 10
FEW, MANY = 20, 100
MANY_CASES, PAIR_CASES, PEER_CASES = 5, 3, 10
LONG_HISTORY = 30
BLOCK = 128
"""Tokens in a block of vLLM's prefix cache on a CPU."""
BARS = {
    "speedup_vs_generate": (25.0, "at least"), "embedded_speedup_vs_generate": (15.0, "at least"),
    "prefill_ratio": (1.10, "at most"), "embedded_prefill_ratio": (1.25, "at most"),
    "prefix_hit_share": (0.9, "at least"), "embedded_vs_vllm": (0.5, "at least"),
}  # fmt: skip
Order = Sequence[int]


async def run(
    settings: Settings, model: str, n: int, peers: Sequence[str] = tuple(PEERS), progress: Progress = silent
) -> dict[str, Any]:
    """All figures of one model, on `n` cases of 20 candidates and five of 100, in one run.

    The same vLLM server, and the same weights in this process, answer in every way. `rows` has each way's milliseconds,
    NDCG@10 with its interval, and how many answers of a thousand were no permutation; `tests` the paired differences.
    `passed` if every bar in `bars` is met and no reading of ours ranks worse than writing, by an interval that lies below 0.
    """
    settings = settings.model_copy(update={"timeout_s": 300.0})
    films = open_dataset("movielens-100k", settings.cache, progress)
    few, many = cases(films, n, FEW, HISTORY), cases(films, min(n, MANY_CASES), MANY, HISTORY, SEED + 1)
    folder = resolve(model, settings.cache, progress)
    dtype = number_format(settings)
    rows: list[dict[str, Any]] = []
    with vllm_server(folder.path, "bench", dtype=dtype, max_model_len=4_096, progress=progress) as url:
        spec = ModelSpec(kind=EngineKind.SERVER, url=url)
        served = await open_engine(spec, settings, progress)
        assert isinstance(served, ServerEngine)
        try:
            rows += await _on_server(served, few, progress)
            figures = await _server_figures(served, url, few, many, progress)
        finally:
            await served.close()
        for name in peers:
            some = few[:PEER_CASES]  # some take all the time that they are given
            rows.append(_of_peer(name, some, ask(name, some, url, "bench", settings.cache, progress)))
    local = await open_engine(ModelSpec(model=model), settings.model_copy(update={"dtype": dtype}), progress)
    assert isinstance(local, EmbeddedEngine)
    try:
        rows += await _in_process(local, few, progress)
        figures |= await _local_figures(local, few, many, progress)
    finally:
        await local.close()
    figures["embedded_vs_vllm"] = figures["embedded_tokens_per_s"] / figures["vllm_tokens_per_s"]
    figures["speedup_vs_generate"] = _ms(rows, "generate, vllm") / _ms(rows, "labels, vllm")
    figures["embedded_speedup_vs_generate"] = _ms(rows, "generate, embedded") / _ms(rows, "likelihood, embedded")
    tests = [
        _paired(rows, "labels, vllm", "generate, vllm"), _paired(rows, "likelihood, embedded", "generate, embedded")
    ]  # fmt: skip
    bars = [
        {"bar": name, "value": figures[name], "wanted": bar, "met": (figures[name] >= bar) is (kind == "at least")}
        for name, (bar, kind) in BARS.items()
    ]
    peer_names = set(peers)
    for row in rows:
        row.pop("values", None)
    return {
        "model": folder.model_id, "dtype": dtype, "cases": {"20": len(few), "100": len(many)}, "history": HISTORY,
        **{name: round(value, 3) for name, value in figures.items()},
        "rows": rows, "peers": [row for row in rows if row["way"] in peer_names], "tests": tests, "bars": bars,
        "passed": all(bar["met"] for bar in bars) and all(test["ci"][1] >= 0 for test in tests), **environment(),
    }  # fmt: skip


async def _on_server(engine: ServerEngine, few: Sequence[Case], progress: Progress) -> list[dict[str, Any]]:
    labels = Reranker(engine, PromptBuilder(), mode=Mode.LISTWISE)

    async def ours(case: Case) -> tuple[Order, bool]:
        return (await _ranked(labels, case)), True

    async def written(case: Case) -> tuple[Order, bool]:
        return await baselines.generated_by_schema(engine, case)

    async def pairs(case: Case) -> tuple[Order, bool]:
        return (await baselines.by_pairs(engine, case)), True

    return [
        await _timed("labels, vllm", ours, few, progress),
        await _timed("generate, vllm", written, few, progress),
        await _timed("pairwise, vllm", pairs, few[:PAIR_CASES], progress),
    ]


async def _in_process(engine: EmbeddedEngine, few: Sequence[Case], progress: Progress) -> list[dict[str, Any]]:
    async def written(case: Case) -> tuple[Order, bool]:
        return await baselines.generated(engine, case)

    with tempfile.TemporaryDirectory() as folder:
        catalogue = Catalogue(open_database(Path(folder) / "store.sqlite3"))
        ids = {text: f"i{n}" for n, text in enumerate(sorted({text for one in few for text in one.candidates}))}
        catalogue.add_items(Item(id=identity, title=text) for text, identity in ids.items())
        likelihood = Reranker(engine, PromptBuilder(), catalogue, mode=Mode.LIKELIHOOD)
        labels = Reranker(engine, PromptBuilder(), mode=Mode.LISTWISE)

        async def ours(case: Case) -> tuple[Order, bool]:
            return (await _ranked(likelihood, case, catalogue.items([ids[one] for one in case.candidates]))), True

        async def lettered(case: Case) -> tuple[Order, bool]:
            return (await _ranked(labels, case)), True

        return [
            await _timed("likelihood, embedded, new items", ours, few, progress),  # keeps their neutral terms
            await _timed("likelihood, embedded", ours, few, progress),
            await _timed("labels, embedded", lettered, few, progress),
            await _timed("generate, embedded", written, few, progress),
        ]


async def _ranked(ranker: Reranker, case: Case, items: Sequence[Item] = ()) -> Order:
    with salted(None):
        return (await ranker.rank(case.history, None, case.candidates, [0.0] * len(case.candidates), items)).order


async def _server_figures(
    engine: ServerEngine, url: str, few: Sequence[Case], many: Sequence[Case], progress: Progress
) -> dict[str, float]:
    recorder, ratios, likelihood, tokens, seconds = Recorder(engine), [], [], 0, 0.0
    for number, case in enumerate(many):
        progress("Reading 100 candidates with vLLM", number, len(many))
        recorder.prompts.clear()
        ours = await _seconds(_ranked(Reranker(recorder, PromptBuilder(), mode=Mode.LISTWISE), case))
        with salted(None):
            ratios.append(ours / await floors.prefill(engine, url, recorder.prompts))
    for number, case in enumerate(few[:MANY_CASES]):
        progress("Reading likelihoods with vLLM", number, MANY_CASES)
        prompts, lines = PromptBuilder(), [f" {text}" for text in case.candidates]
        recorder.prompts.clear()
        with salted(None):
            ours = await _seconds(recorder.score_texts(prompts.choice(case.history, None, "en"), lines))
        with salted(None):
            likelihood.append(ours / await floors.prefill(engine, url, recorder.prompts))
        asked = [await engine._encode(_labels_prompt(case))]
        with salted(None):
            seconds += await floors.prefill(engine, url, asked)
        tokens += len(asked[0])
    return {
        "prefill_ratio": float(np.median(ratios)), "likelihood_vllm_ratio": float(np.median(likelihood)),
        "vllm_tokens_per_s": tokens / seconds, "prefix_hit_share": await _hit_share(engine, url, few),
    }  # fmt: skip


async def _hit_share(engine: ServerEngine, url: str, few: Sequence[Case]) -> float:
    """Of the tokens before the candidates that fill whole blocks, how many the server had kept at a user's second query."""
    shares = []
    for number in range(3):
        history = [text for case in few[:LONG_HISTORY] for text in case.history][number : number + LONG_HISTORY]
        one, two = (Case(tuple(history), few[n].candidates, 0) for n in (number, number + 1))
        ids = [await engine._encode(_labels_prompt(case)) for case in (one, two)]
        shared = next(n for n, (a, b) in enumerate(zip(*ids, strict=False)) if a != b)
        ranker = Reranker(engine, PromptBuilder(), mode=Mode.LISTWISE)
        with salted(f"reader {number}"):
            await ranker.rank(one.history, None, one.candidates, [0.0] * FEW)
            before = (await floors.counters(url))["vllm:prefix_cache_hits_total"]
            await ranker.rank(two.history, None, two.candidates, [0.0] * FEW)
            after = (await floors.counters(url))["vllm:prefix_cache_hits_total"]
        shares.append((after - before) / (shared // BLOCK * BLOCK))
    return min(shares)


async def _local_figures(
    engine: EmbeddedEngine, few: Sequence[Case], many: Sequence[Case], progress: Progress
) -> dict[str, float]:
    ratios, tokens, seconds = [], 0, 0.0
    prompts = PromptBuilder()
    for number, case in enumerate(many):
        progress("Reading 100 candidates in this process", number, len(many))
        prefix, lines = prompts.choice(case.history, None, "en"), [f" {text}" for text in case.candidates]
        before = await engine._encode(prefix)
        after = [await engine.tokenizer.encode(line, special=False) for line in lines]
        pairs = [
            (await _seconds(engine.score_texts(prefix, lines)), floors.forward(engine, before, after)) for _ in "ab"
        ]
        ratios.append(min(ours for ours, _ in pairs) / min(bare for _, bare in pairs))
    for case in few[:MANY_CASES]:
        prompt = _labels_prompt(case)
        tokens += len(await engine._encode(prompt))
        seconds += await _seconds(engine.score_labels([prompt], [chr(65 + n) for n in range(FEW)]))
    return {"embedded_prefill_ratio": float(np.median(ratios)), "embedded_tokens_per_s": tokens / seconds}


def _labels_prompt(case: Case) -> Prompt:
    pairs = [(chr(65 + n), text) for n, text in enumerate(case.candidates)]
    return [{"role": "user", "content": PromptBuilder().labels(case.history, None, pairs)}]


async def _timed(
    way: str, rank: Callable[[Case], Awaitable[tuple[Order, bool]]], given: Sequence[Case], progress: Progress
) -> dict[str, Any]:
    times, orders, whole = list[float](), list[Order](), 0
    await rank(given[-1])  # warms
    for number, case in enumerate(given):
        progress(f"Ranking by {way}", number, len(given))
        started = time.perf_counter()
        order, fine = await rank(case)
        times.append(1000 * (time.perf_counter() - started))
        orders.append(order)
        whole += fine
    return row(way, given, orders, times, len(given) - whole)


def row(
    way: str, given: Sequence[Case], orders: Sequence[Order], times: Sequence[float], failures: int
) -> dict[str, Any]:
    """One line of the table. NDCG@10 of an empty order is 0."""
    width = max(map(len, orders), default=0)
    lists = np.array([[*order, *[-1] * (width - len(order))] for order in orders]).reshape(len(orders), width)
    values = metrics.ndcg(lists, metrics.Truth.of([[case.wanted] for case in given]), 10)
    return {
        "way": way, "ms": quartiles(times), "ndcg@10": round(float(values.mean()), 4),
        "ci": [round(edge, 4) for edge in bootstrap(values, SEED)], "failures_per_1000": round(1000 * failures / len(given)),
        "cases": len(given), "values": values,
    }  # fmt: skip


def _of_peer(name: str, given: Sequence[Case], answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A ranking fails if it raises, takes too long, or is no permutation. One that leaves the order as it was is counted too."""
    whole = list(range(len(given[0].candidates)))
    orders = [answer.get("order", []) for answer in answers]
    failures = [
        answer.get("failure") or "no permutation"
        for answer, order in zip(answers, orders, strict=True)
        if sorted(order) != whole
    ]
    found = row(name, given, [order if sorted(order) == whole else [] for order in orders],
                [1000 * answer["seconds"] for answer in answers], len(failures))  # fmt: skip
    unchanged = sum(order == whole for order in orders)
    return found | {
        "unchanged_per_1000": round(1000 * unchanged / len(given)),
        "first_failure": next(iter(failures), None),
    }


def _paired(rows: Sequence[dict[str, Any]], a: str, b: str) -> dict[str, Any]:
    first, second = (next(one["values"] for one in rows if one["way"] == way) for way in (a, b))
    gaps = first - second
    return {"a": a, "b": b, "difference": float(gaps.mean()), "ci": list(bootstrap(gaps, SEED)), "cases": len(gaps)}


def _ms(rows: Sequence[dict[str, Any]], way: str) -> float:
    return float(next(one["ms"]["median"] for one in rows if one["way"] == way))


async def _seconds(work: Awaitable[Any]) -> float:
    started = time.perf_counter()
    await work
    return time.perf_counter() - started
