"""The Open Bandit sample (Saito et al., NeurIPS 2021): from the logs of the random policy, what the other policy earns, beside what it did earn.

Not part of the package: `FOLDER/random/all/all.csv` and `FOLDER/bts/all/all.csv`, of ZOZO, under CC BY 4.0.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.errors import DatasetError
from tastemaker.eval import ope
from tastemaker.eval.metrics import Floats
from tastemaker.eval.ope import Logged

COLUMNS = ("item_id", "position", "click", "propensity_score")


def estimate_open_bandit(folder: Path, seed: int = 0) -> dict[str, Any]:
    """CTR of Bernoulli Thompson sampling from logs of the random policy: IPS, SNIPS and doubly robust, with intervals and ESS.

    Rows are slates of one place. That policy does not look at the user, so its chance of an item at a position is the mean of the
    propensities that its own log holds for the pair, made to sum to 1 over the items of the position; a pair that it never logged has none.

    Raises `DatasetError` if a file or a column is not there.
    """
    random, other = (_read(folder / name / "all" / "all.csv") for name in ("random", "bts"))
    sums, counts = defaultdict[tuple[str, str], float](float), defaultdict[tuple[str, str], int](int)
    for item, position, _, propensity in other:
        sums[item, position] += propensity
        counts[item, position] += 1
    chance = {key: total / counts[key] for key, total in sums.items()}
    whole = defaultdict[str, float](float)
    for (_, position), value in chance.items():
        whole[position] += value
    target = np.array([chance.get((item, position), 0.0) / whole[position] for item, position, _, _ in random])
    logged = np.array([propensity for *_, propensity in random])
    clicks = np.array([click for _, _, click, _ in random])
    with np.errstate(divide="ignore"):
        log = Logged(clicks[:, None], np.log(logged)[:, None], np.log(target)[:, None])
    mean = np.full(len(clicks), clicks.mean())
    rows = [ope.sips(log, seed), ope.snips(log, seed), ope.switch_dr(log, mean, mean, float("inf"), seed)]
    truth: Floats = np.array([click for _, _, click, _ in other])[:, None]
    return {
        "rows": [asdict(one) for one in rows], "on_policy": asdict(ope.on_policy(truth, seed)),
        "logged": asdict(ope.on_policy(clicks[:, None], seed)), "decisions": len(random),
        "pairs_never_logged": sum(1 for item, position, _, _ in random if (item, position) not in chance),
    }  # fmt: skip


def _read(path: Path) -> list[tuple[str, str, float, float]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
                raise DatasetError(
                    f"lacks the column {missing[0]}", where=str(path), remedy="Give Open Bandit's folder"
                )
            return [
                (row["item_id"], row["position"], float(row["click"]), float(row["propensity_score"])) for row in rows
            ]
    except (OSError, ValueError) as error:
        raise DatasetError(f"can't be read ({error})", where=str(path), remedy="Give Open Bandit's folder") from error
