"""Divides interactions into what a system may see and what it is asked for, and refuses a division that leaks.

Five tracks, each a function of the data and a seed. Every split shares users, items and their indices with its source,
so a track can be applied again to a split's `train` to get a validation split for tuning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.errors import LeakageError, SplitError
from tastemaker.eval.interactions import Interactions
from tastemaker.eval.metrics import Ints, Truth

TEST_SHARE = 0.2
COLD_ITEM_SHARE, HIDDEN_ITEM_SHARE = 0.1, 0.2
WIDTH, LONG_WIDTH = 20, 100
FOLDS, FOLD_SEED = 5, 42
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Split:
    """`train` is seen; `test` is asked for. `users` int64[n] are those judged; `groups` are masks over `users`."""

    track: str
    seed: int
    train: Interactions
    test: Interactions
    users: Ints
    groups: dict[str, Mask] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Length of the lists that are asked for: the longest cut-off of the metrics."""
        return LONG_WIDTH if self.track == "hidden-items" else WIDTH

    def truth(self, at: Ints | None = None) -> Truth:
        """What is relevant to each of `users`, in their order; or to those at the places `at`."""
        rows: dict[int, list[int]] = {int(user): [] for user in self.users}
        for user, item in zip(self.test.users.tolist(), self.test.items.tolist(), strict=True):
            rows[user].append(item)
        found = list(rows.values())
        return Truth.of(found if at is None else [found[n] for n in at.tolist()])

    def describe(self) -> dict[str, Any]:
        """Sizes, for reports."""
        return {
            "track": self.track,
            "seed": self.seed,
            "train_rows": len(self.train),
            "test_rows": len(self.test),
            "users": len(self.users),
            "groups": {name: int(mask.sum()) for name, mask in self.groups.items()},
        }


def random_per_user(data: Interactions, seed: int) -> Split:
    """Track A: of each user's relevant rows a random fifth is asked for, rounded, and at least one of two or more.

    Rows that are not relevant are dropped, so that every system learns from the same likes.
    """
    likes = data.take(data.relevant)
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(likes)), likes.users))
    counts = likes.counts()[0]
    first = np.cumsum(counts) - counts
    asked = np.where(counts > 1, np.maximum(np.rint(counts * TEST_SHARE), 1), 0)
    owner = likes.users[order]
    test = np.zeros(len(likes), dtype=bool)
    test[order] = np.arange(len(likes)) - first[owner] < asked[owner]
    return _finish("A", seed, likes, ~test, test)


def leave_last_out(data: Interactions, seed: int | None) -> Split:
    """Track B: each user's last row is asked for, of two or more; all ratings count.

    Where rows share the last second, `seed` draws one; a negative one takes the last in the file.
    Raises `LeakageError` if `seed` is None and such a tie decides.
    """
    times = _times(data, "B")
    if seed is None:
        tied = _tied_users(data, times)
        if tied:
            raise LeakageError(
                f"{tied} of {data.n_users} users have several rows in their last second, and the order of the file would "
                "decide what is asked for",
                where=f"{data.name}, track B", remedy="State a tie seed",
            )  # fmt: skip
        seed = 0
    n = len(data)
    tie = np.arange(n) if seed < 0 else np.random.default_rng(seed).permutation(n)
    order = np.lexsort((tie, times, data.users))
    ends = np.flatnonzero(np.diff(data.users[order], append=-1))
    test = np.zeros(n, dtype=bool)
    test[order[ends]] = data.counts()[0][data.users[order[ends]]] > 1
    return _finish("B", seed, data, ~test, test)


def global_time(data: Interactions, seed: int = 0) -> Split:
    """Track C: every row from the second on in which four fifths of the rows have passed is asked for.

    The only split here that no future leaks into. Groups: `warm` users have rows before the cut, `cold` ones none.
    `seed` changes nothing; a track takes one.
    """
    times = _times(data, "C")
    cut = np.sort(times)[int(len(times) * (1 - TEST_SHARE))]
    split = _finish("C", seed, data, times < cut, times >= cut)
    warm = split.train.counts()[0][split.users] > 0
    return replace(split, groups={"all": np.ones(len(warm), dtype=bool), "warm": warm, "cold": ~warm} | split.groups)


def cold_items(data: Interactions, seed: int) -> Split:
    """A random tenth of the items have no row in training; only they may be recommended, to users who liked some."""
    likes, cold = data.take(data.relevant), _some_items(data, COLD_ITEM_SHARE, seed)
    test = cold[likes.items]
    return _finish("cold-items", seed, likes, ~test, test, eligible=cold)


def hidden_items(data: Interactions, seed: int) -> Split:
    """A random fifth of the items have no row in training; they are looked for among all items, in lists of 100."""
    likes, hidden = data.take(data.relevant), _some_items(data, HIDDEN_ITEM_SHARE, seed)
    test = hidden[likes.items]
    return _finish("hidden-items", seed, likes, ~test, test, eligible=likes.counts()[1] > 0)


def _some_items(data: Interactions, share: float, seed: int) -> Mask:
    known = np.flatnonzero(data.take(data.relevant).counts()[1])
    chosen = np.random.default_rng(seed).permutation(known)[: max(1, round(len(known) * share))]
    mask = np.zeros(data.n_items, dtype=bool)
    mask[chosen] = True
    return mask


