"""Lines, the registry and the report: bounds, gzip, encodings, formats of strangers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tastemaker.domain import Event, Item
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.retrieval.datasets import FORMATS, Counts, Dataset, Format, open_dataset, register
from tastemaker.retrieval.datasets.lines import MAX_LINE, csv_rows, json_rows, lines, need
from tastemaker.retrieval.datasets.repair import clean, film, identity, literal, moment, price

Opener = Callable[..., Dataset]


def test_a_line_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"short\n" + b"x" * (MAX_LINE + 1)))
    with pytest.raises(DatasetError, match=r"x\.gz:2: is longer than"):
        list(lines(path, Counts()))


@pytest.mark.parametrize("cut", [-20, 20])
def test_broken_gzip_is_named(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "x.gz"
    whole = gzip.compress(b"line\n" * 1000)
    path.write_bytes(whole[:cut] if cut < 0 else whole[:cut] + b"\xff" * 9 + whole[cut:])
    with pytest.raises(DatasetError, match=r"x\.gz(:\d+)?: can't be read"):
        list(lines(path, Counts()))


def test_missing_files_and_wrong_encodings_are_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no a or b"):
        need(tmp_path, "a", "b")
    (tmp_path / "x").write_bytes(b"ok\ncaf\xe9\n")
    with pytest.raises(DatasetError, match=r"x:2: can't be read as UTF-8"):
        list(lines(tmp_path / "x", Counts()))


@pytest.mark.parametrize("line", ["[1]", "{", "[" * 100_000, '{"a": ' + "9" * 5000 + "}"])
def test_what_is_no_json_object_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "x").write_text("{}\n" + line)
    with pytest.raises(DatasetError, match=r"x:2: is no JSON"):
        list(json_rows(tmp_path / "x", Counts()))


def test_a_record_of_several_lines_is_one_row(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('a,b\n"1\n\n2",3\n\n4,5\n')
    counts = Counts()
    rows = [row for _, row in csv_rows(tmp_path / "x.csv", counts)]
    assert rows[2] == ["4", "5"] and counts.as_dict()["x.csv"]["read"] == 2


def test_a_stranger_adds_a_format_in_a_few_lines(tmp_path: Path) -> None:
    def items(folder: Path, counts: Counts) -> Iterator[Item]:
        for where, text in lines(folder / "names.txt", counts):
            counts.read("names.txt")
            yield Item(id=where.rpartition(":")[2], title=text.strip())

    def events(folder: Path, counts: Counts) -> Iterator[Event]:
        counts.read("names.txt")
        yield from ()

    made = Format("names", "names.txt", lambda folder: (folder / "names.txt").is_file(), items, events)
    (tmp_path / "names.txt").write_text("Ann\nBob\n")
    try:
        assert register(made) is made
        found = open_dataset(str(tmp_path), tmp_path)
        assert found.format == "names" and [item.title for item in found.items()] == ["Ann", "Bob"]
        with pytest.raises(InvalidInputError, match="registered twice"):
            register(replace(made, files="others"))
    finally:
        FORMATS.pop("names", None)


def test_the_format_may_be_said_and_must_be_plain_to_see(opened: Opener) -> None:
    both = {"items.jsonl": "", "events.jsonl": "", "artists.dat": "", "user_artists.dat": ""}
    with pytest.raises(DatasetError, match="may be jsonl and lastfm-2k"):
        opened(both)
    assert opened(both, format="jsonl").format == "jsonl"
    with pytest.raises(InvalidInputError, match="format nothing: is not known"):
        opened(both, format="nothing")


def test_a_second_pass_counts_anew(opened: Opener) -> None:
    data = opened({"events.csv": "user_id,item_id\nu,i\n"})
    for _ in range(2):
        assert len(list(data.items())) == len(list(data.events())) == 1
        told = data.report.as_dict()
        assert json.loads(json.dumps(told)) == told
        assert told["events"] == {"events.csv": {"read": 1}} and "columns" not in told


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("a", "a"),
        (" a ", "a"),
        ("a b", "a%20b"),
        ("a%20b", "a%2520b"),
        ("a/b\\c", "a%2Fb%5Cc"),
        ("\u3000é\u2028x", "é%E2%80%A8x"),
    ],
)
def test_ids(given: str, made: str) -> None:
    assert identity(given, Counts()) == made


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("AT&T &amp; M&Ms &copyright", "AT&T & M&Ms &copyright"), ("a<br />b<b>", "a\nb<b>"), ("&nosuch; ", "&nosuch;"),
        ("\ufeffa\u200b", "a"), ("a\x00", "a\ufffd"),
    ],
)  # fmt: skip
def test_texts(given: str, made: str) -> None:
    assert clean(given, Counts(), marked=True) == made


@pytest.mark.parametrize(
    ("given", "title", "year"),
    [("Matrix, The (1999)", "The Matrix", 1999), ("Death Note: Desu nôto (2006–2007)", "Death Note: Desu nôto", 2006),
     ("1984", "1984", None), ("Heidi (1995) (TV)", "Heidi", 1995), ("(500) Days (2009-)", "(500) Days", 2009)],
)  # fmt: skip
def test_films(given: str, title: str, year: int | None) -> None:
    name, attributes = film(given, Counts())
    assert (name, attributes.get("year")) == (title, year)


@pytest.mark.parametrize(
    ("given", "made", "repaired"),
    [
        (1700000000, "2023-11-14T22:13:20+00:00", ()),
        (1700000000.5, "2023-11-14T22:13:20.500000+00:00", ()),
        (-1, "1969-12-31T23:59:59+00:00", ()),
        ("1700000000123", "2023-11-14T22:13:20.123000+00:00", ("milliseconds",)),
        (1700000000123456, "2023-11-14T22:13:20.123456+00:00", ("microseconds",)),
        (" 2023-11-14T22:13:20+05:30 ", "2023-11-14T16:43:20+00:00", ()),
        ("2023-11-14T22:13:20Z", "2023-11-14T22:13:20+00:00", ()),
        ("2023-11-14 22:13", "2023-11-14T22:13:00+00:00", ("no time zone, read as UTC",)),
        (datetime(2023, 11, 14), "2023-11-14T00:00:00+00:00", ("no time zone, read as UTC",)),
        ("20231114", "1970-08-23T03:45:14+00:00", ()),  # a number, and so seconds
    ],
)
def test_times(given: object, made: str, repaired: tuple[str, ...]) -> None:
    counts = Counts()
    counts.read("x")
    assert (moment(given, counts).isoformat(), counts.kinds()) == (made, repaired)


@pytest.mark.parametrize("value", [True, None, "soon", float("nan"), 1e16, [], ""])
def test_what_is_no_time(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        moment(value, Counts())


@pytest.mark.parametrize(
    ("value", "made"),
    [("$1,250.00", 1250.0), (37.12, 37.12), ("", None), (None, None), ("$1 - $2", None), (True, None), ("12", 12.0)],
)
def test_prices(value: object, made: float | None) -> None:
    assert price(value) == made


def test_a_literal_is_bounded() -> None:
    assert literal(" u'free'") == "free"
    with pytest.raises(ValueError, match="more than"):
        literal("'" + "x" * 2**20 + "'")
