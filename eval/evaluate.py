"""From lists to a table: the same users, masking and cold policy for every system, with intervals and paired tests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.eval import beyond_accuracy as beyond
from tastemaker.eval import metrics, ratings
from tastemaker.eval.benchmarks.environment import environment
from tastemaker.eval.changes import changes
from tastemaker.eval.harness import Run, divide, run_systems
from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Floats, Ints
from tastemaker.eval.splits import FOLDS, LONG_WIDTH, Split
from tastemaker.eval.statistics import bootstrap, holm, randomisation_test
from tastemaker.eval.worker import popular, served
from tastemaker.progress import Progress, silent

PRIMARY = "ndcg@10"
SEED = 2026
"""Of the permutations and resamples."""
DEFAULT = (
    "random", "popularity", "recent-popularity", "item-knn", "ease", "implicit-als", "irspack-ials", "cornac-bpr",
    "ours-popular", "ours-recent", "ours-content", "ours-together", "ours-next", "ours-prior",
)  # fmt: skip
RATERS = ("mean-rating", "surprise-baseline", "surprise-svd", "surprise-svdpp")
"""`DEFAULT` of the track ratings."""
STAGES = {
    "peers": DEFAULT[:8],
    "retriever": DEFAULT[8:],
    "sources": (
        "ours-prior",
        *(f"ours-without-{name}" for name in ("popular", "recent", "content", "together", "next")),
    ),
    "reranker": ("ours-prior", "ours-model"),
}
"""Systems by name of a stage, for `--stage`."""
RANKING_PROTOCOL = {
    "candidates": "all eligible items", "seen": "masked", "ties": "by a seeded order of the items",
    "cold users": "popularity for every system", "empty list": 0, "gain": "1 if relevant",
}  # fmt: skip
RATING_PROTOCOL = {"rows": "all that hold a rating, of whatever height", "folds": FOLDS}
ACCURACY = {
    "ndcg@10": (metrics.ndcg, 10),
    "recall@10": (metrics.recall, 10),
    "recall@20": (metrics.recall, 20),
    "precision@10": (metrics.precision, 10),
    "hit_rate@10": (metrics.hit_rate, 10),
    "mrr@10": (metrics.mrr, 10),
    "map@10": (metrics.average_precision, 10),
}


def evaluate(
    data: Interactions,
    track: str,
    folder: Path,
    systems: Sequence[str] | None = None,
    *,
    seeds: Sequence[int] | None = None,
    trials: int = 30,
    timeout: float = 900.0,
    jobs: int | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Compare `systems` on one track; what `tastemaker evaluate --json` prints.

    Without `systems`, `DEFAULT` are, or `RATERS` on the track ratings, where figures are those of `ratings.errors`.

    `rows` has one entry a system: every metric's mean over the users, `ci` of NDCG@10 over users, `sd` over seeds,
    `hits_at` each place of the list, `own_cold`, which is NDCG@10 with the system's own lists for users without training
    rows in place of popularity's, costs; or `failure`. `tests` compares NDCG@10 of every two systems on the users that both served, with Holm's
    correction over all pairs. `changes` says what the model changed in the prior's lists, where both ran. A user without training rows gets the popularity list from every system.

    Raises `SplitError` or `LeakageError` if the data can't be divided so.
    """
    rated = track == "ratings"
    primary = ratings.PRIMARY if rated else PRIMARY
    splits, validation = divide(data, track, seeds)
    runs = run_systems(
        list(dict.fromkeys(systems or (RATERS if rated else DEFAULT))), splits, validation, folder, trials=trials,
        timeout=timeout, jobs=jobs, progress=progress,
    )  # fmt: skip
    fallbacks = [popular(split) for split in splits]
    rows, by_user = [], {}
    for run in runs:
        stage = "ours" if run.system.startswith("ours-") else "peer"
        if run.failure:
            rows.append({"system": run.system, "stage": stage, "failure": run.failure})
            continue
        figures, values = ratings.errors(run.answers, splits, SEED) if rated else _ranked(run, splits, fallbacks)
        rows.append({"system": run.system, "stage": stage, **figures, **run.costs})
        by_user[run.system] = values
    return {
        "dataset": {"name": data.name, "users": data.n_users, "items": data.n_items, "rows": len(data)},
        "track": track,
        "metric": primary,
        "seeds": [split.seed for split in splits],
        "split": [split.describe() for split in splits],
        "protocol": (RATING_PROTOCOL if rated else RANKING_PROTOCOL) | {
            "trials": trials if validation else 0,
            "tuned on": f"{primary} of a split inside the training rows of seed {splits[0].seed}" if validation else "nothing",
        },
        "rows": rows,
        "tests": compare(by_user),
        "changes": [] if rated else changes(runs, splits, SEED),
        **environment(),
    }  # fmt: skip


def compare(by_user: dict[str, Floats]) -> list[dict[str, Any]]:
    """Paired randomisation tests of every two systems; float64[n_splits, n_users] each, NaN where a user was not judged.

    A user's difference is the mean over the splits in which both served them, so that both were asked the same.
    """
    tests: list[dict[str, Any]] = []
    for a, b in combinations(by_user, 2):
        both = ~np.isnan(by_user[a]) & ~np.isnan(by_user[b])
        asked = both.sum(axis=0)
        sums = np.where(both, by_user[a] - by_user[b], 0.0).sum(axis=0)
        gaps = sums[asked > 0] / asked[asked > 0]
        tests.append({
            "a": a, "b": b, "users": len(gaps), "difference": float(gaps.mean()) if len(gaps) else None,
            "ci": bootstrap(gaps, SEED) if len(gaps) else None, "p": randomisation_test(gaps, np.zeros(len(gaps)), SEED),
        })  # fmt: skip
    for test, adjusted in zip(tests, holm([test["p"] for test in tests]), strict=True):
        test["p_holm"] = adjusted
    return tests


