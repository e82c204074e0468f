"""Predicted ratings: how they are checked, and a system's row in the table of their errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Floats, rmse
from tastemaker.eval.splits import Split
from tastemaker.eval.statistics import bootstrap

PRIMARY = "rmse"


class FaultyRatingsError(Exception):
    """What a system predicts is not one finite number for each row."""


def predicted(system: Any, test: Interactions) -> Floats:
    """What `system` expects in the rows of `test`, float64[n]. Raises `FaultyRatingsError`."""
    if not callable(getattr(system, "predict", None)):
        raise FaultyRatingsError("predicts no ratings: it has no predict(users, items)")
    found = np.asarray(system.predict(test.users, test.items), dtype=np.float64)
    if found.shape != (len(test),):
        raise FaultyRatingsError(f"gave the shape {found.shape}, not ({len(test)},)")
    if not np.isfinite(found).all():
        raise FaultyRatingsError(f"{int((~np.isfinite(found)).sum())} of {len(test)} predictions are not finite")
    return found


def errors(answers: list[Floats], splits: list[Split], seed: int) -> tuple[dict[str, Any], Floats]:
    """The figures of one system, and its squared errors by user, which paired tests compare.

    `rmse` and `mae` are means over the splits, `sd` the deviation of the former; `ci` is the bootstrap's interval of
    the RMSE of all rows together, drawn by users, whose rows stay together. The second value is float64[n_splits,
    n_users]: each user's sum of squared errors over the mean number of rows a user has, so that their mean is the MSE;
    NaN where a user has no row.
    """
    n_users = splits[0].train.n_users
    squares, rows = np.zeros((len(splits), n_users)), np.zeros((len(splits), n_users))
    roots, absolute = [], []
    for number, (split, found) in enumerate(zip(splits, answers, strict=True)):
        gaps = found - split.test.values
        roots.append(rmse(found, split.test.values))
        absolute.append(float(np.abs(gaps).mean()))
        rows[number] = np.bincount(split.test.users, minlength=n_users)
        squares[number] = np.bincount(split.test.users, weights=gaps**2, minlength=n_users)
    kept = rows.sum(axis=0) > 0
    sums, counts = squares.sum(axis=0)[kept], rows.sum(axis=0)[kept]
    low, high = bootstrap(sums / counts, seed, weights=counts)
    figures = {
        PRIMARY: round(float(np.mean(roots)), 5),
        "mae": round(float(np.mean(absolute)), 5),
        "ci": [round(low**0.5, 5), round(high**0.5, 5)],
        "sd": round(float(np.std(roots, ddof=1)), 5) if len(splits) > 1 else None,
        "users": int(kept.sum()),
    }
    per_user = np.array([line[line > 0].mean() for line in rows])
    return figures, np.where(rows > 0, squares / per_user[:, None], np.nan)
