"""Can this model rank at all, and read in which way? Planted items over rotated positions say so before anybody relies on it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from tastemaker.agent.engines import open_engine
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.modes import Debias, Floats, Mode, Task, read
from tastemaker.agent.telemetry import kendall_tau
from tastemaker.domain import Shape
from tastemaker.errors import EngineError, InvalidInputError
from tastemaker.progress import Progress
from tastemaker.prompts.builder import PromptBuilder, candidate_line
from tastemaker.settings import Settings

Measure = Callable[[Engine, PromptBuilder, str], Awaitable[float]]
"""A self-test: of an engine, with these templates, in a language."""
SUBJECTS: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "en": (
        (("Ten soups for winter", "How to bake a chocolate cake", "The best flour for pizza dough"), "Baking sourdough bread at home"),
        (("Astronauts return from the space station", "A new telescope sees distant galaxies"), "Rover finds ice under the surface of Mars"),
        (("Learning the piano at sixty", "The greatest violin concertos", "How to tune a guitar"), "Why every child should play the cello"),
        (("Striker scores twice in the cup final", "Coach praises his young defenders"), "Goalkeeper saves a penalty in the last minute"),
        (("Central bank raises interest rates", "Shares fall as inflation climbs"), "Investors fear higher rates on government bonds"),
        (("How to train a nervous puppy", "Ten breeds of dog for small flats"), "Teaching your dog to come when called"),
    ),
    "zh": (
        (("冬天适合喝的十种汤", "如何在家烤巧克力蛋糕", "做披萨用什么面粉最好"), "在家自制酸面包的方法"),
        (("宇航员从空间站返回地球", "新望远镜观测到遥远的星系"), "火星车在地表下发现冰层"),
        (("六十岁开始学钢琴", "最伟大的小提琴协奏曲", "怎样给吉他调音"), "为什么孩子应该学大提琴"),
        (("前锋在决赛中梅开二度", "主教练称赞年轻的后卫"), "门将在最后一分钟扑出点球"),
        (("央行宣布上调利率", "通胀攀升股市下跌"), "投资者担心国债收益率继续走高"),
        (("如何训练胆小的幼犬", "适合小公寓的十种狗"), "教你的狗听到呼唤就回来"),
    ),
}  # fmt: skip
"""Of each subject what somebody liked, and what is planted for them among what is planted for the next four."""
CHOICES = 5
PLACES = (0, 2, 4)
CHANCE = float(np.mean(1 / np.arange(1, CHOICES + 1)))
"""Mean reciprocal rank, 0.457, of the planted one among five by chance."""
WORKS = 0.65
"""Mean reciprocal rank from which a mode is taken to work: over the twelve subjects more than two standard errors above
chance."""


class ModeResult(Shape):
    """Mean reciprocal rank of what was planted, in (0, 1]; how far that moves with its place (standard deviation of the
    means over places); `agreement`, Kendall τ between the rankings of the same candidates in other orders, in [−1, 1];
    seconds for a case; or why the mode can't be used."""

    mode: Mode
    debias: Debias = Debias.NONE
    mrr: float = 0.0
    sway: float = 0.0
    agreement: float = 1.0
    seconds: float = 0.0
    fault: str = ""


class SelfTest(Shape):
    """What each mode did, and the one to use: the best that works; of equals the one least swayed by places. Labels are
    debiased where that raises agreement per second."""

    model_id: str
    mode: Mode | None
    debias: Debias = Debias.NONE
    results: tuple[ModeResult, ...]


async def self_test(engine: Engine, prompts: PromptBuilder, *, first: bool = False) -> SelfTest:
    """Try every mode, or up to the `first` that works: rankings of five by twelve subjects, some five seconds a mode for a
    small model on two cores.

    Raises the engine's error if that failed and nothing could be ranked: it says nothing of the model.
    """
    results: list[ModeResult] = []
    failed: EngineError | None = None
    for mode in Mode:
        try:
            results += [
                await _try(mode, engine, prompts, way) for way in (Debias if mode is Mode.LISTWISE else [Debias.NONE])
            ]
        except InvalidInputError as error:  # the model has no labels for it
            results.append(ModeResult(mode=mode, fault=str(error)[:200]))
        except EngineError as error:
            failed = error
            results.append(ModeResult(mode=mode, fault=str(error)[:200]))
        if first and _best(results) is not None:
            break
    if failed is not None and all(one.fault for one in results):
        raise failed
    best = _best(results)
    return SelfTest(
        model_id=engine.model_id, mode=best.mode if best else None, debias=best.debias if best else Debias.NONE,
        results=tuple(results),
    )  # fmt: skip


def _best(results: Sequence[ModeResult]) -> ModeResult | None:
    labels = [one for one in results if one.mode is Mode.LISTWISE and one.mrr >= WORKS]
    working = [one for one in results if one.mode is not Mode.LISTWISE and one.mrr >= WORKS]
    if labels:
        working.append(max(labels, key=lambda one: one.agreement / max(one.seconds, 1e-9)))
    return max(working, key=lambda one: (round(one.mrr, 2), -one.sway), default=None)


