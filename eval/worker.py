"""`python -m tastemaker.eval.worker FOLDER`: tunes, fits and asks one system, in a process of its own.

The folder holds `task.pickle`; the worker adds `answers.npz` and then `result.json`, so that the latter means all is done.
A process of its own keeps a system's threads, memory, crashes and hanging away from the others.
"""

from __future__ import annotations

import json
import math
import pickle
import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.errors import LeakageError
from tastemaker.eval.metrics import Ints, Truth, mean, ndcg, rmse
from tastemaker.eval.ratings import predicted
from tastemaker.eval.splits import Split, audit_prompt
from tastemaker.eval.systems import REQUIREMENTS, find_system
from tastemaker.eval.systems.base import System, pad
from tastemaker.eval.systems.simple import Popularity

TUNED_ON = 10
SCRATCH = "TASTEMAKER_EVALUATION_SCRATCH"
"""Environment variable with a folder that the workers of one evaluation share, and that goes with it."""


@dataclass(frozen=True, slots=True)
class Task:
    """One system on one track: the splits to judge it on, the validation split to tune it on, how many trials, and the
    seconds after which no further one is begun."""

    system: str
    splits: list[Split]
    validation: Split | None
    trials: int
    tuning_seconds: float


class FaultyListsError(Exception):
    """What a system recommends is no list of unseen items."""


