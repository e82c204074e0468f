"""How fast the log writes, beside bare `sqlite3` that inserts the same bytes with the same pragmas; and whether a kill loses anything.

Run as a module it is a writer that prints the id of each reward once it is acknowledged, until it is killed.
"""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tastemaker.agent.feedback import schema
from tastemaker.agent.feedback.log import DecisionContext, FeedbackLog
from tastemaker.database import open_database
from tastemaker.domain import Event, EventType, RankedItem, Recommendation
from tastemaker.eval.benchmarks.environment import quartiles
from tastemaker.progress import Progress, silent

CANDIDATES, PLACES = 20, 5
SINGLE, BATCHED, WRITERS, EACH, ROUNDS = 400, 2_000, 16, 100, 9
KILLS = 200


def decision(number: int) -> tuple[Recommendation, DecisionContext]:
    """A decision as `recommend` logs it: twenty candidates with their features, five shown."""
    rng = random.Random(number)
    candidates = [
        {"id": f"item-{rng.randrange(10**6)}", "prior": rng.random(), "llm_logprob": -rng.random() * 80,
         "score": rng.random(), "sources": {"content": n + 1, "together": 20 - n, "popular": 5}}
        for n in range(CANDIDATES)
    ]  # fmt: skip
    shown = Recommendation(
        decision_id=f"{number:032x}", user_id=f"user-{number % 50}", policy_version="plackett-luce(tau=1)",
        items=tuple(
            RankedItem(id=str(candidates[n]["id"]), title="A title of some words", rank=n + 1, score=1.0 - n, prior_rank=n + 1)
            for n in range(PLACES)
        ),
        engine="embedded", model="some/model", log_propensity=-7.5,
    )  # fmt: skip
    request = {"k": PLACES, "query": "something light", "language": "en"}
    return shown, DecisionContext(
        "something light", number, 1.0, 0.1, "0123456789abcdef", candidates, [-1.5 * n for n in range(PLACES)], request
    )


def measure(progress: Progress = silent, rounds: int = ROUNDS) -> dict[str, Any]:
    """Rates of decisions with their slates, in rows committed a second; ours over bare `sqlite3` in alternating rounds.

    `log_ratio_single`: one decision a commit; `log_ratio_batched`: two thousand a commit; `log_group`: sixteen threads over one thread.
    """
    with tempfile.TemporaryDirectory(prefix="tastemaker-log-") as name:
        folder = Path(name)
        log = FeedbackLog(open_database(folder / "ours.sqlite3"))
        bare = _Bare(log, folder)
        counter = iter(range(10**9))
        found: dict[str, list[float]] = {
            name: [] for name in ("single", "bare_single", "batched", "bare_batched", "group")
        }
        for number in range(rounds):
            progress("Timing the log", number, rounds)
            mine, theirs = _made(counter, SINGLE), bare.rows(_made(counter, SINGLE))
            found["single"].append(SINGLE / _seconds(partial(_one_by_one, log, mine)))
            found["bare_single"].append(SINGLE / _seconds(partial(bare.one_by_one, theirs)))
            mine, theirs = _made(counter, BATCHED), bare.rows(_made(counter, BATCHED))
            found["batched"].append(BATCHED / _seconds(partial(log.add_decisions, mine)))
            found["bare_batched"].append(BATCHED / _seconds(partial(bare.write, theirs)))
            parts = [_made(counter, EACH) for _ in range(WRITERS)]
            found["group"].append(WRITERS * EACH / _seconds(partial(_together, log, parts)))
        progress("Timing the log", rounds, rounds)
        log.close()
    ratios = {
        "log_ratio_single": [a / b for a, b in zip(found["single"], found["bare_single"], strict=True)],
        "log_ratio_batched": [a / b for a, b in zip(found["batched"], found["bare_batched"], strict=True)],
        "log_group": [a / b for a, b in zip(found["group"], found["single"], strict=True)],
    }
    told: dict[str, Any] = {name: quartiles(values)["median"] for name, values in ratios.items()}
    return told | {"decisions_per_second": {name: quartiles(values) for name, values in found.items()},
                   "ratios": {name: quartiles(values) for name, values in ratios.items()}}  # fmt: skip


