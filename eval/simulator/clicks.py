"""How a slate is read: three click models, each with its exact expectation and its best slate.

Slates are given by what stands at each place, from the top: `appeal`, the probability that an examined item is clicked,
and `clusters`, which items are alike. Nothing here draws random numbers; uniform ones are handed in, so that what
happens to an item at a place can be held the same while the slate around it changes (common random numbers).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from tastemaker.eval.simulator.visits import Floats, Ints

EXAMINATION = 0.8
"""Place j, from 0, is examined with probability EXAMINATION ** j."""
SATISFACTION = 0.7
"""Probability that a reader from top to bottom stops after a click."""
TEDIUM = 0.5
"""Factor to an item's appeal for each item of its cluster that stands above it."""


class ClickModel(Protocol):
    """How users read slates of k places."""

    def expected(self, appeal: Sequence[float], clusters: Sequence[int]) -> float:
        """The exact expected number of clicks, 0 to k."""
        ...

    def read(
        self, appeal: Sequence[float], clusters: Sequence[int], look: Sequence[float], want: Sequence[float]
    ) -> list[bool | None]:
        """What comes of each place: True is a click, False is examined without one, None is not examined.

        `look` and `want` are k independent numbers, uniform in [0, 1): what examination and clicks hang on.
        """
        ...

    def best(self, appeal: Floats, clusters: Ints, places: int) -> list[int]:
        """The slate of most expected clicks: `places` different indices into the n candidates, from the top."""
        ...


class Position:
    """Position-based: examination hangs on the place alone, the click on the item alone (Craswell et al. 2008)."""

    def expected(self, appeal: Sequence[float], clusters: Sequence[int]) -> float:
        """Σ_j EXAMINATION^j · appeal_j."""
        return sum(EXAMINATION**place * felt for place, felt in enumerate(self._felt(appeal, clusters)))

    def read(
        self, appeal: Sequence[float], clusters: Sequence[int], look: Sequence[float], want: Sequence[float]
    ) -> list[bool | None]:
        """Each place by itself."""
        felt = self._felt(appeal, clusters)
        return [want[n] < felt[n] if look[n] < EXAMINATION**n else None for n in range(len(felt))]

    def best(self, appeal: Floats, clusters: Ints, places: int) -> list[int]:
        """By falling appeal; exact, as places are worth less from the top down (rearrangement inequality)."""
        return _by_appeal(appeal, places)

    def _felt(self, appeal: Sequence[float], clusters: Sequence[int]) -> Sequence[float]:
        return appeal


class Cascade:
    """Read from the top; after a click the reader stops with probability SATISFACTION, otherwise goes on.

    The cascade model of Craswell et al. (2008), where every click ends the reading, with further clicks allowed as in
    Guo, Liu and Wang (2009, dependent click model). Its expectation telescopes to (1 − Π_j (1 − s · appeal_j)) / s with
    s = SATISFACTION: which items are shown matters, their order does not.
    """

    def expected(self, appeal: Sequence[float], clusters: Sequence[int]) -> float:
        """Σ_j appeal_j · Π_{i<j} (1 − SATISFACTION · appeal_i)."""
        total, reached = 0.0, 1.0
        for one in appeal:
            total += reached * one
            reached *= 1 - SATISFACTION * one
        return total

    def read(
        self, appeal: Sequence[float], clusters: Sequence[int], look: Sequence[float], want: Sequence[float]
    ) -> list[bool | None]:
        """Down to the click that satisfies."""
        seen: list[bool | None] = [None] * len(appeal)
        for place, one in enumerate(appeal):
            clicked = want[place] < one
            seen[place] = clicked
            if clicked and look[place] < SATISFACTION:
                break
        return seen

    def best(self, appeal: Floats, clusters: Ints, places: int) -> list[int]:
        """By falling appeal; exact, as the telescoped expectation rises with every appeal."""
        return _by_appeal(appeal, places)


class Cross(Position):
    """Position-based, and each item of the same cluster above lowers an item's appeal by the factor TEDIUM.

    Our own construction, for rewards that are not a sum over places and items: what stands above matters.
    """

    def best(self, appeal: Floats, clusters: Ints, places: int) -> list[int]:
        """Greedy from the top: each place takes what has most appeal under what stands above. Near the best, not it."""
        left, slate = appeal.copy(), list[int]()
        for _ in range(places):
            chosen = int(left.argmax())
            slate.append(chosen)
            left[clusters == clusters[chosen]] *= TEDIUM
            left[chosen] = -1.0  # below every probability: not again
        return slate

    def _felt(self, appeal: Sequence[float], clusters: Sequence[int]) -> Sequence[float]:
        return [one * TEDIUM ** clusters[:n].count(clusters[n]) for n, one in enumerate(appeal)]


def _by_appeal(appeal: Floats, places: int) -> list[int]:
    return [int(n) for n in np.argsort(-appeal, kind="stable")[:places]]
