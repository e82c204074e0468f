"""Predicted ratings: errors worked by hand, folds that cover every row once, and systems that predict nonsense."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tastemaker.errors import SplitError
from tastemaker.eval import ratings
from tastemaker.eval.evaluate import evaluate
from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Floats, Ints
from tastemaker.eval.report import markdown, write_html
from tastemaker.eval.splits import five_fold
from tastemaker.eval.statistics import bootstrap
from tastemaker.eval.worlds import two_tastes


@pytest.fixture
def data() -> Interactions:
    """Users of even number give 4, the others 2; with noise of half a star."""
    plain = two_tastes()
    noise = np.random.default_rng(3).choice([-0.5, 0.0, 0.5], size=len(plain))
    return replace(plain, values=np.where(plain.users % 2, 2.0, 4.0) + noise)


def test_folds_cover_every_rating_once(data: Interactions) -> None:
    folds = [five_fold(data, n) for n in range(5)]
    places = [set(zip(fold.test.users.tolist(), fold.test.items.tolist(), strict=True)) for fold in folds]
    assert sum(map(len, places)) == len(set.union(*places)) == len(data)
    assert all(len(fold.train) + len(fold.test) == len(data) for fold in folds)
    without = replace(data, values=np.full(len(data), np.nan))
    with pytest.raises(SplitError):
        five_fold(without, 0)
    some = replace(data, values=np.where(np.arange(len(data)) % 2, data.values, np.nan))
    assert not np.isnan(five_fold(some, 0).train.values).any()


def test_errors_are_what_a_hand_gets(data: Interactions) -> None:
    split = five_fold(data, 0)
    three = split.test.take(np.arange(3))
    three = replace(three, users=np.array([0, 0, 1]), values=np.array([4.0, 2.0, 3.0]))
    figures, squares = ratings.errors([np.array([3.0, 3.0, 1.0])], [replace(split, test=three)], 1)
    assert figures["rmse"] == pytest.approx((6 / 3) ** 0.5, abs=1e-5) and figures["mae"] == pytest.approx(
        4 / 3, abs=1e-5
    )
    assert figures["users"] == 2 and figures["sd"] is None
    known = squares[0][~np.isnan(squares[0])]
    assert known.tolist() == pytest.approx([2 / 1.5, 4 / 1.5]) and known.mean() == pytest.approx(2.0)  # the MSE


def test_a_weighted_interval_holds_the_weighted_mean() -> None:
    values, weights = np.array([0.0, 1.0] * 50), np.array([1.0, 9.0] * 50)
    low, high = bootstrap(values, 1, weights=weights)
    assert low < 0.9 < high and low > 0.8
    assert bootstrap(values, 1) == pytest.approx(bootstrap(values, 1, weights=np.full(100, 3.0)))


@pytest.mark.slow
def test_real_models_beat_the_mean(data: Interactions, tmp_path: Path) -> None:
    result = evaluate(data, "ratings", tmp_path, seeds=[0, 1], trials=2)
    rows = {row["system"]: row for row in result["rows"]}
    assert not [row for row in rows.values() if "failure" in row]
    for name in ("surprise-baseline", "surprise-svd", "surprise-svdpp"):
        assert rows[name]["rmse"] < 0.7 < rows["mean-rating"]["rmse"]
        test = next(one for one in result["tests"] if {one["a"], one["b"]} == {"mean-rating", name})
        assert test["p_holm"] < 0.01
    assert result["metric"] == "rmse" and "| RMSE |" in markdown(result)
    write_html([result], tmp_path / "page.html")
    first = markdown(result).index("surprise")
    assert first < markdown(result).index("mean-rating")  # lower is better


class Says:
    def __init__(self, answer: Floats) -> None:
        self.answer = answer

    def fit(self, train: Interactions) -> None:
        pass

    def predict(self, users: Ints, items: Ints) -> Floats:
        return self.answer


def test_nonsense_is_refused(data: Interactions) -> None:
    for answer, told in ((np.array([1.0]), "shape"), (np.full(len(data), np.nan), "not finite")):
        with pytest.raises(ratings.FaultyRatingsError, match=told):
            ratings.predicted(Says(answer), data)
    with pytest.raises(ratings.FaultyRatingsError, match="no predict"):
        ratings.predicted(object(), data)


@pytest.mark.slow
def test_who_predicts_nothing_keeps_its_row_and_the_other_way_round(data: Interactions, tmp_path: Path) -> None:
    rows = evaluate(data, "ratings", tmp_path, ["popularity", "mean-rating"], seeds=[0])["rows"]
    assert "no predict" in rows[0]["failure"] and "failure" not in rows[1]
    rows = evaluate(data, "A", tmp_path, ["popularity", "mean-rating"], seeds=[1])["rows"]
    assert "no recommend" in rows[1]["failure"] and "failure" not in rows[0]


def test_constant_ratings(data: Interactions, tmp_path: Path) -> None:
    same = replace(data, values=np.full(len(data), 3.0))
    rows = evaluate(same, "ratings", tmp_path, ["mean-rating", "surprise-svd"], seeds=[0], trials=0)["rows"]
    assert rows[0]["rmse"] == 0.0 and rows[1]["rmse"] < 0.01
