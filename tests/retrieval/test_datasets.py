"""Readers name file and line; MovieLens's own traps are read rightly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tastemaker import Settings
from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets import jsonl, movielens

ITEM_HEADER = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
EVENT_HEADER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"


def test_movielens_titles_genres_and_years(tmp_path: Path) -> None:
    rows = '1\tMatrix, The\t1999\tAction Sci-Fi\n267\tunknown\t\tunknown\n5\t"Quoted" \t1995\tFilm-Noir\n'
    (tmp_path / "ml-100k.item").write_text(ITEM_HEADER + rows, encoding="utf-8")
    first, second, third = movielens.read_items(tmp_path)
    assert (first.title, first.categories, first.attributes) == ("The Matrix", ("Action", "Sci-Fi"), {"year": 1999})
    assert (second.title, second.categories, second.attributes) == ("unknown", (), {})
    assert third.title == '"Quoted"'


@pytest.mark.parametrize(
    ("rows", "says"),
    [("1\t2\t3\n", ":2: has 3 fields"), ("1\t2\tgood\t0\n", ":2: is no rating"), ("1\t2\t9\t0\n", ":2: is no rating")],
)
def test_a_bad_rating_names_its_line(tmp_path: Path, rows: str, says: str) -> None:
    (tmp_path / "ml-100k.inter").write_text(EVENT_HEADER + rows, encoding="utf-8")
    with pytest.raises(DatasetError, match=says):
        list(movielens.read_events(tmp_path))


def test_another_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ml-100k.item").write_text("id\tname\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="columns"):
        list(movielens.read_items(tmp_path))


def test_the_real_movielens(settings: Settings) -> None:
    folder = movielens.fetch(settings.cache)
    items = list(movielens.read_items(folder))
    assert len(items) == 1682
    assert items[0].title == "Toy Story"
    first = next(movielens.read_events(folder))
    assert (first.user_id, first.item_id, first.value, first.timestamp.isoformat()) == (
        "196",
        "242",
        3,
        "1997-12-04T15:55:49+00:00",
    )
    assert sum(1 for _ in movielens.read_events(folder)) == 100_000


@pytest.mark.parametrize("read", [jsonl.read_items, jsonl.read_events])
@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "no JSON"),
        (b"\xff", "read as UTF-8"),
        (b"[1]", ":2"),
        (b'{"id": "x", "user_id": "u", "nonsense": 1}', "nonsense"),
        (
            rb'{"id": "x", "title": "half \ud83d", "user_id": "half \ud83d", "type": "like", "item_id": "x"}',
            "surrogate",
        ),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, read: Callable[[Path], Iterator[Any]], line: bytes, says: str) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"\n" + line + b"\n")
    with pytest.raises(DatasetError) as caught:
        list(read(path))
    assert f"{path}:2" in str(caught.value)
    assert says in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"nowhere\.jsonl"):
        list(jsonl.read_items(tmp_path / "nowhere.jsonl"))
