"""A world of users who visit, are shown slates, and respond. Its truth can be asked for, and is told to no learner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import index
from typing import Literal, get_args

import numpy as np

from tastemaker.errors import InvalidInputError
from tastemaker.eval.simulator.clicks import Cascade, ClickModel, Cross, Position
from tastemaker.eval.simulator.population import AFTER, BEFORE, BIAS, as_cause, draw_population
from tastemaker.eval.simulator.responses import follow
from tastemaker.eval.simulator.visits import Floats, Ints, Response, Visit

Clicks = Literal["position", "cascade", "cross"]
Model = Literal["useful", "misleading", "optimal"]
CLICK_MODELS: dict[Clicks, ClickModel] = {"position": Position(), "cascade": Cascade(), "cross": Cross()}
MODELS: tuple[Model, ...] = get_args(Model)
START = datetime(2025, 1, 1, tzinfo=UTC)
"""Time of visit 0."""
LLM_MEAN, LLM_SCALE = -3.0, 0.8
"""What "llm" is of an average item, and how much it moves for 1 of what it sees."""
MISLEADING_NOISE = 1.5
"""Standard deviation of the noise on a misleading view, in log-odds of appeal."""
VISITS, RESPONSES = 1, 2  # streams of random numbers


class World:
    """One world for each seed. Seed, visit number and slate settle all that happens, in whatever order it is asked.

    Appeal is sigmoid(BIAS + weights · causes + a small unexplained rest), see `population`. Worlds that differ in
    `clicks` or `model` alone have the same users, items, visits and appeal.

    Args:
        seed: From 0.
        clicks: How slates are read, see `clicks`: "position", "cascade" or "cross".
        model: What "llm" is. "useful": an honest, partial, noisy view of two causes. "misleading": appeal's log-odds
            turned round, with noise (not useless: a negative weight gains by it). "optimal": appeal's log-odds themselves, scaled, so that nothing ranks better
            (slates of "cross" can still gain by variety).
        drift_at: Number of the first visit for which the causes weigh otherwise; never if None.
        users: How many there are, from 1; each visit's is drawn evenly.
        items: How many there are.
        candidates: How many different items each visit can be shown, drawn evenly, at most `items`.
        places: The most that a slate holds, 1 to `candidates`.
        visits_per_hour: Visits are evenly spaced; above 0.

    Raises:
        InvalidInputError: An argument is out of range.
    """

    def __init__(
        self, seed: int, *, clicks: Clicks = "position", model: Model = "useful", drift_at: int | None = None,
        users: int = 200, items: int = 500, candidates: int = 20, places: int = 5, visits_per_hour: float = 100.0,
    ) -> None:  # fmt: skip
        _check(seed >= 0, "is below 0", "seed", "Give a number from 0")
        _check(clicks in CLICK_MODELS, f"is no click model: {clicks!r}", "clicks", f"Use {', '.join(CLICK_MODELS)}")
        _check(model in MODELS, f"is no kind of model: {model!r}", "model", f"Use {', '.join(MODELS)}")
        _check(drift_at is None or drift_at >= 0, "is below 0", "drift_at", "Give a visit's number, or None")
        _check(users >= 1, "is below 1", "users", "Give at least one")
        _check(1 <= candidates <= items, "is not within 1 to items", "candidates", "Give fewer, or more items")
        _check(1 <= places <= candidates, "is not within 1 to candidates", "places", "Give fewer, or more candidates")
        _check(0 < visits_per_hour < float("inf"), "is not above 0", "visits_per_hour", "Give a number above 0")
        self.seed, self.model, self.drift_at = seed, model, drift_at
        self.candidates, self.places, self.visits_per_hour = candidates, places, visits_per_hour
        self._clicks = CLICK_MODELS[clicks]
        self._population = draw_population(seed, users, items)
        self._users = {f"user-{n}": n for n in range(users)}
        self._items = {f"item-{n}": n for n in range(items)}
        self._user_ids, self._item_ids = tuple(self._users), tuple(self._items)

    def visit(self, number: int) -> Visit:
        """The visit of this number, from 0. Raises `InvalidInputError` below 0."""
        _check(number >= 0, "is below 0", "visit", "Visits count from 0")
        rng = np.random.default_rng([self.seed, number, VISITS])
        user = int(rng.integers(len(self._user_ids)))
        items = rng.choice(len(self._item_ids), self.candidates, replace=False)
        known, hours = self._population, number / self.visits_per_hour
        signals = {
            "llm": LLM_MEAN + LLM_SCALE * self._view(number, user, items),
            "content": known.content[user, items],
            "taste": known.taste[user, items],
            "popularity": known.popularity[items],
            "recency": known.recency(items, hours),
        }
        candidates = tuple(self._item_ids[n] for n in items.tolist())
        return Visit(number, self._user_ids[user], START + timedelta(hours=hours), candidates, signals)

    def respond(self, visit: Visit, slate: Sequence[int]) -> list[Response]:
        """What the user does with a slate, in order of time; seen by whoever asks after that time.

        Slates of one visit share their random numbers: an item at the same place, examined under both, is clicked under
        both or neither, unless the items above lower its appeal.

        Args:
            visit: One of this world's; its number, user and candidates are read.
            slate: Indices into the candidates in the order shown, 1 to `places` of them, all different.

        Raises:
            InvalidInputError: The visit is of another world, or the slate can't be shown.
        """
        shown, appeal, clusters = self._shown(visit, slate)
        rng = np.random.default_rng([self.seed, visit.number, RESPONSES])
        look, want, *chances = rng.random((4, len(visit.candidates))).tolist()
        waits = rng.standard_exponential((3, len(visit.candidates))).tolist()
        read = self._clicks.read(appeal, clusters, look, [want[n] for n in shown])
        return follow(visit, shown, appeal, clusters, read, chances, waits)

    def expected(self, visit: Visit, slate: Sequence[int]) -> float:
        """The exact expected clicks of a slate, 0 to its length. Arguments and errors as in `respond`."""
        _, appeal, clusters = self._shown(visit, slate)
        return self._clicks.expected(appeal, clusters)

    def best(self, visit: Visit) -> list[int]:
        """The oracle's slate: `places` indices with the most expected clicks; for "cross" a greedy slate near it."""
        return self._clicks.best(self.appeal(visit), self.clusters(visit), self.places)

    def appeal(self, visit: Visit) -> Floats:
        """float64[n]: the true probability that each candidate is clicked when examined, with nothing like it above.

        Raises `InvalidInputError` if the visit is of another world.
        """
        user, items = self._known(visit)
        return 1 / (1 + np.exp(-self._log_odds(visit.number, user, items)))

    def clusters(self, visit: Visit) -> Ints:
        """int64[n]: which candidates are alike, 0 to 9. Raises `InvalidInputError` if the visit is of another world."""
        alike: Ints = self._population.clusters[self._known(visit)[1]]
        return alike

    def _log_odds(self, number: int, user: int, items: Ints) -> Floats:
        drifted = self.drift_at is not None and number >= self.drift_at
        weight = (AFTER if drifted else BEFORE).recency
        recency = as_cause(self._population.recency(items, number / self.visits_per_hour))
        odds: Floats = self._population.lasting[int(drifted), user, items] + weight * recency
        return odds

    def _view(self, number: int, user: int, items: Ints) -> Floats:
        """What "llm" sees, before it is scaled."""
        if self.model == "useful":
            honest: Floats = self._population.reading[user, items]
            return honest
        truth = self._log_odds(number, user, items) - BIAS
        if self.model == "optimal":
            return truth
        noise: Floats = self._population.noise[user, items]
        return MISLEADING_NOISE * noise - truth

    def _known(self, visit: Visit) -> tuple[int, Ints]:
        try:
            return self._users[visit.user_id], np.array([self._items[one] for one in visit.candidates])
        except KeyError as unknown:
            raise InvalidInputError(
                f"has a user or item that this world lacks: {unknown}",
                where="visit",
                remedy="Ask this world for visits",
            ) from None

    def _shown(self, visit: Visit, slate: Sequence[int]) -> tuple[list[int], list[float], list[int]]:
        try:
            shown = [index(n) for n in slate]
        except TypeError:
            raise InvalidInputError("holds what is no index", where="slate", remedy="Give integers") from None
        _check(1 <= len(shown) <= self.places, f"has {len(shown)} places", "slate", f"Show 1 to {self.places} items")
        _check(len(set(shown)) == len(shown), "shows an item twice", "slate", "Show different items")
        last = len(visit.candidates) - 1
        _check(min(shown) >= 0 and max(shown) <= last, "shows what is no candidate", "slate", f"Give 0 to {last}")
        appeal, clusters = self.appeal(visit)[shown], self.clusters(visit)[shown]
        return shown, appeal.tolist(), clusters.tolist()


def _check(holds: bool, what: str, where: str, remedy: str) -> None:
    if not holds:
        raise InvalidInputError(what, where=where, remedy=remedy)
