"""One question, where nothing is known: about the field whose answer would narrow the candidates down most."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence

from tastemaker.agent.conversation.genres import genre_of
from tastemaker.agent.conversation.reading import Condition
from tastemaker.agent.conversation.state import Asked
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.domain import Item

OPTIONS = 4
POOL = 200
"""Of the best candidates, how many the answer is to divide."""
ASKED_OF = ("genre", "year", "runtime", "language", "region", "audience", "price", "author", "artist", "brand")
"""Fields that people can answer for before they know an item."""
LEAST_SHARE = 0.5
"""Of the pool, how many must have a value in a field for a question about it."""
LEAST_BITS = 0.5


def choose(pool: Sequence[Item], vocabulary: Vocabulary, without: Collection[str]) -> Asked | None:
    """The question with the greatest expected drop in the entropy of which candidate it is, in bits; None where none divides
    them by at least half a bit.

    The candidates are taken as equally likely, and an answer to be the value of one of them, or `something else`. Where items
    have several values, each is as likely to be named. The drop is then H(answer) − H(answer | candidate).
    """
    best: tuple[float, Asked] | None = None
    for known in ASKED_OF:
        if known in without or known not in vocabulary.columns:
            continue
        values = [_values(item, known, vocabulary) for item in pool]
        if sum(map(bool, values)) < LEAST_SHARE * len(pool):
            continue
        options = tuple(one for one, _ in Counter(one for some in values for one in some).most_common(OPTIONS))
        gain = information(values, options)
        if len(options) > 1 and gain >= LEAST_BITS and (best is None or gain > best[0]):
            best = gain, Asked(field=known, options=options if known != "year" else tuple(sorted(options)))
    return best[1] if best else None


def information(values: Sequence[Sequence[str]], options: Collection[str]) -> float:
    """Mutual information in bits between which candidate it is and the answer, one of `options` or something else."""
    if not values:
        return 0.0
    total: Counter[str | None] = Counter()
    noise = 0.0
    for some in values:
        told = Counter(one if one in options else None for one in (some or (None,)))
        shares = {one: n / sum(told.values()) for one, n in told.items()}
        noise += _entropy(shares.values())
        for one, share in shares.items():
            total[one] += share / len(values)  # type: ignore[assignment]
    return _entropy(total.values()) - noise / len(values)


def _entropy(shares: Collection[float]) -> float:
    return -sum(share * math.log2(share) for share in shares if share > 0)


def _values(item: Item, known: str, vocabulary: Vocabulary) -> list[str]:
    values = vocabulary.values_in(item, known)
    if known == "genre":
        return list(dict.fromkeys(genre_of(str(one)) or str(one) for one in values))
    return [one if isinstance(one, str) else _class_of(known, float(one)) for one in values]


def _class_of(known: str, value: float) -> str:
    """The class that people would name of a number: a decade, a length, an order of price."""
    if known == "year":
        return f"{int(value) // 10 * 10}s"
    if known == "runtime":
        return "<90" if value < 90 else "90-120" if value <= 120 else ">120"
    step = 10 ** math.floor(math.log10(value)) if value > 0 else 1
    return f"{math.floor(value / step) * step:g}-{(math.floor(value / step) + 1) * step:g}"


def answer(asked: Asked, n: int) -> Condition | None:
    """The condition that the `n`th option of a question stands for, from 1; None for something else."""
    if not 1 <= n <= len(asked.options):
        return None
    option = asked.options[n - 1]
    if asked.field == "year" and option.endswith("s"):
        return Condition(field="year", low=float(option[:-1]), high=float(option[:-1]) + 9)
    if asked.field in {"runtime", "price"}:
        if option[0] == "<":
            return Condition(field=asked.field, high=float(option[1:]), below=True)
        if option[0] == ">":
            return Condition(field=asked.field, low=float(option[1:]), above=True)
        low, _, high = option.partition("-")
        return Condition(field=asked.field, low=float(low), high=float(high))
    return Condition(field=asked.field, values=(option,))