class _Bare:
    """The same rows, by the standard library's `sqlite3` alone."""

    def __init__(self, log: FeedbackLog, folder: Path) -> None:
        self._other = sa.create_engine(f"sqlite:///{folder / 'shape.sqlite3'}")
        self._log = log
        with sqlite3.connect(folder / "ours.sqlite3") as source:
            tables = [sql for (sql,) in source.execute("select sql from sqlite_master where sql is not null")]
        self._bare = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._bare.execute(f"PRAGMA {pragma}")
        for sql in tables:
            self._bare.execute(sql)
        marks = {t.name: ",".join("?" * len(t.columns)) for t in (schema.decision, schema.slate_item)}
        self._inserts = {name: f"INSERT INTO {name} VALUES ({told})" for name, told in marks.items()}

    def rows(self, decisions: Sequence[Any]) -> list[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
        """What our log stores of them, read back, so that both insert the same bytes."""
        self._log.add_decisions(decisions)
        ids = [shown.decision_id for shown, _ in decisions]
        with self._log.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            found = []
            for one in ids:
                row = raw.execute("select * from decision where id = ?", (one,)).fetchone()
                slate = raw.execute(
                    "select * from slate_item where decision_id = ? order by position", (one,)
                ).fetchall()
                found.append((row, slate))
        return found

    def one_by_one(self, rows: Sequence[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]) -> None:
        for row in rows:
            self.write([row])

    def write(self, rows: Sequence[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]) -> None:
        self._bare.execute("BEGIN IMMEDIATE")
        self._bare.executemany(self._inserts["decision"], [row for row, _ in rows])
        self._bare.executemany(self._inserts["slate_item"], [one for _, slate in rows for one in slate])
        self._bare.execute("COMMIT")


def _made(counter: Iterator[int], n: int) -> list[tuple[Recommendation, DecisionContext]]:
    return [decision(next(counter)) for _ in range(n)]


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _one_by_one(log: FeedbackLog, decisions: Sequence[tuple[Recommendation, DecisionContext]]) -> None:
    for shown, context in decisions:
        log.add_decision(shown, context)


def _together(log: FeedbackLog, parts: Sequence[Sequence[tuple[Recommendation, DecisionContext]]]) -> None:
    threads = [threading.Thread(target=_one_by_one, args=(log, part)) for part in parts]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def kills(times: int = KILLS, seed: int = 0, progress: Progress = silent) -> dict[str, int]:
    """Start a writer of four threads, kill it with SIGKILL at a random moment, and look whether what it had acknowledged is there.

    `lost` must be 0; `torn` counts decisions without their whole slate, which must be 0 too.
    """
    rng, total = random.Random(seed), {"kills": times, "acknowledged": 0, "lost": 0, "torn": 0}
    with tempfile.TemporaryDirectory(prefix="tastemaker-kill-") as name:
        path = Path(name) / "store.sqlite3"
        for number in range(times):
            progress("Killing a writer", number, times)
            child = subprocess.Popen(
                [sys.executable, "-m", __name__, str(path), str(number)], stdout=subprocess.PIPE, text=True
            )
            assert child.stdout is not None
            child.stdout.readline()  # it has begun
            time.sleep(rng.uniform(0.0, 0.1))
            child.kill()
            told = child.stdout.read().split("\n")
            child.wait()
            acknowledged = {line for line in told[:-1] if line}  # the last line may have been cut
            with sqlite3.connect(path) as connection:
                stored = {one for (one,) in connection.execute("select event_id from feedback")}
                torn = connection.execute(
                    "select count(*) from decision d where (select count(*) from slate_item s where s.decision_id = d.id) <> ?",
                    (PLACES,),
                ).fetchone()[0]
            total["acknowledged"] += len(acknowledged)
            total["lost"] += len(acknowledged - stored)
            total["torn"] = max(total["torn"], torn)
    progress("Killing a writer", times, times)
    return total


def _click(item: str, user: str | None) -> Event:
    return Event(user_id=user or "anonymous", item_id=item, type=EventType.CLICK)


def _write_until_killed(path: Path, number: int) -> None:
    log = FeedbackLog(open_database(path))
    lock = threading.Lock()

    def write(thread: int) -> None:
        for n in range(10**6):
            shown, context = decision(number * 10**9 + thread * 10**7 + n)
            log.add_decision(shown, context)
            identity, item = f"{number}-{thread}-{n}", shown.items[0].id
            log.add_reward(
                shown.decision_id, identity,
                partial(_click, item),
            )  # fmt: skip
            with lock:
                print(identity, flush=True)

    print("begun", flush=True)
    for thread in range(4):
        threading.Thread(target=write, args=(thread,)).start()


if __name__ == "__main__":
    _write_until_killed(Path(sys.argv[1]), int(sys.argv[2]))
