"""The catalogue: all or nothing, idempotent events, texts that are noticed when they change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tastemaker import Event, EventType, Item
from tastemaker.database import open_database
from tastemaker.errors import InvalidInputError, StoreError, UnknownItemError, UnknownUserError
from tastemaker.retrieval.catalogue import Catalogue, batches


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(open_database(tmp_path / "store.sqlite3"))


def test_items_come_back_in_the_order_asked(catalogue: Catalogue, items: list[Item]) -> None:
    catalogue.add_items(items)
    assert catalogue.items(["i7", "i0", "i7"]) == [items[7], items[0], items[7]]


def test_an_id_given_twice_leaves_nothing(catalogue: Catalogue, items: list[Item]) -> None:
    with pytest.raises(InvalidInputError, match="'i3': this id is given twice"):
        catalogue.add_items([*items, items[3]])
    assert catalogue.size() == (0, 0)


def test_a_failing_source_leaves_nothing(catalogue: Catalogue, items: list[Item]) -> None:
    def source() -> object:
        yield from items
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catalogue.add_items(source())  # type: ignore[arg-type]
    assert catalogue.size() == (0, 0)


def test_only_changed_texts_wait_for_the_index(catalogue: Catalogue, items: list[Item]) -> None:
    catalogue.add_items(items)
    catalogue.mark_indexed(items)
    catalogue.add_items(items)
    assert catalogue.size() == (len(items), 0)
    catalogue.add_items(
        [items[0].model_copy(update={"title": "New"}), items[1].model_copy(update={"url": "https://x"})]
    )
    assert [item.id for item in catalogue.unindexed(10)] == ["i0"]


def test_events_are_stored_once_and_only_for_known_items(
    catalogue: Catalogue, items: list[Item], events: list[Event]
) -> None:
    catalogue.add_items(items)
    assert catalogue.add_events(events) == len(events)
    assert catalogue.add_events(events) == 0
    with pytest.raises(UnknownItemError, match="'nope'"):
        catalogue.add_events(
            [Event(user_id="eve", item_id="i1", type=EventType.LIKE), events[0].model_copy(update={"item_id": "nope"})]
        )
    with pytest.raises(UnknownUserError, match="'eve'"):
        catalogue.history("eve")


def test_history_is_in_the_order_of_time(catalogue: Catalogue, items: list[Item], events: list[Event]) -> None:
    catalogue.add_items(items)
    catalogue.add_events(reversed(events))
    assert [event.item_id for event in catalogue.history("ann")] == ["i0", "i2", "i4"]
    assert catalogue.history("ann") == events[:3]


def test_times_are_kept_in_utc_and_sorted_as_times(catalogue: Catalogue, items: list[Item]) -> None:
    catalogue.add_items(items)
    times = ["2026-01-01T00:00:00.500000Z", "2026-01-01T00:00:00Z", "2026-01-01T09:00:00+10:00"]
    rows = [
        Event.model_validate({"user_id": "cy", "item_id": f"i{n}", "type": "like", "timestamp": time})
        for n, time in enumerate(times)
    ]
    catalogue.add_events(rows)
    assert [event.item_id for event in catalogue.history("cy")] == ["i2", "i1", "i0"]
    same = rows[2].model_dump() | {"timestamp": "2025-12-31T23:00:00Z"}
    assert catalogue.add_events([Event.model_validate(same)]) == 0


def test_popular_counts_all_but_negative_events(catalogue: Catalogue, items: list[Item], events: list[Event]) -> None:
    catalogue.add_items(items)
    catalogue.add_events([*events, Event(user_id="cy", item_id="i9", type=EventType.LIKE)])
    assert catalogue.popular().ids[:3] == ["i9", "i0", "i2"]
    other = Catalogue(catalogue._engine)
    other.add_events([Event(user_id=name, item_id="i5", type=EventType.LIKE) for name in ("dee", "eve", "fay")])
    assert catalogue.popular().ids[:1] == ["i5"]  # counted again, though another connection wrote
    assert catalogue.some_user(3, 9) == "ann"
    assert catalogue.some_user(4, 9) is None


def test_constants_are_forgotten_when_the_text_changes(catalogue: Catalogue, items: list[Item]) -> None:
    catalogue.add_items(items)
    catalogue.set_constants("model", items[:2], [0.5, 1.5])
    changed = items[0].model_copy(update={"title": "Other"})
    assert catalogue.constants("model", items[:3]) == {"i0": 0.5, "i1": 1.5}
    assert catalogue.constants("model", [changed, items[1]]) == {"i1": 1.5}
    assert catalogue.constants("other", items) == {}


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    path.write_text("not a database at all, but long enough to be read as one" * 10)
    with pytest.raises(StoreError, match=str(path)):
        Catalogue(open_database(path))


def test_batches() -> None:
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batches([], 2)) == []
