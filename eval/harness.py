"""Runs systems on a track, each in a process of its own, and keeps what is done so that a stopped run goes on."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import tastemaker
from tastemaker.errors import MissingExtraError, SplitError
from tastemaker.eval import isolated, worker
from tastemaker.eval.benchmarks.environment import environment
from tastemaker.eval.environments import interpreter
from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Ints
from tastemaker.eval.splits import SEEDS, TRACKS, Split, audit
from tastemaker.eval.systems import HOMES, REQUIREMENTS
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.encoders import encoder_id
from tastemaker.settings import Settings

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")  # fmt: skip
POLL_SECONDS = 0.05
LAST_LINES = 500
TUNING_SHARE = 0.5
"""Of the time limit, after which no further setting is tried: what is left must do for fitting."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one system gave: for the n-th split the lists `answers[n]` of `users[n]`, or on the track ratings what it
    expects in the test rows; its costs; or why there is nothing."""

    system: str
    failure: str | None = None
    costs: dict[str, Any] = field(default_factory=dict)
    users: list[Ints] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)


def divide(data: Interactions, track: str, seeds: Sequence[int] | None = None) -> tuple[list[Split], Split | None]:
    """The audited splits of a track, and the validation split inside the first one's training rows.

    None if those are too few to be divided again; then nothing is tuned.

    Raises `SplitError` if the data can't be divided so, `LeakageError` if a split leaks.
    """
    made = [TRACKS[track](data, seed) for seed in (SEEDS[track] if seeds is None else seeds)]
    for split in made:
        audit(split)
    try:
        validation = TRACKS[track](made[0].train, made[0].seed)
    except SplitError:
        return made, None
    audit(validation)
    return made, validation


def run_systems(
    systems: Sequence[str],
    splits: list[Split],
    validation: Split | None,
    folder: Path,
    *,
    trials: int = 30,
    timeout: float = 900.0,
    jobs: int | None = None,
    progress: Progress = silent,
) -> list[Run]:
    """Run `systems` and return what each gave, in their order.

    Results are kept under `folder` by what they depend on: the splits, trials, settings, versions and the source of
    Tastemaker and of the system; a second call reads them. A system that raises, hangs for `timeout` seconds, gives no
    lists or can't be installed has a `failure` in its run. Half of the time limit is for tuning: a slow system gets
    fewer trials, which its costs tell. On Ctrl-C what runs is ended and what is done is kept.
    """
    shared = _shared(splits, validation, trials)
    places = {name: folder / _place(name, splits[0].track, shared) for name in systems}
    waiting = [name for name in dict.fromkeys(systems) if not _done(places[name], timeout)]
    failures: dict[str, str] = {}
    running: dict[str, tuple[subprocess.Popen[bytes], float]] = {}
    total = len(set(systems))
    commands = {}
    folder.mkdir(parents=True, exist_ok=True)
    scratch = tempfile.TemporaryDirectory(prefix="scratch-", dir=folder, ignore_cleanup_errors=True)
    for name in list(waiting):
        try:
            commands[name] = _command(name, folder.parent / "environments", progress)
        except MissingExtraError as error:
            failures[name] = str(error)
            waiting.remove(name)
    try:
        while waiting or running:
            while waiting and len(running) < (jobs or os.cpu_count() or 1):
                name = waiting.pop(0)
                task = worker.Task(name, splits, validation, trials, timeout * TUNING_SHARE)
                running[name] = (_start(task, places[name], commands[name], scratch.name), time.monotonic())
            for name, (process, started) in list(running.items()):
                late = time.monotonic() - started > timeout
                if process.poll() is None and not late:
                    continue
                if late:
                    _end(process)
                    failures[name] = f"did not end within {timeout:g} seconds"
                elif not (places[name] / "result.json").is_file():
                    failures[name] = _reason(places[name], process.returncode)
                del running[name]
            names = ", ".join(running)
            progress(f"Evaluating {names}" if names else "Evaluating", total - len(waiting) - len(running), total)
            time.sleep(POLL_SECONDS)
    finally:
        for process, _ in running.values():
            _end(process)
        scratch.cleanup()
    return [Run(name, failures[name]) if name in failures else _read(name, places[name]) for name in systems]


def _command(system: str, environments: Path, progress: Progress) -> list[str]:
    """What runs the worker, but for its folder: this interpreter, or one whose environment holds the system's library."""
    if system not in REQUIREMENTS:
        return [sys.executable, "-W", "ignore", "-m", "tastemaker.eval.worker"]
    python = interpreter(REQUIREMENTS[system], environments, progress)
    return [str(python), "-P", "-W", "ignore", isolated.__file__]


