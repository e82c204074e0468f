"""A dialogue's own prior: what to recommend after what was said so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from tastemaker.domain import Item
from tastemaker.errors import InvalidInputError
from tastemaker.retrieval.dialogue.features import FEATURES, GROUPS, Features
from tastemaker.retrieval.dialogue.known import Known
from tastemaker.retrieval.dialogue.past import Encode, Past
from tastemaker.retrieval.dialogue.together import Floats
from tastemaker.retrieval.dialogue.turns import Dialogue, Turn, mentioned
from tastemaker.retrieval.dialogue.weights import WITH_PAST, WITHOUT_PAST

PROPOSED = 500
"""Places up to which a source is said to have proposed an item."""
Ranked = tuple[str, float, dict[str, int]]
"""An id, its prior, and its rank in each source that speaks for it."""


class DialoguePrior:
    """Ranks a whole catalogue for a dialogue, in milliseconds.

    Args:
        items: The catalogue. Categories, lists of names among the attributes, `year` (or `created_at`) are used.
        interactions: Ids by user, as events show them; orders and repeats don't count.
        vectors: float32[n_items, d], the items' text vectors in the order of `items`; None: nothing is known by text.
        encode: Queries to vectors, float32[n, d]; None: the words are only searched for kinds, years and names.
        past: Earlier dialogues, from which it knows what is advised to whom.
        shares: How much each of them counts, more than 0; by default 1.
        weights: By feature; by default those learned on ReDial, with or without past dialogues. Others count 0.

    Raises:
        InvalidInputError: there is no item, an id stands twice, vectors and items differ in number, shares are not
            positive and one a dialogue, or a weight is of no feature.
    """

    def __init__(
        self, items: Sequence[Item], interactions: Iterable[Iterable[str]] = (),
        vectors: NDArray[np.float32] | None = None, encode: Encode | None = None, *,
        past: Sequence[Dialogue] = (), shares: Sequence[float] | None = None, weights: Mapping[str, float] | None = None,
    ) -> None:  # fmt: skip
        self.known = Known(items, interactions, vectors)
        encode = encode if vectors is not None else None
        counted = None if shares is None else np.asarray(shares, np.float64)
        if counted is not None and (len(counted) != len(past) or not (counted > 0).all()):
            raise InvalidInputError("are not one positive number for each past dialogue", where="shares")
        self.features = Features(self.known, Past(past, self.known.place, encode, self.known.common, counted))
        given = weights if weights is not None else WITH_PAST if past else WITHOUT_PAST
        if unknown := sorted(set(given) - set(FEATURES)):
            raise InvalidInputError(f"are given for {', '.join(unknown)}", where="weights")
        self.weights: Floats = np.array([given.get(name, 0.0) for name in FEATURES])

    def scores(self, turns: Sequence[Turn], leave: str | None = None, weights: Floats | None = None) -> Floats:
        """The prior of every item, float64[n_items]: log-odds up to a constant. `leave`: a past dialogue to know nothing of; `weights`,
        float64[n_features], in place of its own."""
        return _weighed(self.features.matrix(turns, leave), self.weights if weights is None else weights)

    def rank(
        self,
        turns: Sequence[Turn],
        n: int,
        *,
        among: NDArray[np.bool_] | None = None,
        without: AbstractSet[str] = frozenset(),
    ) -> list[Ranked]:
        """Up to `n` items for what comes after `turns`, best first, ties by id.

        What was named in the turns is not among them, nor what is in `without` or not in the mask `among`, bool[n_items] in the
        order of the catalogue. Ranks in sources count among what is left.
        """
        matrix = self.features.matrix(turns)
        scores = _weighed(matrix, self.weights)
        open_to = np.ones(len(scores), dtype=bool) if among is None else among.copy()
        place = self.known.place
        open_to[[place[one] for one in (*mentioned(turns), *without) if one in place]] = False
        left = np.flatnonzero(open_to)
        best = left[np.lexsort((self.known.by_id[left], -scores[left]))][:n]
        return [
            (str(self.known.ids[one]), float(scores[one]), sources)
            for one, sources in zip(best, self._sources(matrix, left, best), strict=True)
        ]

    def _sources(self, matrix: Floats, left: NDArray[np.int64], best: NDArray[np.int64]) -> list[dict[str, int]]:
        """For each of `best`, its rank by what a source alone adds, where that is above the mean and among the first 500."""
        found: list[dict[str, int]] = [{} for _ in best]
        for name, columns in _COLUMNS.items():
            parts = _weighed(matrix[:, columns], self.weights[columns])
            ordered = np.sort(parts[left])[::-1]
            ranks = 1 + np.searchsorted(-ordered, -parts[best], side="left")
            for n, rank in enumerate(ranks):
                if rank <= PROPOSED and parts[best[n]] > ordered.mean() + 1e-9:
                    found[n][name] = int(rank)
        return found


def _weighed(matrix: Floats, weights: Floats) -> Floats:
    """`matrix` times `weights` in this thread; see `known.near_to`."""
    return np.asarray(np.einsum("nf,f->n", matrix, weights), np.float64)


_COLUMNS = {name: [FEATURES.index(feature) for feature in names] for name, names in GROUPS.items()}
