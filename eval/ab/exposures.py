"""What an experiment's users were shown and did, as arrays: checked once, then only summed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from tastemaker.agent.experiments import Experiment
from tastemaker.agent.feedback.rewards import OPENED
from tastemaker.domain import EventType
from tastemaker.errors import InvalidInputError
from tastemaker.eval.metrics import Floats, Ints

COUNTED = {"clicks": OPENED, "purchases": {EventType.PURCHASE}, "skips": {EventType.SKIP}}
"""What is counted of impressions, and the types of the events that count: an impression counts once for each."""


@dataclass(frozen=True, slots=True)
class Exposures:
    """The users who saw one variant only, in the order in which they came, and their decisions and impressions.

    `arm`: int[users], the variant's place in `variants`. `user` (index) and `day` (index into `days`, UTC): int[decisions]. `counts`:
    `impressions`, `clicks`, `purchases`, `skips`, `seconds`, `timed` (1 where the seconds are known), each float64[decisions].
    `shown`: int[impressions, 2], user and item. `crossed` users saw more than one variant; nothing of theirs is here.
    """

    variants: tuple[str, ...]
    users: tuple[str, ...]
    arm: Ints
    user: Ints
    day: Ints
    days: tuple[date, ...]
    counts: Mapping[str, Floats]
    shown: Ints
    crossed: int

    def sums(self, name: str, until: int | None = None) -> Floats:
        """float64[users]: the sum of a count over each user's decisions, up to the day `until` where one is given."""
        weights = self.counts[name]
        if until is not None:
            weights = np.where(self.day <= until, weights, 0.0)
        return np.bincount(self.user, weights, minlength=len(self.users)).astype(np.float64)

    def on(self, name: str, day: int) -> Floats:
        """float64[users]: the same of one day."""
        return np.bincount(
            self.user, np.where(self.day == day, self.counts[name], 0.0), minlength=len(self.users)
        ).astype(np.float64)


def read(experiment: Experiment, rows: Iterable[Mapping[str, Any]]) -> Exposures:
    """Check decisions, `FeedbackLog.exposures`, and take the users apart who saw more than one variant.

    Raises `InvalidInputError` for a decision that is there twice, has no user, names a variant that the experiment has not, has no time
    zone, or has a reward or seconds that are not finite.
    """
    kept = sorted((_checked(experiment, row) for row in rows), key=lambda row: (row["created_at"], row["decision_id"]))
    twice = [one for one, n in Counter(row["decision_id"] for row in kept).items() if n > 1]
    if twice:
        raise InvalidInputError("is there more than once", where=f"decision {twice[0][:80]!r}")
    variants = tuple(experiment.variants)
    first: dict[str, str] = {}
    crossed: set[str] = set()
    for row in kept:
        if first.setdefault(row["user_id"], row["variant"]) != row["variant"]:
            crossed.add(row["user_id"])
    kept = [row for row in kept if row["user_id"] not in crossed]
    users = tuple(user for user in first if user not in crossed)
    number = {user: n for n, user in enumerate(users)}
    dates = [row["created_at"].astimezone(UTC).date() for row in kept]
    days = tuple(sorted(set(dates)))
    place = {day: n for n, day in enumerate(days)}
    items: dict[str, int] = {}
    pairs = [(number[row["user_id"]], items.setdefault(one["item_id"], len(items)))
             for row in kept for one in row["slate"]]  # fmt: skip
    return Exposures(
        variants, users, np.array([variants.index(first[user]) for user in users], np.int64),
        np.array([number[row["user_id"]] for row in kept], np.int64), np.array([place[day] for day in dates], np.int64),
        days, _counts(kept), np.array(pairs, np.int64).reshape(-1, 2), len(crossed),
    )  # fmt: skip


def earlier(before: Iterable[Mapping[str, Any]], exposures: Exposures, start: datetime) -> dict[str, Floats]:
    """`impressions_before` and `clicks_before`, float64[users], from decisions before the experiment; 0 for whom there is none.

    Raises `InvalidInputError` for a decision without a time zone, or since `start`: what the treatment may have changed is no covariate.
    """
    number = {user: n for n, user in enumerate(exposures.users)}
    found = {"impressions_before": np.zeros(len(number)), "clicks_before": np.zeros(len(number))}
    for row in before:
        where = f"earlier decision {row['decision_id'][:80]!r}"
        if row["created_at"].tzinfo is None:
            raise InvalidInputError("has a time without a time zone", where=where)
        if row["created_at"] >= start:
            raise InvalidInputError("is since the start of the experiment", where=where)
        if (n := number.get(row["user_id"])) is not None:
            found["impressions_before"][n] += len(row["slate"])
            found["clicks_before"][n] += sum(not OPENED.isdisjoint(one["types"]) for one in row["slate"])
    return found


def _counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, Floats]:
    found = {name: np.array([sum(not kinds.isdisjoint(one["types"]) for one in row["slate"]) for row in rows], np.float64)
             for name, kinds in COUNTED.items()}  # fmt: skip
    found["impressions"] = np.array([len(row["slate"]) for row in rows], np.float64)
    found["seconds"] = np.array([row["seconds"] or 0.0 for row in rows], np.float64)
    found["timed"] = np.array([row["seconds"] is not None for row in rows], np.float64)
    return found


def _checked(experiment: Experiment, row: Mapping[str, Any]) -> Mapping[str, Any]:
    fault = ""
    if not row["user_id"]:
        fault = "has no user: only users are assigned"
    elif row["variant"] not in experiment.variants:
        fault = f"is of a variant {str(row['variant'])[:80]!r} that experiment {experiment.name!r} has not"
    elif row["created_at"].tzinfo is None:
        fault = "has a time without a time zone"
    elif row["seconds"] is not None and not (math.isfinite(row["seconds"]) and row["seconds"] >= 0):
        fault = f"took {row['seconds']} seconds"
    elif not all(math.isfinite(one["reward"]) for one in row["slate"]):
        fault = "has a reward that is not finite"
    if fault:
        raise InvalidInputError(fault, where=f"decision {row['decision_id'][:80]!r}")
    return row