def _done(place: Path, timeout: float) -> bool:
    """Whether the result is there, and no longer time limit would give it more trials."""
    try:
        result = json.loads((place / "result.json").read_text(encoding="utf-8"))
    except OSError:
        return False
    return result["tuning_cut"] is None or timeout * TUNING_SHARE <= result["tuning_cut"]


def _start(task: worker.Task, place: Path, command: list[str], scratch: str) -> subprocess.Popen[bytes]:
    place.mkdir(parents=True, exist_ok=True)
    for old in ("error.txt", "result.json"):
        (place / old).unlink(missing_ok=True)
    (place / "task.pickle").write_bytes(pickle.dumps(task))
    environ = {**os.environ, **ONE_THREAD, worker.SCRATCH: scratch}
    arguments = [str(place)]
    if task.system in REQUIREMENTS:
        environ.pop("PYTHONPATH", None)
        packages = {"tastemaker": tastemaker.__file__, "tastemaker.eval": tastemaker.eval.__file__}
        arguments.append(json.dumps({name: str(Path(str(file)).parent) for name, file in packages.items()}))
    else:
        environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    with (place / "log.txt").open("wb") as log:
        return subprocess.Popen(
            [*command, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env=environ,
        )  # fmt: skip


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the worker and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _reason(place: Path, status: int) -> str:
    if (place / "error.txt").is_file():
        return (place / "error.txt").read_text(encoding="utf-8")
    last = (place / "log.txt").read_text(encoding="utf-8", errors="replace").strip()[-LAST_LINES:]
    return f"ended with status {status}: {last.splitlines()[-1] if last else 'it said nothing'}"


def _read(name: str, place: Path) -> Run:
    (place / "task.pickle").unlink(missing_ok=True)
    with np.load(place / "answers.npz", allow_pickle=False) as arrays:
        count = sum(key.startswith("users_") for key in arrays)
        users, answers = ([arrays[f"{kind}_{n}"] for n in range(count)] for kind in ("users", "answers"))
    return Run(name, None, json.loads((place / "result.json").read_text(encoding="utf-8")), users, answers)


def sources() -> list[Path]:
    """Every module and template of Tastemaker. In a checkout its rooms are links, which `rglob` would not follow."""
    found = (
        Path(folder, name) for folder, _, names in os.walk(tastemaker.__path__[0], followlinks=True) for name in names
    )
    return sorted(path for path in found if path.suffix in {".py", ".jinja"})


def _shared(splits: list[Split], validation: Split | None, trials: int) -> str:
    """Digest of what all systems' results depend on."""
    digest = hashlib.sha256(pickle.dumps((splits, validation, trials), protocol=5))
    for source in sources():
        digest.update(source.read_bytes())
    digest.update(json.dumps(environment()["versions"]).encode())
    settings = Settings.load()
    made_by = encoder_id(settings.encoder, settings.cache)
    digest.update(f"{made_by} {settings.similarity} {settings.ranker} {settings.dtype}".encode())
    return digest.hexdigest()


def _place(system: str, track: str, shared: str) -> str:
    """Name of a system's folder. A stranger's module is found but not run here: it may do anything."""
    digest = hashlib.sha256(f"{system} {shared}".encode())
    with contextlib.suppress(Exception):  # what is wrong with it will be said by its worker
        found = importlib.util.find_spec(HOMES.get(system, system).partition(":")[0])
        if found and found.origin:
            digest.update(Path(found.origin).read_bytes())
    safe = "".join(char if char.isalnum() or char in "-." else "_" for char in system)[-60:]
    return f"{track}-{safe}-{digest.hexdigest()[:16]}"
