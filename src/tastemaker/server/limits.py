"""How much a request may hold, and how many may come: bytes, depth of JSON, a token bucket for each caller."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any

import orjson

from tastemaker.errors import InvalidInputError, RateLimitError

MAX_DEPTH = 64
"""Most levels of lists and objects in a body; tools of chat clients, which come as JSON schemas, need some twenty."""
MAX_CALLERS = 10_000
"""Callers whose buckets are kept; those that came longest ago are forgotten, and then have a full one."""


def check_json(body: bytes) -> None:
    """Raise `InvalidInputError` for a body that is no JSON in UTF-8, holds NaN or a lone surrogate, or is deeper than `MAX_DEPTH`."""
    try:
        level = [orjson.loads(body)]
    except orjson.JSONDecodeError as error:
        raise InvalidInputError(f"is no JSON in UTF-8 ({error})", where="body") from None
    for _ in range(MAX_DEPTH + 1):
        level = [one for each in level for one in _inside(each) if isinstance(one, dict | list)]
        if not level:
            return
    raise InvalidInputError(f"is deeper than {MAX_DEPTH} levels", where="body", remedy="Send flatter JSON")


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


class Limiter:
    """A token bucket for each caller: `rate` requests a second over time, `burst` at once. One process counts for itself."""

    def __init__(self, rate: float, burst: int) -> None:
        if not (0 < rate < float("inf") and burst >= 1):
            raise InvalidInputError("is not above 0, or its burst is below 1", where="rate")
        self._rate, self._burst = rate, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, now: float | None = None) -> None:
        """Take one token of the caller's. Raises `RateLimitError` if there is none."""
        now = time.monotonic() if now is None else now
        tokens, then = self._buckets.pop(caller, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        self._buckets[caller] = (tokens - 1 if tokens >= 1 else tokens), now
        if len(self._buckets) > MAX_CALLERS:
            self._buckets.popitem(last=False)
        if tokens < 1:
            raise RateLimitError(
                f"more than {self._rate:g} requests a second came from this caller", where="rate",
                remedy="Wait as long as Retry-After says", seconds=(1 - tokens) / self._rate,
            )  # fmt: skip