def _ranked(run: Run, splits: list[Split], fallbacks: list[Ints]) -> tuple[dict[str, Any], Floats]:
    """The figures of one system's lists, and its `PRIMARY` by user."""
    shape = (len(splits), splits[0].train.n_users)
    found: dict[str, Floats] = {}
    groups: dict[str, list[tuple[float, float]]] = {}
    whole: dict[str, list[Any]] = {"coverage": [], "gini": [], "seed_means": [], "hits_at": [], "own_cold": []}
    parts = zip(splits, fallbacks, run.users, run.answers, strict=True)
    for number, (split, fallback, users, own) in enumerate(parts):
        lists = served(own, split, users, fallback)
        at = np.searchsorted(split.users, users)
        truth = split.truth(at)
        values = _values(lists, split, at, fallback[at], truth)
        for name, column in values.items():
            found.setdefault(name, np.full(shape, np.nan))[number, users] = column
        uplift = values[PRIMARY] - metrics.ndcg(fallback[at], truth, 10)
        for name, mask in split.groups.items():
            pairs = zip(values[PRIMARY][mask[at]].tolist(), uplift[mask[at]].tolist(), strict=True)
            groups.setdefault(name, []).extend(pairs)
        whole["hits_at"].append((truth.of_lists(lists, split.width) > 0).mean(axis=0))
        whole["coverage"].append(beyond.coverage(lists[:, :10], int(split.train.eligible.sum())))
        whole["gini"].append(beyond.gini(lists[:, :10], split.train.eligible))
        whole["own_cold"].append(metrics.mean(metrics.ndcg(own, truth, 10)).mean)
        whole["seed_means"].append(metrics.mean(values[PRIMARY]).mean)
    by_user = {name: _over_splits(values) for name, values in found.items()}
    primary = by_user[PRIMARY]
    means = {name: float(values.mean()) if len(values) else float("nan") for name, values in by_user.items()}
    row = {
        **{name: None if np.isnan(value) else round(value, 5) for name, value in means.items()},
        "ci": [round(value, 5) for value in bootstrap(primary, SEED)],
        "sd": round(float(np.std(whole["seed_means"], ddof=1)), 5) if len(splits) > 1 else None,
        "own_cold": round(float(np.mean(whole["own_cold"])), 5),
        "users": len(primary),
        "coverage": round(float(np.mean(whole["coverage"])), 5),
        "gini": None if np.isnan(whole["gini"]).all() else round(float(np.nanmean(whole["gini"])), 5),
        "hits_at": np.mean(whole["hits_at"], axis=0).round(5).tolist(),
        "groups": {name: _group(values) for name, values in groups.items() if values},
    }
    return row, found[PRIMARY]


def _over_splits(values: Floats) -> Floats:
    """Each judged user's mean over the splits, from float64[n_splits, n_users]; users judged in none are left out."""
    known = ~np.isnan(values)
    times = known.sum(axis=0)
    means: Floats = np.where(known, values, 0.0).sum(axis=0)[times > 0] / times[times > 0]
    return means


def _group(values: list[tuple[float, float]]) -> dict[str, float | int]:
    """Mean, how far it is above popularity on the same users, and how many there are over all splits."""
    own, uplift = np.mean(values, axis=0)
    return {PRIMARY: round(float(own), 5), "uplift": round(float(uplift), 5), "users": len(values)}


def _values(lists: Ints, split: Split, at: Ints, expected: Ints, truth: metrics.Truth) -> dict[str, Floats]:
    """Every metric of one split's lists, for the users at the places `at` of `split.users`."""
    found: dict[str, Floats] = {name: metric(lists, truth, k) for name, (metric, k) in ACCURACY.items()}
    if split.width >= LONG_WIDTH:
        found[f"recall@{LONG_WIDTH}"] = metrics.recall(lists, truth, LONG_WIDTH)
    train, users, top = split.train, split.users[at], lists[:, :10]
    per_user, per_item = train.counts()
    popularity = per_item.astype(np.float64)
    had = np.bincount(train.users, weights=popularity[train.items], minlength=train.n_users)
    with np.errstate(invalid="ignore"):
        profile = (had / np.where(per_user > 0, per_user, np.nan))[users]
    found["novelty"] = beyond.novelty(top, popularity, max(int((per_user > 0).sum()), 1))
    found["popularity_lift"] = beyond.popularity_lift(top, popularity, profile)
    found["serendipity@10"] = beyond.serendipity(lists, expected, truth, 10)
    categories = train.catalogue.category_matrix()
    if categories.shape[1]:
        histories = np.zeros((train.n_users, categories.shape[1]))
        np.add.at(histories, train.users, categories[train.items])
        found["diversity"] = beyond.intra_list_diversity(top, categories)
        found["calibration_kl"] = beyond.calibration(top, categories, histories[users])
    return found
