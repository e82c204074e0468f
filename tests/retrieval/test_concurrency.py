"""A store that is written while it is read: by another process, and by other threads of this one."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tastemaker import Event, Item, Recommender
from tastemaker.agent.store import Store
from tastemaker.retrieval.encoders import HashingEncoder
from tastemaker.retrieval.profile import build_profile
from tastemaker.retrieval.retriever import Retriever

pytestmark = pytest.mark.slow
ROUNDS = 20
BATCH = 25
WRITER = f"""
import sys
from tastemaker import Event, EventType, Item, Recommender
with Recommender.open(sys.argv[1], encoder="hashing") as recommender:
    for n in range({ROUNDS}):
        ids = [f"new{{n}}x{{m}}" for m in range({BATCH})]
        recommender.index(Item(id=one, title=f"Soup number {{one}}", categories=("New",)) for one in ids)
        recommender.observe(Event(user_id="ann", item_id=one, type=EventType.LIKE) for one in ids[:2])
        recommender.observe(Event(user_id=f"other{{m}}", item_id=ids[0], type=EventType.LIKE) for m in range(5))
        print(n, flush=True)
"""
"""What the other process does: items, and events of a user whom this process reads and of others, round after round."""


@pytest.fixture
def folder(tmp_path: Path, items: list[Item], events: list[Event]) -> Path:
    with Recommender.open(tmp_path / "store", encoder="hashing") as recommender:
        recommender.index(items)
        recommender.observe(events)
        recommender.fit()
    return tmp_path / "store"


@pytest.fixture
def writer(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def read_once(store: Store, user: str) -> tuple[int, list[str]]:
    """One recommendation without the model: the user's events so far, and the ids of the candidates."""
    history = store.catalogue.history(user)
    retriever = Retriever(store.catalogue, store.index, HashingEncoder)
    found = retriever.retrieve(build_profile(history), "soup", 20)
    retriever.retrieve(build_profile(history), None, 20, diversity=0.3)
    assert all(candidate.item.title for candidate in found)
    return len(history), [candidate.item.id for candidate in found]


def opened(folder: Path) -> Store:
    return Store(folder, "hashing")


def test_committed_events_and_items_are_seen_at_once_and_whole(folder: Path, writer: subprocess.Popen[str]) -> None:
    catalogue = opened(folder).catalogue
    lengths, sizes = [], []
    assert writer.stdout is not None and writer.stderr is not None
    for line in writer.stdout:
        lengths.append(len(catalogue.history("ann")) - 3)
        sizes.append(catalogue.size()[0] - 12)
        assert lengths[-1] >= 2 * (int(line) + 1)  # what the other told after its commit
        assert catalogue.titles([f"new{int(line)}x0"])
    assert writer.wait(60) == 0, writer.stderr.read()
    assert all(length % 2 == 0 for length in lengths) and all(size % BATCH == 0 for size in sizes)
    assert len(set(lengths)) > 3  # it was read while it was written
    assert (lengths[-1], sizes[-1]) == (2 * ROUNDS, ROUNDS * BATCH)


LATER = f"""
import sys
from pathlib import Path
from tastemaker.agent.store import Store
store = Store(Path(sys.argv[1]), "hashing")
print(store.index.vectors([f"new{{n}}x{{m}}" for n in range({ROUNDS}) for m in range({BATCH})]).shape)
"""


def test_a_process_that_is_started_later_sees_all(folder: Path, writer: subprocess.Popen[str]) -> None:
    _, told = writer.communicate(timeout=120)
    assert writer.returncode == 0, told
    done = subprocess.run([sys.executable, "-c", LATER, str(folder)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == f"({ROUNDS * BATCH}, 512)", done.stderr


def test_a_store_that_is_opened_again_in_this_process_sees_all(folder: Path, writer: subprocess.Popen[str]) -> None:
    _, told = writer.communicate(timeout=120)
    assert writer.returncode == 0, told
    with Recommender.open(folder, encoder="hashing") as again:
        assert any(one.startswith("new") for one in read_once(again.core.store, "ann")[1])


@pytest.mark.parametrize("user", ["ann", "bob"])
@pytest.mark.parametrize("warm", [True, False], ids=["has read vectors before", "has not"])
def test_recommendations_go_on_while_another_process_indexes(
    folder: Path, writer: subprocess.Popen[str], user: str, warm: bool
) -> None:
    """`ann` likes items whose vectors the other process made; `bob` doesn't, but they are popular."""
    store = opened(folder)
    if warm:
        read_once(store, user)
    assert writer.stdout is not None and writer.stderr is not None
    for _ in writer.stdout:
        assert len(read_once(store, user)[1]) >= 7
    assert writer.wait(60) == 0, writer.stderr.read()
    assert any(one.startswith("new") for one in read_once(store, user)[1])


def test_threads_read_while_one_indexes(folder: Path) -> None:
    """What `update` has indexed is there for the thread that called it, whatever the others do meanwhile."""
    store, encoder = opened(folder), HashingEncoder()
    query = np.asarray([encoder.embed_query("soup")], dtype=np.float32)
    stop = threading.Event()

    def read() -> int:
        times = 0
        while not stop.is_set():
            times += len(store.index.nearest(query, 5)) == 5
        return times

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        try:
            for n in range(200):
                store.catalogue.add_items([Item(id=f"thread{n}", title=f"Soup for thread {n}")])
                store.index.update(store.catalogue, encoder)
                assert store.index.vectors([f"thread{n}"]).shape == (1, 512)
        finally:
            stop.set()
        assert all(reader.result() for reader in readers)
