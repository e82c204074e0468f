"""SASRec (Kang and McAuley, ICDM 2018) as RecTools has it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pytorch_lightning import seed_everything
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel

from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Ints
from tastemaker.eval.systems.base import pad

SEED = 42


class SASRec:
    """The next item from the sequence of those before. RecTools' own list, as it masks and ranks itself."""

    space: ClassVar = {
        "n_factors": (32, 64), "n_blocks": (1, 2), "dropout_rate": (0.2, 0.4), "epochs": (5, 10, 20),
        "lr": (0.001, 0.003), "batch_size": (16, 32),
    }  # fmt: skip

    def __init__(self, n_factors: int = 64, epochs: int = 10, batch_size: int = 16, **options: Any) -> None:
        shape = {"n_factors": n_factors, "epochs": epochs, "batch_size": batch_size}
        self._options = {**shape, "n_heads": 2, "session_max_len": 50, **options}

    def fit(self, train: Interactions) -> None:
        """Train on the rows in their order of time, or of the file where there is none."""
        self._eligible = train.eligible
        moments = np.arange(len(train)) if train.times is None else train.times
        frame = pd.DataFrame({
            Columns.User: train.users, Columns.Item: train.items, Columns.Weight: 1.0,
            Columns.Datetime: pd.to_datetime(moments, unit="s"),
        })  # fmt: skip
        self._data = Dataset.construct(frame)
        seed_everything(SEED, verbose=False)
        self._model = SASRecModel(deterministic=True, recommend_torch_device="cpu", **self._options)
        self._model.fit(self._data)

    def recommend(self, users: Ints, k: int) -> Ints:
        """See `System`. A user whose history is too short to train on has no list."""
        known = np.intersect1d(np.flatnonzero(self._eligible), self._data.item_id_map.external_ids)
        lists = np.full((len(users), k), -1, dtype=np.int64)
        if not len(known):
            return lists
        table = self._model.recommend(
            np.intersect1d(users, self._data.user_id_map.external_ids), self._data, k, filter_viewed=True,
            items_to_recommend=known, on_unsupported_targets="ignore",
        )  # fmt: skip
        place = {int(user): n for n, user in enumerate(users)}
        for user, rows in table.groupby(Columns.User, sort=False):
            lists[place[int(user)]] = pad(rows[Columns.Item].to_numpy()[None, :], k)[0]
        return lists
