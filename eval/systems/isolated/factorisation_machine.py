"""LightFM (Kula, CBRecSys 2015) in the fork that RecTools keeps; its own release no longer builds."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from lightfm import LightFM as Model
from scipy.sparse import csr_matrix, hstack, identity

from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Floats, Ints
from tastemaker.eval.systems.base import Scorer

SEED = 42


class LightFM(Scorer):
    """The WARP loss over users and items, an item being the sum of itself and, if tuning says so, its categories."""

    space: ClassVar = {
        "no_components": (16, 32, 64, 128), "learning_rate": (0.02, 0.05, 0.1), "epochs": (10, 20, 40, 80),
        "item_alpha": (0.0, 1e-6, 1e-5), "categories": (False, True),
    }  # fmt: skip

    def __init__(self, epochs: int = 30, categories: bool = False, **options: Any) -> None:
        self._epochs, self._categories = epochs, categories
        self._model = Model(loss="warp", random_state=SEED, **options)

    def learn(self, train: Interactions) -> None:
        """Sample until a negative outranks a positive."""
        ones = np.ones(len(train), dtype=np.float32)
        rows = csr_matrix((ones, (train.users, train.items)), shape=(train.n_users, train.n_items))
        features = identity(train.n_items, dtype=np.float32, format="csr")
        categories = train.catalogue.category_matrix().astype(np.float32)
        if self._categories and categories.shape[1]:
            features = hstack([features, csr_matrix(categories)], format="csr")
        self._model.fit(rows.tocoo(), item_features=features, epochs=self._epochs, num_threads=1)
        self._items = self._model.get_item_representations(features)
        self._users = self._model.get_user_representations()

    def score(self, users: Ints) -> Floats:
        """Inner products and biases of the items."""
        biases, vectors = self._items
        return np.asarray(self._users[1][users] @ vectors.T + biases, dtype=np.float64)
