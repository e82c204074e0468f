"""Small worlds whose right answers are known by construction, for trying systems on."""

from __future__ import annotations

import numpy as np

from tastemaker.eval.interactions import Catalogue, Interactions


def two_tastes(
    users: int = 40, items: int = 24, per_user: int = 8, *, seed: int = 1, timed: bool = True
) -> Interactions:
    """Even users like even items, odd users odd ones; each has `per_user` of them, one a minute."""
    rng = np.random.default_rng(seed)
    rows = [
        (user, int(item), 60 * place + user)
        for user in range(users)
        for place, item in enumerate(rng.permutation(np.arange(user % 2, items, 2))[:per_user])
    ]
    who, what, when = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    names = tuple(f"i{n}" for n in range(items))
    catalogue = Catalogue(
        names, tuple(f"Title {n}" for n in range(items)), tuple((("even", "odd")[n % 2],) for n in range(items))
    )
    return Interactions(
        name="world", users=who, items=what, values=np.full(len(who), 5.0), kinds=np.full(len(who), "rating"), relevant=np.ones(len(who), dtype=bool),
        times=when if timed else None, user_ids=tuple(f"u{n}" for n in range(users)), catalogue=catalogue,
        eligible=np.ones(items, dtype=bool),
    )  # fmt: skip
