"""Systems that predict ratings: the mean, and Surprise's models as its documentation uses them."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from surprise import SVD as SurpriseSVD
from surprise import AlgoBase, BaselineOnly, Dataset, Reader, SVDpp

from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Floats, Ints

SEED = 42


class MeanRating:
    """The mean of all ratings: what every model must beat."""

    def fit(self, train: Interactions) -> None:
        """Average."""
        self._mean = float(train.values.mean())

    def predict(self, users: Ints, items: Ints) -> Floats:
        """The same for every row."""
        return np.full(len(users), self._mean)


class _Surprise:
    """A model of Surprise. It clips to the scale of the ratings; where it knows neither side it predicts their mean."""

    _model: AlgoBase

    def fit(self, train: Interactions) -> None:
        """Give it the rows as its own data set, by index."""
        low, high = float(train.values.min()), float(train.values.max())
        data = Dataset(Reader(rating_scale=(low, max(high, low + 1e-9))))
        rows = zip(train.users.tolist(), train.items.tolist(), train.values.tolist(), strict=True)
        self._model.fit(data.construct_trainset([(*row, None) for row in rows]))

    def predict(self, users: Ints, items: Ints) -> Floats:
        """One call for each row, as it has no other."""
        pairs = zip(users.tolist(), items.tolist(), strict=True)
        return np.array([self._model.predict(user, item).est for user, item in pairs], dtype=np.float64)


class Baseline(_Surprise):
    """The mean, a bias of the user and one of the item (Koren, TKDD 2010), by alternating least squares."""

    space: ClassVar = {"reg_u": (5.0, 10.0, 15.0, 25.0), "reg_i": (2.0, 5.0, 10.0, 20.0)}

    def __init__(self, **options: float) -> None:
        self._model = BaselineOnly(bsl_options=options, verbose=False)


class SVD(_Surprise):
    """Biased matrix factorisation (Koren, Bell and Volinsky, 2009)."""

    space: ClassVar = {
        "n_factors": (20, 50, 100, 200), "n_epochs": (20, 40, 60), "lr_all": (0.003, 0.005, 0.01),
        "reg_all": (0.02, 0.05, 0.1),
    }  # fmt: skip

    def __init__(self, **options: Any) -> None:
        self._model = SurpriseSVD(random_state=SEED, **options)


class SVDPlusPlus(_Surprise):
    """The same with the set of rated items as a signal of its own (Koren, KDD 2008)."""

    space: ClassVar = {
        "n_factors": (10, 20, 50), "n_epochs": (10, 20, 30), "lr_all": (0.005, 0.007, 0.01),
        "reg_all": (0.02, 0.05, 0.1),
    }  # fmt: skip

    def __init__(self, **options: Any) -> None:
        self._model = SVDpp(random_state=SEED, cache_ratings=True, **options)
