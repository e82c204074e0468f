"""SLIM (Ning and Karypis, ICDM 2011) as LensKit has it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
from lenskit import score, topn_pipeline
from lenskit.data import ItemList, from_interactions_df
from lenskit.knn import SLIMScorer

from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Floats, Ints
from tastemaker.eval.systems.base import Scorer


class SLIM(Scorer):
    """Sparse linear weights from item to item, in LensKit's pipeline for top-n lists."""

    space: ClassVar = {
        "l1_reg": (0.01, 0.1, 0.3, 1.0, 3.0, 10.0), "l2_reg": (0.1, 1.0, 3.0, 10.0, 30.0, 100.0),
        "max_nbrs": (None, 100),
    }  # fmt: skip

    def __init__(self, l1_reg: float = 1.0, l2_reg: float = 1.0, max_nbrs: int | None = None) -> None:
        self._scorer = SLIMScorer(l1_reg=l1_reg, l2_reg=l2_reg, max_nbrs=max_nbrs)

    def learn(self, train: Interactions) -> None:
        """One elastic net for each item."""
        self._pipeline = topn_pipeline(self._scorer)
        self._pipeline.train(from_interactions_df(pd.DataFrame({"user_id": train.users, "item_id": train.items})))

    def score(self, users: Ints) -> Floats:
        """The scorer's numbers; an item or user that training lacks has none, and is never recommended."""
        scores = np.full((len(users), self.train.n_items), -np.inf)
        known = np.unique(self.train.items)
        for place in np.flatnonzero(self.train.counts()[0][users]):
            found = score(self._pipeline, int(users[place]), ItemList(item_ids=known)).scores("numpy")
            scores[place, known] = np.where(np.isnan(found), -np.inf, found)
        return scores
