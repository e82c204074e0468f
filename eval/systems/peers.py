"""Other people's libraries, each used as its own documentation says; all are in the extra `bench`."""

from __future__ import annotations

from typing import Any, ClassVar

import cornac
import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender
from irspack import IALSRecommender
from scipy.sparse import csr_matrix

from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Floats, Ints
from tastemaker.eval.systems.base import Scorer

SEED = 42
FACTORS = (8, 16, 32, 64, 128)
NEIGHBOURS = {"cosine": CosineRecommender, "tfidf": TFIDFRecommender, "bm25": BM25Recommender}


def matrix(train: Interactions) -> csr_matrix:
    """float32[n_users, n_items], 1 where a user had an item."""
    ones = np.ones(len(train), dtype=np.float32)
    return csr_matrix((ones, (train.users, train.items)), shape=(train.n_users, train.n_items))


class ItemKNN(Scorer):
    """Item-to-item neighbours of `implicit`, by cosine, TF-IDF or BM25."""

    space: ClassVar = {"kind": tuple(NEIGHBOURS), "neighbours": (10, 20, 50, 100, 200, 400)}

    def __init__(self, kind: str = "cosine", neighbours: int = 50) -> None:
        self._model = NEIGHBOURS[kind](K=neighbours, num_threads=1)

    def learn(self, train: Interactions) -> None:
        """Find each item's neighbours."""
        self._seen = matrix(train)
        self._model.fit(self._seen, show_progress=False)

    def score(self, users: Ints) -> Floats:
        """Sum of the similarities to what the user had."""
        return np.asarray((self._seen[users] @ self._model.similarity).todense(), dtype=np.float64)


class ImplicitALS(Scorer):
    """Weighted matrix factorisation of `implicit` (Hu, Koren and Volinsky, ICDM 2008)."""

    space: ClassVar = {
        "factors": FACTORS, "regularization": (0.1, 1.0, 3.0, 10.0, 30.0), "alpha": (0.5, 1.0, 3.0, 10.0),
        "iterations": (5, 10, 20),
    }  # fmt: skip

    def __init__(self, **options: Any) -> None:
        self._model = AlternatingLeastSquares(random_state=SEED, num_threads=1, use_gpu=False, **options)

    def learn(self, train: Interactions) -> None:
        """Alternate."""
        self._model.fit(matrix(train), show_progress=False)

    def score(self, users: Ints) -> Floats:
        """Inner products."""
        return np.asarray(self._model.user_factors[users] @ self._model.item_factors.T, dtype=np.float64)


class IrspackIALS(Scorer):
    """The same model in irspack, with the loss and scaling of Rendle et al. (RecSys 2022)."""

    space: ClassVar = {
        "n_components": FACTORS, "alpha0": (0.01, 0.03, 0.1, 0.3, 1.0), "reg": (0.0003, 0.001, 0.003, 0.01, 0.03),
        "train_epochs": (8, 16, 32),
    }  # fmt: skip

    def __init__(self, **options: Any) -> None:
        self._options = options

    def learn(self, train: Interactions) -> None:
        """Alternate."""
        self._model = IALSRecommender(matrix(train), n_threads=1, random_seed=SEED, **self._options)
        self._model.learn()

    def score(self, users: Ints) -> Floats:
        """Inner products."""
        return np.asarray(self._model.get_score(users), dtype=np.float64)


class CornacBPR(Scorer):
    """Pairwise ranking (Rendle et al., UAI 2009) of cornac."""

    space: ClassVar = {
        "k": (10, 20, 50, 100), "max_iter": (50, 100, 200, 400), "learning_rate": (0.005, 0.01, 0.02, 0.05),
        "lambda_reg": (0.001, 0.003, 0.01, 0.03),
    }  # fmt: skip

    def __init__(self, **options: Any) -> None:
        self._model = cornac.models.BPR(seed=SEED, num_threads=1, verbose=False, **options)

    def learn(self, train: Interactions) -> None:
        """Sample pairs. Users and items keep our indices, as cornac would number only those with rows."""
        rows = (train.users, train.items, np.ones(len(train), dtype=np.float64))
        ids = [{n: n for n in range(size)} for size in (train.n_users, train.n_items)]
        self._model.fit(cornac.data.Dataset(train.n_users, train.n_items, *ids, rows))

    def score(self, users: Ints) -> Floats:
        """Inner products and item biases."""
        products = self._model.u_factors[users] @ self._model.i_factors.T
        return np.asarray(products + self._model.i_biases, dtype=np.float64)
