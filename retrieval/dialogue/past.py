"""What earlier dialogues teach: what was named, what was named together, and what was advised to someone who said the like."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.retrieval.dialogue.known import near_to
from tastemaker.retrieval.dialogue.together import Baskets, Floats, indicator
from tastemaker.retrieval.dialogue.turns import Dialogue, Turn, mentioned, spoken
from tastemaker.retrieval.rows import unit

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Vectors of queries, float32[n, dimensions], in the space of the items' vectors."""
QUERY_CHARS = 500
"""Of what the seeker said, the last characters that are encoded."""
NEIGHBOURS = 60
SHARPNESS = 8.0
"""How fast a neighbour's say falls with its cosine, after the common part is taken off."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A recommender's turn: number `dialogue` of the dialogues, the turns before it, and the ids named in it for the first time."""

    dialogue: int
    before: tuple[Turn, ...]
    items: tuple[str, ...]


def advices(dialogues: Sequence[Dialogue]) -> Iterator[Advice]:
    """Every recommender's turn that names something new to its dialogue, after the seeker has said something."""
    for number, dialogue in enumerate(dialogues):
        for at, turn in enumerate(dialogue.turns):
            before = dialogue.turns[:at]
            had = set(mentioned(before))
            new = tuple(one for one in turn.items if one not in had)
            if new and not turn.seeker and spoken(before, seeker=True).strip():
                yield Advice(number, before, new)


class Past:
    """Dialogues that are over, `place` being the catalogue's. One of them may be left out of every answer: what a dialogue is
    learned from must not be told by itself.

    `shares`, float64[n_dialogues], says how much each counts, as where some are of another place; 1 if not given. `common`,
    float32[d], stands for what queries have in common where no dialogue shows it.
    """

    def __init__(
        self, dialogues: Sequence[Dialogue], place: Mapping[str, int], encode: Encode | None,
        common: NDArray[np.float32] | None = None, shares: Floats | None = None,
    ) -> None:  # fmt: skip
        self.shares: Floats = np.ones(len(dialogues)) if shares is None else shares
        self.number = {dialogue.id: n for n, dialogue in enumerate(dialogues)}
        self.named = Baskets((mentioned(dialogue.turns) for dialogue in dialogues), place, self.shares)
        self.advised = Baskets(
            ([one for turn in dialogue.turns if not turn.seeker for one in turn.items] for dialogue in dialogues),
            place,
            self.shares,
        )
        found = list(advices(dialogues))
        self._of = np.array([one.dialogue for one in found], dtype=np.int64)
        rows = [sorted({place[item] for item in one.items if item in place}) for one in found]
        self._given = indicator(rows, len(place))
        self._encode, self._common = encode, common
        self._vectors: NDArray[np.float32] | None = None
        if found and encode:
            vectors = encode([query_text(one.before) for one in found])
            self._common = vectors.mean(axis=0)
            self._vectors = unit(vectors - self._common)

    def query(self, text: str) -> Floats | None:
        """The vector of a query, of length 1, without what queries have in common; None without text or encoder."""
        if self._encode is None or not text:
            return None
        vector = self._encode([text])[0]
        bare = vector if self._common is None else vector - self._common
        return np.asarray(bare / max(float(np.linalg.norm(bare)), 1e-12), np.float64)

    def together(self, items: Sequence[int], without: int | None) -> Floats:
        """Mean over `items` of the share of their dialogues that name each item too, float64[n_items], in [0, 1).

        Two dialogues that name nothing else are added to each. Zeros without `items`.
        """
        total = np.zeros(self.named.matrix.shape[1])
        for item in items:
            both = self.named.beside(item, without)
            seen, both[item] = both[item], 0.0
            total += both / (seen + 2.0) / len(items)
        return total

    def votes(self, query: Floats | None, without: int | None) -> Floats:
        """What was advised after the 60 contexts nearest to `query` (of length 1), each counted by exp(8 (cosine − best)) and the
        dialogue's share, float64[n_items]."""
        if query is None or self._vectors is None:
            return np.zeros(self.named.matrix.shape[1])
        near = near_to(self._vectors, query)
        near[self._of == without] = -np.inf
        top = np.argsort(-near, kind="stable")[:NEIGHBOURS]
        top = top[np.isfinite(near[top])]
        weights = np.exp(SHARPNESS * (near[top] - near[top].max())) if len(top) else np.zeros(0)
        return np.asarray(self._given[top].T @ (weights * self.shares[self._of[top]]), np.float64)


def query_text(turns: Sequence[Turn]) -> str:
    """What of the seeker's words is encoded: the end, in one line."""
    return " ".join(spoken(turns, seeker=True).split())[-QUERY_CHARS:].strip()
