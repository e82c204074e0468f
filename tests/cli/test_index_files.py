"""`tastemaker index`, as installed, on files that are not in our own shape."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = str(Path(sys.executable).parent / "tastemaker")
SHOP = "uid,sku,stars,when,name\nann,tea 1,4.5,1700000000,Green tea\nann,cup,5,1700000001,Cup\nben,cup,3,1700000000123,Cup\n"
NAMED = "user_id=uid,item_id=sku,value=stars,timestamp=when,item.title=name"


def index(folder: Path, *args: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    options = ["--store", str(folder / "store"), "--encoder", "hashing"]
    done = subprocess.run(
        [COMMAND, "index", *args, *options], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert done.returncode == expect, done.stdout + done.stderr
    return done


def index_json(folder: Path, *args: str, expect: int = 0) -> Any:
    return json.loads(index(folder, *args, "--json", expect=expect).stdout)


@pytest.mark.parametrize(
    "columns",
    [["--columns", NAMED], ["--columns", "user_id=uid, item_id=sku", "--columns", "value=stars,timestamp=when,item.title=name"]],
    ids=["commas", "repeated"],
)  # fmt: skip
def test_a_table_with_columns_of_other_names(tmp_path: Path, columns: list[str]) -> None:
    (tmp_path / "shop.csv").write_text(SHOP)
    found = index_json(tmp_path, "shop.csv", *columns)
    assert (found["items"], found["encoded"], found["events"]) == (2, 2, 3)
    assert found["report"]["events"]["shop.csv"] == {
        "read": 3, "repaired": {"id percent-encoded": 1, "milliseconds": 1},
    }  # fmt: skip
    again = index_json(tmp_path, "shop.csv", *columns)
    assert (again["items"], again["encoded"], again["events"]) == (2, 0, 0)


def test_the_report_is_told_to_people_too(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text(SHOP)
    told = index(tmp_path, "shop.csv", "--columns", NAMED)
    assert "shop.csv: 3 rows read for events" in told.stderr and "  repaired 1: milliseconds" in told.stderr
    assert "holds 2 items" in told.stdout


def test_a_folder_in_a_known_format(tmp_path: Path) -> None:
    films = "movieId,title,genres\n1,Heat (1995),Crime\n2,Fargo (1996),Crime|Drama\n"
    (tmp_path / "ml").mkdir()
    (tmp_path / "ml" / "movies.csv").write_text(films)
    (tmp_path / "ml" / "ratings.csv").write_text("userId,movieId,rating,timestamp\n9,1,4.0,964982703\n9,3,5.0,6\n")
    for format in ((), ("--format", "movielens-csv")):
        found = index_json(tmp_path, "ml", *format)
        assert found["items"] == 2
        assert found["report"]["events"]["ratings.csv"] == {"read": 2, "dropped": {"item not in the catalogue": 1}}


def test_json_lines_are_our_own_items_unless_a_format_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "x", "title": "Tea"}\n')
    assert index_json(tmp_path, "a.jsonl")["items"] == 1
    (tmp_path / "b.jsonl").write_text('{"user_id": "ann", "item_id": "y"}\n')
    assert index_json(tmp_path, "b.jsonl", "--format", "plain")["events"] == 1


def test_a_table_of_items_alone(tmp_path: Path) -> None:
    (tmp_path / "goods.tsv").write_text("sku\tname\tprice\nx\tTea\t3\ny\tCup\t4\n")
    found = index_json(tmp_path, "goods.tsv", "--columns", "item.id=sku,item.title=name,item.price=price")
    assert (found["items"], found["events"], found["tastes"]) == (2, 0, None)


@pytest.mark.parametrize(
    ("args", "status", "told"),
    [
        (["shop.csv", "--columns", "user_id"], 2, "is no FIELD=COLUMN: 'user_id'"),
        (["shop.csv", "--columns", "user_id=uid,user_id=sku"], 2, "names user_id twice"),
        (["shop.csv", "--columns", "users=uid"], 2, "are no fields: users"),
        (["shop.csv", "--columns", "user_id=nobody,item_id=sku"], 1, "has no column nobody"),
        (["shop.csv"], 1, "has no column item_id, but name"),
        (["shop.csv", "--columns", NAMED, "--format", "yelp"], 2, "has columns of its own"),
        (["shop.csv", "--format", "csv"], 2, "is not known"),
        (["shop.csv", "--columns", NAMED, "--events", "shop.csv"], 2, "not with --format or --columns"),
        (["nowhere.csv"], 1, "no such folder or file"),
        (["nowhere.jsonl"], 1, "can't be read"),
        ([".", "--format", "movielens-csv"], 1, "holds no movies.csv"),
    ],
)
def test_wrong_input_is_named(tmp_path: Path, args: list[str], status: int, told: str) -> None:
    (tmp_path / "shop.csv").write_text(SHOP)
    error = index_json(tmp_path, *args, expect=status)["error"]
    assert told in error["what"] and error["where"]


def test_a_bad_row_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text(SHOP + "ann,x,nine,1700000000,X\n")
    error = index_json(tmp_path, "shop.csv", "--columns", NAMED, expect=1)["error"]
    assert error["type"] == "DatasetError" and "shop.csv:5" in error["where"]
