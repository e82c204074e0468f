"""Amazon Reviews of 2014, 2018 and 2023: their metadata's dialects, duplicates, marks and times."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets import Dataset
from tastemaker.retrieval.datasets.amazon_2018 import rank

Opener = Callable[..., Dataset]
OLD = {"reviewerID": "A1", "asin": "p1", "helpful": [13, 14], "reviewText": "affordable.I did", "overall": 5.0,
       "summary": "Jake", "unixReviewTime": 1363392000, "reviewTime": "03 16, 2013"}  # fmt: skip
MID = {"reviewerID": "A1", "asin": "p1", "verified": True, "vote": "1,341", "style": {"Size:": " Big Boys"},
       "overall": 4.0, "reviewText": "caf&egrave;&nbsp;one\ntwo", "unixReviewTime": 1441324800}  # fmt: skip
NEW = {"user_id": "AEYKTZXAWOPJG5MGGMKBLRJR6Q3A_1", "asin": "v1", "parent_asin": "p1", "rating": 5.0, "title": "So &#34;soft&#34;",
       "text": "[[VIDEOID:abc]] Fine<br />thing \U0001f600", "timestamp": 1568738284832}  # fmt: skip


def rows(*objects: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in objects)


def test_2014_metadata_are_python_literals(opened: Opener) -> None:
    meta = (
        """{'asin': 'p1', 'description': "Dr. Suess' Puzzle", 'title': 'A 12" board', 'price': 37.12, """
        """'salesRank': {'Toys & Games': 612379}, 'categories': [['Toys & Games', 'Puzzles'], ['Toys & Games']]}\n"""
        "{'asin': 'p2', 'categories': [['Toys & Games']], 'description': 'Only told of'}\n{'asin': 'p3'}\n"
        '{"asin": "p4", "title": "Strict JSON"}\n'
    )
    later = {**OLD, "asin": "p2", "reviewTime": "01 6, 2012"}
    del later["unixReviewTime"], later["summary"], later["reviewText"]
    data = opened({"meta_Toys.json": meta, "reviews_Toys_5.json": rows(OLD, later, {**OLD, "asin": "p3"})})
    assert data.format == "amazon-2014"
    first, second, _ = data.items()
    assert (first.title, first.description, first.categories) == (
        'A 12" board',
        "Dr. Suess' Puzzle",
        ("Toys & Games", "Puzzles"),
    )
    assert first.attributes == {"price": 37.12, "sales_rank": 612379}
    assert second.title == "Only told of"
    one, two = data.events()
    assert (one.text, two.text, two.timestamp.isoformat()) == (
        "Jake\naffordable.I did",
        None,
        "2012-01-06T00:00:00+00:00",
    )
    told = data.report.as_dict()
    assert told["items"]["meta_Toys.json"]["dropped"] == {"no title and no description": 1}
    assert told["items"]["meta_Toys.json"]["repaired"] == {"title from the description": 1}
    assert told["events"]["reviews_Toys_5.json"]["dropped"] == {"item not in the catalogue": 1}
    assert told["events"]["reviews_Toys_5.json"]["repaired"] == {"time from reviewTime": 1}


@pytest.mark.parametrize(
    "line",
    [
        "__import__('os').system('touch ran')",
        "{'asin': open('ran', 'w')}",
        "('p1',)",
        "{[]: 1}",
        "(" * 5000,
        "-" * 90_000 + "1",
    ],
)
def test_literals_are_never_run(opened: Opener, line: str) -> None:
    data = opened({"meta_x.json": line + "\n", "x.json": rows(OLD)})
    with pytest.raises(DatasetError, match=r"meta_x\.json:1: is no product"):
        list(data.items())


def test_2018_duplicates_entities_and_missing_fields(opened: Opener) -> None:
    bare = {key: value for key, value in MID.items() if key not in ("reviewText", "style", "vote")}
    repeat = {**MID, "unixReviewTime": 1441324801}
    data = opened({"Beauty_5.json": rows(MID, MID, repeat, bare)})
    assert data.format == "amazon-2018"
    assert [(item.id, item.title) for item in data.items()] == [("p1", "p1")]
    assert [event.text for event in data.events()] == ["cafè\xa0one\ntwo", "cafè\xa0one\ntwo", None]
    told = data.report.as_dict()
    assert told["events"]["Beauty_5.json"] == {
        "read": 4, "dropped": {"exact duplicate": 1}, "repaired": {"html entity": 2},
    }  # fmt: skip
    assert told["items"]["Beauty_5.json"]["repaired"] == {"title from the id: no metadata": 1}


def test_2018_metadata_as_lines_or_as_an_array(opened: Opener) -> None:
    one = {"asin": "p1", "title": "Card", "price": "$1,250.00", "rank": "1,786 in Gift Cards (", "category": [],
           "main_cat": "Gift &amp; Cards", "description": ["", "Nice"], "details": {"\n    ASIN: \n    ": "B0"}}  # fmt: skip
    two = {
        "asin": "p2",
        "title": "Toy",
        "price": "",
        "rank": [">#2,893,775 in Toys & Games (See Top 100)"],
        "category": ["Toys"],
    }
    odd = {"asin": "p3", "title": "Odd", "price": "$1.00 - $2.00", "rank": "best", "description": []}
    again = {"asin": "p1", "title": "Again"}
    listed = "[" + ",\n".join(json.dumps(row) for row in (one, two, odd, again)) + "]\n"
    for meta in (listed, listed.replace("[{", "[\n{", 1), rows(one, two, odd, again)):
        data = opened({"meta_x.json": meta, "x.json": rows(MID)})
        first, second, third = data.items()
        assert first.attributes == {
            "price": 1250.0,
            "sales_rank": 1786,
            "sales_rank_in": "Gift Cards",
            "details.ASIN": "B0",
        }
        assert (first.description, first.categories) == ("Nice", ("Gift & Cards",))
        assert second.attributes == {"sales_rank": 2893775, "sales_rank_in": "Toys & Games"}
        assert third.attributes == {} and third.description == ""
        told = data.report.as_dict()["items"]["meta_x.json"]
        assert told["dropped"] == {"id met before": 1} and told["read"] == 4
        assert told["noted"] == {"price is no single number: left out": 1, "rank not understood: left out": 1}


def test_rank_of_nothing() -> None:
    assert rank([]) is None and rank("") is None and rank({"a": 1}) is None


def test_2023_milliseconds_parents_and_marks(opened: Opener) -> None:
    meta: dict[str, Any] = {"parent_asin": "p1", "main_category": "Handmade", "title": "Fob", "price": None, "features": ["a", ""],
            "description": [], "categories": [], "details": {}, "store": "Bront\u00eb", "images": [{"hi_res": None, "large": "http://l"}]}  # fmt: skip
    data = opened({"meta_x.jsonl": rows(meta), "x.jsonl": rows(NEW, {**NEW, "parent_asin": "other"})})
    assert data.format == "amazon-2023"
    (item,) = data.items()
    assert item.image_url == "http://l" and item.categories == ("Handmade",)
    assert item.attributes == {"store": "Brontë", "features": ("a",)}
    (event,) = data.events()
    assert event.text == 'So "soft"\nFine\nthing \U0001f600'
    assert event.timestamp.isoformat() == "2019-09-17T16:38:04.832000+00:00"
    told = data.report.as_dict()["events"]["x.jsonl"]
    assert told["repaired"] == {"html entity": 2, "html line break": 2, "milliseconds": 2, "video mark": 2}
    assert told["noted"] == {"user id with a suffix": 2, "variant joined to its parent product": 2}


@pytest.mark.parametrize(
    ("first", "bad", "told"),
    [
        (OLD, {**OLD, "overall": "5"}, "no number of stars"),
        (OLD, {**OLD, "overall": 0}, "0.5 to 5"),
        (OLD, {"asin": "p1"}, "KeyError"),
        (MID, {**MID, "unixReviewTime": None}, "is no review"),
        (NEW, {**NEW, "timestamp": 1e17}, "is no time"),
        (NEW, {**NEW, "rating": float("nan")}, "is no review"),
    ],
)
def test_bad_reviews_are_named(opened: Opener, first: dict[str, Any], bad: dict[str, Any], told: str) -> None:
    data = opened({"x.json": rows(first, bad)})
    with pytest.raises(DatasetError, match=rf"x\.json:2: is no review.*{told}|x\.json:2.*{told}"):
        list(data.events())


def test_surrogates_and_long_texts_are_repaired(opened: Opener) -> None:
    data = opened({"x.json": rows({**OLD, "summary": "half \ud83d", "reviewText": "x" * 30_000})})
    (event,) = data.events()
    assert event.text is not None and len(event.text) == 20_000 and event.text.startswith("half \ufffd")
    told = data.report.as_dict()["events"]["x.json"]
    assert told["repaired"] == {"NUL or lone surrogate": 1, "cut to 20000 characters": 1}
