"""The benchmarks' own arithmetic. Their figures are made by `tastemaker bench`, not here."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tastemaker.eval.benchmarks.engines import compare
from tastemaker.eval.benchmarks.environment import environment, quartiles
from tastemaker.eval.benchmarks.start import _peak_mib


def test_quartiles_by_hand() -> None:
    assert quartiles([1, 2, 3, 4, 5]) == {"q1": 2, "median": 3, "q3": 4, "n": 5}


def test_the_environment_names_machine_versions_and_date() -> None:
    found = environment()
    assert found["machine"]["cores"] >= 1
    assert "tastemaker" in found["versions"]
    assert found["date"].endswith("+00:00")


@pytest.mark.parametrize(
    ("other", "nats", "same"),
    [([-1.0, -2.0, -2.04], 0.0, True), ([-1.0, -2.04, -2.0], 0.04, True), ([-2.0, -1.0, -2.04], 1.0, False)],
    ids=["equal", "a near tie swapped", "a real swap"],
)
def test_agreement_sees_differences_and_swaps(other: list[float], nats: float, same: bool) -> None:
    found = compare([np.array([-1.0, -2.0, -2.04])], [np.array(other)])
    assert found["max_nats"] == pytest.approx(nats, abs=1e-9)
    assert found["same_order"] is same


def test_the_peak_of_a_process_is_its_own() -> None:
    """However much the process that asks holds itself."""
    held = np.ones(40_000_000)
    small, large = (_peak_mib([sys.executable, "-c", f"x = bytearray({n} << 20)"]) for n in (1, 100))
    assert small < 100 < large < 200 < held.nbytes / 2**20
