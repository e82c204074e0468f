"""What the language model changed in the prior's lists, for whom, and whether it was right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tastemaker.eval import metrics
from tastemaker.eval.harness import Run
from tastemaker.eval.metrics import Floats
from tastemaker.eval.splits import Split
from tastemaker.eval.statistics import bootstrap

PRIOR, RERANKED = "ours-prior", "ours-model"
TOP = 10
LENGTHS = {"1 to 5 events": (1, 5), "6 to 20": (6, 20), "21 and more": (21, 10**9)}
"""Users by the training events that they have; those without any are served popularity by both."""


def changes(runs: Sequence[Run], splits: Sequence[Split], seed: int) -> list[dict[str, Any]]:
    """A row for all users and for those of each history length: how many `users` both systems served (over all splits), the
    shares whose first ten `changed`, and became `better` or `worse` by NDCG@10; its means before and after, and the 95%
    interval of the difference. Empty if not both ran."""
    by = {run.system: run for run in runs if not run.failure}
    if PRIOR not in by or RERANKED not in by:
        return []
    lengths: list[int] = []
    found: list[tuple[float, float, bool]] = []
    for number, split in enumerate(splits):
        counts, _ = split.train.counts()
        sides = [
            dict(zip(one.users[number].tolist(), one.answers[number], strict=True)) for one in (by[PRIOR], by[RERANKED])
        ]
        both = [user in sides[0] and user in sides[1] and counts[user] > 0 for user in split.users.tolist()]
        at = np.flatnonzero(both)
        if not len(at):
            continue
        users, wanted = split.users[at].tolist(), split.truth(at)
        before, after = (np.stack([side[user] for user in users]) for side in sides)
        values = [metrics.ndcg(lists, wanted, TOP) for lists in (before, after)]
        moved = (before[:, :TOP] != after[:, :TOP]).any(axis=1)
        lengths += [int(counts[user]) for user in users]
        found += list(zip(values[0].tolist(), values[1].tolist(), moved.tolist(), strict=True))
    table = np.array(found, dtype=np.float64).reshape(-1, 3)
    sizes = np.array(lengths)
    rows = [_row("all", table, seed)]
    rows += [_row(name, table[(sizes >= low) & (sizes <= high)], seed) for name, (low, high) in LENGTHS.items()]
    return [row for row in rows if row["users"]]


def _row(group: str, table: Floats, seed: int) -> dict[str, Any]:
    if not len(table):
        return {"group": group, "users": 0}
    before, after, moved = table.T
    gaps = after - before
    return {
        "group": group, "users": len(table), "changed": round(float(moved.mean()), 4),
        "better": round(float((gaps > 0).mean()), 4), "worse": round(float((gaps < 0).mean()), 4),
        "prior": round(float(before.mean()), 5), "model": round(float(after.mean()), 5),
        "difference": round(float(gaps.mean()), 5), "ci": [round(edge, 5) for edge in bootstrap(gaps, seed)],
    }  # fmt: skip
