"""The real files, where they are on this machine: the counts that their publishers or PROVENANCE give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tastemaker.eval.interactions import gather
from tastemaker.retrieval.datasets import open_dataset

REAL = Path(__file__).parents[4] / "shared" / "data"
pytestmark = [
    pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not on this machine"),
    pytest.mark.slow,
]


@pytest.mark.parametrize(
    ("name", "users", "items", "rows", "timed"),
    [
        ("movielens-100k", 943, 1682, 100_000, True),
        ("ml-1m", 533, 3883, 80_496, True),
        ("ml-latest-small", None, 9742, 50_000, True),
        ("lastfm-2k", 1892, 17_632, 92_834, False),
    ],
)
def test_interactions(name: str, users: int | None, items: int, rows: int, timed: bool) -> None:
    found = open_dataset(str(REAL / name), REAL)
    data = gather(found.name, found.items(), found.events())
    assert (data.n_items, len(data), data.times is not None) == (items, rows, timed)
    assert users in (None, data.n_users)


@pytest.mark.parametrize(
    ("name", "phase", "file", "counts"),
    [
        ("movielens-100k", "items", "u.item", {"latin-1": 9, "trailing space": 3}),
        ("movielens-100k", "items", "u.genre", {"empty line": 1}),
        ("ml-1m", "items", "movies.dat", {"latin-1": 50, "html entity": 1}),
        ("ml-latest-small", "items", "movies.csv", {"title without a year": 12, "trailing space": 11}),
        ("amazon-2014", "items", "meta_excerpt.json", {}),
        ("amazon-2018", "events", "AMAZON_FASHION_5.json.gz", {"exact duplicate": 68}),
        ("amazon-2018", "events", "All_Beauty_5.json", {"exact duplicate": 370}),
        ("amazon-2023", "events", "All_Beauty.jsonl", {"milliseconds": 3473, "video mark": 89, "html line break": 258,
         "user id with a suffix": 54, "variant joined to its parent product": 201}),
        ("yelp", "events", "yelp_academic_dataset_review.json", {"no time zone, read as UTC": 999}),
        ("lastfm-2k", "items", "artists.dat", {"no picture": 444, "UTF-8 read as latin-1": 1}),
        ("lastfm-2k", "events", "user_artists.dat", {"padded id": 1}),
        ("mind", "items", "news.tsv", {"no abstract": 99, "unseen character": 5}),
        ("mind", "events", "behaviors.tsv", {"no history": 62}),
    ],
)  # fmt: skip
def test_traps_are_counted(name: str, phase: str, file: str, counts: dict[str, int]) -> None:
    found = open_dataset(str(REAL / name), REAL)
    list(found.items()) if phase == "items" else list(found.events(everything=True))
    told: dict[str, Any] = found.report.as_dict()[phase][file]
    kinds = {**told.get("dropped", {}), **told.get("repaired", {}), **told.get("noted", {})}
    assert {kind: kinds.get(kind) for kind in counts} == counts
