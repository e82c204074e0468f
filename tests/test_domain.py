"""Shapes refuse what can't be stored or shown, with a sentence that names it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker import Event, EventType, Item
from tastemaker.domain import EVENT_WEIGHTS, MAX_TEXT_CHARS, item_text, one_line
from tastemaker.errors import InvalidInputError


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("id", "a b", "position 1"),
        ("id", "a/b", "slashes"),
        ("id", "a\\b", "slashes"),
        ("id", "", "at least 1"),
        ("id", "x" * 257, "256"),
        ("id", "nul\x00", "NUL"),
        ("id", 7, "string"),
        ("title", "nul\x00byte", "NUL character at position 3"),
        ("title", "half \ud83d", "lone surrogate (U+D83D) at position 5"),
        ("title", "", "at least 1"),
        ("title", " \n\u3000", "is blank"),
        ("title", "\u200b\u200e\u00ad", "is blank"),
        ("categories", ["\t"], "is blank"),
        ("description", "d" * (MAX_TEXT_CHARS + 1), str(MAX_TEXT_CHARS)),
        ("colour", "red", "Extra"),
        ("created_at", "2026-01-01T00:00:00", "timezone"),
        ("created_at", "9999-12-31T23:59:59-01:00", "years 1 to 9999"),
    ],
)
def test_bad_items_are_refused_by_name(field: str, value: object, says: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Item.model_validate({"id": "x", "title": "T", field: value})
    assert field in str(caught.value)
    assert says in str(caught.value)


def test_an_item_can_be_made_directly_and_is_refused_alike() -> None:
    assert Item(id="x", title="T").categories == ()
    with pytest.raises(InvalidInputError, match="Item 'a b'"):
        Item(id="a b", title="T")


@pytest.mark.parametrize(
    "data",
    [
        {"type": "search"},
        {"type": "search", "text": "  "},
        {"type": "search", "text": "\u200b"},
        {"type": "like"},
        {"type": "rating", "item_id": "i"},
        {"type": "rating", "item_id": "i", "value": 0},
        {"type": "rating", "item_id": "i", "value": 6},
        {"type": "dwell", "item_id": "i", "value": float("nan")},
        {"type": "stare", "item_id": "i"},
    ],
)
def test_incomplete_events_are_refused(data: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match="Event"):
        Event.model_validate({"user_id": "u", **data})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (1700000000, "2023-11-14T22:13:20+00:00"),
        (1700000000123, "2023-11-14T22:13:20.123000+00:00"),
        ("1700000000", "2023-11-14T22:13:20+00:00"),
        (-5, "1969-12-31T23:59:55+00:00"),
        ("2023-11-14T22:13:20+02:00", "2023-11-14T20:13:20+00:00"),
        ("2023-11-14T22:13:20Z", "2023-11-14T22:13:20+00:00"),
        (datetime(2023, 11, 14, 22, tzinfo=timezone(timedelta(hours=-8))), "2023-11-15T06:00:00+00:00"),
    ],
)
def test_times_are_kept_in_utc(given: object, kept: str) -> None:
    event = Event.model_validate({"user_id": "u", "item_id": "i", "type": "like", "timestamp": given})
    assert event.timestamp.isoformat() == kept


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (1700000000123456, "after 9999"),  # microseconds: a data set's reader takes them, our own shape does not
        ("2023-11-14T22:13:20", "timezone"),
        ("2023-11-14", "timezone"),
        (datetime(2023, 11, 14), "timezone"),
        ("0001-01-01T00:00:00+05:00", "years 1 to 9999"),
        (float("nan"), "NaN"),
        (float("inf"), "after 9999"),
        (True, "valid datetime"),
        ("soon", "valid datetime"),
        ("", "valid datetime"),
        (None, "valid datetime"),
    ],
)
def test_what_is_no_time_is_refused(given: object, says: str) -> None:
    with pytest.raises(InvalidInputError, match=f"Event: timestamp: .*{says}"):
        Event.model_validate({"user_id": "u", "item_id": "i", "type": "like", "timestamp": given})


LOOK_ALIKES = ("a", "а", "ａ", "A", "é", "e\u0301", "1", "１", "¹", "a\u200b", "a\u202e")
"""Latin, Cyrillic and full-width letters, capital; composed and decomposed; digits; with unseen characters."""


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_an_id_is_kept_letter_for_letter(name: str) -> None:
    """Nothing is normalised, so look-alikes stay distinct wherever an id is compared."""
    assert Item(id=name, title="T").id == name
    event = Event(user_id=name, item_id=name, type=EventType.LIKE)
    assert (event.user_id, event.item_id) == (name, name)
    assert len(set(LOOK_ALIKES)) == len(LOOK_ALIKES)


def test_every_event_type_has_a_weight_between_minus_one_and_one() -> None:
    assert set(EVENT_WEIGHTS) == set(EventType)
    assert all(-1 <= weight <= 1 for weight in EVENT_WEIGHTS.values())


@pytest.mark.parametrize(("value", "weight"), [(0.5, -1.0), (1, -1.0), (2, -0.5), (3, 0.0), (4, 0.5), (5, 1.0)])
def test_a_rating_weighs_by_its_value(value: float, weight: float) -> None:
    assert Event(user_id="u", item_id="i", type=EventType.RATING, value=value).weight == weight


def test_item_text_is_title_categories_description() -> None:
    item = Item(id="x", title="Heat", categories=("Crime", "Drama"), description="A  heist.\nIt fails")
    assert item_text(item) == "Heat. Crime, Drama. A heist. It fails"


@given(st.text(max_size=400))
def test_one_line_is_one_line_and_stable(text: str) -> None:
    line = one_line(text, 100)
    assert len(line) <= 100
    assert line.splitlines() in ([], [line])
    assert one_line(line, 100) == line
