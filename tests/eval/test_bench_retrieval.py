"""`bench retrieval` on a store of some hundred items: every figure is made, and those that are no times are right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tastemaker.errors import InvalidInputError
from tastemaker.eval.benchmarks import retrieval
from tastemaker.eval.benchmarks.clustered import LONGEST, clustered_store
from tastemaker.settings import Settings

pytestmark = pytest.mark.slow


def test_all_figures_of_a_size(tmp_path: Path) -> None:
    clustered_store(tmp_path / "store", 400)
    found = retrieval.measure(400, tmp_path / "store", requests=5, queries=8)
    assert found["overhead_ratio"] > 0 and found["p99_over_p50"] >= 1
    assert found["recall@100"] == 1.0 and [one["recall"] for one in found["filtered"]] == [1.0, 1.0, 1.0]
    assert tuple(one["events"] for one in found["histories"]) == LONGEST and found["memory_mib"] >= 0


def test_the_index_is_timed_beside_the_bare_encoder(settings: Settings) -> None:
    found = retrieval.index_ratio(settings, items=20)
    assert found["ratio"] > 0 and found["index_ms"]["n"] == found["bare_ms"]["n"] == 3


def test_fewer_items_than_can_be_filtered_are_refused(settings: Settings) -> None:
    with pytest.raises(InvalidInputError, match="--size"):
        retrieval.run(settings, (10,))
