"""`bench explain`: are reasons true, are false ones caught, how soon do they come, and what did the cited evidence do?"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tastemaker.agent.engines import open_engine
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.explanations.explainer import Case, Explainer, Manner
from tastemaker.agent.explanations.request import SCORED, Request, cases
from tastemaker.agent.explanations.verifier import Verifier
from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.domain import Explanation
from tastemaker.eval.benchmarks.environment import environment, quartiles
from tastemaker.eval.benchmarks.explain.checker import statements, supported
from tastemaker.eval.benchmarks.explain.films import believed, viewer
from tastemaker.eval.benchmarks.explain.mutations import mutations
from tastemaker.eval.benchmarks.explain.paraphrases import true_sentences
from tastemaker.eval.benchmarks.explain.people import People, headlines, movielens
from tastemaker.eval.benchmarks.explain.world import World
from tastemaker.eval.statistics import bootstrap
from tastemaker.progress import Progress, silent
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.retrieval.fusion import learned
from tastemaker.retrieval.retriever import Retriever
from tastemaker.settings import ModelSpec, Settings

SLATE, SEED = 3, 0
CLASSES, EACH = 20, 50
WORLDS, TRUE = 2_000, 300
PARTS: tuple[Literal["a", "b", "c", "d"], ...] = ("a", "b", "c", "d")
WRITTEN = 12
TIMED = 8
"""Slates of each set whose cases models write, and whose prompts are timed."""
BARS = {
    "supported_share": (0.995, ">="), "unknown_titles": (0, "<="), "claims_each": (1.5, ">="),
    "caught_share": (0.98, ">="), "false_alarms": (0.02, "<="), "first_sentence_ratio": (1.3, "<="),
    "counterfactual_share": (0.95, ">="), "counterfactual_ratio": (3.0, ">="),
}  # fmt: skip


@dataclass(slots=True)
class Told:
    """All that was shown to a set of people: each reason with its world, its case, and what the counterfactual gave."""

    reasons: list[tuple[World, Explanation]] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    cited: list[float] = field(default_factory=list)
    uncited: list[float] = field(default_factory=list)
    recommend_ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    explain_ms: list[float] = field(default_factory=list)
    token_ms: list[float] = field(default_factory=list)


async def run(
    settings: Settings, users: int, chinese: Path | None, writers: Sequence[str], progress: Progress = silent
) -> dict[str, Any]:
    """Every figure, with its bar; `failures` shows what the checker did not believe, `missed` what the verifier let pass.

    `chinese` is a file of TNEWS's headlines, for readers of Chinese; `writers` are models whose share of sentences is
    measured, beside the settings' own.
    """
    sets: dict[str, Told] = {}
    people = {"movielens-100k": ("en", movielens(settings.cache, progress))}
    if chinese is not None:
        people["tnews"] = ("zh", headlines(chinese, users))
    for name, (language, some) in people.items():
        sets[name] = await _tell(settings, some, language, users, progress, name)
    judged = {name: _judge(told) for name, told in sets.items()}
    suites = {language: _suite(language, progress) for language in ("en", "zh")}
    shares = await _written(settings, [str(settings.writer or settings.ranker), *writers], sets, people, progress)
    asked = await _asked(settings, sets["movielens-100k"].cases, progress)
    english = sets["movielens-100k"]
    figures = {
        "supported_share": min(one["supported_share"] for one in judged.values()),
        "unknown_titles": sum(one["unknown_titles"] for one in judged.values()),
        "claims_each": min(one["claims_each"] for one in judged.values()),
        "caught_share": min(one["caught_share"] for one in suites.values()),
        "false_alarms": max(one["false_alarms"] for one in suites.values()),
        "counterfactual_share": round(float(np.mean(np.array(english.cited) > 0)), 4),
        "counterfactual_ratio": round(float(np.mean(english.cited)) / max(float(np.mean(english.uncited)), 1e-9), 2),
        "first_sentence_ratio": round(float(np.median(english.first_ms)) / float(np.median(english.token_ms)), 2),
    }  # fmt: skip
    bars = [
        {"figure": name, "value": figures[name], "bar": bar, "met": figures[name] >= bar if way == ">=" else figures[name] <= bar}
        for name, (bar, way) in BARS.items()
    ]  # fmt: skip
    return figures | {
        "model_share": shares, "model_asked": asked, "sets": judged, "suites": suites,
        "counterfactual": _counterfactual(english), "bars": bars, "passed": all(bar["met"] for bar in bars),
        **environment(),
    }  # fmt: skip


async def _tell(settings: Settings, people: People, language: str, users: int, progress: Progress, name: str) -> Told:
    told, rng = Told(), random.Random(SEED)
    some = rng.sample(sorted(people.events), min(users, len(people.events)))
    spec = settings.writer or settings.ranker
    with tempfile.TemporaryDirectory() as folder:
        given = settings.model_dump() | {"path": Path(folder)}
        async with await AsyncRecommender.open(progress=progress, **given) as recommender:
            engine = await open_engine(spec, settings, progress)
            recommender.use_engine(spec, engine)
            await recommender.index(people.items.values())
            if not people.alone:
                await recommender.observe(event for events in people.events.values() for event in events)
                await recommender.fit()
            store = recommender.store
            retriever = Retriever(store.catalogue, store.index, _no_encoder, learned(store.catalogue).fusion)
            for n, user in enumerate(some):
                progress(f"Explaining {name}", n, len(some))
                started = time.perf_counter()
                shown = await recommender.recommend(people.asked_for(user), k=SLATE, explain=False)
                ranked = time.perf_counter()
                found: list[Explanation] = []
                async with aclosing(recommender.explain(shown, language=language)) as reasons:
                    async for reason in reasons:
                        if not found:
                            told.first_ms.append(1000 * (time.perf_counter() - ranked))
                        found.append(reason)
                told.recommend_ms.append(1000 * (ranked - started))
                told.explain_ms.append(1000 * (time.perf_counter() - ranked))
                told.reasons += zip(people.worlds(recommender, shown, user, language), found, strict=True)
                request = Request.of(store.log.decision(shown.decision_id), store.log.slate(shown.decision_id))
                if n < TIMED:
                    told.cases += cases(store, retriever, request, language)
                    told.token_ms.append(await _first_token(engine, told.cases[-SLATE], language))
                _leave_out(told, retriever, request, found, rng)
            progress(f"Explaining {name}", len(some), len(some))
    return told


async def _first_token(engine: Engine, case: Case, language: str) -> float:
    """Milliseconds to the engine's own first token of the prompt that asks for a reason."""
    prompt = Explainer(engine, PromptBuilder()).prompt(case, Manner(language))
    started = time.perf_counter()
    async with aclosing(engine.generate(prompt, max_tokens=8)) as pieces:
        await anext(pieces)
    return 1000 * (time.perf_counter() - started)


