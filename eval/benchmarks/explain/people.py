"""Real users and their slates: MovieLens-100K, and readers of Chinese headlines; with what is true, read from raw rows."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.domain import Event, EventType, Item, Recommendation
from tastemaker.eval.benchmarks.explain.world import Together, World
from tastemaker.progress import Progress
from tastemaker.retrieval.datasets import MOVIELENS, open_dataset
from tastemaker.retrieval.datasets.lines import json_rows, refusing
from tastemaker.retrieval.datasets.report import Counts

HISTORY = 4
LEAST = 8
"""Headlines that a subject must have to be somebody's."""
NO_HAVING = {EventType.SKIP, EventType.DISLIKE}
START = datetime(2026, 1, 1, tzinfo=UTC)


class People:
    """Items and everybody's events, with what is counted from them; `alone`, nobody knows of the others."""

    def __init__(self, items: Sequence[Item], events: Sequence[Event], alone: bool = False) -> None:
        self.items, self.alone = {item.id: item for item in items}, alone
        self.events: dict[str, list[Event]] = defaultdict(list)
        self._had: dict[str, set[str]] = defaultdict(set)
        for event in sorted(events, key=lambda one: one.timestamp):
            self.events[event.user_id].append(event)
            if event.item_id is not None and event.type not in NO_HAVING and not alone:
                self._had[event.item_id].add(event.user_id)
        counts = Counter({one: len(users) for one, users in self._had.items()})
        self._place = {one: 1 + sum(n > counts[one] for n in counts.values()) for one in counts}
        self._users = len({user for users in self._had.values() for user in users})

    def asked_for(self, user: str) -> str | list[Event]:
        """What `recommend` is given: the user's id, or for one who is alone the history itself."""
        return self.events[user] if self.alone else user

    def worlds(self, recommender: AsyncRecommender, shown: Recommendation, user: str, language: str) -> Iterator[World]:
        """What is true of each item of a slate, by raw rows and vectors."""
        events = self.events[user]
        past = list(dict.fromkeys(event.item_id for event in events if event.item_id is not None))
        index = recommender.store.index
        rows = index.content.rows()
        own = np.asarray(index.vectors(past), dtype=np.float64)
        everything = np.asarray(rows.matrix, dtype=np.float64)
        new = np.array([one not in set(past) for one in rows.ids[: len(rows)]])
        for item in shown.items:
            wanted = np.asarray(index.vectors([item.id])[0], dtype=np.float64)
            closer = [int(((everything @ vector)[new] > vector @ wanted + 1e-6).sum()) for vector in own]
            yield World(
                self.items[item.id], language, tuple(events), self.items,
                popular_place=self._place.get(item.id), near={one: 1 + n for one, n in zip(past, closer, strict=True)},
                together={one: self._both(one, item.id) for one in past},
            )  # fmt: skip

    def _both(self, first: str, second: str) -> Together:
        a, b = self._had.get(first, set()), self._had.get(second, set())
        return Together(len(a & b), len(a), len(b), self._users)


def movielens(cache: Path, progress: Progress) -> People:
    """MovieLens-100K."""
    data = open_dataset(MOVIELENS, cache, progress)
    return People(list(data.items()), list(data.events()))


def headlines(file: Path, readers: int, seed: int = 0) -> People:
    """So many readers of the headlines in a file of TNEWS, each of whom likes four of them, one subject or several.

    Raises `DatasetError` for a line that is none.
    """
    items: list[Item] = []
    by: dict[str, list[str]] = defaultdict(list)
    for n, (where, row) in enumerate(json_rows(file, Counts())):
        with refusing(where, "is no headline of TNEWS"):
            items.append(Item(id=f"n{n}", title=row["sentence"], categories=(row["label_desc"].removeprefix("news_"),)))
            by[row["label_desc"]].append(f"n{n}")
    subjects = sorted(one for one, ids in by.items() if len(ids) >= LEAST)
    rng = random.Random(seed)
    events = []
    for n in range(readers):
        for m, one in enumerate(rng.sample(by[rng.choice(subjects)], HISTORY)):
            moment = START + timedelta(hours=24 * n + m)
            events.append(Event(user_id=f"r{n}", item_id=one, type=EventType.LIKE, timestamp=moment))
    return People(items, events, alone=True)
