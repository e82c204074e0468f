"""The last stage of Tastemaker: the prior's best, reranked by the language model; and whether places sway that model."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any, ClassVar

import anyio
import numpy as np

from tastemaker.agent.engines import open_engine
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.head import CAUTIOUS, Head
from tastemaker.agent.learning import RankedCase, fit_for, ranked_case
from tastemaker.agent.reranker import DEPTH, HISTORY_LINES, Reranker
from tastemaker.domain import Item, item_text
from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Ints
from tastemaker.eval.splits import Split
from tastemaker.eval.systems.base import pad
from tastemaker.eval.systems.ours import Prior
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.retrieval.tuning import Case

MAX_USERS = 600
"""Of validation, of whom those teach the head to whom the prior proposes what they had next."""
SWEPT_PLACES = (1, 5, 10, 15, 20)
SWEPT_USERS = 20


class PriorAndModel(Prior):
    """The best 20 of the prior, reranked with the language model's likelihoods, whose say a head learned on validation. A
    sample of the users, for its cost."""

    sample: ClassVar[int] = 300

    def __init__(self, learned: dict[str, Any] | None = None, head: dict[str, Any] | None = None) -> None:
        super().__init__(learned)
        self._head = Head.model_validate(head) if head else CAUTIOUS

    @classmethod
    def choose(cls, validation: Split) -> dict[str, Any]:
        """The prior's setting, and the head that its lists for the users of `validation` teach."""
        chosen = super().choose(validation)
        system, truth = cls(**chosen), validation.truth()
        system.fit(validation.train)
        ids, made = validation.train.catalogue.ids, system._ready
        wanted = np.split(truth.items, truth.indptr[1:-1])
        cases = [
            ranked_case(
                made.store, system._retriever, Case(made.profile(int(user)), frozenset(ids[n] for n in items.tolist())),
                made.eligible,
            )
            for user, items in list(zip(validation.users, wanted, strict=True))[:MAX_USERS]
        ]  # fmt: skip
        return chosen | {"head": anyio.run(system._fitted_head, cases).model_dump()}

    def recommend(self, users: Ints, k: int) -> Ints:
        """See `System`."""
        return anyio.run(self._all, users, k)

    def prompt_lines(self, users: Ints) -> list[list[str]]:
        """What the prompts say of each user's past, for the auditor."""
        return [self._history(self._ready.profile(int(user)).liked) for user in users]

    def position_sweep(self, split: Split, users: Ints) -> dict[str, Any]:
        """How good a place the model gives what is asked for, by where it stands among the candidates it is shown.

        For the first 20 of `users` one relevant item is put at the 1st, 5th, … 20th place among 19 of the prior's
        candidates, and the model alone ranks them: by likelihood, as Tastemaker does, and by letters, as a listwise
        prompt is usually read. The value is the mean reciprocal rank. A model that is not swayed gives equal ones.
        """
        return anyio.run(self._sweep, split, users)

    async def _fitted_head(self, cases: list[RankedCase]) -> Head:
        engine = await open_engine(self._ready.settings.ranker, self._ready.settings)
        try:
            return await fit_for(Reranker(engine, PromptBuilder(), self._ready.store.catalogue), cases)
        finally:
            await engine.close()

    async def _all(self, users: Ints, k: int) -> Ints:
        engine = await open_engine(self._ready.settings.ranker, self._ready.settings)
        ranker = Reranker(engine, PromptBuilder(), self._ready.store.catalogue, head=self._head)
        try:
            return np.concatenate([await self._rerank(ranker, int(user), k) for user in users])
        finally:
            await engine.close()

    async def _rerank(self, ranker: Reranker, user: int, k: int) -> Ints:
        candidates = self._candidates(user, max(DEPTH, k))
        if candidates:
            texts, items = [item_text(item) for item, _ in candidates], [item for item, _ in candidates]
            priors = [prior for _, prior in candidates]
            scored = await ranker.rank(self._history(self._ready.profile(user).liked), None, texts, priors, items)
            candidates = [candidates[n] for n in scored.order]
        return pad(np.array([[self._ready.at[item.id] for item, _ in candidates]], dtype=np.int64), k)

    def _candidates(self, user: int, n: int) -> list[tuple[Item, float]]:
        ranked = self._retriever.rank(self._ready.profile(user), None, n, self._ready.eligible)
        items = self._ready.store.catalogue.items([identity for identity, _, _ in ranked])
        return [(item, prior) for item, (_, prior, _) in zip(items, ranked, strict=True)]

    def _history(self, liked: Sequence[str]) -> list[str]:
        return [item_text(item) for item in self._ready.store.catalogue.items(liked[-HISTORY_LINES:])]

    async def _sweep(self, split: Split, users: Ints) -> dict[str, Any]:
        engine = await open_engine(self._ready.settings.ranker, self._ready.settings)
        found: dict[str, list[list[float]]] = {"likelihood": [], "letters": []}
        try:
            for user in users[:SWEPT_USERS]:
                target = self._train_item(split.test, int(user))
                liked = self._ready.profile(int(user)).liked
                shown = [item for item, _ in self._candidates(int(user), DEPTH) if item.id != target]
                others = [item_text(item) for item in shown][: DEPTH - 1]
                if len(others) == DEPTH - 1 and liked:
                    text = item_text(self._ready.store.catalogue.items([target])[0])
                    rows = await self._places(engine, self._history(liked), others, text)
                    for way, row in rows.items():
                        found[way].append(row)
        finally:
            await engine.close()
        means = {way: np.mean(rows, axis=0).round(5).tolist() for way, rows in found.items() if rows}
        return {"places": list(SWEPT_PLACES), "users": len(found["likelihood"]), "mrr": means}

    async def _places(self, engine: Engine, history: list[str], others: list[str], text: str) -> dict[str, list[float]]:
        prompts, rows = PromptBuilder(), {"likelihood": list[float](), "letters": list[float]()}
        letters = list(string.ascii_uppercase[:DEPTH])
        for place in SWEPT_PLACES:
            shown = [*others[: place - 1], text, *others[place - 1 :]]
            scored = await Reranker(engine, prompts).rank(history, None, shown, [0.0] * len(shown))
            question = prompts.labels(history, None, list(zip(letters, shown, strict=True)))
            answer = (await engine.score_labels([[{"role": "user", "content": question}]], letters)).logprobs[0]
            for way, scores in (("likelihood", scored.logprobs), ("letters", answer)):
                rows[way].append(1.0 / (1 + int((scores > scores[place - 1] + 1e-6).sum())))
        return rows

    def _train_item(self, test: Interactions, user: int) -> str:
        return self.train.catalogue.ids[int(test.items[test.users == user][0])]
