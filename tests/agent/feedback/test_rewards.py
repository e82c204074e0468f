"""What an impression earned: windows, the latest opinion, each type once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.agent.feedback.rewards import WINDOWS, earned, horizon
from tastemaker.domain import EVENT_WEIGHTS, EventType

AT = datetime(2026, 1, 1, tzinfo=UTC)


def row(kind: str, minutes: float = 1.0, reward: float | None = None, event: str = "e") -> dict[str, Any]:
    weight = EVENT_WEIGHTS[EventType(kind)] if reward is None else reward
    return {
        "type": kind, "reward": weight, "received_at": (AT + timedelta(minutes=minutes)).isoformat(), "event_id": event
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "reward"),
    [
        ([], 0.0),
        ([row("click")], 0.4),
        ([row("click"), row("click", 2)], 0.4),
        ([row("like"), row("dislike", 2)], -1.0),
        ([row("dislike", 2), row("like", 1)], -1.0),
        ([row("like"), row("dislike", 2), row("like", 3)], 1.0),
        ([row("rating", 1, 0.5), row("rating", 2, -0.5)], -0.5),
        ([row("click"), row("dislike", 2)], -1.0),
        ([row("skip")], -0.3),
        ([row("skip"), row("click", 2)], 0.4),
        ([row("purchase", 60 * 24 * 6), row("click")], 1.0),
        ([row("purchase", 60 * 24 * 8), row("click")], 0.4),
        ([row("click", 31)], 0.0),
        ([row("click", -60)], 0.4),
        ([row("click", -60 * 25)], 0.0),
    ],
)
def test_known_answers(rows: list[dict[str, Any]], reward: float) -> None:
    assert earned(rows, AT).reward == reward


def test_what_does_not_count_is_counted() -> None:
    told = earned([row("click", 31), row("click", -60 * 25), row("like", 5)], AT)
    assert (told.late, told.early, told.types) == (1, 1, {"like": 1.0})


@given(st.lists(st.tuples(st.sampled_from(sorted(WINDOWS)), st.floats(-3000, 20_000), st.floats(-1, 1)), max_size=8))
def test_the_order_of_arrival_in_the_table_does_not_matter(told: list[tuple[str, float, float]]) -> None:
    rows = [row(kind, minutes, reward, f"e{n}") for n, (kind, minutes, reward) in enumerate(told)]
    found = earned(rows, AT)
    assert found == earned(rows[::-1], AT) and -1 <= found.reward <= 1
    assert len([kind for kind in found.types if kind in {"like", "dislike", "rating"}]) <= 1


def test_a_decision_waits_for_the_longest_window() -> None:
    assert horizon([]) == timedelta(minutes=30)
    assert horizon(["click", "purchase", "like"]) == timedelta(days=7)
