"""Candidates for a turn: what meets every condition and critique in force, and was neither shown nor seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tastemaker.agent.conversation.conditions import joined
from tastemaker.agent.conversation.critiques import UP
from tastemaker.agent.conversation.state import Chip, Move, State
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.agent.store import Store
from tastemaker.domain import Candidate, EventType
from tastemaker.errors import EmptyCatalogueError
from tastemaker.retrieval.attributes import Eligible, rows_in
from tastemaker.retrieval.filters import Bools, parse_filter
from tastemaker.retrieval.profile import UserProfile, limits
from tastemaker.retrieval.retriever import Retriever, folded


@dataclass(frozen=True, slots=True)
class Room:
    """What may be shown: `among`, how many that are, what each chip or move would let in if it were dropped, most first, and what would come
    if all were."""

    among: Eligible
    size: int
    all: int
    relaxed: tuple[tuple[Chip | Move, int], ...] = ()


def profile_with(profile: UserProfile, state: State) -> UserProfile:
    """The user's profile with what they said here of items, which is the latest that is known of them."""
    said = {*state.liked, *state.disliked, *state.like}
    wanted = (*state.liked, *(one for one in state.like if one not in state.liked))
    deeds = {one: deed for one, deed in profile.deeds.items() if one not in said}
    return profile.model_copy(
        update={
            "liked": (*(one for one in profile.liked if one not in said), *wanted),
            "unwanted": (*(one for one in profile.unwanted if one not in said), *state.disliked),
            "seen": (*(one for one in profile.seen if one not in said), *state.disliked, *wanted),
            "deeds": deeds | dict.fromkeys(wanted, EventType.LIKE),
        }
    )


def where_of(state: State) -> dict[str, Any] | None:
    """All conditions and critiques in force, as one hard filter; of popularity there is none."""
    return joined([one.where for one in state.chips] + [one.where for one in state.moves if one.where])


def room(store: Store, vocabulary: Vocabulary, profile: UserProfile, state: State) -> Room:
    """What may come, and if that is nothing, what is in the way.

    Items of the same title as one that was shown or seen are that one.
    """
    table = store.catalogue.attributes()
    base = np.ones(len(table.ids), dtype=bool)
    if (own := limits(profile, None)) is not None:
        base &= table.matching(own)
    gone = vocabulary.same({*state.excluded, *profile.seen})
    rows = rows_in(table.place, sorted(gone))
    base[rows[rows >= 0]] = False
    masks: list[tuple[Chip | Move, Bools]] = []
    limiting: list[Chip | Move] = [*state.chips, *state.moves]
    for one in limiting:
        if one.where is not None:
            masks.append((one, table.matching(parse_filter(one.where))))
        elif isinstance(one, Move) and one.bound is not None:
            had = store.catalogue.popular()
            counts = np.zeros(len(table.ids))
            places = rows_in(table.place, had.ids)
            counts[places[places >= 0]] = had.scores[places >= 0]
            masks.append((one, counts > one.bound if one.direction in UP else counts < one.bound))
    every = np.logical_and.reduce([base, *(mask for _, mask in masks)])
    size = int(every.sum())
    relaxed: list[tuple[Chip | Move, int]] = []
    if not size:
        for n, (one, _) in enumerate(masks):
            others = [mask for m, (_, mask) in enumerate(masks) if m != n]
            relaxed.append((one, int(np.logical_and.reduce([base, *others]).sum())))
        relaxed.sort(key=lambda pair: -pair[1])
    return Room(Eligible(table.place, every), size, int(base.sum()), tuple(relaxed))


def candidates(
    store: Store, retriever: Retriever, profile: UserProfile, wishes: Sequence[str], n: int, room: Room,
    diversity: float = 0.0,
) -> list[Candidate]:  # fmt: skip
    """The best `n` of what may come, by the last wishes and the profile; with `diversity` as in `Retriever.retrieve`.

    What no source proposes comes after all that one does, by id: a condition that only unknown items meet still is met.
    """
    query = "; ".join(wishes) or None
    try:
        found = retriever.retrieve(profile, query, n, among=room.among, diversity=diversity)
    except EmptyCatalogueError:
        found = []
    if len(found) >= min(n, room.size):
        return found
    had = {one.item.id for one in found}
    titles = {folded(one.item.title) for one in found}
    ids = [one for one, row in room.among.place.items() if room.among.mask[row] and one not in had]
    last = min((one.prior for one in found), default=0.0)
    for item in store.catalogue.items(sorted(ids)[: 2 * n]):
        if len(found) < n and folded(item.title) not in titles:
            titles.add(folded(item.title))
            found.append(Candidate(item, last - 1.0, len(found) + 1))
    return found
