"""`GET /v1/dashboard`: how it goes, from the log: CTR, satisfaction, coverage, diversity, latency, degradations, experiments."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from tastemaker.agent.feedback.outcomes import impressions
from tastemaker.agent.feedback.rewards import OPENED
from tastemaker.agent.feedback.trials import exposures, running
from tastemaker.agent.store import Store
from tastemaker.domain import EventType
from tastemaker.eval.live import live_metrics
from tastemaker.server.access import Core, Operator, in_thread
from tastemaker.server.door import plain
from tastemaker.server.errors import RESPONSES

router = APIRouter(tags=["operation"], responses=RESPONSES)
RECENT = 2_000
"""Decisions that latency, degradations, diversity and days are read from, the newest."""
SLATES = 200
"""Of them those whose items are compared with each other."""
Slates = list[tuple[dict[str, Any], list[dict[str, Any]]]]


@router.get("/v1/dashboard", response_model=None)
async def dashboard(
    caller: Operator,
    core: Core,
    matured: Annotated[float, Query(ge=0, description="Hours until a decision counts.")] = 1.0,
) -> JSONResponse:
    """The figures of the dashboard. Rates are with 95% intervals and what they were divided by; null where nothing was there to divide by."""
    return JSONResponse(plain(await in_thread(_figures, core.store, timedelta(hours=matured))))


def _figures(store: Store, matured: timedelta) -> dict[str, Any]:
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
    found = []
    for _, slate in slates:
        ids = [one["item_id"] for one in slate if one["item_id"] in store.index.place]
        if len(ids) > 1:
            rows = store.index.vectors(ids).astype(np.float64)
            rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
            found.append(1 - float((rows @ rows.T)[np.triu_indices(len(ids), 1)].mean()))
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


def _experiment(store: Store, experiment: Any) -> dict[str, Any]:
    """Who saw which variant, and what was opened there; `tastemaker ab report` says what it means."""
    arms: dict[str, dict[str, Any]] = {}
    for row in exposures(store.log, experiment.name):
        arm = arms.setdefault(row["variant"], {"decisions": 0, "users": set(), "impressions": 0, "opened": 0})
        arm["decisions"] += 1
        arm["users"].add(row["user_id"])
        arm["impressions"] += len(row["slate"])
        arm["opened"] += sum(bool(set(map(EventType, one["types"])) & OPENED) for one in row["slate"])
    told = {name: arm | {"users": len(arm["users"])} for name, arm in sorted(arms.items())}
    return {
        "name": experiment.name, "hypothesis": experiment.hypothesis,
        "started_at": experiment.started_at.isoformat(), "variants": told,
    }  # fmt: skip
