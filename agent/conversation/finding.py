"""Candidates for a turn: what meets every condition and critique in force, and was neither shown nor seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.conversation.conditions import joined
from tastemaker.agent.conversation.critiques import UP
from tastemaker.agent.conversation.state import Chip, Move, State
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.agent.store import Store
from tastemaker.domain import Candidate, EventType, Item
from tastemaker.errors import EmptyCatalogueError
from tastemaker.retrieval.attributes import Eligible, Ranking, rows_in
from tastemaker.retrieval.catalogue import WRITTEN
from tastemaker.retrieval.dialogue.prior import DialoguePrior
from tastemaker.retrieval.dialogue.turns import Turn
from tastemaker.retrieval.encoders import Encoder
from tastemaker.retrieval.filters import Bools, parse_filter
from tastemaker.retrieval.profile import UserProfile, limits
from tastemaker.retrieval.retriever import Retriever, folded

RECENT = 10
"""Items liked, and spoken against, that a dialogue's prior reads: the last ones say most, and a turn is to cost the same however many there are."""
MOST_ITEMS = 20_000
"""Items up to which a dialogue has a prior of its own."""


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


class Priors:
    """The dialogue's own prior over the store's catalogue, made anew when items were written or a hundredth more events came."""

    def __init__(self, store: Store, encoder: Callable[[], Encoder]) -> None:
        self._store, self._encoder = store, encoder
        self._made: tuple[str | None, Ranking, DialoguePrior | None] | None = None

    def prior(self) -> DialoguePrior | None:
        """None for a catalogue of over 20,000 items: it scores all of them at each turn."""
        catalogue = self._store.catalogue
        written, had = catalogue.fact(WRITTEN), catalogue.popular()
        if self._made is None or self._made[0] != written or self._made[1] is not had:
            small = catalogue.size()[0] <= MOST_ITEMS
            self._made = written, had, self._make() if small else None
        return self._made[2]

    def _make(self) -> DialoguePrior:
        items = list(self._store.catalogue.every())
        vectors = self._store.index.vectors([item.id for item in items])
        had = self._store.catalogue.consumption()
        baskets: dict[int, list[str]] = {}
        for user, item in zip(had.users.tolist(), had.items.tolist(), strict=True):
            baskets.setdefault(user, []).append(had.ids[item])
        return DialoguePrior(items, baskets.values(), vectors, self._encode)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        encoder = self._encoder()
        return np.asarray([encoder.embed_query(text) for text in texts], dtype=np.float32)


def of_dialogue(store: Store, prior: DialoguePrior, state: State, n: int, room: Room) -> list[Candidate]:
    """The best `n` of what may come after what was said: wishes, items that were liked or spoken against."""
    wanted = tuple(dict.fromkeys((*state.liked, *state.like)))[-RECENT:]
    turn = Turn(True, "; ".join(state.wishes), wanted, state.disliked[-RECENT:])
    mask = room.among.of_rows(rows_in(room.among.place, prior.known.ids.tolist()))
    ranked = prior.rank([turn], 2 * n, among=mask)
    items = store.catalogue.items([one for one, _, _ in ranked])
    return _apart((), [(item, score, sources) for item, (_, score, sources) in zip(items, ranked, strict=True)], n)


def _apart(found: Sequence[Candidate], more: Iterable[tuple[Item, float, dict[str, int]]], n: int) -> list[Candidate]:
    """`found`, and of `more` the first with titles of their own, up to `n`."""
    kept, titles = list(found), {folded(one.item.title) for one in found}
    for item, prior, sources in more:
        if len(kept) < n and (title := folded(item.title)) not in titles:
            titles.add(title)
            kept.append(Candidate(item, prior, len(kept) + 1, sources))
    return kept


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
    ids = [one for one, row in room.among.place.items() if room.among.mask[row] and one not in had]
    last = min((one.prior for one in found), default=0.0)
    return _apart(found, ((item, last - 1.0, {}) for item in store.catalogue.items(sorted(ids)[: 2 * n])), n)


def find(
    store: Store, retriever: Callable[[], Retriever], priors: Priors, own: UserProfile, state: State, n: int, room: Room,
    diversity: float = 0.0,
) -> list[Candidate]:  # fmt: skip
    """The best `n` of what may come. Of someone whose likes are known from before, `own`, by those and the wishes; else by the
    dialogue's own prior, which reads what was said."""
    finder = retriever()  # first, as it completes an index that was interrupted
    prior = None if own.liked or own.searches or diversity else priors.prior()
    if prior is not None:
        return of_dialogue(store, prior, state, n, room)
    return candidates(store, finder, profile_with(own, state), state.wishes, n, room, diversity)
