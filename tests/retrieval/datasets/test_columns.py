"""Arrays hold what the row-by-row readers yield, and refuse what they refuse."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable

import numpy as np
import pytest

from tastemaker.errors import DatasetError, MissingExtraError
from tastemaker.retrieval.datasets import Dataset
from tastemaker.retrieval.datasets.columns import WIDEST, whole_codes

pytest.importorskip("polars")
Opener = Callable[..., Dataset]
FLAGS = "|".join("0" * 19)
MOVIES = "movieId,title,genres\r\n" + "".join(f"{n},Film {n} (1999),Drama\r\n" for n in (1, 3, 7))
SETS: dict[str, dict[str, str]] = {
    "csv": {
        "movies.csv": MOVIES,
        "ratings.csv": "userId,movieId,rating,timestamp\r\n9,7,4.0,964982703\r\n2,1,0.5,5\r\n9,1,5.0,6\r\n2,8,1.0,7\r\n",
    },
    "100k": {
        "u.item": "".join(f"{n}|Film {n} (1999)|01-Jan-1999||http://x|{FLAGS}\n" for n in (1, 3, 7)),
        "u.data": "9\t7\t4\t964982703\n2\t1\t1\t5\n2\t8\t1\t7",
    },
    "1m": {
        "movies.dat": "".join(f"{n}::Film {n} (1999)::Drama\n" for n in (1, 3, 7)),
        "ratings.dat": "9::7::4::964982703\n2::1::0.5::5\n2::8::1::7\n",
    },
    "plain": {
        "items.csv": "id\n1\n3\n7\n",
        "events.csv": "user_id,item_id,value,timestamp\n9,7,4,964982703\n2,1,0.5,5000000000123\n2,8,1,7\n",
    },
    "ids of text": {
        "items.csv": "id\n7\n07\na b\n",
        "events.csv": "timestamp,user_id,item_id,value\n2020-01-01,u ,7,4\n2020-01-02,u,07,1\n2020-01-02,v,a b,1\n",
    },
    "look-alikes": {
        "events.csv": "user_id,item_id,value,timestamp\na,é,4,1\nа,e\u0301,1,2\nａ,1,1,3\nA,１,1,4\na\u200b,¹,1,5\n",
    },
    "times in numbers": {
        "events.csv": "user_id,item_id,value,timestamp\n"
        "u,1,4,1700000000\nu,2,4,1700000000123\nv,1,1,1700000000123456\nv,2,1,-5\n",
    },
    "times in words": {
        "events.csv": "user_id,item_id,value,timestamp\nu,1,4,2023-11-14T22:13:20+02:00\nu,2,4,2023-11-14 22:13:20\n"
        "v,1,1,2023-11-14T22:13:20.5Z\nv,2,1,1700000000123456\n",
    },
}


@pytest.mark.parametrize("name", SETS)
def test_columns_are_the_events(opened: Opener, name: str) -> None:
    data = opened(SETS[name])
    found = data.columns()
    assert found is not None
    assert found.users.dtype == found.items.dtype == found.times.dtype == np.int64 and found.values.dtype == np.float64
    rows = [
        (found.user_ids[user], found.item_ids[item], value, time)
        for user, item, value, time in zip(
            found.users, found.items, found.values.tolist(), found.times.tolist(), strict=True
        )
    ]
    events = list(data.events())
    assert rows == [(event.user_id, event.item_id, event.value, int(event.timestamp.timestamp())) for event in events]
    told = data.report.as_dict()
    for file, counts in told["columns"].items():
        assert counts["read"] == told["events"][file]["read"]
        assert counts.get("dropped") == told["events"][file].get("dropped")


def test_columns_of_gzip_files_and_without_items(opened: Opener) -> None:
    body = gzip.compress(SETS["plain"]["events.csv"].encode())
    data = opened({"events.csv.gz": body}, "events.csv.gz")
    found = data.columns()
    assert found is not None and found.item_ids == ("1", "7", "8") and len(found) == 3
    packed = {name: gzip.compress(text.encode()) for name, text in SETS["csv"].items()}
    ratings = opened({f"{name}.gz": text for name, text in packed.items()}, format="movielens-csv").columns()
    assert ratings is not None and ratings.values.tolist() == [4.0, 0.5, 5.0]


@pytest.mark.parametrize("name", ["ids of text", "look-alikes", "times in numbers", "times in words"])
def test_repairs_are_counted_by_rows(opened: Opener, name: str) -> None:
    data = opened(SETS[name])
    assert data.columns() is not None and list(data.events())
    told = data.report.as_dict()
    assert told["columns"]["events.csv"] == told["events"]["events.csv"]


def test_look_alike_ids_stay_distinct(opened: Opener) -> None:
    data = opened(SETS["look-alikes"])
    found = data.columns()
    assert found is not None and len(found.user_ids) == len(found.item_ids) == len(list(data.items())) == 5


@pytest.mark.parametrize(
    ("name", "file", "more", "told"),
    [
        ("csv", "ratings.csv", "3,1,x,5\r\n", r"ratings\.csv:6: is no rating"),
        ("csv", "ratings.csv", "3,1,9,5\r\n", r"ratings\.csv:6: is no rating"),
        ("csv", "ratings.csv", "3,1,5\r\n", r"ratings\.csv:6: has 3 fields"),
        ("csv", "ratings.csv", "3,1,5,6,7\r\n", r"ratings\.csv:6: has 5 fields"),
        ("csv", "ratings.csv", "3,1,5,99999999999999999\r\n", r"ratings\.csv:6: is no rating"),
        ("csv", "ratings.csv", "3,1,nan,5\r\n", r"ratings\.csv:6: is no rating"),
        ("csv", "ratings.csv", "3,,1,5\r\n", r"ratings\.csv:6: is no rating"),
        ("csv", "ratings.csv", "a,1,1,5\r\n", r"ratings\.csv: can't be read as columns"),
        ("1m", "ratings.dat", "3:x:1::5::5\n", r"ratings\.dat:4: has 3 fields"),
        ("1m", "ratings.dat", "3::1::0::5\n", r"ratings\.dat:4: is no rating"),
        ("100k", "u.data", "\n3\t1\t7\t5\n", r"u\.data:4: is no rating"),
        ("plain", "events.csv", "3,1,9,5\n", r"events\.csv:5: is no event"),
        ("plain", "events.csv", ",1,1,5\n", r"events\.csv:5: is no event"),
        ("plain", "events.csv", "u,1,1,99999999999999999\n", r"events\.csv:5: is no event"),
        ("plain", "events.csv", "u,1,1,9999-12-31T23:59:59-01:00\n", r"events\.csv:5: is no event"),
    ],
)
def test_bad_rows_are_named(opened: Opener, name: str, file: str, more: str, told: str) -> None:
    data = opened({**SETS[name], file: SETS[name][file] + more})
    with pytest.raises(DatasetError, match=told):
        data.columns()


def test_a_wrong_header_is_refused(opened: Opener) -> None:
    data = opened({"movies.csv": MOVIES, "ratings.csv": "movieId,userId,rating,timestamp\n1,2,3,4\n"})
    with pytest.raises(DatasetError, match="has the columns"):
        data.columns()


def test_formats_without_ratings_have_no_columns(opened: Opener) -> None:
    assert opened({"events.csv": "user_id,item_id\nu,i\n"}).columns() is None
    assert opened({"x.jsonl": '{"user_id": "u", "item_id": "i"}\n'}, "x.jsonl").columns() is None
    assert opened({"artists.dat": "1\tA\t\t\n", "user_artists.dat": "1\t1\t1\n"}, format="lastfm-2k").columns() is None


def test_wide_and_no_ids() -> None:
    codes, names = whole_codes(np.array([WIDEST + 5, 3, WIDEST + 5], dtype=np.uint32))
    assert codes.tolist() == [1, 0, 1] and names == ("3", str(WIDEST + 5))
    assert whole_codes(np.array([], dtype=np.uint32))[1] == ()


def test_the_missing_extra_is_named(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    data = opened(SETS["csv"])
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingExtraError, match=r"tastemaker\[data\]"):
        data.columns()
