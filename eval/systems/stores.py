"""Stores of the product, filled with what a split lets it see."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tastemaker.agent.store import Store
from tastemaker.domain import Event, EventType, Item
from tastemaker.errors import UnknownUserError
from tastemaker.eval.interactions import Interactions
from tastemaker.eval.worker import SCRATCH
from tastemaker.retrieval.attributes import Eligible
from tastemaker.retrieval.encoders import Encoder, encoder_id, open_encoder
from tastemaker.retrieval.profile import UserProfile, build_profile
from tastemaker.settings import Settings


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
    """The folder of a store that holds the indexed catalogue and no event, kept for a catalogue and an encoder."""

    def fill(store: Store) -> None:
        store.catalogue.add_items(catalogue_items(train))
        store.index.update(store.catalogue, encoder())

    key = hashlib.sha256(
        repr((train.catalogue, encoder_id(settings.encoder, settings.cache), settings.similarity)).encode()
    ).hexdigest()[:16]
    return _made(settings.cache / "evaluations" / "stores" / key, None, settings, fill)


def observed_store(train: Interactions, settings: Settings, encoder: Callable[[], Encoder], scratch: Path) -> Path:
    """The folder of a store with the training events too, kept under `scratch`."""

    def fill(store: Store) -> None:
        store.catalogue.add_events(training_events(train))

    key = hashlib.sha256(pickle.dumps(train, protocol=5)).hexdigest()[:16]
    return _made(scratch / key, lambda: indexed_store(train, settings, encoder), settings, fill)


def opened(place: Path, settings: Settings) -> Store:
    """The store in `place`."""
    return Store(place, encoder_id(settings.encoder, settings.cache), settings.similarity)


def _made(kept: Path, base: Callable[[], Path] | None, settings: Settings, fill: Callable[[Store], None]) -> Path:
    """The folder `kept`, made if it is not there: elsewhere and then moved, so that it is whole, whoever else makes it."""
    if kept.is_dir():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{kept.name}-", dir=kept.parent) as folder:
        place = Path(folder) / "store"
        if base is not None:
            shutil.copytree(base(), place)
        fill(opened(place, settings))
        shutil.copytree(place, Path(folder) / "copy")  # the store itself stays open in this process
        try:
            (Path(folder) / "copy").rename(kept)
        except OSError:
            if not kept.is_dir():
                raise
    return kept


class Ready:
    """A store that holds the catalogue and the training events; and the users' profiles.

    Workers of one evaluation share what they make in the folder that the variable `SCRATCH` names.
    """

    def __init__(self, train: Interactions) -> None:
        self.settings = Settings.load()
        self._folder = tempfile.TemporaryDirectory(prefix="tastemaker-eval-")
        self._encoder: Encoder | None = None
        place, scratch = Path(self._folder.name), os.environ.get(SCRATCH)
        made = observed_store(train, self.settings, self.open_encoder, Path(scratch) if scratch else place / "made")
        shutil.copytree(made, place / "store")
        self.store = opened(place / "store", self.settings)
        self.at = {identity: n for n, identity in enumerate(train.catalogue.ids)}
        self.eligible = (
            None
            if train.eligible.all()
            else Eligible.of(train.catalogue.ids[n] for n in np.flatnonzero(train.eligible))
        )
        self._user_ids = train.user_ids
        self._profiles: dict[int, UserProfile] = {}

    def profile(self, user: int) -> UserProfile:
        """What the training events show of a user; empty if they show nothing."""
        if user not in self._profiles:
            try:
                self._profiles[user] = build_profile(self.store.catalogue.history(self._user_ids[user]))
            except UnknownUserError:
                self._profiles[user] = build_profile([])
        return self._profiles[user]

    def open_encoder(self) -> Encoder:
        """The encoder, loaded when first needed."""
        if self._encoder is None:
            self._encoder = open_encoder(self.settings.encoder, self.settings.cache)
        return self._encoder


_last: tuple[Interactions, Ready] | None = None


def ready(train: Interactions) -> Ready:
    """The store of `train`; the one made last is kept, as trials of one system share it."""
    global _last
    if _last is None or _last[0] is not train:
        _last = train, Ready(train)
    return _last[1]
