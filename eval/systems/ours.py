"""Tastemaker itself, by stage: each source of candidates, all of them fused, and all but one."""

from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Ints
from tastemaker.eval.splits import Split
from tastemaker.eval.systems.base import pad
from tastemaker.eval.systems.stores import ready
from tastemaker.eval.worker import SCRATCH
from tastemaker.retrieval.factorise import fit_taste
from tastemaker.retrieval.fusion import Learned
from tastemaker.retrieval.retriever import Retriever
from tastemaker.retrieval.tuning import Case, learn


class Prior:
    """What the retriever proposes, in its own order. Penalties, decays and weights are learned on validation."""

    only: ClassVar[str | None] = None
    """The one source that is used; all if None."""
    without: ClassVar[str | None] = None
    """A source that is left out, the others weighed as beside it."""

    def __init__(self, learned: dict[str, Any] | None = None) -> None:
        self._learned = Learned.model_validate(learned) if learned else Learned()

    @classmethod
    def choose(cls, validation: Split) -> dict[str, Any]:
        """The hyper-parameters that `tastemaker.retrieval.tuning` learns; systems that share a folder share them."""
        key = hashlib.sha256(pickle.dumps(validation, protocol=5)).hexdigest()[:16]
        kept = Path(os.environ[SCRATCH]) / f"learned-{key}.json" if SCRATCH in os.environ else None
        if kept is not None and kept.is_file():
            return {"learned": Learned.model_validate_json(kept.read_text("utf-8")).model_dump()}
        made, truth = ready(validation.train), validation.truth()
        ids = validation.train.catalogue.ids
        cases = [
            Case(made.profile(int(user)), frozenset(ids[n] for n in items.tolist()))
            for user, items in zip(validation.users, np.split(truth.items, truth.indptr[1:-1]), strict=True)
        ]
        learned = learn(cases, made.store.catalogue, made.store.index, among=made.eligible)
        if kept is not None:
            part = kept.with_suffix(f".{os.getpid()}")
            part.write_text(learned.model_dump_json(), "utf-8")
            part.rename(kept)
        return {"learned": learned.model_dump()}

    def fit(self, train: Interactions) -> None:
        """Copy the indexed catalogue into a store of its own, note the events and learn tastes."""
        self.train, self._ready = train, ready(train)
        store = self._ready.store
        if (model := fit_taste(store.catalogue.consumption(), self._learned.penalties)) is not None:
            store.index.set_tastes(model)
        weights = self._learned.fusion.weights
        if self.only is not None:
            weights = {self.only: 1.0}
        elif self.without is not None:
            weights = weights | {self.without: 0.0}
        fusion = self._learned.fusion.model_copy(update={"weights": weights})
        self._retriever = Retriever(store.catalogue, store.index, self._ready.open_encoder, fusion)

    def recommend(self, users: Ints, k: int) -> Ints:
        """See `System`. Users of whom nothing is known get what is popular and recent."""
        return np.concatenate([pad(np.array([self._one(int(user), k)], dtype=np.int64), k) for user in users])

    def _one(self, user: int, k: int) -> list[int]:
        ranked = self._retriever.rank(self._ready.profile(user), None, k, self._ready.eligible)
        return [self._ready.at[identity] for identity, _, _ in ranked]


def _part(**changes: str) -> type[Prior]:
    (how, source), *_ = changes.items()
    return type(f"Prior_{how}_{source}", (Prior,), {**changes, "__doc__": f"The prior {how} the source {source!r}."})


Popular, Recent, Content, Together, Next = (
    _part(only=source) for source in ("popular", "recent", "content", "together", "next")
)
WithoutPopular, WithoutRecent, WithoutContent, WithoutTogether, WithoutNext = (
    _part(without=source) for source in ("popular", "recent", "content", "together", "next")
)