def five_fold(data: Interactions, seed: int) -> Split:
    """Track ratings: fold `seed` of five, from one shuffle of all rows that hold a rating, is to be predicted."""
    rated = data.take(~np.isnan(data.values))
    place = np.random.default_rng(FOLD_SEED).permutation(len(rated))
    test = place % FOLDS == seed % FOLDS
    return _finish("ratings", seed, rated, ~test, test)


TRACKS: dict[str, Callable[[Interactions, int], Split]] = {
    "A": random_per_user,
    "B": leave_last_out,
    "C": global_time,
    "cold-items": cold_items,
    "hidden-items": hidden_items,
    "ratings": five_fold,
}
SEEDS = {
    "A": (42, 43, 44, 45, 46), "B": tuple(range(10)), "C": (0,), "cold-items": (42, 43, 44), "hidden-items": (42, 43, 44),
    "ratings": tuple(range(FOLDS)),
}  # fmt: skip
"""What `tastemaker evaluate` runs: five divisions, ten tie seeds, the one cut that time gives, three draws of items,
five folds."""


def audit(split: Split) -> None:
    """Refuse a split that leaks. Every split made here passes; call it on your own.

    Raises:
        LeakageError: a test row stands in training; a user's training rows come after their test rows on a track of
            time; training goes past the cut of track C; a cold item has a training row; no item is eligible.
    """
    where = f"{split.train.name}, track {split.track}, seed {split.seed}"
    span = split.train.n_items
    both = np.intersect1d(split.train.users * span + split.train.items, split.test.users * span + split.test.items)
    if len(both):
        user, item = divmod(int(both[0]), span)
        raise LeakageError(
            f"{len(both)} test rows stand in training too, as user {split.train.user_ids[user]!r} and "
            f"item {split.train.catalogue.ids[item]!r}",
            where=where,
        )
    if not split.train.eligible.any():
        raise LeakageError("no item may be recommended", where=where)
    if split.track == "cold-items" and split.train.eligible[split.train.items].any():
        raise LeakageError("an item that should be cold has training rows", where=where)
    if split.track in {"B", "C"}:
        _audit_times(split, where)


def _audit_times(split: Split, where: str) -> None:
    seen, asked = split.train.times, split.test.times
    if seen is None or asked is None:
        raise LeakageError("has no times, so the future can't be told from the past", where=where)
    if split.track == "C" and len(seen) and seen.max() >= asked.min():
        raise LeakageError("training goes on after the first test row", where=where)
    earliest = np.full(split.train.n_users, np.iinfo(np.int64).max)
    np.minimum.at(earliest, split.test.users, asked)
    future = seen > earliest[split.train.users]
    if future.any():
        user = split.train.user_ids[int(split.train.users[future][0])]
        raise LeakageError(f"the history of user {user!r} holds events after what is asked for", where=where)


def audit_prompt(history: list[str], target: str) -> None:
    """Refuse a prompt whose history names what is asked for (the fault of arXiv 2507.05880).

    Raises `LeakageError` if `target`, a title, stands in a line of `history` as words of their own, whatever its case.
    """
    words = re.compile(rf"(?<![0-9a-z]){re.escape(target.casefold())}(?![0-9a-z])")
    for number, line in enumerate(history):
        if words.search(line.casefold()):
            raise LeakageError(f"names what is asked for, {target!r}", where=f"history[{number}]")


def by_history_length(split: Split) -> dict[str, Mask]:
    """Masks over `split.users` by how many training rows they have: 0, 1–10, 11–50, more."""
    lengths = split.train.counts()[0][split.users]
    bounds = {"0": (0, 0), "1–10": (1, 10), "11–50": (11, 50), "51+": (51, np.inf)}
    return {f"history {name}": (lengths >= low) & (lengths <= high) for name, (low, high) in bounds.items()}


def _finish(track: str, seed: int, data: Interactions, train: Mask, test: Mask, eligible: Mask | None = None) -> Split:
    seen = data.take(train)
    if eligible is None:
        eligible = seen.counts()[1] > 0
    asked = data.take(test)
    users = np.unique(asked.users)
    if not len(users) or not len(seen):
        lacking = "nothing is left to ask for" if len(seen) else "nothing is left to learn from"
        raise SplitError(
            f"{lacking} ({len(data)} rows of {data.n_users} users)", where=f"{data.name}, track {track}",
            remedy="Give more rows, or another track",
        )  # fmt: skip
    split = Split(track, seed, replace(seen, eligible=eligible), replace(asked, eligible=eligible), users)
    return replace(split, groups=by_history_length(split))


def _times(data: Interactions, track: str) -> Ints:
    if data.times is None:
        raise SplitError(
            "has no timestamps, which this track needs", where=f"{data.name}, track {track}",
            remedy="Use track A or cold-items",
        )  # fmt: skip
    return data.times


def _tied_users(data: Interactions, times: Ints) -> int:
    last = np.full(data.n_users, np.iinfo(np.int64).min)
    np.maximum.at(last, data.users, times)
    at_last = np.bincount(data.users[times == last[data.users]], minlength=data.n_users)
    return int((at_last > 1).sum())
