"""Two towers of TorchRec: pooled embeddings of ids and categories, a small network above each, a softmax in the batch."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torchrec import EmbeddingBagCollection, EmbeddingBagConfig, KeyedJaggedTensor
from torchrec.modules.mlp import MLP

from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Floats, Ints
from tastemaker.eval.systems.base import Scorer

SEED, BATCH = 42, 1024


class _Tower(torch.nn.Module):
    """Bags of ids to vectors of `size`, by one table and one hidden layer."""

    def __init__(self, rows: int, size: int) -> None:
        super().__init__()
        table = EmbeddingBagConfig(name="table", embedding_dim=size, num_embeddings=rows, feature_names=["ids"])
        self._tables = EmbeddingBagCollection(tables=[table], device=torch.device("cpu"))
        self._layers = MLP(size, [size, size])

    def forward(self, bags: list[list[int]]) -> torch.Tensor:
        """float32[len(bags), size]."""
        lengths = torch.tensor([len(bag) for bag in bags])
        values = torch.tensor([one for bag in bags for one in bag])
        pooled: torch.Tensor = self._tables(KeyedJaggedTensor(["ids"], values, lengths=lengths))["ids"]
        added: torch.Tensor = pooled + self._layers(pooled)
        return added


class TwoTower(Scorer):
    """Trained with Adam on the softmax over the items of a batch, less log popularity (Yi et al., RecSys 2019)."""

    space: ClassVar = {
        "size": (32, 64), "epochs": (5, 10, 20, 40), "learning_rate": (0.001, 0.003, 0.01), "decay": (0.0, 1e-5, 1e-4),
    }  # fmt: skip

    def __init__(self, size: int = 32, epochs: int = 10, learning_rate: float = 0.003, decay: float = 0.0) -> None:
        self._size, self._epochs, self._rate, self._decay = size, epochs, learning_rate, decay

    def learn(self, train: Interactions) -> None:
        """Draw batches of rows, each the negatives of the others."""
        torch.manual_seed(SEED)
        names = sorted({name for row in train.catalogue.categories for name in row})
        at = {name: train.n_items + n for n, name in enumerate(names)}
        self._bags = [[n, *(at[name] for name in row)] for n, row in enumerate(train.catalogue.categories)]
        self._queries, self._items = _Tower(train.n_users, self._size), _Tower(train.n_items + len(names), self._size)
        both = [*self._queries.parameters(), *self._items.parameters()]
        optimiser = torch.optim.Adam(both, lr=self._rate, weight_decay=self._decay)
        logs = torch.tensor(np.log(np.maximum(train.counts()[1], 1)), dtype=torch.float32)
        rng = np.random.default_rng(SEED)
        for _ in range(self._epochs):
            order = rng.permutation(len(train))
            for start in range(0, len(order), BATCH):
                rows = order[start : start + BATCH]
                optimiser.zero_grad()
                self._loss(train.users[rows], train.items[rows], logs).backward()  # type: ignore[no-untyped-call]
                optimiser.step()

    def _loss(self, users: Ints, items: Ints, logs: torch.Tensor) -> torch.Tensor:
        different, at = np.unique(items, return_inverse=True)
        vectors = self._items([self._bags[n] for n in different])
        logits = self._queries([[int(user)] for user in users]) @ vectors.T - logs[torch.from_numpy(different)]
        return torch.nn.functional.cross_entropy(logits, torch.from_numpy(at))

    def score(self, users: Ints) -> Floats:
        """Inner products."""
        with torch.no_grad():
            queries = self._queries([[int(user)] for user in users])
            return np.asarray(queries @ self._items(self._bags).T, dtype=np.float64)
