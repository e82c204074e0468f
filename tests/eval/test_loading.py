"""`bench load` at a small size: the files are what they claim, and the figures hang together."""

from __future__ import annotations

from pathlib import Path

import pytest

from tastemaker import Settings
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.eval.benchmarks import loading
from tastemaker.retrieval.datasets import open_dataset

pytest.importorskip("polars")
ROWS = 3_000


@pytest.mark.slow
def test_every_case_is_measured(tmp_path: Path) -> None:
    told: list[str] = []
    found = loading.run(Settings.load(cache=tmp_path / "cache"), ROWS, lambda what, done, total: told.append(what))
    assert [row["case"] for row in found["rows"]] == list(loading.CASES)
    for row in found["rows"]:
        assert row["rows"] == ROWS and row["ours_s"]["n"] == loading.ROUNDS
        assert row["time_ratio"] == row["ours_s"]["median"] / row["polars_s"]["median"]
        assert 10 < row["polars_mib"]["median"] < 1_000
    assert found["memory_ratio"] == max(row["memory_ratio"] for row in found["rows"])
    assert found["passed"] == (found["time_ratio"] <= 2.0 and found["memory_ratio"] <= 3.0)
    assert {"machine", "versions", "date"} <= set(found)
    assert list((tmp_path / "cache").iterdir()) == []
    assert {"Writing plain", "Reading plain"} <= set(told)


@pytest.mark.parametrize("case", loading.CASES)
def test_what_is_written_is_a_data_set_of_the_format(tmp_path: Path, case: str) -> None:
    assert loading.write(case, tmp_path, ROWS).parent == tmp_path
    data = open_dataset(str(tmp_path), tmp_path)
    assert case.startswith(data.format)
    columns = data.columns()
    assert columns is not None and len(columns) == sum(1 for _ in data.events()) == ROWS
    assert len(columns.user_ids) == -(-ROWS // loading.USER_EVENTS) and len(columns.item_ids) > 1_000
    assert set(columns.values.tolist()) == {half / 2 for half in range(1, 11)}


def test_chunks_leave_no_row_out_and_none_twice(tmp_path: Path) -> None:
    sizes = [len(columns["userId"]) for _, columns in loading._chunks(2 * loading.CHUNK + 5)]
    assert sizes == [loading.CHUNK, loading.CHUNK, 5]


def test_a_reading_of_other_rows_is_no_result(tmp_path: Path) -> None:
    loading.write("plain", tmp_path, 10)
    with pytest.raises(DatasetError, match="has 11 rows, of which 10 were read"):
        loading._once(11, str(tmp_path / "events.csv"))
    with pytest.raises(DatasetError, match="could not be read"):
        loading._once(10, str(tmp_path / "nothing.csv"))


def test_no_rows_are_refused(settings: Settings) -> None:
    with pytest.raises(InvalidInputError, match="rows: is 0"):
        loading.run(settings, 0)
