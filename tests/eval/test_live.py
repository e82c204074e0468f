"""CTR, CVR, coverage and satisfaction by hand, and their intervals against the world that made them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tastemaker import Event, EventType
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.database import open_database
from tastemaker.eval.benchmarks.log_writes import PLACES, decision
from tastemaker.eval.live import arms, live_metrics

LATER = datetime.now(UTC) + timedelta(days=1)


def _event(item: str, kind: EventType, value: float | None, user: str | None) -> Event:
    return Event(user_id=user or "anonymous", item_id=item, type=kind, value=value)


def give(log: FeedbackLog, n: int, place: int, kind: str, value: float | None = None) -> None:
    shown = decision(n)[0]
    make = partial(_event, shown.items[place].id, EventType(kind), value)
    log.add_reward(shown.decision_id, f"{n}-{place}-{kind}-{value}", make)


@pytest.fixture
def log(tmp_path: Path) -> FeedbackLog:
    return FeedbackLog(open_database(tmp_path / "store.sqlite3"))


def test_by_hand(log: FeedbackLog) -> None:
    for n in range(4):
        log.add_decision(*decision(n))
    give(log, 0, 0, "click")
    give(log, 0, 0, "purchase")
    give(log, 1, 1, "view")
    give(log, 2, 0, "purchase")
    give(log, 2, 1, "like")
    give(log, 2, 2, "dislike")
    give(log, 3, 0, "like")
    give(log, 3, 1, "rating", 5.0)
    give(log, 3, 2, "rating", 2.0)
    found = {one.name: one for one in live_metrics(log, 1_000, timedelta(0), LATER)}
    assert (found["ctr"].value, found["ctr"].denominator) == (3 / 20, 4 * PLACES)
    assert (found["cvr"].value, found["cvr"].denominator) == (2 / 3, 3)
    assert (found["thumbs up"].value, found["thumbs up"].denominator) == (2 / 3, 3)
    assert (found["mean rated reward"].value, found["mean rated reward"].denominator) == (0.25, 2)
    assert found["coverage"].value == len({item.id for n in range(4) for item in decision(n)[0].items}) / 1_000
    assert all(one.ci[0] <= one.value <= one.ci[1] for one in found.values())


def test_nothing_shown_is_no_number(log: FeedbackLog) -> None:
    found = live_metrics(log, 10, timedelta(0), LATER)
    assert [one.denominator for one in found] == [0, 0, 10, 0, 0]
    assert all(np.isnan(one.value) for one in found if one.name != "coverage")


def test_intervals_are_as_wide_as_users_differ(log: FeedbackLog) -> None:
    """Half of fifty users click on everything: by impressions the interval would be a fifth of what it is."""
    for n in range(400):
        log.add_decision(*decision(n))
        for place in range(PLACES if n % 50 < 25 else 0):
            give(log, n, place, "click")
    ctr = live_metrics(log, 10, timedelta(0), LATER)[0]
    by_impression = 2 * 1.96 * (0.25 / 2_000) ** 0.5
    assert ctr.value == pytest.approx(0.5) and 4 * by_impression < ctr.ci[1] - ctr.ci[0] < 9 * by_impression


def expose(log: FeedbackLog, n: int, variant: str) -> None:
    """A decision for user n of fifty, as one of an experiment's."""
    shown, context = decision(n)
    log.add_decision(shown, replace(context, exposures={"bolder": variant}))


def test_the_arms_of_an_experiment_by_hand(log: FeedbackLog) -> None:
    for n, variant in ((0, "now"), (50, "now"), (1, "now"), (2, "bolder"), (3, "bolder"), (4, "quiet")):
        expose(log, n, variant)
    log.add_decision(*decision(5))  # of no experiment
    for place in range(PLACES):  # one of two users opens everything
        give(log, 2, place, "click")
    give(log, 0, 0, "like")
    give(log, 50, 1, "dislike")
    give(log, 1, 2, "rating", 5.0)
    found = arms(log, "bolder")
    assert list(found) == ["bolder", "now", "quiet"]
    now, bolder, quiet = found["now"], found["bolder"], found["quiet"]
    assert (now["users"], now["decisions"], now["impressions"], now["opened"]) == (2, 3, 3 * PLACES, 0)
    assert (bolder["users"], bolder["decisions"], bolder["impressions"], bolder["opened"]) == (2, 2, 2 * PLACES, PLACES)
    # Two users are drawn as 00, 01, 10 or 11, so that the interval is the range of their own rates.
    assert bolder["ctr"]["value"] == 0.5 and bolder["ctr"]["ci"] == (0.0, 1.0)
    assert bolder["ctr"]["denominator"] == bolder["reward"]["denominator"] == 2 * PLACES
    assert now["ctr"] == {
        "name": "ctr",
        "value": 0.0,
        "ci": (0.0, 0.0),
        "denominator": 3 * PLACES,
        "unit": "impressions",
    }
    assert now["reward"]["value"] == pytest.approx(
        1 / (3 * PLACES)
    )  # a like and a dislike, of one user, and five stars
    assert now["reward"]["ci"] == pytest.approx((0.0, 1 / PLACES))
    assert quiet["reward"]["value"] == 0.0 and quiet["users"] == 1
    assert arms(log, "another") == {}


def test_the_interval_of_an_arm_is_that_of_its_users(log: FeedbackLog) -> None:
    """Half of fifty users open everything, twice: a binomial of fifty, not of five hundred."""
    for n in range(100):
        expose(log, n, "now")
        for place in range(PLACES if n % 2 else 0):
            give(log, n, place, "click")
    ctr = arms(log, "bolder")["now"]["ctr"]
    half = 1.96 * (0.25 / 50) ** 0.5
    assert ctr["value"] == 0.5 and ctr["ci"] == pytest.approx((0.5 - half, 0.5 + half), abs=0.03)
