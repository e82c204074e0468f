"""What came of what was shown: CTR, CVR, coverage and satisfaction, each with its interval and what it was divided by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.agent.feedback.outcomes import impressions
from tastemaker.agent.feedback.rewards import OPENED
from tastemaker.domain import EventType
from tastemaker.eval.metrics import Floats
from tastemaker.eval.replay import MAX_DECISIONS
from tastemaker.eval.statistics import bootstrap


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
