"""Runs systems on a track, each in a process of its own, and keeps what is done so that a stopped run goes on."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.errors import TastemakerError
from tastemaker.eval import splits as splitting
from tastemaker.eval import worker
from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Ints
from tastemaker.eval.splits import SEEDS, TRACKS, Split, audit
from tastemaker.eval.systems import find_system
from tastemaker.progress import Progress, silent

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")  # fmt: skip
POLL_SECONDS = 0.05
LAST_LINES = 500


@dataclass(frozen=True, slots=True)
class Run:
    """What one system gave: `users[n]` and `lists[n]` for the n-th split, its costs, or why there is nothing."""

    system: str
    failure: str | None = None
    costs: dict[str, Any] = field(default_factory=dict)
    users: list[Ints] = field(default_factory=list)
    lists: list[Ints] = field(default_factory=list)


def divide(data: Interactions, track: str, seeds: Sequence[int] | None = None) -> tuple[list[Split], Split]:
    """The audited splits of a track, and the validation split inside the first one's training rows.

    Raises `SplitError` if the data can't be divided so, `LeakageError` if a split leaks.
    """
    made = [TRACKS[track](data, seed) for seed in (SEEDS[track] if seeds is None else seeds)]
    validation = TRACKS[track](made[0].train, made[0].seed)
    for split in [*made, validation]:
        audit(split)
    return made, validation


def run_systems(
    systems: Sequence[str],
    splits: list[Split],
    validation: Split,
    folder: Path,
    *,
    trials: int = 30,
    timeout: float = 900.0,
    jobs: int | None = None,
    progress: Progress = silent,
) -> list[Run]:
    """Run `systems` and return what each gave, in their order.

    Results are kept under `folder` by what they depend on: data, split, trials and the system's source; a second call
    reads them. A system that raises, hangs for `timeout` seconds or gives no lists has a `failure` in its run.
    On Ctrl-C what runs is ended and what is done is kept.
    """
    places = {name: folder / _key(name, splits, trials) for name in systems}
    waiting = [name for name in dict.fromkeys(systems) if not (places[name] / "result.json").is_file()]
    failures: dict[str, str] = {}
    running: dict[str, tuple[subprocess.Popen[bytes], float]] = {}
    total = len(set(systems))
    try:
        while waiting or running:
            while waiting and len(running) < (jobs or os.cpu_count() or 1):
                name = waiting.pop(0)
                try:
                    find_system(name)
                except TastemakerError as error:
                    failures[name] = str(error)
                    continue
                running[name] = (_start(worker.Task(name, splits, validation, trials), places[name]), time.monotonic())
            for name, (process, started) in list(running.items()):
                late = time.monotonic() - started > timeout
                if process.poll() is None and not late:
                    continue
                if late:
                    process.kill()
                    process.wait()
                    failures[name] = f"did not end within {timeout:g} seconds"
                elif process.returncode:
                    failures[name] = _reason(places[name], process.returncode)
                del running[name]
            names = ", ".join(running)
            progress(f"Evaluating {names}" if names else "Evaluating", total - len(waiting) - len(running), total)
            time.sleep(POLL_SECONDS)
    finally:
        for process, _ in running.values():
            process.kill()
            process.wait()
    return [Run(name, failures[name]) if name in failures else _read(name, places[name]) for name in systems]


def _start(task: worker.Task, place: Path) -> subprocess.Popen[bytes]:
    place.mkdir(parents=True, exist_ok=True)
    (place / "error.txt").unlink(missing_ok=True)
    (place / "task.pickle").write_bytes(pickle.dumps(task))
    with (place / "log.txt").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tastemaker.eval.worker", str(place)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip


def _reason(place: Path, status: int) -> str:
    if (place / "error.txt").is_file():
        return (place / "error.txt").read_text(encoding="utf-8")
    last = (place / "log.txt").read_text(encoding="utf-8", errors="replace").strip()[-LAST_LINES:]
    return f"ended with status {status}: {last.splitlines()[-1] if last else 'it said nothing'}"


def _read(name: str, place: Path) -> Run:
    (place / "task.pickle").unlink(missing_ok=True)
    with np.load(place / "lists.npz", allow_pickle=False) as arrays:
        count = sum(key.startswith("users_") for key in arrays)
        users, lists = ([arrays[f"{kind}_{n}"] for n in range(count)] for kind in ("users", "lists"))
    return Run(name, None, json.loads((place / "result.json").read_text(encoding="utf-8")), users, lists)


def _key(system: str, splits: list[Split], trials: int) -> str:
    digest = hashlib.sha256(f"{system} {trials}".encode())
    for split in splits:
        digest.update(f"{split.track} {split.seed} {split.train.catalogue.titles}".encode())
        for part in (split.train, split.test):
            for array in (part.users, part.items, part.values, part.eligible):
                digest.update(np.ascontiguousarray(array).tobytes())
    for source in (splitting, worker):
        digest.update(inspect.getsource(source).encode())
    try:
        digest.update(Path(inspect.getfile(find_system(system))).read_bytes())
    except (TastemakerError, OSError, TypeError):  # it will be said when the system is run
        digest.update(b"unknown")
    safe = "".join(char if char.isalnum() or char in "-." else "_" for char in system)[-60:]
    return f"{splits[0].track}-{safe}-{digest.hexdigest()[:16]}"
