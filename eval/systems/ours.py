"""Tastemaker itself, by stage: each source of candidates, and the fused prior."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import numpy as np

from tastemaker.agent.store import Store
from tastemaker.domain import Candidate, Event, EventType, Item
from tastemaker.errors import EmptyCatalogueError, EmptyHistoryError, UnknownUserError
from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Ints
from tastemaker.eval.systems.base import pad
from tastemaker.retrieval.encoders import Encoder, open_encoder
from tastemaker.retrieval.profile import UserProfile, build_profile
from tastemaker.retrieval.retriever import Retriever
from tastemaker.settings import Settings

POOL = 200
"""Candidates asked of the retriever: enough that the best 20 of one source are among them."""


def catalogue_items(train: Interactions) -> Iterator[Item]:
    """The items as the store takes them."""
    known = train.catalogue
    for identity, title, categories in zip(known.ids, known.titles, known.categories, strict=True):
        yield Item(id=identity, title=title, categories=categories, language="en")


def training_events(train: Interactions) -> Iterator[Event]:
    """The training rows as the events that they were."""
    for n in range(len(train)):
        yield Event(
            user_id=train.user_ids[train.users[n]],
            item_id=train.catalogue.ids[train.items[n]],
            type=EventType(str(train.kinds[n])),
            value=None if np.isnan(train.values[n]) else float(train.values[n]),
            timestamp=datetime.fromtimestamp(int(train.times[n]), UTC)
            if train.times is not None
            else datetime.now(UTC),
        )


def indexed_store(train: Interactions, settings: Settings, encoder: Callable[[], Encoder]) -> Path:
    """The folder of a store that holds the indexed catalogue and no event, made once for a catalogue and an encoder.

    Made elsewhere and then moved, so that it is whole or not there, whoever else makes it.
    """
    key = hashlib.sha256(repr((train.catalogue, settings.encoder)).encode()).hexdigest()[:16]
    kept = settings.cache / "evaluations" / "stores" / key
    if kept.is_dir():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{key}-", dir=kept.parent) as folder:
        store = Store(Path(folder) / "store", settings.encoder)
        store.catalogue.add_items(catalogue_items(train))
        store.index.update(store.catalogue, encoder())
        shutil.copytree(Path(folder) / "store", Path(folder) / "copy")  # the store itself stays open in this process
        try:
            (Path(folder) / "copy").rename(kept)
        except OSError:
            if not kept.is_dir():
                raise
    return kept


class Prior:
    """What the retriever proposes, in its own order. A sample of the users: each takes 50 ms, a hundred times a peer's."""

    sample: ClassVar[int] = 1_000

    def fit(self, train: Interactions) -> None:
        """Copy the indexed catalogue into a store of its own and note the events."""
        self.train = train
        self._settings = Settings.load()
        self._folder = tempfile.TemporaryDirectory(prefix="tastemaker-eval-")
        self._encoder: Encoder | None = None
        place = Path(self._folder.name) / "store"
        shutil.copytree(indexed_store(train, self._settings, self._open_encoder), place)
        self._store = Store(place, self._settings.encoder)
        self._store.catalogue.add_events(training_events(train))
        self._at = {identity: n for n, identity in enumerate(train.catalogue.ids)}

    def recommend(self, users: Ints, k: int) -> Ints:
        """See `System`."""
        return np.concatenate([pad(np.array([self._one(int(user), k)], dtype=np.int64), k) for user in users])

    def _one(self, user: int, k: int) -> list[int]:
        _, candidates = self._candidates(user)
        return self._indices(candidates, k)

    def _candidates(self, user: int) -> tuple[UserProfile, list[Candidate]]:
        try:
            profile = build_profile(self._store.catalogue.history(self.train.user_ids[user]))
            pool = POOL if self.train.eligible.sum() > POOL and self._all_warm() else self.train.n_items
            found = Retriever(self._store.catalogue, self._store.index, self._open_encoder).retrieve(
                profile, None, pool
            )
        except (UnknownUserError, EmptyHistoryError, EmptyCatalogueError):
            return build_profile([]), []
        return profile, [one for one in found if self.train.eligible[self._at[one.item.id]]]

    def _all_warm(self) -> bool:
        return bool(self.train.eligible[self.train.items].any())

    def _indices(self, candidates: list[Candidate], k: int) -> list[int]:
        return [self._at[one.item.id] for one in candidates[:k]]

    def _open_encoder(self) -> Encoder:
        if self._encoder is None:
            self._encoder = open_encoder(self._settings.encoder, self._settings.cache)
        return self._encoder


class _Source(Prior):
    """One source's own order."""

    source: ClassVar[str]

    def _one(self, user: int, k: int) -> list[int]:
        _, candidates = self._candidates(user)
        own = [one for one in candidates if self.source in one.sources]
        return self._indices(sorted(own, key=lambda one: one.sources[self.source]), k)


class Popular(_Source):
    """The source of popular items."""

    source = "popular"


class Content(_Source):
    """The source of items near the last liked ones, by the encoder."""

    source = "content"
