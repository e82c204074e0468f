"""Vectors on a real Chroma server: the same results as in a folder, seen by several processes, no meeting of two stores, said when it is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import chromadb
import pytest

from tastemaker import Event, Item, Recommender
from tastemaker.agent.store import Store
from tastemaker.errors import EncoderMismatchError, InvalidInputError, StoreError
from tastemaker.retrieval.encoders import HashingEncoder
from tastemaker.retrieval.profile import build_profile
from tastemaker.retrieval.retriever import Retriever
from tastemaker.settings import Settings

pytestmark = pytest.mark.slow


RunChroma = Callable[[Path], AbstractContextManager[str]]


@pytest.fixture(scope="module")
def server(run_chroma: RunChroma, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_chroma(tmp_path_factory.mktemp("chroma")) as url:
        yield url


def filled(folder: Path, items: list[Item], events: list[Event], chroma: str | None = None) -> Path:
    with Recommender.open(folder, encoder="hashing", chroma=chroma) as recommender:
        recommender.index(items)
        recommender.observe(events)
        recommender.fit()
    return folder


def candidates(store: Store, query: str | None) -> list[tuple[str, float]]:
    retriever = Retriever(store.catalogue, store.index, HashingEncoder)
    profile = build_profile(store.catalogue.history("ann"))
    return [(one.item.id, round(one.prior, 5)) for one in retriever.retrieve(profile, query, 20)]


def test_finds_what_a_folder_finds(server: str, tmp_path: Path, items: list[Item], events: list[Event]) -> None:
    here = Store(filled(tmp_path / "here", items, events), "hashing")
    there = Store(filled(tmp_path / "there", items, events, server), "hashing", chroma=server)
    for query in (None, "soup"):
        assert candidates(there, query) == candidates(here, query)
    assert not (tmp_path / "there" / "chroma" / "chroma.sqlite3").exists()


def test_one_process_sees_what_another_has_indexed(
    server: str, tmp_path: Path, items: list[Item], events: list[Event]
) -> None:
    folder = filled(tmp_path / "store", items, events, server)
    reading = Store(folder, "hashing", chroma=server)
    assert "new" not in dict(candidates(reading, "a new soup"))
    program = (
        "import sys; from tastemaker import Item, Recommender\n"
        "with Recommender.open(sys.argv[1], encoder='hashing') as r: r.index([Item(id='new', title='A new soup')])"
    )
    environment = {**os.environ, "TASTEMAKER_CHROMA": server}
    subprocess.run([sys.executable, "-c", program, str(folder)], check=True, env=environment)
    assert candidates(reading, "a new soup")[0][0] == "new"


def test_two_stores_on_one_server_never_meet(
    server: str, tmp_path: Path, items: list[Item], events: list[Event]
) -> None:
    one = Store(filled(tmp_path / "one", items, events, server), "hashing", chroma=server)
    other = Store(filled(tmp_path / "other", items[:4], [], server), "hashing", chroma=server)
    assert len(one.index.content) == len(items) and len(other.index.content) == 4


def test_a_store_that_moves_to_a_server_is_encoded_anew(
    server: str, tmp_path: Path, items: list[Item], events: list[Event]
) -> None:
    """Both ways: until it is indexed there, it can't be read there, and a look from the wrong place changes nothing."""
    folder = filled(tmp_path / "store", items, events)
    for here, before in ((server, None), (None, server)):
        with Recommender.open(folder, encoder="hashing", chroma=here) as moved:
            store = moved.core.store
            for read in (lambda: candidates(store, "soup"), lambda: moved.profile("ann"), moved.fit):  # noqa: B023
                with pytest.raises(StoreError, match="TASTEMAKER_CHROMA"):
                    read()
        assert candidates(Store(folder, "hashing", chroma=before), None)
        changed = items[0].model_copy(update={"title": f"Moved to {here}"})
        with Recommender.open(folder, encoder="hashing", chroma=here) as moved:
            store = moved.core.store
            assert moved.index([changed]) == len(items)
            assert store.index.fold_in("together", {items[0].id: 1.0}) is None  # tastes wait for a fit
            moved.fit()
            assert candidates(store, "soup")


def test_another_encoder_is_refused(server: str, tmp_path: Path, items: list[Item], events: list[Event]) -> None:
    folder = filled(tmp_path / "store", items, events, server)
    with pytest.raises(EncoderMismatchError, match=server):
        Store(folder, "another", chroma=server)


def test_a_server_that_is_gone_is_said(
    run_chroma: RunChroma, tmp_path: Path, items: list[Item], events: list[Event]
) -> None:
    with run_chroma(tmp_path / "chroma") as url:
        store = Store(filled(tmp_path / "store", items, events, url), "hashing", chroma=url)
    with pytest.raises(StoreError, match=r"(?s)127\.0\.0\.1.*chroma run"):
        store.index.vectors([items[0].id])
    with pytest.raises(StoreError, match="chroma run"):
        Store(tmp_path / "store", "hashing", chroma=url)


def test_a_server_that_goes_while_it_is_written_is_said(
    run_chroma: RunChroma, tmp_path: Path, items: list[Item], events: list[Event]
) -> None:
    with run_chroma(tmp_path / "chroma") as url:
        folder = filled(tmp_path / "store", items, events, url)
        opened = Recommender.open(folder, encoder="hashing", chroma=url)
    with opened:
        with pytest.raises(StoreError, match="can't be written"):
            opened.index([Item(id="late", title="Late")])
        with pytest.raises(StoreError, match="can't be"):
            opened.fit()


def test_a_server_that_is_started_again_is_found_again(
    run_chroma: RunChroma, tmp_path: Path, items: list[Item], events: list[Event]
) -> None:
    with run_chroma(tmp_path / "chroma") as url:
        folder = filled(tmp_path / "store", items, events, url)
    with run_chroma(tmp_path / "chroma") as again:
        store = Store(folder, "hashing", chroma=again)
        assert candidates(store, "soup")
        names = {one.name for one in chromadb.HttpClient("127.0.0.1", int(again.rpartition(":")[2])).list_collections()}
    assert names == {f"{store.catalogue.own_id()}-{kind}" for kind in ("content", "together", "next")}


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "http://", "ftp://host", "", "http://host:0"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInputError, match="chroma"):
        Settings.load(chroma=address)
