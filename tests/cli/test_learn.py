"""`learn`, `promote`, `rollback`, `metrics` as a user runs them, on a store whose log was filled."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tastemaker import Event, EventType, Recommender
from tastemaker.eval.benchmarks.log_writes import decision

pytestmark = pytest.mark.slow


def _click(item: str, user: str | None) -> Event:
    return Event(user_id=user or "anonymous", item_id=item, type=EventType.CLICK)


def run(store: Path, *args: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-c", "from tastemaker.cli import main; main()", *args]
    done = subprocess.run(
        [*command, "--store", str(store), "--encoder", "hashing", "--json"], capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_from_rewards_to_a_head_and_back(recommender: Recommender, store: Path) -> None:
    log = recommender.core.store.log
    for n in range(20):
        log.add_decision(*decision(n))
        item = decision(n)[0].items[0].id
        log.add_reward(decision(n)[0].decision_id, f"e{n}", partial(_click, item))
    status, empty = run(store, "learn")
    assert status == 2 and "no matured impression" in empty["error"]["what"]  # nothing is over yet
    with log.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE decision SET created_at = '2026-01-01T00:00:00+00:00'")
        connection.exec_driver_sql("UPDATE feedback SET received_at = '2026-01-01T00:01:00+00:00'")
    status, learned = run(store, "learn")
    assert (
        status == 0
        and learned["matured"]["impressions"] == 100
        and len(learned["head"]["mean"]) == len(learned["head"]["features"]) + 1
    )
    status, again = run(store, "learn")
    assert status == 0 and again["version"] == learned["version"] and again["matured"]["decisions"] == 0
    status, refused = run(store, "promote")
    assert status == 1 and "estimable" in refused["error"]["what"]
    status, nothing = run(store, "rollback")
    assert status == 2 and "no head serves" in nothing["error"]["what"]
    status, told = run(store, "metrics")
    assert status == 0 and {row["name"]: row["value"] for row in told["rows"]}["ctr"] == pytest.approx(0.2)
    status, value = run(store, "ope", "--tau", "0.5", "--head", learned["version"])
    assert status == 0 and value["decisions"] == 20
