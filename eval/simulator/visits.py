"""What a learner sees of a simulated world: visits, and the responses to what it showed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ResponseType = Literal["click", "like", "skip", "purchase"]


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no one answer to ==
class Visit:
    """One user comes and may be shown some of n candidates.

    Args:
        number: Counts from 0 in order of time.
        user_id: Who comes.
        at: When, in UTC.
        candidates: n different item ids, in an order that tells nothing.
        signals: What is known of each candidate, float64[n] in the order of `candidates`: "llm" (a log-likelihood-like
            score, mostly negative), "content" (cosine similarity, −1 to 1), "taste" (inner product of factors, any real
            number), "popularity" (log of 1 + a count, ≥ 0), "recency" (1 for a new item, decays to 0).
    """

    number: int
    user_id: str
    at: datetime
    candidates: tuple[str, ...]
    signals: dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Response:
    """What a user did with one item of a slate.

    Args:
        place: Where the item stood, from 0.
        item_id: Which item.
        type: "click", "like", "skip" or "purchase"; a like or a purchase has a click before it.
        at: When, in UTC: the visit's time plus a delay above 0.
    """

    place: int
    item_id: str
    type: ResponseType
    at: datetime