def _leave_out(
    told: Told, retriever: Retriever, request: Request, found: Sequence[Explanation], rng: random.Random
) -> None:
    """What each item's fused score loses without the first item cited, and without one that is not cited, drawn by chance.

    Everything is retrieved and fused again without it; an item that is no longer found has the lowest score there is.
    """

    def scores(left_out: str | None) -> dict[str, float]:
        profile = request.without(left_out) if left_out else request.profile
        return {one: prior for one, prior, _ in retriever.rank(profile, request.query, SCORED)}

    before = scores(None)
    for one in found:
        cited = [str(entry.item_id) for entry in one.evidence if entry.kind == "history"]
        others = [past for past in request.profile.seen if past not in cited]
        if cited and others and one.item_id in before:
            for left_out, into in ((cited[0], told.cited), (rng.choice(others), told.uncited)):
                after = scores(left_out)
                into.append(before[one.item_id] - after.get(one.item_id, min(after.values())))


def _judge(told: Told) -> dict[str, Any]:
    """What the independent checker says of what was shown."""
    counts, failures, kinds, unknown = list[int](), list[dict[str, str]](), Counter[str](), 0
    for world, reason in told.reasons:
        found = statements(reason.text, world)
        counts.append(sum(one.supported for one in found))
        kinds.update(one.kind for one in found)
        unknown += sum(one.kind == "title" and not one.supported for one in found)
        if not supported(reason.text, world):
            wrong = "; ".join(f"{one.kind}: {one.text}" for one in found if not one.supported)
            failures.append({"item": world.item.title, "text": reason.text, "wrong": wrong})
    return {
        "sentences": len(counts), "supported_share": round(1 - len(failures) / len(counts), 4),
        "unknown_titles": unknown, "claims_each": round(float(np.mean(counts)), 2), "statements": dict(kinds),
        "by_source": dict(Counter(reason.source for _, reason in told.reasons)),
        "recommend_ms": quartiles(told.recommend_ms), "first_sentence_ms": quartiles(told.first_ms),
        "explain_ms": quartiles(told.explain_ms), "first_token_ms": quartiles(told.token_ms),
        "failures": failures[:10],
    }  # fmt: skip


