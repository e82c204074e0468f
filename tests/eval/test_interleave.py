"""Team drafts: fair by construction, the same for the same seed; credit and sign test by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.errors import InvalidInputError
from tastemaker.eval.interleave import Preference, credit, preference, team_draft

rankings = st.permutations([f"i{n}" for n in range(8)]).flatmap(
    lambda order: st.integers(0, 8).map(lambda n: order[:n])
)


@given(rankings, rankings, st.integers(1, 10), st.integers(0, 2**32 - 1))
def test_a_draft_is_fair(a: list[str], b: list[str], k: int, seed: int) -> None:
    slate, teams = team_draft(a, b, k, seed)
    assert (slate, teams) == team_draft(a, b, k, seed)
    assert len(slate) == len(teams) == len(set(slate)) <= k and set(slate) <= {*a, *b}
    assert all(abs(teams[:n].count("a") - teams[:n].count("b")) <= 1 for n in range(len(teams) + 1))
    # Each pick is the best that its ranking still had.
    for n, (item, team) in enumerate(zip(slate, teams, strict=True)):
        assert item == next(one for one in (a if team == "a" else b) if one not in slate[:n])
    if len(slate) < k:
        assert not (set(a) - set(slate)) or not (set(b) - set(slate))


def test_the_four_drafts_of_two_items_are_equally_likely() -> None:
    """By hand: a = x y, b = y x. The first pick is x for a or y for b, the second is what is left, by the other team."""
    found = Counter(tuple(map(tuple, team_draft(["x", "y"], ["y", "x"], 2, seed))) for seed in range(2_000))
    assert set(found) == {(("x", "y"), ("a", "b")), (("y", "x"), ("b", "a"))}
    assert all(abs(n - 1_000) < 4.5 * np.sqrt(500) for n in found.values())
    same = Counter(tuple(team_draft(["x", "y"], ["x", "y"], 2, seed)[1]) for seed in range(2_000))
    assert set(same) == {("a", "b"), ("b", "a")} and abs(same["a", "b"] - 1_000) < 4.5 * np.sqrt(500)


def test_credit_by_hand() -> None:
    slate, teams = ["x", "y", "z"], ["a", "b", "a"]
    assert [credit(slate, teams, set(clicked)) for clicked in ("", "x", "y", "xy", "xz", "xyz")] == [0, 1, -1, 0, 2, 1]


def test_the_sign_test_by_hand_is_over_users() -> None:
    """Five users for a, none for b: 2 / 2^5. What one user said ten times is one vote."""
    rows = [(f"u{n}", 1) for n in range(5)] + [("u0", 1)] * 10 + [("tie", 1), ("tie", -1), ("none", 0)]
    assert preference(rows) == Preference(5, 0, 2, 2 / 32)
    assert preference([("u", -2)]) == Preference(0, 1, 0, 1.0) and preference([]) == Preference(0, 0, 0, 1.0)


def test_the_better_ranking_wins_and_equal_ones_do_not() -> None:
    rng = np.random.default_rng(0)
    liked = {f"i{n}": 0.6 - 0.05 * n for n in range(10)}
    good, bad = list(liked), list(reversed(liked))

    def screened(a: list[str], b: list[str]) -> Preference:
        rows = []
        for n in range(300):
            slate, teams = team_draft(a, b, 4, seed=n)
            rows.append((f"u{n}", credit(slate, teams, {one for one in slate if rng.random() < liked[one]})))
        return preference(rows)

    found, equal = screened(good, bad), screened(good, good)
    assert found.a > found.b and found.p < 1e-6 and equal.p > 0.01


def test_bad_input_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="ranking b"):
        team_draft(["x"], ["y", "y"], 2, seed=0)
    with pytest.raises(InvalidInputError, match="k"):
        team_draft(["x"], ["y"], 0, seed=0)
    with pytest.raises(InvalidInputError, match="teams"):
        credit(["x"], [], set())
    with pytest.raises(InvalidInputError, match="'q'"):
        credit(["x"], ["a"], {"q"})
    assert team_draft([], ["y"], 2, seed=0) == ([], [])
