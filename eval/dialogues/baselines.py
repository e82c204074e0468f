"""What a prior must beat, and controls that show what the protocol counts."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import sparse

from tastemaker.domain import Item
from tastemaker.eval.dialogues.protocol import Case
from tastemaker.eval.metrics import Floats
from tastemaker.retrieval.dialogue.turns import Dialogue, mentioned, spoken

System = Callable[[Case], Floats]
"""Scores of all items for a case, float64[n_items], higher is better."""


def at_random(n_items: int, seed: int) -> System:
    """Evenly drawn scores."""
    rng = np.random.default_rng(seed)
    return lambda case: rng.random(n_items)


def popular(dialogues: Sequence[Dialogue], place: Mapping[str, int], *, recommender: bool) -> System:
    """How often each item was named in `dialogues`; by the recommender alone, or by both."""
    counts = np.zeros(len(place))
    for dialogue in dialogues:
        for turn in dialogue.turns:
            for one in turn.items:
                if one in place and not (recommender and turn.seeker):
                    counts[place[one]] += 1
    return lambda case: counts


def copied(place: Mapping[str, int]) -> System:
    """What was named, the latest first: a control that knows nothing, and is good where repetition counts."""

    def scores(case: Case) -> Floats:
        found = np.zeros(len(place))
        for n, one in enumerate(mentioned(case.before), start=1):
            if one in place:
                found[place[one]] = n
        return found

    return scores


def tfidf(items: Sequence[Item]) -> System:
    """Cosine of the seeker's words and each item's title and categories: (1 + log tf) · log((1 + n) / (1 + df)), Salton and Buckley
    1988."""
    texts = [Counter(_words(" ".join([item.title, *item.categories]))) for item in items]
    among = Counter(word for text in texts for word in text)
    column = {word: n for n, word in enumerate(among)}
    rarity = np.array([math.log((1 + len(items)) / (1 + count)) for count in among.values()])
    cells = [(n, column[word], 1 + math.log(times)) for n, text in enumerate(texts) for word, times in text.items()]
    rows, columns, values = (np.array(part) for part in zip(*cells, strict=True))
    table = sparse.csr_matrix((values * rarity[columns], (rows, columns)), shape=(len(items), len(column)))
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    table = sparse.diags(1 / np.maximum(lengths, 1e-12)) @ table

    def scores(case: Case) -> Floats:
        query = np.zeros(len(column))
        for word, times in Counter(_words(spoken(case.before, seeker=True))).items():
            if word in column:
                query[column[word]] = (1 + math.log(times)) * rarity[column[word]]
        return np.asarray(table @ query, np.float64)

    return scores


def _words(text: str) -> list[str]:
    return re.findall(r"\w\w+", text.casefold())
