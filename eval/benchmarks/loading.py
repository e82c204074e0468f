"""`bench load`: ratings as columns by our reader, against polars that reads the same file, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.eval.benchmarks.environment import environment, quartiles
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.datasets.columns import load_polars
from tastemaker.settings import Settings

BARS = {"time": 2.0, "memory": 3.0}
ROUNDS = 5
USER_EVENTS = 145
"""Ratings of a user, on average, as in MovieLens 20M."""
ITEMS = 27_000
CHUNK = 1_000_000
FILES = {"movielens-csv": "ratings.csv", "plain": "events.csv"}
LETTERS = "plain, ids in letters"
CASES = (*FILES, LETTERS)
"""Ids are numbers in the first two, as in MovieLens; polars keeps those of the last as they are, we number them."""


def run(settings: Settings, rows: int = 20_000_000, progress: Progress = silent) -> dict[str, Any]:
    """Ratios of the medians of five readings each, taken in turn: of seconds without imports, and of peak memory.

    `time_ratio` and `memory_ratio` are those of the worst case. The files, 30 bytes a row each, lie in the cache folder, as
    a temporary folder may be memory.

    Raises:
        InvalidInputError: `rows` is below 1.
        MissingExtraError: polars isn't installed.
        DatasetError: a reading failed, or read another number of rows.
    """
    if rows < 1:
        raise InvalidInputError(f"is {rows}, not at least 1", where="rows")
    settings.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="load-", dir=settings.cache) as scratch:
        measured = [_compare(case, Path(scratch), rows, progress) for case in CASES]
    worst = {name: max(row[f"{name}_ratio"] for row in measured) for name in BARS}
    passed = all(worst[name] <= bar for name, bar in BARS.items())
    ratios = {f"{name}_ratio": ratio for name, ratio in worst.items()}
    return {**ratios, "bars": BARS, "passed": passed, "rows": measured, **environment()}


def _compare(case: str, scratch: Path, rows: int, progress: Progress) -> dict[str, Any]:
    path = write(case, scratch, rows, progress)
    taken: dict[str, list[dict[str, float]]] = {"ours": [], "polars": []}
    for number in range(ROUNDS):
        progress(f"Reading {case}", number, ROUNDS)
        taken["ours"].append(_once(rows, str(path if "plain" in case else scratch), case.partition(",")[0]))
        taken["polars"].append(_once(rows, str(path)))
    progress(f"Reading {case}", ROUNDS, ROUNDS)
    spread = {
        f"{who}_{unit}": quartiles([one[unit] for one in found])
        for who, found in taken.items()
        for unit in ("s", "mib")
    }
    return {
        "case": case, "rows": rows, "file_mib": round(path.stat().st_size / 2**20, 1),
        "time_ratio": spread["ours_s"]["median"] / spread["polars_s"]["median"],
        "memory_ratio": spread["ours_mib"]["median"] / spread["polars_mib"]["median"],
        **spread,
    }  # fmt: skip


def _once(rows: int, *args: str) -> dict[str, float]:
    command = [sys.executable, str(Path(__file__).with_name("load_once.py")), *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DatasetError(f"could not be read: {done.stderr[-500:]}", where=args[0])
    found: dict[str, float] = json.loads(done.stdout)
    if found["rows"] != rows:
        raise DatasetError(f"has {rows} rows, of which {found['rows']} were read", where=args[0])
    return found


def write(case: str, folder: Path, rows: int, progress: Progress = silent) -> Path:
    """Write the case's files with as many ratings: popular items are rated more, users come in their order."""
    pl = load_polars()
    path = folder / FILES[case.partition(",")[0]]
    if case == "movielens-csv":
        films = "".join(f"{item},Film {item} (1999),Drama\n" for item in range(1, ITEMS + 1))
        (folder / "movies.csv").write_text(f"movieId,title,genres\n{films}", encoding="utf-8")
    with path.open("wb") as file:
        for start, columns in _chunks(rows):
            progress(f"Writing {case}", start, rows)
            frame = pl.DataFrame(columns)
            if case == LETTERS:
                frame = frame.with_columns(pl.format("u{}", "userId"), pl.format("item-{}", "movieId"))
            if case != "movielens-csv":
                frame.columns = ["user_id", "item_id", "value", "timestamp"]
            frame.write_csv(file, include_header=not start)
    return path


def _chunks(rows: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Some rows after others, with the number of the first: the whole would take the memory that is to be measured."""
    rng = np.random.default_rng(0)
    for start, end in pairwise([*range(0, rows, CHUNK), rows]):
        n = end - start
        yield (
            start,
            {
                "userId": np.arange(start, end) // USER_EVENTS + 1,
                "movieId": (ITEMS * rng.random(n) ** 3).astype(np.int64) + 1,
                "rating": rng.integers(1, 11, n) / 2,
                "timestamp": rng.integers(800_000_000, 1_500_000_000, n),
            },
        )
