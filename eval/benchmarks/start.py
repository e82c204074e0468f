"""`bench start`: the whole `demo` command from a cold process, against the bare script that does the same model work."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tastemaker.agent.engines.embedded import EmbeddedEngine
from tastemaker.agent.engines.models import resolve
from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.errors import EngineError, InvalidInputError
from tastemaker.eval.benchmarks.environment import environment, quartiles
from tastemaker.progress import Progress, silent
from tastemaker.settings import EngineKind, Settings

BAR_RATIO = 1.5
SMALL = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


class RecordingEngine(EmbeddedEngine):
    """The embedded engine, noting the token ids of every pass."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scores: list[Any] = []
        self.generations: list[Any] = []

    async def _continuations(self, prefix: list[int], texts: list[list[int]]) -> list[float]:
        self.scores.append([prefix, [token for text in texts for token in text[:-1]]])
        return await super()._continuations(prefix, texts)

    async def _generate_all(
        self, prompts: list[list[int]], max_tokens: int, stop: list[str], schema: str | None
    ) -> list[str]:
        answers = await super()._generate_all(prompts, max_tokens, stop, schema)
        # The batch runs until its longest answer ends; one more token for the stop or the end of the text.
        longest = max([len(await self.tokenizer.encode(answer, special=False)) for answer in answers]) + 1
        self.generations.append([prompts, min(longest, max_tokens)])
        return answers


async def run(settings: Settings, rounds: int = 5, progress: Progress = silent) -> dict[str, Any]:
    """Ratio of the medians of `rounds` runs each, taken in turn, after one run of each that is not counted.

    Raises `InvalidInputError` unless the ranker is embedded, and `EngineError` if a run fails.
    """
    if settings.ranker.kind is not EngineKind.EMBEDDED or settings.writer not in {None, settings.ranker}:
        raise InvalidInputError("needs the same embedded model as ranker and writer", where="bench start")
    command = [sys.executable, "-m", "tastemaker", "demo", "--json"]
    progress("Running the demo once", 0, None)
    shown = json.loads(_timed(command)[1])
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch) / "work.json"
        work.write_text(json.dumps(await _record(settings, shown["user_id"])), encoding="utf-8")
        floor = [sys.executable, str(Path(__file__).with_name("bare_start.py")), str(work)]
        _timed(floor)
        ours: list[float] = []
        bare: list[float] = []
        for number in range(rounds):
            progress("Timing cold processes", number, rounds)
            ours.append(_timed(command)[0])
            bare.append(_timed(floor)[0])
        peak = {"demo": _peak_mib(command), "bare": _peak_mib(floor)}
    ratio = quartiles(ours)["median"] / quartiles(bare)["median"]
    return {
        "ratio": ratio, "bar": BAR_RATIO, "passed": ratio <= BAR_RATIO, "demo_s": quartiles(ours), "bare_s": quartiles(bare),
        "peak_mib": peak, **environment(),
    }  # fmt: skip


async def _record(settings: Settings, user: str) -> dict[str, Any]:
    folder = resolve(settings.ranker.model, settings.cache)
    engine = RecordingEngine(folder, settings.dtype)
    store = settings.cache / "demo"
    async with await AsyncRecommender.open(store, ranker=settings.ranker, dtype=settings.dtype) as recommender:
        recommender.use_engine(settings.ranker, engine)
        await recommender.recommend(user, k=5)
    dtype = str(engine.dtype).removeprefix("torch.")
    return {
        "model": str(folder.path), "chroma": str(store / "chroma"), "dtype": dtype,
        "scores": engine.scores, "generations": engine.generations,
    }  # fmt: skip


def _timed(command: list[str]) -> tuple[float, str]:
    """Wall-clock seconds of a process from start to exit, and its stdout."""
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise EngineError(f"exited with {done.returncode}: {done.stderr[-500:]}", where=" ".join(command[:4]))
    return seconds, done.stdout


def _peak_mib(command: list[str]) -> float:
    """Largest resident memory of the process, in MiB, as the system counts it.

    Started from a small process: on Linux the count goes on from that of the one that starts it, which holds a model here.
    """
    kilobytes = int(_timed([sys.executable, "-c", SMALL, *command])[1])
    return round(kilobytes / (1024 if sys.platform == "linux" else 1024**2), 1)
