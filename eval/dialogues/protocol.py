"""Which film is advised next: the cases, and the rank of what was advised.

Every film that a recommender's turn names for the first time is a target; what was said before that turn is all that may be known.
A target is dropped if it was named before, if its title (4 characters at least, without the year) stands in what was said before, or if
the seeker has said nothing yet: half of what other evaluations count at rank 1 is repetition (Kostric and Balog, SIGIR 2026).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.eval.metrics import Floats, Ints
from tastemaker.retrieval.dialogue.turns import Dialogue, Turn, mentioned, spoken

SHORTEST = 4
NEVER = int(np.iinfo(np.int64).max)
"""The rank of a target that no catalogue holds, or that a system leaves out."""


@dataclass(frozen=True, slots=True)
class Case:
    """A turn of the recommender in dialogue number `dialogue`: what was said `before`, and the ids of the `targets` in it."""

    dialogue: int
    before: tuple[Turn, ...]
    targets: tuple[str, ...]

    @property
    def mentions(self) -> int:
        """How many films were named before."""
        return len(mentioned(self.before))


def cases(dialogues: Sequence[Dialogue], titles: Mapping[str, str], *, filtered: bool = True) -> list[Case]:
    """The cases of `dialogues`, whose films are called `titles`, without years; unfiltered, every film named is a target."""
    found = []
    for number, dialogue in enumerate(dialogues):
        for at, turn in enumerate(dialogue.turns):
            before = dialogue.turns[:at]
            if turn.seeker or not turn.items:
                continue
            targets = turn.items
            if filtered:
                targets = _new(turn.items, before, titles) if spoken(before, seeker=True).strip() else ()
            if targets:
                found.append(Case(number, before, targets))
    return found


def _new(items: Sequence[str], before: Sequence[Turn], titles: Mapping[str, str]) -> tuple[str, ...]:
    had, said = set(mentioned(before)), spoken(before).casefold()
    return tuple(one for one in items if one not in had and not _stands(titles.get(one, ""), said))


def _stands(title: str, said: str) -> bool:
    return len(title) >= SHORTEST and title.casefold() in said


class Ranker:
    """Ranks targets among all of `ids`; equal scores stand in the order of the ids."""

    def __init__(self, ids: Sequence[str]) -> None:
        self.place = {one: n for n, one in enumerate(ids)}
        self._by_id = np.empty(len(ids), dtype=np.int64)
        self._by_id[sorted(range(len(ids)), key=lambda n: ids[n])] = np.arange(len(ids))

    def ranks(self, case: Case, scores: Floats, *, filtered: bool = True) -> list[int]:
        """The rank of each target of `case` by `scores`, float64[n_items] in the order of the ids; what was named before is
        left out, unless `filtered` is false. A target that is not among the ids has the rank `NEVER`."""
        if filtered:
            scores = scores.copy()
            scores[self.places(mentioned(case.before))] = -np.inf
        found = []
        for target in case.targets:
            if (at := self.place.get(target)) is None:
                found.append(NEVER)
                continue
            better = (scores > scores[at]) | ((scores == scores[at]) & (self._by_id < self._by_id[at]))
            found.append(int(better.sum()) + 1)
        return found

    def best(self, case: Case, scores: Floats, n: int) -> Ints:
        """The places of the `n` best items that were not named before, int64[n], best first."""
        open_to = np.ones(len(scores), dtype=bool)
        open_to[self.places(mentioned(case.before))] = False
        left = np.flatnonzero(open_to)
        return np.asarray(left[np.lexsort((self._by_id[left], -scores[left]))][:n], np.int64)

    def places(self, ids: Sequence[str]) -> list[int]:
        """Where those of `ids` stand that are in the catalogue."""
        return [self.place[one] for one in ids if one in self.place]