async def tested(settings: Settings, progress: Progress) -> SelfTest:
    """`self_test` of the ranker and the templates that the settings name, in every mode. Raises what opening them raises."""
    progress(f"Loading {settings.ranker}", 0, None)
    engine = await open_engine(settings.ranker, settings, progress)
    try:
        progress(f"Testing {engine.model_id}", 0, None)
        return await self_test(engine, PromptBuilder(settings.prompts))
    finally:
        await engine.close()


async def working_mode(engine: Engine, prompts: PromptBuilder, cache: Path) -> tuple[Mode, Debias]:
    """The mode that the self-test chooses for this model and these templates, and how its labels are debiased; kept in the
    folder `cache`.

    That is the first that works, as a test of all takes minutes where passes are slow.

    Raises:
        InvalidInputError: the model ranks no better than chance in any mode.
        EngineError: the engine failed, and nothing could be ranked.
    """
    file = kept_file(cache, engine.kind, engine.model_id, prompts.version)
    found = _kept(file)
    if found is None or found.mode is None:
        found = await self_test(engine, prompts, first=True)
        if found.mode is None:
            said = "; ".join(f"{one.mode}: {one.fault or f'{one.mrr:.2f}'}" for one in found.results)
            raise InvalidInputError(
                f"ranks no better than chance ({CHANCE:.2f}) in any mode ({said})", where=f"model {engine.model_id}",
                remedy="Choose another model, or set TASTEMAKER_MODE to use one of them all the same",
            )  # fmt: skip
        keep(file, found.model_dump_json())
    assert found.mode is not None
    return found.mode, found.debias


def kept_file(cache: Path, *names: str) -> Path:
    """Where in the folder `cache` the self-test that these name is kept."""
    return cache / "self-tests" / f"{hashlib.sha256(chr(0).join(names).encode()).hexdigest()[:24]}.json"


class KeptScores:
    """What a self-test found, in the folder `cache`, by what names the model, templates and language. `work` names the test; `measure` is the
    test itself, which gives a number in [0, 1]."""

    def __init__(self, cache: Path, prompts: PromptBuilder, work: str, measure: Measure) -> None:
        self._cache, self._prompts, self._work, self._measure = cache, prompts, work, measure

    def find(self, model: str, language: str) -> float | None:
        """The score that was kept; None if there is none."""
        try:
            return float(json.loads(self._file(model, language).read_text(encoding="utf-8"))["score"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    async def test(self, engine: Engine, model: str, language: str) -> float:
        """Test `engine`, and keep what came of it. What the test raises is raised, and nothing is kept."""
        score = await self._measure(engine, self._prompts, language)
        keep(self._file(model, language), json.dumps({"model": model, "language": language, "score": score}))
        return score

    def _file(self, model: str, language: str) -> Path:
        return kept_file(self._cache, self._work, model, self._prompts.version, language)


def keep(file: Path, text: str) -> None:
    """Write a self-test's file, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{time.time_ns()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)


async def _try(mode: Mode, engine: Engine, prompts: PromptBuilder, debias: Debias) -> ModeResult:
    cases = [
        (language, history, [subjects[(n + m) % len(subjects)][1] for m in range(CHOICES)])
        for language, subjects in SUBJECTS.items()
        for n, (history, _) in enumerate(subjects)
    ]
    neutral: dict[str, float] = {}
    for language, subjects in SUBJECTS.items() if mode is Mode.LIKELIHOOD else ():  # each is in five cases
        planted_here = [planted for _, planted in subjects]
        lines = [candidate_line(text) for text in planted_here]
        known = (await engine.score_texts(prompts.choice([], None, language), lines)).logprobs
        neutral |= dict(zip(planted_here, known.tolist(), strict=True))
    places = PLACES if mode is Mode.LISTWISE else PLACES[:1]  # read one by one: places can't matter
    ranks, taus = np.zeros((len(cases), len(places))), list[float]()
    started = time.perf_counter()
    for row, (language, history, (planted, *others)) in enumerate(cases):
        as_given: list[Floats] = []
        for column, place in enumerate(places):
            texts = [*others[:place], planted, *others[place:]]
            given = np.array([neutral[text] for text in texts]) if neutral else None
            task = Task(history, None, texts, language, given, debias)
            scores = (await read(mode, engine, prompts, task)).scores
            ranks[row, column] = (scores >= scores[place]).sum()
            as_given.append(np.r_[scores[place], np.delete(scores, place)])
        taus += [kendall_tau(a, b) for a, b in combinations(as_given, 2)]
    found = 1 / ranks
    return ModeResult(
        mode=mode, debias=debias, mrr=float(found.mean()), sway=float(found.mean(axis=0).std()),
        agreement=float(np.mean(taus)) if taus else 1.0,
        seconds=(time.perf_counter() - started) / ranks.size,
    )  # fmt: skip


def _kept(file: Path) -> SelfTest | None:
    try:
        return SelfTest.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