def _counterfactual(told: Told) -> dict[str, Any]:
    cited, uncited = np.array(told.cited), np.array(told.uncited)
    return {
        "n": len(cited), "cited_mean": round(float(cited.mean()), 4), "uncited_mean": round(float(uncited.mean()), 4),
        "difference_ci": [round(edge, 4) for edge in bootstrap(cited - uncited, SEED)],
    }  # fmt: skip


def _suite(language: str, progress: Progress) -> dict[str, Any]:
    """Fifty false sentences of each class before the verifier, and true ones in four authors' words: `a` and `b` it was fitted
    to, `c` and `d` not."""
    rng = random.Random(f"{language}-{SEED}")
    caught, tried, missed = Counter[int](), Counter[int](), list[dict[str, Any]]()
    true, alarms, refused = Counter[str](), Counter[str](), list[dict[str, str]]()
    for _ in range(WORLDS):
        done = sum(min(tried[number], EACH) for number in range(1, CLASSES + 1))
        if done == CLASSES * EACH and min(true.values()) >= TRUE:
            break
        progress(f"False sentences, {language}", done, CLASSES * EACH)
        world, case = viewer(language, rng)
        known, verifier = believed(world, case), Verifier(case.item, case.evidence, case.cited, language)
        for part in PARTS:
            sentences = true_sentences(known, rng, part)
            for sentence in rng.sample(sentences, min(5, len(sentences))):
                fault = verifier.judge(sentence).fault
                true[part] += 1
                if fault is not None:
                    alarms[part] += 1
                    refused.append({"part": part, "text": sentence, "fault": fault})
                for number, false in mutations(sentence, world, rng):
                    if tried[number] < EACH:
                        tried[number] += 1
                        caught[number] += (passed := verifier.judge(false).fault) is not None
                        if passed is None:
                            missed.append({"class": number, "text": false})
    return {
        "mutations": sum(tried.values()), "caught_share": round(sum(caught.values()) / max(1, sum(tried.values())), 4),
        "by_class": {number: f"{caught[number]}/{tried[number]}" for number in range(1, CLASSES + 1)},
        "true_sentences": dict(true), "false_alarms": round((alarms["c"] + alarms["d"]) / max(1, true["c"] + true["d"]), 4),
        "false_alarms_by_author": {part: round(alarms[part] / max(1, true[part]), 4) for part in PARTS},
        "false_alarms_of_known_forms": round((alarms["a"] + alarms["b"]) / max(1, true["a"] + true["b"]), 4),
        "missed": missed[:20],
        "refused": [one for one in refused if one["part"] in "ab"][:20],
    }  # fmt: skip


async def _written(
    settings: Settings, writers: Sequence[str], sets: dict[str, Told], people: dict[str, tuple[str, People]],
    progress: Progress,
) -> dict[str, dict[str, float]]:  # fmt: skip
    """By model and set: the share of cases whose reason it writes when it is asked, whatever its self-test says."""
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    for named in dict.fromkeys(writers):
        engine = await open_engine(ModelSpec.parse(named), settings, progress)
        try:
            for name, told in sets.items():
                progress(f"Writing with {named}", 0, None)
                manner = Manner(people[name][0], length="short")
                async with aclosing(
                    Explainer(engine, PromptBuilder(settings.prompts)).explain(told.cases[:WRITTEN], manner)
                ) as reasons:
                    sources = [reason.source async for reason in reasons]
                shares[named][name] = round(sources.count("model") / max(1, len(sources)), 3)
        finally:
            await engine.close()
    return dict(shares)


async def _asked(settings: Settings, told: Sequence[Case], progress: Progress) -> dict[str, Any]:
    """Milliseconds to a reason that the model wrote or failed to, at its first try, against the engine's own first token to the
    same prompt, in turns. It can't be 1: a sentence is not checked before its last word."""
    engine = await open_engine(settings.writer or settings.ranker, settings, progress)
    times: dict[str, list[float]] = {"sentence": [], "first token": []}
    try:
        for n in range(TIMED + 1):
            progress("Timing a sentence of the model's", n, TIMED + 1)
            case = told[n % len(told)]
            times["first token"].append(await _first_token(engine, case, "en"))
            started = time.perf_counter()
            async with aclosing(Explainer(engine, PromptBuilder(), tries=1).explain([case], Manner("en"))) as reasons:
                await anext(reasons)
            times["sentence"].append(1000 * (time.perf_counter() - started))
    finally:
        await engine.close()
    kept = {way: quartiles(values[1:]) for way, values in times.items()}  # the first also warms
    return {"ratio": round(kept["sentence"]["median"] / kept["first token"]["median"], 2), "ms": kept}


def _no_encoder() -> Any:
    raise AssertionError("no query, no encoder")
