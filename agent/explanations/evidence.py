"""What supports an item: of all that is known, what is true, can be checked, and had a part in its being shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.explanations.lexicon import field_of
from tastemaker.agent.explanations.names import shown, values_of
from tastemaker.domain import EventType, Evidence, Item
from tastemaker.retrieval.catalogue import Together
from tastemaker.retrieval.fusion import Fusion
from tastemaker.retrieval.index import Index
from tastemaker.retrieval.interests import MAX_LIKES
from tastemaker.retrieval.profile import UserProfile
from tastemaker.retrieval.retriever import history
from tastemaker.retrieval.rows import similarity

CITED = 2
"""Items of the history that a reason names at most: more read as redundant (arXiv 2501.12152)."""
SHARED = 3
TENTH = 10
SAMPLE = 20_000
"""Items up to which all are compared to tell the first tenth; of more, so many, evenly spread."""
SAFE = 0.8
"""What of a tenth counts where only a sample was compared."""
MAX_QUERY_CHARS = 80
ROUNDING = 1e-6
"""How far apart the same product may come out of two matrices."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An item of a slate, its rank in each source that found it, and whether chance or a share for new items put it there."""

    item: Item
    sources: Mapping[str, int]
    explored: bool = False
    unseen: bool = False


def support(
    index: Index, fusion: Fusion, profile: UserProfile, ids: Sequence[str]
) -> tuple[list[str], NDArray[np.float64]]:
    """The liked items, and how much each adds to the prior of each of `ids`, float64[n_liked, n_ids]; an estimate.

    By taste that is exact up to the scale: a score there is a sum over the history. By text it is the likeness beside what the
    whole catalogue has in common, as interests are made.
    """
    liked = [one for one in profile.liked[-MAX_LIKES:] if one in index.place]
    total = np.zeros((len(liked), len(ids)))
    if not liked or not ids:
        return liked, total
    own, theirs = index.vectors(liked), index.vectors(ids)
    if index.similarity == "cosine":
        centre = index.centre()
        own, theirs = own - centre, theirs - centre
    total += fusion.weights.get("content", 0.0) * similarity(own, theirs, "cosine")
    for kind in ("together", "next"):
        if weight := fusion.weights.get(kind, 0.0):
            past = history(profile, fusion, kind)
            places = [list(past).index(one) for one in liked]
            total += weight * index.influence(kind, past, ids)[places]
    return liked, total


def near_mask(index: Index, liked: Sequence[str], ids: Sequence[str], seen: Collection[str]) -> NDArray[np.bool_]:
    """Whether each of `ids` is close to each liked item, bool[n_liked, n_ids]: of what is new to the user no more than a tenth
    of the catalogue is closer by text."""
    if not liked or not ids:
        return np.zeros((len(liked), len(ids)), dtype=bool)
    rows = index.content.rows()
    step = max(1, len(rows) // SAMPLE)
    sample = np.asarray(rows.matrix[::step])
    new = np.array([one not in seen for one in rows.ids[: len(rows) : step]])
    allowed = max(1.0, len(sample) // TENTH * (SAFE if step > 1 else 1.0))
    queries, wanted = index.vectors(liked), index.vectors(ids)
    scores = similarity(queries, wanted, index.similarity)
    better = np.empty(scores.shape)
    for n in range(len(liked)):
        others = similarity(queries[n : n + 1], sample, index.similarity)[0][new]
        better[n] = (others[:, None] > scores[n] + ROUNDING).sum(axis=0)
    return np.asarray(better < allowed, dtype=bool)


class Finder:
    """Finds evidence for the items of one request."""

    def __init__(
        self, profile: UserProfile, liked: Mapping[str, Item], *, query: str | None, conditions: Sequence[str],
        popular: Mapping[str, int], total: int, together: Mapping[tuple[str, str], Together],
    ) -> None:  # fmt: skip
        self._profile, self._liked, self._query, self._conditions = profile, liked, query, conditions
        self._popular, self._tenth, self._together = popular, max(1, total // TENTH), together

    def find(self, one: Shown, ranked: Sequence[str], near: Mapping[str, bool]) -> tuple[Evidence, ...]:
        """The evidence for an item: items of the history in the order of `ranked`, those that are `near` it or go together
        with it; what it shares with the first; the wish, conditions, popularity; and what put it there other than fit."""
        found: list[Evidence] = []

        def add(kind: str, text: str, **more: object) -> None:
            found.append(Evidence.model_validate({"id": f"e{len(found) + 1}", "kind": kind, "text": text} | more))

        deeds = self._profile.deeds
        first: Item | None = None
        for key in ranked:
            counts = self._together.get((key, one.item.id))
            with_it = counts is not None and counts.more_often
            if not (near.get(key) or with_it) or (first and deeds.get(key) != deeds.get(first.id)):
                continue
            add("history", shown(self._liked[key]), item_id=key, event=deeds.get(key, EventType.LIKE),
                near=bool(near.get(key)), together=with_it)  # fmt: skip
            first = first or self._liked[key]
            if len(found) == CITED:
                break
        for field, text in common(one.item, first)[:SHARED] if first else ():
            add("shared", text, item_id=first.id if first else None, field=field)
        if (
            self._query
            and one.sources.get("query", self._tenth + 1) <= self._tenth
            and len(self._query) <= MAX_QUERY_CHARS
        ):
            add("query", self._query)
        for text in self._conditions:
            add("condition", text)
        if self._popular.get(one.item.id, self._tenth + 1) <= self._tenth:
            add("popular", f"place {self._popular[one.item.id]} by popularity")
        for kind, there in (
            ("exploration", one.explored), ("unseen", one.unseen), ("sponsored", one.item.attributes.get("sponsored") is True)
        ):  # fmt: skip
            if there:
                add(kind, kind)
        return tuple(found)


def common(item: Item, other: Item) -> list[tuple[str, str]]:
    """(field, value) of what two items have in common: people and makers before categories, other attributes last."""
    own = {(field_of(name.key), name.text) for name in values_of(other)}
    both = [(name.key, name.text) for name in values_of(item) if (field_of(name.key), name.text) in own]
    kinds = ("director", "author", "artist", "brand", "star", "category")
    order = {kind: place for place, kind in enumerate(kinds)}
    told = [(field, text) for field, text in dict.fromkeys(both) if field_of(field) != "year"]
    return sorted(told, key=lambda pair: order.get(field_of(pair[0]), len(kinds)))
