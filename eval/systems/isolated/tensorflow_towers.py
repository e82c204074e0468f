"""Two towers of TensorFlow Recommenders, as its own guide to retrieval builds them."""

from __future__ import annotations

import os
from typing import Any, ClassVar

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # TensorFlow Recommenders 0.7 is written for Keras 2
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs

from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Floats, Ints
from tastemaker.eval.systems.base import Scorer

SEED, BATCH = 42, 1024


class _Model(tfrs.Model):  # type: ignore[misc]
    """An embedding of the user, an embedding of the item, and the library's retrieval task."""

    def __init__(self, train: Interactions, size: int, popularity: bool) -> None:
        super().__init__()
        self.users = tf.keras.layers.Embedding(train.n_users, size)
        self.items = tf.keras.layers.Embedding(train.n_items, size)
        self.task = tfrs.tasks.Retrieval(remove_accidental_hits=True)
        self.shares = tf.constant(np.maximum(train.counts()[1], 1) / len(train), tf.float32) if popularity else None

    def compute_loss(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """Softmax over the items of the batch, with its correction for how often an item is drawn if wished."""
        items = inputs["item"]
        drawn = None if self.shares is None else tf.gather(self.shares, items)
        return self.task(
            self.users(inputs["user"]), self.items(items), candidate_ids=items, candidate_sampling_probability=drawn,
            compute_metrics=False,
        )  # fmt: skip


class TwoTower(Scorer):
    """Trained with Adagrad; whether the sampling is corrected for is tuned, as the guide does without."""

    space: ClassVar = {
        "size": (32, 64), "epochs": (5, 10, 20, 40), "learning_rate": (0.03, 0.1, 0.3), "popularity": (False, True),
    }  # fmt: skip

    def __init__(self, size: int = 32, epochs: int = 10, learning_rate: float = 0.1, popularity: bool = False) -> None:
        self._size, self._epochs, self._rate, self._popularity = size, epochs, learning_rate, popularity

    def learn(self, train: Interactions) -> None:
        """Fit by Keras."""
        tf.keras.utils.set_random_seed(SEED)
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self._model = _Model(train, self._size, self._popularity)
        self._model.compile(optimizer=tf.keras.optimizers.Adagrad(self._rate))
        rows = tf.data.Dataset.from_tensor_slices({"user": train.users, "item": train.items})
        rows = rows.shuffle(len(train), seed=SEED).batch(BATCH).cache()
        self._model.fit(rows, epochs=self._epochs, verbose=0)

    def score(self, users: Ints) -> Floats:
        """Inner products."""
        vectors = self._model.items.embeddings.numpy()
        return np.asarray(self._model.users.embeddings.numpy()[users] @ vectors.T, dtype=np.float64)
