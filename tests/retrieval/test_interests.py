"""Likes in groups, each spoken for by the one in its middle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.retrieval.interests import DECAY, group


def test_two_tastes_become_two_groups_by_hand() -> None:
    east, north = [1.0, 0.0], [0.0, 1.0]
    rows = np.array([north, [1.0, 0.2], east, [1.0, -0.2], north, [0.1, 1.0]], np.float32)
    groups = group(rows, 2)
    assert [one.rows for one in groups] == [(0, 4, 5), (1, 2, 3)]
    assert groups[1].medoid == 2 and groups[0].medoid == 4  # of two that are alike the later
    says = DECAY ** np.arange(5, -1, -1.0)
    assert [one.weight for one in groups] == pytest.approx(
        [says[[0, 4, 5]].sum() / says.sum(), says[1:4].sum() / says.sum()]
    )


@given(st.integers(1, 40), st.integers(1, 12))
def test_every_like_is_in_one_group(n: int, most: int) -> None:
    rows = np.random.default_rng(n).normal(size=(n, 4)).astype(np.float32)
    groups = group(rows, most)
    assert len(groups) <= most and sorted(row for one in groups for row in one.rows) == list(range(n))
    assert all(one.medoid in one.rows for one in groups) and sum(one.weight for one in groups) == pytest.approx(1.0)
    assert [one.weight for one in groups] == sorted((one.weight for one in groups), reverse=True)
