"""What rerankers are timed and judged on: films that somebody liked, and one that they liked next among others at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tastemaker.domain import EventType, item_text
from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets import Dataset

GOOD = 4.0
SEED = 2026


@dataclass(frozen=True, slots=True)
class Case:
    """`history`, oldest first, and `candidates`, of which the one at place `wanted` was liked next."""

    history: tuple[str, ...]
    candidates: tuple[str, ...]
    wanted: int


def cases(data: Dataset, n: int, size: int, history: int, seed: int = SEED) -> list[Case]:
    """`n` cases of rated films, each of another user drawn by `seed`: their last liked one among `size` − 1 that they have not
    rated, in an order by chance, after the `history` ones that they liked before.

    Raises `DatasetError` if fewer users liked as much.
    """
    texts = {item.id: item_text(item) for item in data.items()}
    liked: dict[str, list[str]] = {}
    rated: dict[str, set[str]] = {}
    for event in sorted(data.events(), key=lambda one: (one.timestamp, one.item_id or "")):
        if event.item_id is None:
            continue
        rated.setdefault(event.user_id, set()).add(event.item_id)
        if event.type is EventType.RATING and (event.value or 0.0) >= GOOD:
            liked.setdefault(event.user_id, []).append(event.item_id)
    rng = np.random.default_rng(seed)
    users = sorted(user for user, films in liked.items() if len(films) > history)
    if len(users) < n:
        raise DatasetError(f"has {len(users)} users with more than {history} liked films, not {n}", where=data.name)
    made = []
    for user in rng.permutation(users)[:n].tolist():
        *before, last = liked[user]
        others = rng.permutation(sorted(texts.keys() - rated[user]))[: size - 1].tolist()
        place = int(rng.integers(size))
        shown = [*others[:place], last, *others[place:]]
        made.append(Case(tuple(texts[film] for film in before[-history:]), tuple(texts[film] for film in shown), place))
    return made
