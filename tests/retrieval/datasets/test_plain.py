"""Plain files with a mapping of columns: CSV, TSV, JSON lines, Parquet."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.domain import EventType
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.retrieval.datasets import Dataset
from tastemaker.retrieval.datasets.mapping import ColumnMap
from tastemaker.retrieval.datasets.plain import read_events
from tastemaker.retrieval.datasets.report import Counts

Opener = Callable[..., Dataset]
NAMED = {"user_id": "customer", "item_id": "sku", "value": "stars", "timestamp": "when"}
SHOP = (
    "customer,sku,stars,when,name,tags\nann,a 1,4.5,1700000000,Tea,hot|green\nann,b/2,3,1700000000123,Cup,\n"
    "bob, a 1,1,2023-11-14T22:13:20+02:00,Tea,hot\nbob,b/2,2,2023-11-14 22:13:20,Cup,\n"
)


def test_csv_with_a_mapping(opened: Opener) -> None:
    data = opened({"shop.csv": SHOP}, "shop.csv", columns={**NAMED, "item.title": "name", "item.categories": "tags"})
    assert data.format == "plain"
    assert [(item.id, item.title, item.categories) for item in data.items()] == [
        ("a%201", "Tea", ("hot", "green")), ("b%2F2", "Cup", ()),
    ]  # fmt: skip
    events = list(data.events())
    assert [event.item_id for event in events] == ["a%201", "b%2F2", "a%201", "b%2F2"]
    assert [event.timestamp.isoformat() for event in events] == [
        "2023-11-14T22:13:20+00:00", "2023-11-14T22:13:20.123000+00:00", "2023-11-14T20:13:20+00:00",
        "2023-11-14T22:13:20+00:00",
    ]  # fmt: skip
    assert data.report.as_dict()["events"]["shop.csv"] == {
        "read": 4,
        "repaired": {
            "id percent-encoded": 4, "milliseconds": 1, "no time zone, read as UTC": 1, "padded id": 1,
        },
    }  # fmt: skip


@pytest.mark.parametrize("gzipped", [False, True])
def test_the_same_from_tsv_and_json_lines(opened: Opener, gzipped: bool) -> None:
    pack: Callable[[bytes], bytes] = gzip.compress if gzipped else bytes
    end = ".gz" if gzipped else ""
    tsv = pack(b"user_id\titem_id\ttype\ttext\nu\ti\tview\t\nu\t\tsearch\twarm tea\n")
    lines = pack(
        b'{"user_id": "u", "item_id": "i", "type": "view"}\n{"user_id": "u", "type": "search", "text": "warm tea"}\n'
    )
    for name, body in (("a.tsv", tsv), ("a.jsonl", lines)):
        data = opened({name + end: body}, name + end)
        view, search = data.events()
        assert (view.type, search.type, search.text) == (EventType.VIEW, EventType.SEARCH, "warm tea")
        assert [item.id for item in data.items()] == ["i"]


def test_rows_of_json_may_differ(opened: Opener) -> None:
    body = '{"user_id": "u", "item_id": 5}\n{"user_id": "u", "item_id": "j", "value": 2, "timestamp": 9}\n{"item_id": "j"}\n'
    data = opened({"x.jsonl": body}, "x.jsonl", columns={"item_id": "item_id"})
    assert [item.id for item in data.items()] == ["5", "j"]
    events = data.events()
    assert [(event.type.value, event.value) for event in (next(events), next(events))] == [
        ("like", None),
        ("rating", 2),
    ]
    with pytest.raises(DatasetError, match=r"x\.jsonl:3: is no event .*user_id"):
        next(events)


def test_items_in_a_file_of_their_own(opened: Opener) -> None:
    items = 'id,title,description,price,created_at\ni,"A, ""B""\nC",words,3.5,2020-01-01\nj,,,,\n'
    data = opened({"items.csv": items, "events.csv": "user_id,item_id\nu,i\nu,z\n"}, columns={"item.price": "price"})
    first, second = data.items()
    assert (first.title, first.description, first.attributes) == ('A, "B"\nC', "words", {"price": "3.5"})
    assert first.created_at == datetime(2020, 1, 1, tzinfo=UTC) and second.title == "j"
    (event,) = data.events()
    assert event.type is EventType.LIKE and event.timestamp.timestamp() == 0
    told = data.report.as_dict()
    assert told["items"]["items.csv"]["repaired"] == {"no time zone, read as UTC": 1, "title from the id": 1}
    assert told["events"]["events.csv"]["dropped"] == {"item not in the catalogue": 1}


def test_parquet(opened: Opener, tmp_path: Path) -> None:
    pl = pytest.importorskip("polars")
    when = [datetime(2023, 11, 14, tzinfo=UTC), datetime(2023, 11, 15, tzinfo=UTC)]
    frame = pl.DataFrame(
        {"customer": [7, 8], "sku": ["x", "y"], "stars": [5.0, 0.5], "when": when, "tags": [["a"], []]}
    )
    frame.write_parquet(tmp_path / "shop.parquet")
    data = opened({}, "shop.parquet", columns={**NAMED, "item.categories": "tags"})
    assert [(event.user_id, event.item_id, event.value) for event in data.events()] == [
        ("7", "x", 5.0),
        ("8", "y", 0.5),
    ]
    assert [item.categories for item in data.items()] == [("a",), ()]
    found = data.columns()
    assert found is not None and found.times.tolist() == [int(moment.timestamp()) for moment in when]
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DatasetError, match=r"bad\.parquet: is no Parquet"):
        list(opened({}, "bad.parquet").events())


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("a,b\n1,2\n", r"has no column item_id, user_id, but a, b"),
        ("user_id,item_id\nu\n", r"x\.csv:2: has 1 fields, not 2"),
        ("user_id,item_id\n,i\n", r"x\.csv:2: is no event"),
        ("user_id,item_id,value\nu,i,\n", r"x\.csv:2: is no event .*0\.5 to 5"),
        ("user_id,item_id,value\nu,i,many\n", r"x\.csv:2: is no event"),
        ("user_id,item_id,value\nu,i,nan\n", r"x\.csv:2: is no event"),
        ("user_id,item_id,timestamp\nu,i,\n", r"x\.csv:2: is no event .*the time is empty"),
        ("user_id,item_id,timestamp\nu,i,soon\n", r"x\.csv:2: is no event"),
        ("user_id,item_id,type\nu,i,stare\n", r"x\.csv:2: is no event"),
        ('user_id,item_id\nu,"i\nv,j\n', r"x\.csv:3: is no CSV"),
        ("user_id,user_id,item_id\nu,u,i\n", r"x\.csv:1: names a column twice"),
        ("user_id,item_id\n" + "u" * 300 + ",i\n", r"x\.csv:2: is no event"),
    ],
)
def test_bad_rows_are_named(opened: Opener, body: str, told: str) -> None:
    data = opened({"x.csv": body, "items.csv": "id\ni\n"}, "x.csv")
    with pytest.raises(DatasetError, match=told):
        list(read_events(data.path, Counts(), ColumnMap()))


def test_a_mapping_is_checked(opened: Opener) -> None:
    with pytest.raises(InvalidInputError, match="are no fields: users"):
        opened({"x.csv": SHOP}, "x.csv", columns={"users": "customer"})
    with pytest.raises(DatasetError, match="has no column nowhere"):
        list(opened({"x.csv": SHOP}, "x.csv", columns={**NAMED, "value": "nowhere"}).events())
    with pytest.raises(InvalidInputError, match="has columns of its own"):
        opened({"x.csv": SHOP}, "x.csv", columns=NAMED, format="yelp")
    with pytest.raises(DatasetError, match="no file of events"):
        list(opened({"x.txt": SHOP}, "x.txt", format="plain").events())


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(
    lambda text: text.strip() == text
)


@given(rows=st.lists(st.tuples(TEXT, TEXT, st.integers(1, 10), st.integers(0, 2**31)), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_round_trip_of_csv(rows: list[tuple[str, str, int, int]], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Different ids stay different, values and times stay as they are, whatever the ids hold."""
    text = io.StringIO()
    csv.writer(text).writerows(
        [
            ("user_id", "item_id", "value", "timestamp"),
            *((user, item, half / 2, when) for user, item, half, when in rows),
        ]
    )
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    events = list(read_events(path, Counts(), ColumnMap()))
    assert [(event.value, event.timestamp.timestamp()) for event in events] == [(row[2] / 2, row[3]) for row in rows]
    assert len({event.item_id for event in events}) == len({row[1] for row in rows})
    assert len({event.user_id for event in events}) == len({row[0] for row in rows})
