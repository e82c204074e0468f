"""The parts of `bench loop`, small: a learner that learns, one that is lied to, a log that is timed, a public sample that is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tastemaker.agent.policy import Policy
from tastemaker.errors import DatasetError
from tastemaker.eval.benchmarks.log_writes import measure
from tastemaker.eval.benchmarks.loop import Arm, learner, simulate
from tastemaker.eval.benchmarks.open_bandit import estimate_open_bandit
from tastemaker.eval.simulator import World


def test_the_loop_learns_from_true_rewards_and_not_from_shuffled_ones() -> None:
    arms = [Arm("model", Policy()), learner(), learner("shuffled rewards", shuffled=True), Arm("oracle", Policy())]
    simulate(World(3), arms, 1_500)
    model, learned, shuffled, oracle = (float(np.mean(arm.earned[-500:])) for arm in arms)
    assert learned > model + 0.5 * (oracle - model) and shuffled < learned - 0.2 and oracle >= learned
    assert arms[1].head is not None and arms[1].head.impressions >= 1_400 * 5 - 500


def test_a_world_gives_every_arm_the_same_visits() -> None:
    twins = [Arm("a", Policy(tau=1.0)), Arm("b", Policy(tau=1.0))]
    simulate(World(1), twins, 50)
    assert twins[0].earned == twins[1].earned


@pytest.mark.slow
def test_the_log_is_timed_beside_bare_sqlite() -> None:
    found = measure(rounds=1)
    rates = {name: row["median"] for name, row in found["decisions_per_second"].items()}
    assert found["log_ratio_single"] == pytest.approx(rates["single"] / rates["bare_single"])
    assert found["log_ratio_batched"] == pytest.approx(rates["batched"] / rates["bare_batched"])
    assert found["log_group"] == pytest.approx(rates["group"] / rates["single"]) and min(rates.values()) > 0


def bandit(path: Path, policy: str, rows: list[tuple[int, int, int, float]]) -> None:
    folder = path / policy / "all"
    folder.mkdir(parents=True)
    lines = [",".join(map(str, (n, *row))) for n, row in enumerate(rows)]
    (folder / "all.csv").write_text("\n".join([",item_id,position,click,propensity_score", *lines]))


def test_open_bandit_by_hand(tmp_path: Path) -> None:
    """Two items, evenly drawn; the other policy shows the second three times out of four."""
    bandit(tmp_path, "random", [(0, 1, 0, 0.5), (1, 1, 1, 0.5)] * 50)
    bandit(tmp_path, "bts", [(0, 1, 0, 0.25), (1, 1, 1, 0.75)] * 10)
    found = estimate_open_bandit(tmp_path)
    values = {row["estimator"]: row["value"] for row in found["rows"]}
    assert values["SIPS"] == pytest.approx(0.75) and values["SNIPS"] == pytest.approx(0.75)
    assert values["Switch-DR"] == pytest.approx(0.75) and found["logged"]["value"] == 0.5
    assert found["rows"][0]["ess"] == pytest.approx(100 * 1.0 / (0.5**2 + 1.5**2) * 2) and found["decisions"] == 100


def test_open_bandit_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"all\.csv"):
        estimate_open_bandit(tmp_path)
    bandit(tmp_path, "random", [])
    (tmp_path / "random" / "all" / "all.csv").write_text("item_id,click\n")
    with pytest.raises(DatasetError, match="position"):
        estimate_open_bandit(tmp_path)