def main(folder: Path) -> None:
    """Run the task in `folder`."""
    task: Task = pickle.loads((folder / "task.pickle").read_bytes())
    kind = find_system(task.system)
    started = time.perf_counter()
    tuned_as: str = getattr(kind, "tuned_as", task.system)
    params, trials, cut = tune(find_system(tuned_as), task.validation, task.trials, task.tuning_seconds)
    tuned = time.perf_counter()
    fit_seconds: list[float] = []
    serve_seconds: list[float] = []
    answers: dict[str, Any] = {}
    notes: set[str] = set()
    extra: dict[str, Any] = {}
    for number, split in enumerate(task.splits):
        users = judged(kind, split, len(task.splits))
        at = time.perf_counter()
        system = make(kind, params)
        system.fit(split.train)
        fit_seconds.append(time.perf_counter() - at)
        users, left = unleaked(system, split, users)
        notes |= left
        at = time.perf_counter()
        found, faults = asked(system, split, users)
        serve_seconds.append((time.perf_counter() - at) / max(len(users), 1))
        answers[f"users_{number}"], answers[f"answers_{number}"] = users, found
        notes |= faults
        if number == 0 and hasattr(system, "position_sweep"):
            extra["position_sweep"] = system.position_sweep(split, users)
    np.savez_compressed(folder / "answers.npz", allow_pickle=False, **answers)
    result = {
        "params": params,
        "trials": trials,
        "tuning_cut": task.tuning_seconds if cut else None,
        "tune_seconds": round(tuned - started, 3),
        "fit_seconds": round(float(np.median(fit_seconds)), 4),
        "serve_ms": round(1000 * float(np.median(serve_seconds)), 4),
        "memory_mib": peak_memory_mib(),
        "versions": versions(REQUIREMENTS.get(task.system, ())),
        "notes": sorted(notes),
        **extra,
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    (folder / "result.part").write_text(json.dumps(result), encoding="utf-8")
    (folder / "result.part").rename(folder / "result.json")


def versions(requirements: Sequence[str]) -> dict[str, str]:
    """Of the packages whose release an environment of its own pins."""
    names = [word.split("==")[0].split("[")[0] for line in requirements for word in line.split() if "==" in word]
    return {name: metadata.version(name) for name in names}


def peak_memory_mib() -> int | None:
    """The largest memory of this process; None where the system does not say. (getrusage counts the parent's too.)"""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def judged(kind: type[System], split: Split, splits: int) -> Ints:
    """All users of the split, or the share of `kind.sample` users that falls to it, for systems too slow for all."""
    sample: int | None = getattr(kind, "sample", None)
    if sample is None or sample >= len(split.users) * splits:
        return split.users
    chosen = np.random.default_rng([11, split.seed + 1]).permutation(split.users)[: max(1, sample // splits)]
    return np.sort(chosen)


def unleaked(system: Any, split: Split, users: Ints) -> tuple[Ints, set[str]]:
    """The users whose prompts don't name what is asked for, and a note on the others, where a system shows its prompts.

    An item that stands twice in a catalogue under one title can leak so.
    """
    if not hasattr(system, "prompt_lines"):
        return users, set()
    titles: dict[int, list[str]] = {}
    for user, item in zip(split.test.users.tolist(), split.test.items.tolist(), strict=True):
        titles.setdefault(user, []).append(split.train.catalogue.titles[item])
    kept = np.ones(len(users), dtype=bool)
    for place, lines in enumerate(system.prompt_lines(users)):
        try:
            for title in titles[int(users[place])]:
                audit_prompt(lines, title)
        except LeakageError:
            kept[place] = False
    left = int((~kept).sum())
    return users[kept], {f"{left} users were left out, as the prompt names what is asked for"} if left else set()


def make(kind: Any, params: Mapping[str, Any]) -> System:
    """A system with these hyper-parameters."""
    made: System = kind(**params)
    return made


def draws(space: Mapping[str, Sequence[Any]], trials: int) -> list[dict[str, Any]]:
    """At most `trials` different settings, drawn with a fixed seed; the whole grid where it is smaller."""
    size = 1
    for values in space.values():
        size *= len(values)
    if size > 1_000_000:
        raise ValueError(f"the space holds {size} settings; give at most a million")
    grid = list(product(*space.values()))
    chosen = grid if len(grid) <= trials else random.Random(0).sample(grid, trials)
    return [dict(zip(space, values, strict=True)) for values in chosen]


def tune(
    kind: type[System], validation: Split | None, trials: int, seconds: float = math.inf
) -> tuple[dict[str, Any], int, bool]:
    """The setting with the best NDCG@10, or RMSE, on `validation`, how many were tried, and whether time cut them short.

    The first stays at a tie. Without a validation split a system keeps its own defaults.

    Cold users are served by popularity, as when systems are judged. A setting that fails counts as tried. A system
    with `choose(validation)` finds its setting itself.
    """
    if validation is not None and trials and hasattr(kind, "choose"):
        return kind.choose(validation), 1, False
    space = getattr(kind, "space", {})
    settings = draws(space, trials) if space and trials else []
    if validation is None:
        return {}, 0, False
    if len(settings) < 2:
        return (settings[0] if settings else {}), len(settings), False
    started, tried = time.monotonic(), 0
    truth = validation.truth()
    fallback = popular(validation)
    best: tuple[float, dict[str, Any]] | None = None
    failure: Exception | None = None
    for params in settings:
        if tried and time.monotonic() - started > seconds:
            break
        tried += 1
        try:
            system = make(kind, params)
            system.fit(validation.train)
            value = quality(system, validation, truth, fallback)
        except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
            failure = error
            continue
        if best is None or value > best[0]:
            best = value, params
    if best is None:
        raise failure or ValueError("no setting could be fitted")
    return best[1], tried, tried < len(settings)


def quality(system: System, validation: Split, truth: Truth, fallback: Ints) -> float:
    """What tuning goes by, higher is better."""
    found, _ = asked(system, validation, validation.users)
    if validation.track == "ratings":
        return -rmse(found, validation.test.values)
    return mean(ndcg(served(found, validation, validation.users, fallback), truth, TUNED_ON)).mean


def asked(system: Any, split: Split, users: Ints) -> tuple[Any, set[str]]:
    """What the track wants of a fitted system: ratings of the test rows, or the lists of `users`; and what was mended."""
    if split.track == "ratings":
        return predicted(system, split.test), set()
    return checked(system, split, users)


def checked(system: System, split: Split, users: Ints) -> tuple[Ints, set[str]]:
    """The lists of `users`, int[n, split.width], and what was mended: items that are seen, not eligible or repeated go out.

    Raises `FaultyListsError` for lists of a wrong shape or type, and for ids that no item has.
    """
    train, width = split.train, split.width
    if not callable(getattr(system, "recommend", None)):
        raise FaultyListsError("gives no lists: it has no recommend(users, k)")
    found = np.asarray(system.recommend(users, width))
    if found.ndim != 2 or len(found) != len(users):
        raise FaultyListsError(f"gave the shape {found.shape}, not ({len(users)}, {width})")
    if not np.issubdtype(found.dtype, np.integer):
        fine = np.issubdtype(found.dtype, np.floating) and np.isfinite(found).all() and (found == np.rint(found)).all()
        if not fine:
            raise FaultyListsError(f"gave {found.dtype}, not item indices")
    found = pad(found.astype(np.int64), width)
    if (found >= train.n_items).any() or (found < -1).any():
        raise FaultyListsError(
            f"gave ids that no item has, as {int(found[(found >= train.n_items) | (found < -1)][0])}"
        )
    had = np.sort(train.users * train.n_items + train.items)
    pairs = users[:, None] * train.n_items + found
    seen = had[np.minimum(np.searchsorted(had, pairs), len(had) - 1)] == pairs
    real = found >= 0
    first = np.ones(found.shape, dtype=bool)
    for place in range(1, found.shape[1]):
        first[:, place] = ~(found[:, :place] == found[:, place : place + 1]).any(axis=1)
    bad = {
        "seen items": real & seen,
        "items not eligible": real & ~train.eligible[found],
        "repeated items": real & ~first,
    }
    notes = {f"{name} were taken out" for name, mask in bad.items() if mask.any()}
    keep = real & ~np.logical_or.reduce(list(bad.values()))
    order = np.argsort(~keep, axis=1, kind="stable")
    found = np.where(np.take_along_axis(keep, order, axis=1), np.take_along_axis(found, order, axis=1), -1)
    warm = train.counts()[0][users] > 0
    if (found[warm] < 0).any():
        notes.add(f"{int((found[warm] < 0).any(axis=1).sum())} lists of warm users are shorter than {width}")
    return found, notes


def popular(split: Split) -> Ints:
    """The popularity list of each user of the split: what everyone serves to users without a history."""
    system = Popularity()
    system.fit(split.train)
    return system.recommend(split.users, split.width)


def served(lists: Ints, split: Split, users: Ints, fallback: Ints) -> Ints:
    """`lists` of `users`, with `fallback` (of all `split.users`) for those without a row in training."""
    cold = split.train.counts()[0][users] == 0
    return np.where(cold[:, None], fallback[np.searchsorted(split.users, users)], lists)


def run(folder: Path) -> None:
    """`main`, with what goes wrong written to `error.txt`, from where the row of the system takes it."""
    try:
        main(folder)
    except Exception as error:
        (folder / "error.txt").write_text(f"{type(error).__name__}: {error}"[:500], encoding="utf-8")
        raise SystemExit(1) from error


if __name__ == "__main__":
    run(Path(sys.argv[1]))
