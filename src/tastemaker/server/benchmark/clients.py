"""Users who each wait for an answer before they ask again, all at once: a closed loop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio
import httpx
import numpy as np

from tastemaker.errors import EngineError
from tastemaker.eval.benchmarks.environment import quartiles

USERS = 32
PATIENCE = 600.0
"""Seconds for one answer; on two cores, 32 prompts at once take half a minute."""
Body = dict[str, Any]


@dataclass(frozen=True)
class Round:
    """What one round of requests took: its `seconds`, and each answer's milliseconds. `degraded` counts slates that the model did not rank."""

    seconds: float
    ms: tuple[float, ...]
    degraded: int = 0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.ms) / self.seconds


async def send(client: httpx.AsyncClient, url: str, bodies: Sequence[Body], users: int = USERS) -> Round:
    """POST all `bodies` to `url`, `users` at a time. Raises `EngineError` for the first that is refused: a rate of refusals says nothing."""
    waiting, times, degraded = list(reversed(bodies)), list[float](), 0

    async def user() -> None:
        nonlocal degraded
        while waiting:
            body, asked = waiting.pop(), time.perf_counter()
            answer = await post(client, url, body)
            times.append(1000 * (time.perf_counter() - asked))
            degraded += answer.get("degraded") is not None

    started = time.perf_counter()
    try:
        async with anyio.create_task_group() as group:
            for _ in range(users):
                group.start_soon(user)
    except* EngineError as errors:
        raise errors.exceptions[0] from None
    return Round(time.perf_counter() - started, tuple(times), degraded)


async def post(client: httpx.AsyncClient, url: str, body: Body) -> Body:
    """The answer to `body`. Raises `EngineError` if there is none."""
    try:
        answer = await client.post(url, json=body)
    except httpx.HTTPError as error:
        raise EngineError(f"did not answer ({error!r})", where=url) from error
    if not answer.is_success:
        raise EngineError(f"answered {answer.status_code}: {answer.text[:300]}", where=url)
    found: Body = answer.json()
    return found


def client(headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    """Connections for `USERS` at once."""
    limits = httpx.Limits(max_connections=USERS, max_keepalive_connections=USERS)
    return httpx.AsyncClient(timeout=PATIENCE, limits=limits, headers=headers, trust_env=False)


def figures(rounds: Sequence[Round]) -> dict[str, Any]:
    """Requests a second and milliseconds of all rounds of one side."""
    ms = [one for each in rounds for one in each.ms]
    p50, p99 = (float(value) for value in np.percentile(ms, [50, 99]))
    return {
        "requests_s": round(float(np.median([one.rate for one in rounds])), 3), "ms": quartiles(ms), "p99_ms": p99,
        "p99_over_p50": round(p99 / p50, 3), "degraded": sum(one.degraded for one in rounds),
    }  # fmt: skip


def ratio(ours: Sequence[Round], floor: Sequence[Round]) -> dict[str, float]:
    """Our rate over the floor's, round by round: the median, the least and the most."""
    each = [one.rate / other.rate for one, other in zip(ours, floor, strict=True)]
    return {"median": round(float(np.median(each)), 3), "least": round(min(each), 3), "most": round(max(each), 3)}
