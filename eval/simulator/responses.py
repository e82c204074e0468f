"""What follows from reading a slate: clicks and skips within minutes, likes after clicks, purchases days later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from tastemaker.eval.simulator.visits import Response, ResponseType, Visit

HOUR = 3600.0
SKIP = 0.1
"""Probability that an item examined and not clicked is skipped by a button."""
LIKE = 0.5
"""Probability of a like after a click is LIKE · appeal."""
CLICK_DELAY, SKIP_DELAY, LIKE_DELAY = (2.0, 30.0), (1.0, 10.0), (5.0, 60.0)
"""Seconds: least delay, and mean of an exponential one on top. A like's runs from its click."""


class Buying(NamedTuple):
    """After a click: probability of a purchase is `rate` · appeal; `least` and `mean` are its delay's, as above."""

    rate: float
    least: float
    mean: float


SLOW_CLUSTER = 0
BUYING = Buying(rate=0.2, least=1 * HOUR, mean=6 * HOUR)
SLOW_BUYING = Buying(rate=0.8, least=12 * HOUR, mean=72 * HOUR)
"""Items of SLOW_CLUSTER are bought more often and later: whoever learns before purchases are in thinks them poor."""


def follow(
    visit: Visit, slate: Sequence[int], appeal: Sequence[float], clusters: Sequence[int], read: Sequence[bool | None],
    chances: Sequence[Sequence[float]], waits: Sequence[Sequence[float]],
) -> list[Response]:  # fmt: skip
    """The responses to a slate of k places, in order of time.

    Args:
        slate: k indices of candidates.
        appeal: k probabilities of a click if examined.
        clusters: k clusters.
        read: k outcomes, as `ClickModel.read` gives them.
        chances: Two rows over candidates, uniform in [0, 1): a skip or a like, a purchase.
        waits: Three rows over candidates, exponential with mean 1: of click or skip, like, purchase.
    """
    responses = []

    def add(place: int, kind: ResponseType, seconds: float) -> None:
        at = visit.at + timedelta(seconds=seconds)
        responses.append(Response(place, visit.candidates[slate[place]], kind, at))

    for place, clicked in enumerate(read):
        n = slate[place]
        if clicked is None:
            continue
        if not clicked:
            if chances[0][n] < SKIP:
                add(place, "skip", _delay(SKIP_DELAY, waits[0][n]))
            continue
        after = _delay(CLICK_DELAY, waits[0][n])
        add(place, "click", after)
        if chances[0][n] < LIKE * appeal[place]:
            add(place, "like", after + _delay(LIKE_DELAY, waits[1][n]))
        buying = SLOW_BUYING if clusters[place] == SLOW_CLUSTER else BUYING
        if chances[1][n] < buying.rate * appeal[place]:
            add(place, "purchase", after + _delay((buying.least, buying.mean), waits[2][n]))
    return sorted(responses, key=lambda one: one.at)


def _delay(of: tuple[float, float], wait: float) -> float:
    least, mean = of
    return least + mean * wait
