"""`bench loop`: does the loop of log, rewards and head learn, in worlds whose truth is known; is the log fast and safe; do intervals hold?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.feedback.rewards import earned
from tastemaker.agent.online import Batch, OnlineHead, columns_of, fit
from tastemaker.agent.policy import Policy
from tastemaker.domain import EVENT_WEIGHTS, EventType
from tastemaker.eval.ab.sequential import aa_false_positives
from tastemaker.eval.benchmarks import log_writes, ope_coverage
from tastemaker.eval.benchmarks.environment import environment
from tastemaker.eval.benchmarks.open_bandit import estimate_open_bandit
from tastemaker.eval.metrics import Floats
from tastemaker.eval.simulator import Visit, World
from tastemaker.eval.statistics import bootstrap
from tastemaker.progress import Progress, silent

FEATURES = ("llm", "content", "taste", "popularity", "recency")
SLATES, DRIFT_AT, AFTER = 3_000, 2_000, 1_000
EXPLORING = Policy(tau=0.1, epsilon=0.02)
WAIT = timedelta(minutes=30)
HOUR = timedelta(hours=1)
CLOSED, GROUP, SINGLE, BATCHED = 0.90, 5.0, 0.85, 0.5


@dataclass
class Arm:
    """A way to choose slates, with what it earned by visit (expected clicks), and, for learners, what the greedy slate of its head would have."""

    name: str
    policy: Policy
    signal: str | None = None
    learns: bool = False
    shuffled: bool = False
    head: OnlineHead | None = None
    batches: list[Batch] = field(default_factory=list)
    waiting: list[tuple[datetime, Floats, list[int], bool, list[dict[str, Any]]]] = field(default_factory=list)
    earned: list[float] = field(default_factory=list)
    greedy: list[float] = field(default_factory=list)

    def scores(self, visit: Visit, seed: int | None) -> Floats:
        """float64[n]: by the head, with drawn coefficients for a seed; before there is one, and without learning, by a signal."""
        if self.head is None:
            return np.asarray(visit.signals[self.signal or "llm"], np.float64)
        return self.head.logits(visit.signals, self.head.theta(seed))


def simulate(world: World, arms: Sequence[Arm], slates: int) -> None:
    """Let all arms serve the same visits; learners learn at each full hour from what has matured by then."""
    hour, shuffle = world.visit(0).at, np.random.default_rng([world.seed, 3])
    for number in range(slates):
        visit = world.visit(number)
        while visit.at >= hour + HOUR:
            hour += HOUR
            for arm in arms:
                if arm.learns:
                    _learn(arm, hour, shuffle)
        for arm in arms:
            if arm.name == "oracle":
                arm.earned.append(world.expected(visit, world.best(visit)))
                continue
            scores = arm.scores(visit, number)
            slate = arm.policy.draw(scores, _order(scores), world.places, world.seed * 1_000_000 + number)
            arm.earned.append(world.expected(visit, slate.picks))
            if arm.learns:
                arm.greedy.append(world.expected(visit, _order(arm.scores(visit, None))[: world.places]))
                told = [
                    {"place": one.place, "type": one.type, "received_at": one.at.isoformat(), "event_id": str(n),
                     "reward": EVENT_WEIGHTS[EventType(one.type)]}
                    for n, one in enumerate(world.respond(visit, slate.picks))
                ]  # fmt: skip
                columns = columns_of(visit.signals, FEATURES)[slate.picks]
                arm.waiting.append((visit.at, columns, slate.picks, slate.even, told))


def _order(scores: Floats) -> list[int]:
    return [int(n) for n in np.argsort(-scores, kind="stable")]


def _learn(arm: Arm, now: datetime, shuffle: np.random.Generator) -> None:
    ripe = [one for one in arm.waiting if one[0] + WAIT <= now]
    arm.waiting = [one for one in arm.waiting if one[0] + WAIT > now]
    if not ripe:
        return
    rewards = list[float]()
    for at, _, picks, _, told in ripe:
        came = [row for row in told if datetime.fromisoformat(row["received_at"]) <= now]
        rewards += [earned([row for row in came if row["place"] == n], at).reward for n in range(len(picks))]
    paid = np.array(rewards)
    if arm.shuffled:
        shuffle.shuffle(paid)
    places = [np.arange(1, len(one[2]) + 1) for one in ripe]
    even = np.concatenate([np.full(len(one[2]), one[3]) for one in ripe])
    arm.batches.append(
        Batch(np.concatenate([one[1] for one in ripe]), paid, np.ones(len(paid)), np.concatenate(places), even)
    )
    arm.head = fit(arm.batches, FEATURES)


def learner(name: str = "learned", shuffled: bool = False) -> Arm:
    """The loop as it is deployed: coefficients drawn (Thompson), a little temperature, a share of even slates."""
    return Arm(name, EXPLORING, learns=True, shuffled=shuffled)


def _arms(everything: bool) -> list[Arm]:
    always = [Arm("model", Policy()), learner(), Arm("oracle", Policy())]
    if not everything:
        return always
    return [
        *always, Arm("random", Policy(epsilon=1.0)), Arm("popularity", Policy(), "popularity"),
        Arm("model, exploring", EXPLORING), learner("shuffled rewards", shuffled=True),
    ]  # fmt: skip


def worlds(seeds: Sequence[int], progress: Progress = silent) -> dict[str, Any]:
    """All worlds over all seeds: by world, what each arm earned in the last third (after a drift the last hundred slates), and how much of the regret the head closes."""
    kinds: list[tuple[str, dict[str, Any], int, bool]] = [
        ("useful", {}, SLATES, True), ("optimal", {"model": "optimal"}, SLATES, False),
        ("misleading", {"model": "misleading"}, SLATES, False), ("cascade", {"clicks": "cascade"}, SLATES, False),
        ("cross", {"clicks": "cross"}, SLATES, False),
        ("drift", {"drift_at": DRIFT_AT}, DRIFT_AT + AFTER, False),
    ]  # fmt: skip
    found: dict[str, Any] = {}
    for place, (kind, options, slates, everything) in enumerate(kinds):
        rows: dict[str, list[float]] = {}
        clicks: list[tuple[float, float]] = []
        for n, seed in enumerate(seeds):
            progress(f"Simulating {kind}", place * len(seeds) + n, len(kinds) * len(seeds))
            arms, last = _arms(everything), AFTER // 10 if kind == "drift" else slates // 3
            world = World(seed, **options)
            simulate(world, arms, slates)
            for arm in arms:
                rows.setdefault(arm.name, []).append(float(np.mean(arm.earned[-last:])))
                if arm.learns:
                    rows.setdefault(f"{arm.name}, greedy", []).append(float(np.mean(arm.greedy[-last:])))
            clicks.append((float(np.mean(arms[0].earned)), float(np.mean(arms[1].earned))))
        found[kind] = _summary({name: np.array(values) for name, values in rows.items()}, np.array(clicks))
    progress("Simulating", len(kinds) * len(seeds), len(kinds) * len(seeds))
    return found


def _summary(rows: dict[str, Floats], whole: NDArray[np.float64]) -> dict[str, Any]:
    model, oracle = rows["model"], rows["oracle"]
    regret = float((oracle - model).mean())
    told: dict[str, Any] = {
        "earned at the end": {name: round(float(values.mean()), 4) for name, values in rows.items()}
    }
    for name in ("learned", "learned, greedy"):
        told[f"{name}, minus model"] = _difference(rows[name] - model)
        told[f"{name}, regret closed"] = (
            round(float((rows[name] - model).mean()) / regret, 4) if regret > 1e-9 else None
        )
    told["whole run, learned minus model"] = _difference(whole[:, 1] - whole[:, 0])
    if "shuffled rewards" in rows:
        told["shuffled minus model"] = _difference(rows["shuffled rewards"] - model)
    return told


def _difference(values: Floats) -> dict[str, Any]:
    low, high = bootstrap(values, 0)
    return {"mean": float(values.mean()), "ci": [low, high]}


def run(
    seeds: int,
    kills: int,
    open_bandit: Path | None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Everything that the loop promises, with its bars."""
    log = log_writes.measure(progress)
    killed = log_writes.kills(kills, progress=progress)
    simulated = worlds(range(seeds), progress)
    coverage = ope_coverage.run(100, progress)
    useful, optimal, drift = (simulated[name] for name in ("useful", "optimal", "drift"))
    trials = aa_false_positives()
    bars = [
        _bar("regret closed by the head", useful["learned, greedy, regret closed"], CLOSED),
        _bar("regret closed, exploration included", useful["learned, regret closed"], CLOSED),
        _bar("drift: regret closed after 1,000 slates", drift["learned, greedy, regret closed"], CLOSED),
        _bar("log, single commits over bare sqlite3", log["log_ratio_single"], SINGLE),
        _bar("log, batched over bare sqlite3", log["log_ratio_batched"], BATCHED),
        _bar("log, sixteen writers over one", log["log_group"], GROUP),
        {"bar": "shuffled rewards give no gain", "met": useful["shuffled minus model"]["ci"][0] <= 0},
        {"bar": "nothing lost where the model is optimal",
         "met": optimal["learned, greedy, minus model"]["ci"][1] >= 0},
        {"bar": "nothing acknowledged is lost", "met": killed["lost"] == 0 and killed["torn"] == 0},
        {"bar": "coverage 0.92 to 0.97 where estimable", "met": coverage["passed"]},
        {"bar": "A/A with 50 looks: at most 5% false positives", "met": trials["sequence"] <= 0.05},
    ]  # fmt: skip
    return {
        "regret_closed": useful["learned, greedy, regret closed"], "shuffled_gain": useful["shuffled minus model"],
        "coverage": [coverage["lowest"], coverage["highest"]], **log, "kills": killed, "worlds": simulated,
        "open_bandit": estimate_open_bandit(open_bandit) if open_bandit else None, "aa": trials, "seeds": seeds,
        "bars": bars, "passed": all(bool(one["met"]) for one in bars), **environment(),
    }  # fmt: skip


def _bar(name: str, value: float | None, least: float) -> dict[str, Any]:
    return {"bar": name, "value": None if value is None else round(value, 4), "least": least,
            "met": value is not None and value >= least}  # fmt: skip
