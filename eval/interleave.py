"""Interleaving: one slate of two rankings, so that each user compares them. Screens rankings cheaply; an A/B test decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from tastemaker.errors import InvalidInputError

A, B = "a", "b"


def team_draft(a: Sequence[str], b: Sequence[str], k: int, seed: int) -> tuple[list[str], list[str]]:
    """A slate of at most `k` items, and which ranking, "a" or "b", put each there (Radlinski, Kurup and Joachims, CIKM 2008).

    As two captains pick teams: whose team is smaller, or by a coin whose it is, takes its best item that is not there yet. It ends where either
    ranking has nothing new, since what follows would be one side's alone. `a` and `b` are item ids, best first.
    Deterministic for a seed; give each decision one of its own. Raises `InvalidInputError` for an item twice in a ranking, or k < 1.
    """
    for name, ranking in ((A, a), (B, b)):
        if len(set(ranking)) < len(ranking):
            raise InvalidInputError("holds an item twice", where=f"ranking {name}")
    if k < 1:
        raise InvalidInputError(f"is {k}, not a length from 1", where="k")
    rng, slate, teams = np.random.default_rng(seed), list[str](), list[str]()
    while len(slate) < k:
        left = {name: [one for one in ranking if one not in slate] for name, ranking in ((A, a), (B, b))}
        if not (left[A] and left[B]):
            break
        ahead = teams.count(A) - teams.count(B)
        captain = (A if rng.random() < 0.5 else B) if not ahead else (B if ahead > 0 else A)
        slate.append(left[captain][0])
        teams.append(captain)
    return slate, teams


def credit(slate: Sequence[str], teams: Sequence[str], clicked: Collection[str]) -> int:
    """Clicked items of a's team minus those of b's: above 0 the decision prefers a.

    Raises `InvalidInputError` if `teams` is not as long as the slate, or something was clicked that is not in it.
    """
    if len(slate) != len(teams):
        raise InvalidInputError(f"has {len(slate)} items and {len(teams)} teams", where="slate")
    if strange := set(clicked) - set(slate):
        raise InvalidInputError("was not shown", where=f"clicked item {min(strange)[:80]!r}")
    return sum((team == A) - (team == B) for item, team in zip(slate, teams, strict=True) if item in clicked)


@dataclass(frozen=True, slots=True)
class Preference:
    """How many users prefer a, b, neither, and the two-sided p of the sign test: 1 if nobody prefers either."""

    a: int
    b: int
    ties: int
    p: float


def preference(credits: Iterable[tuple[str, int]]) -> Preference:
    """The sign test over users (Dixon and Mood 1946) on pairs of a user id and the `credit` of one of their decisions.

    A user's credits are summed first, for they are not independent; ties don't count. If the rankings are alike each user is a fair coin.
    """
    sums = defaultdict[str, int](int)
    for user, value in credits:
        sums[user] += value
    a, b = (sum(sign * one > 0 for one in sums.values()) for sign in (1, -1))
    p = float(stats.binomtest(a, a + b).pvalue) if a + b else 1.0
    return Preference(a, b, len(sums) - a - b, p)
