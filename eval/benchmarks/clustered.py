"""A store of clustered vectors in any number, for timing retrieval: items, events, tastes and an index, made once and kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.store import Store
from tastemaker.domain import Event, EventType, Item
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.factorise import fit_taste

DIMENSIONS = 384
NOISE = 0.7
BLOCK = 2_048
USERS, HAD = 1_000, 2_000
"""Users with events, and the items that they share."""
LONGEST = (10, 100, 1_000, 10_000)
"""Events of the users `long-N`, for seeing what a history costs."""
START = datetime(2026, 1, 1, tzinfo=UTC)


class ClusteredVectors:
    """An encoder of the texts "Item N": unit vectors around √n centres, in float32[384].

    Centre and noise are normal, the noise of each dimension with the deviation 0.7: neighbours are near each other by
    little, which is hard for a graph.
    """

    encoder_id = "clustered-384"

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(0)
        self._n, clusters = n, max(50, int(n**0.5))
        self._centres = rng.normal(size=(clusters, DIMENSIONS)).astype(np.float32)
        self._own = rng.integers(clusters, size=n)
        self._block = lru_cache(maxsize=8)(self._made)

    def _made(self, number: int) -> NDArray[np.float32]:
        own = self._own[number * BLOCK : (number + 1) * BLOCK]
        noise = np.random.default_rng([1, number]).normal(size=(len(own), DIMENSIONS)).astype(np.float32)
        rows = self._centres[own] + NOISE * noise
        made: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return made

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of texts that begin with "Item N"."""
        numbers = [int(text.split(".")[0].split()[1]) for text in texts]
        return [self._block(n // BLOCK)[n % BLOCK].tolist() for n in numbers]

    def embed_query(self, text: str) -> list[float]:
        """As one document."""
        return self.embed_documents([text])[0]

    def queries(self, n: int) -> NDArray[np.float32]:
        """Items' vectors moved by a fifth of their length, float32[n, 384]."""
        rng = np.random.default_rng(2)
        rows = np.asarray(self.embed_documents([f"Item {one}" for one in rng.integers(self._n, size=n)]), np.float32)
        moved: NDArray[np.float32] = rows + 0.2 / DIMENSIONS**0.5 * rng.normal(size=rows.shape).astype(np.float32)
        return moved


def clustered_store(folder: Path, n: int, progress: Progress = silent) -> Store:
    """The store of `n` items in `folder`. One that is there is opened; making one that was stopped goes on."""
    encoder = ClusteredVectors(n)
    store = Store(folder, encoder.encoder_id)
    if store.catalogue.size()[0] < n:
        progress(f"Writing {n:,} items", 0, None)
        store.catalogue.add_items(_items(n))
    store.index.update(store.catalogue, encoder, progress)
    if store.catalogue.fact("benchmark") is None:
        progress("Learning tastes", 0, None)
        store.catalogue.add_events(_events(n))
        model = fit_taste(store.catalogue.consumption())
        assert model is not None
        store.index.set_tastes(model)
        store.catalogue.set_fact("benchmark", "ready")
    return store


def _items(n: int) -> Iterator[Item]:
    levels = np.random.default_rng(3).random(n)
    for number in range(n):
        yield Item(
            id=f"i{number:07}", title=f"Item {number}", categories=(f"c{number % 20}",),
            attributes={"level": float(levels[number])},
        )  # fmt: skip


def _events(n: int) -> Iterator[Event]:
    """Users with some 30 events on the items that they share, and a few with as many as `LONGEST` says."""
    rng = np.random.default_rng(4)
    shared = rng.choice(n, size=min(HAD, n), replace=False)
    lengths = {f"u{user}": 1 + int(rng.geometric(1 / 30)) for user in range(USERS)}
    for user, length in [*lengths.items(), *((f"long-{length}", length) for length in LONGEST)]:
        for place, item in enumerate(rng.choice(shared, size=length)):
            yield Event(
                user_id=user, item_id=f"i{item:07}", type=EventType.LIKE, timestamp=START + timedelta(minutes=place)
            )
