"""A language model on top of the prior: how much likelier the dialogue makes a title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tastemaker.agent.engines.base import Engine
from tastemaker.agent.head import Head, Signals, fit_head
from tastemaker.eval.dialogues.protocol import Case, Ranker
from tastemaker.eval.metrics import Floats, Ints
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.dialogue.turns import Turn

DEPTH = 30
"""Of the prior's best, what the model reads."""
CHARS = 800
"""Of the dialogue, the last characters that the model reads."""
LEARNED_FROM = 400
"""Turns at most from which the head is fitted."""
ASKING = "Recommender: You should watch"


@dataclass(slots=True)
class Reader:
    """Reads titles with `engine`. What a title gets with no dialogue before it is kept."""

    engine: Engine
    titles: Sequence[str]
    _neutral: dict[int, float] = field(default_factory=dict)

    async def read(self, turns: Sequence[Turn], items: Sequence[int]) -> Floats:
        """log p(title | dialogue) − log p(title) of each of `items`, float64[n], in nats."""
        texts = [f" {self.titles[one]}" for one in items]
        if new := [n for n, one in enumerate(items) if one not in self._neutral]:
            found = await self.engine.score_texts(ASKING, [texts[n] for n in new])
            self._neutral |= {items[n]: float(value) for n, value in zip(new, found.logprobs, strict=True)}
        said = await self.engine.score_texts(prompt(turns), texts)
        return np.asarray(said.logprobs - [self._neutral[one] for one in items], np.float64)


def prompt(turns: Sequence[Turn]) -> str:
    """The end of the dialogue, a line for each turn, up to where a title would follow."""
    lines = (f"{'Seeker' if turn.seeker else 'Recommender'}: {' '.join(turn.text.split())}" for turn in turns)
    return "\n".join(lines)[-CHARS:] + f"\n{ASKING}"


async def reranked(
    reader: Reader, learn: Sequence[Case], cases: Sequence[Case], ranker: Ranker, scores: Mapping[str, Sequence[Floats]],
    ranks: Ints, progress: Progress = silent,
) -> tuple[Ints, Head, dict[str, int]]:  # fmt: skip
    """The ranks of the targets of `cases` when the model's say orders the prior's 30 best; the head that weighs it; and in how many
    cases it changed the first item and the first ten.

    The head is fitted on `learn`, by cross-validation: a model that adds nothing that can be told has no say, and is then not asked
    any more. `scores` holds the prior's scores of both, float64[n_items] a case; `ranks` the targets' ranks by the prior.
    """
    signals, wanted = [], []
    for n, case in enumerate(learn):
        progress("Learning what the model's say is worth", n, len(learn))
        best = ranker.best(case, scores["learn"][n], DEPTH)
        hit = np.isin(best, ranker.places(case.targets))
        if hit.any():
            signals.append(await _signals(reader, case, best, scores["learn"][n]))
            wanted.append(hit)
    head = fit_head(signals, wanted) if signals else Head(weights=(0.0, 0.0, 0.0, 0.0))
    found, at = ranks.copy(), 0
    changed = {"cases": len(cases), "first": 0, "first ten": 0}
    for n, case in enumerate(cases):
        progress("Reading with the model", n, len(cases))
        rows = slice(at, at := at + len(case.targets))
        if not any(head.weights):
            continue
        best = ranker.best(case, scores["cases"][n], DEPTH)
        fused = head.fuse(await _signals(reader, case, best, scores["cases"][n]))
        order = best[np.lexsort((np.arange(len(best)), -fused))]
        changed["first"] += bool(order[0] != best[0])
        changed["first ten"] += set(order[:10]) != set(best[:10])
        place = {int(one): rank for rank, one in enumerate(order, start=1)}
        found[rows] = [
            place.get(ranker.place.get(one, -1), rank) for one, rank in zip(case.targets, ranks[rows], strict=True)
        ]
    return found, head, changed


async def _signals(reader: Reader, case: Case, best: Ints, scores: Floats) -> Signals:
    said = await reader.read(case.before, [int(one) for one in best])
    return Signals(scores[best], said, case.mentions, float(np.mean([len(reader.titles[one]) for one in best])))
