"""What came of what was shown: CTR, CVR, coverage and satisfaction, each with its interval and what it was divided by; and the dashboard's other figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from tastemaker.agent.experiments import Experiment
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.agent.feedback.outcomes import impressions
from tastemaker.agent.feedback.rewards import OPENED
from tastemaker.agent.feedback.trials import exposures, running
from tastemaker.agent.store import Store
from tastemaker.domain import EventType
from tastemaker.eval.beyond_accuracy import intra_list_diversity
from tastemaker.eval.metrics import Floats
from tastemaker.eval.replay import MAX_DECISIONS
from tastemaker.eval.statistics import bootstrap

RECENT = 2_000
"""Decisions that latency, degradations, diversity and days are read from, the newest."""
SLATES = 200
"""Of them those whose items are compared with each other."""
Slates = list[tuple[dict[str, Any], list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Metric:
    """`value` with a 95% interval, over `denominator` times `unit`; NaN where nothing of that was there."""

    name: str
    value: float
    ci: tuple[float, float]
    denominator: int
    unit: str


def live_metrics(
    log: FeedbackLog, catalogue_size: int, matured: timedelta, until: datetime | None = None
) -> list[Metric]:
    """Of the newest hundred thousand decisions that are older than `matured`.

    CTR: impressions that were opened. CVR: opened impressions that were bought. Coverage: items of the catalogue shown at least once.
    Satisfaction: the mean rated reward in [-1, 1], and thumbs up among thumbs. Intervals by bootstrap over users (decisions where nobody is named),
    as one user's impressions are alike (Deng, Lu and Litz, WSDM 2017).
    """
    groups: dict[str, list[float]] = {}
    shown: dict[str, set[str]] = {}
    for decision, slate in impressions(log, (until or datetime.now(UTC)) - matured, MAX_DECISIONS):
        key = decision["user_id"] or f"\0{decision['id']}"
        counts = groups.setdefault(key, [0.0] * 7)
        for one in slate:
            types = set(map(EventType, one["types"]))
            opened, bought = bool(types & OPENED), EventType.PURCHASE in types
            thumbs = types & {EventType.LIKE, EventType.DISLIKE}
            rated = one["types"].get(EventType.RATING.value)
            told = (1, opened, opened and bought, rated is not None, rated or 0.0, bool(thumbs), EventType.LIKE in thumbs)  # fmt: skip
            for n, value in enumerate(told):
                counts[n] += float(value)
            shown.setdefault(key, set()).add(one["item_id"])
    table = np.array(list(groups.values()), dtype=np.float64).reshape(-1, 7)
    pairs = (
        ("ctr", 1, 0, "impressions"), ("cvr", 2, 1, "opened impressions"), ("mean rated reward", 4, 3, "ratings"),
        ("thumbs up", 6, 5, "thumbs"),
    )  # fmt: skip
    found = [_ratio(name, table[:, top], table[:, bottom], unit) for name, top, bottom, unit in pairs]
    return [*found[:2], _coverage(list(shown.values()), catalogue_size), *found[2:]]


def _ratio(name: str, top: Floats, bottom: Floats, unit: str) -> Metric:
    total = float(bottom.sum())
    if not total:
        return Metric(name, float("nan"), (float("nan"), float("nan")), 0, unit)
    there = bottom > 0
    ci = bootstrap(top[there] / bottom[there], 0, weights=bottom[there])
    return Metric(name, float(top.sum()) / total, ci, int(total), unit)


def _coverage(shown: Sequence[set[str]], size: int) -> Metric:
    """What users drawn from these see together is at most what these saw, so the interval ends at the value itself."""
    if not size:
        return Metric("coverage", float("nan"), (float("nan"), float("nan")), 0, "items of the catalogue")
    rng = np.random.default_rng(0)
    value = len(set().union(*shown)) / size
    drawn = [
        len(set().union(*(shown[n] for n in rng.integers(0, len(shown), len(shown))))) / size
        for _ in range(200 if shown else 0)
    ]
    low = float(np.quantile(drawn, 0.025)) if drawn else value
    return Metric("coverage", value, (low, value), size, "items of the catalogue")


def board(store: Store, matured: timedelta) -> dict[str, Any]:
    """How it goes, ready for JSON: the metrics, and of the newest 2,000 decisions latency (seconds), degradations, days, diversity, experiments."""
    now = datetime.now(UTC)
    recent = impressions(store.log, now, RECENT)
    seconds = [row["seconds"] for row, _ in recent if row["seconds"] is not None]
    quantiles = np.quantile(seconds, [0.5, 0.9, 0.99]).tolist() if seconds else [None] * 3
    return {
        "until": now.isoformat(),
        "metrics": [asdict(one) for one in live_metrics(store.log, store.catalogue.size()[0], matured, now)],
        "latency": dict(zip(("p50", "p90", "p99"), quantiles, strict=True)) | {"decisions": len(seconds)},
        "degraded": dict(Counter(row["degraded"] for row, _ in recent if row["degraded"])),
        "decisions": len(recent),
        "diversity": _diversity(store, recent[:SLATES]),
        "days": _days(recent),
        "experiments": [_experiment(store, one) for one in running(store.log)],
    }


def _diversity(store: Store, slates: Slates) -> float | None:
    """Mean over slates of 1 − cosine between two of their items, by text; None where no slate has two that are indexed."""
    lists = [[one["item_id"] for one in slate if one["item_id"] in store.index.place] for _, slate in slates]
    found = [
        intra_list_diversity(np.arange(len(ids))[None], store.index.vectors(ids).astype(np.float64))[0]
        for ids in lists
        if len(ids) > 1
    ]
    return float(np.mean(found)) if found else None


def _days(slates: Slates) -> list[dict[str, Any]]:
    """Day by day, the oldest first: decisions, impressions, those that were opened, and thumbs."""
    days: dict[str, Counter[str]] = {}
    for row, slate in slates:
        day = days.setdefault(row["created_at"][:10], Counter())
        day["decisions"] += 1
        for one in slate:
            types = set(map(EventType, one["types"]))
            day["impressions"] += 1
            day["opened"] += bool(types & OPENED)
            day["up"] += EventType.LIKE in types
            day["down"] += EventType.DISLIKE in types
    names = ("decisions", "impressions", "opened", "up", "down")
    return [{"day": day} | {name: counts[name] for name in names} for day, counts in sorted(days.items())]


def _experiment(store: Store, experiment: Experiment) -> dict[str, Any]:
    return {
        "name": experiment.name, "hypothesis": experiment.hypothesis,
        "started_at": experiment.started_at.isoformat(), "variants": arms(store.log, experiment.name),
    }  # fmt: skip


def arms(log: FeedbackLog, experiment: str) -> dict[str, dict[str, Any]]:
    """By the name of each variant that was shown: `users`, `decisions`, `impressions`, `opened`, and as `Metric` `ctr` and `reward`, the mean of
    what impressions earned, in [-1, 1].

    The intervals are of this look alone, by bootstrap over users as above. Whether arms differ, at any look, `tastemaker ab report` says.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for row in exposures(log, experiment):
        counts = found.setdefault(row["variant"], {}).setdefault(row["user_id"], [0.0] * 4)
        opened = sum(bool(set(map(EventType, one["types"])) & OPENED) for one in row["slate"])
        earned = sum(one["reward"] for one in row["slate"])
        for n, value in enumerate((1, len(row["slate"]), opened, earned)):
            counts[n] += value
    return {name: _arm(np.array(list(users.values()), np.float64)) for name, users in sorted(found.items())}


def _arm(table: Floats) -> dict[str, Any]:
    decisions, shown, opened, earned = table.T
    sums = {"decisions": decisions, "impressions": shown, "opened": opened}
    rates = {"ctr": _ratio("ctr", opened, shown, "impressions"), "reward": _ratio("mean reward", earned, shown, "impressions")}  # fmt: skip
    return {
        "users": len(table), **{name: int(one.sum()) for name, one in sums.items()},
        **{name: asdict(one) for name, one in rates.items()},
    }  # fmt: skip
