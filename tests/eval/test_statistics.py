"""Tests of the tests: levels that hold under no difference, power where there is one, values by enumeration."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from tastemaker.eval.statistics import bootstrap, holm, randomisation_test


def test_p_equals_enumeration() -> None:
    a, b = np.array([0.9, 0.4, 0.7, 0.2, 0.8]), np.array([0.1, 0.5, 0.3, 0.1, 0.2])
    sums = [abs(np.dot(signs, a - b)) for signs in itertools.product([-1, 1], repeat=5)]
    exact = np.mean([s >= abs((a - b).sum()) - 1e-12 for s in sums])
    assert randomisation_test(a, b, seed=0) == pytest.approx(exact, abs=0.01)


def test_the_level_holds_where_nothing_differs() -> None:
    rng = np.random.default_rng(3)
    pairs = [(rng.normal(size=30), rng.normal(size=30)) for _ in range(300)]
    p = [randomisation_test(a, b, n, permutations=500) for n, (a, b) in enumerate(pairs)]
    assert stats.binomtest(sum(value <= 0.05 for value in p), 300, 0.05).pvalue > 0.001


def test_a_difference_is_found_and_none_is_not() -> None:
    rng = np.random.default_rng(5)
    base = rng.random(200)
    assert randomisation_test(base + 0.1 + 0.05 * rng.random(200), base, seed=1) < 0.001
    assert randomisation_test(base, base, seed=1) == 1
    assert randomisation_test(np.array([]), np.array([]), seed=1) == 1


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.9]) == [1, 1] and holm([]) == []


def test_the_interval_covers_the_mean() -> None:
    rng = np.random.default_rng(9)
    covered = [low <= 0 <= high for low, high in (bootstrap(rng.normal(size=80), seed=n) for n in range(200))]
    assert 0.88 <= np.mean(covered) <= 0.99
    assert all(map(math.isnan, bootstrap(np.array([]), seed=0)))
