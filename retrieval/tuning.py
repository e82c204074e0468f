"""Chooses a store's penalties, decays and weights by what its users did next, instead of by hand.

Cases are people at a moment, with what they had after it. What is chosen ranks that best, by NDCG@10 (Järvelin and
Kekäläinen 2002, binary gains); nothing of what is wanted may be in what is learned from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize

from tastemaker.domain import Event
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.attributes import Eligible
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.factorise import co_occurrences, ease, fit_taste, learnable, ridge, transitions
from tastemaker.retrieval.fusion import LEARNED, WEIGHTS, Fusion, Learned, Penalties, standardised
from tastemaker.retrieval.index import Index
from tastemaker.retrieval.profile import UserProfile, build_profile
from tastemaker.retrieval.retriever import DEPTH, Found, Retriever
from tastemaker.retrieval.taste import Consumption, HeldTastes

Floats32 = NDArray[np.float32]
Bools = NDArray[np.bool_]
TUNED_ITEMS = 3_000
"""Items of the maps that penalties are chosen with: a larger map takes its time cubed."""
LAST_SHARE = 0.1
"""Of the events, which the cases of a store are made of: its future, as far as it is known."""
MAX_CASES, MIN_CASES = 400, 50
PENALTIES = (50.0, 100.0, 200.0, 300.0, 400.0, 600.0, 800.0, 1600.0, 3200.0)
DECAYS = (0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.985, 1.0)
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
HALF_LIVES = (6.0, 24.0, 72.0, 240.0, 1000.0)
RIDGE = 1e-3
PADDING = -1e6
"""Score of what fills up short lists: below all that is real, whatever the weights."""
TOP = 10


@dataclass(frozen=True, slots=True)
class Case:
    """Someone, the items that they had next, and when they had the first of them, if that is known."""

    profile: UserProfile
    wanted: frozenset[str]
    at: datetime | None = None


def learn(
    cases: Sequence[Case], catalogue: Catalogue, index: Index, *, until: datetime | None = None,
    among: Eligible | None = None, progress: Progress = silent,
) -> Learned:  # fmt: skip
    """Choose on `cases`, learning from events before `until`; the defaults if there are fewer than 50 cases, or
    nothing that they want is found."""
    if len(cases) < MIN_CASES:
        return Learned(cases=len(cases))
    data = catalogue.consumption(until)
    progress("Choosing penalties", 0, None)
    penalties, fusion = choose_taste(data, cases)
    model = fit_taste(data, penalties)
    taste: Callable[..., dict[str, float]] = HeldTastes(model).taste if model else lambda *_, **__: {}

    retriever = Retriever(catalogue, index, no_query, _every(fusion), taste=taste, until=until)
    found = [
        retriever.sources(case.profile.model_copy(update={"searches": ()}), None, TOP, among, case.at) for case in cases
    ]
    if not any(case.wanted & set().union(*one.values()) for case, one in zip(cases, found, strict=True)):
        return Learned(cases=len(cases))  # no source finds anything of what came next: nothing tells weights apart
    plain = Problem.of(found, cases).ndcg(WEIGHTS)
    counted = {share: catalogue.popular(share, until) for share in SHARES}
    shares = {
        share: [ranking.best(DEPTH, among=among, without=case.profile.seen) for case in cases]
        for share, ranking in counted.items()
    }
    share = max(shares, key=lambda share: _ndcg_of_lists(shares[share], cases))
    found = [one | {"recent": recent} if recent else one for one, recent in zip(found, shares[share], strict=True)]
    progress("Choosing weights", 0, None)
    choices: list[tuple[float, float, dict[str, float]]] = []
    for half_life in HALF_LIVES if len(catalogue.newest()) else (fusion.half_life,):
        scores = [
            {one: score ** (fusion.half_life / half_life) for one, score in each.get("new", {}).items()}
            for each in found
        ]
        problem = Problem.of(
            [each | {"new": new} if new else each for each, new in zip(found, scores, strict=True)], cases
        )
        weights, quality = problem.choose()
        choices.append((quality, half_life, {"query": WEIGHTS["query"]} | weights))
    quality, half_life, weights = max(choices, key=lambda one: one[0])
    changes = {"weights": weights, "recent_share": share, "half_life": half_life}
    return Learned(
        penalties=penalties,
        fusion=fusion.model_copy(update=changes),
        cases=len(cases),
        ndcg=quality,
        ndcg_of_defaults=plain,
    )


def fit_store(catalogue: Catalogue, index: Index, progress: Progress = silent) -> Learned:
    """Learn what a store's events teach: how to weigh sources, from its last events, then tastes, from all. Kept in it."""
    cases, until = cases_of(catalogue)
    chosen = learn(cases, catalogue, index, until=until, progress=progress)
    progress("Learning tastes", 0, None)
    model = fit_taste(catalogue.consumption(), chosen.penalties)
    if model is not None:
        index.set_tastes(model)
        chosen = chosen.model_copy(update={"items": len(model.ids)})
    catalogue.set_fact(LEARNED, chosen.model_dump_json())
    return chosen


def cases_of(catalogue: Catalogue) -> tuple[list[Case], datetime | None]:
    """Up to 400 users of the last tenth of all events, drawn with a fixed seed, as they were when it began; and when
    that was. None, and no case, where all events have one time."""
    until = catalogue.moment(1.0 - LAST_SHARE)
    if until is None:
        return [], None
    users = catalogue.users_since(until)
    chosen = np.random.default_rng(0).permutation(len(users))[: 2 * MAX_CASES]
    cases: list[Case] = []
    for n in chosen.tolist():
        events = catalogue.history(users[n])
        before = [event for event in events if event.timestamp < until]
        profile = build_profile(before)
        wanted = {event.item_id for event in events[len(before) :] if _welcome(event)} - {None, *profile.seen}
        if wanted and len(cases) < MAX_CASES:
            first = next(event.timestamp for event in events[len(before) :] if event.item_id in wanted)
            cases.append(Case(profile, frozenset(one for one in wanted if one), first))
    return cases, until


def _welcome(event: Event) -> bool:
    return event.item_id is not None and event.weight >= 0


def choose_taste(data: Consumption, cases: Sequence[Case]) -> tuple[Penalties, Fusion]:
    """Penalties, decays and the say of unwanted items, one after the other, by each map's own ranking of all items."""
    kept = learnable(data, TUNED_ITEMS)
    if len(kept.ids) < 2 or not (np.diff(kept.users) == 0).any():
        return Penalties(), Fusion()
    place = {one: n for n, one in enumerate(kept.ids)}
    known = [case for case in cases if place.keys() & set(case.profile.seen)]
    if not known:
        return Penalties(), Fusion()
    rows = [
        (row, place[one], len(case.profile.seen) - 1 - age, one in case.profile.unwanted)
        for row, case in enumerate(known)
        for age, one in enumerate(case.profile.seen)
        if one in place
    ]
    who, what, age, unwanted = (np.array(column) for column in zip(*rows, strict=True))
    shape = (len(known), len(place))
    seen, wanted = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    seen[who, what] = True
    for row, case in enumerate(known):
        wanted[row, [place[one] for one in case.wanted if one in place]] = True
    counts = np.array([len(case.wanted) for case in known])

    def quality(weights: Floats32, fusion: Fusion, kind: str) -> float:
        says = fusion.decays[kind] ** age * np.where(unwanted, fusion.unwanted, 1.0)  # as `history` has it
        scores = np.asarray(sp.csr_matrix((says, (who, what)), shape=shape, dtype=np.float32) @ weights)
        scores[seen] = -np.inf
        return float(_ndcg(scores, wanted, counts).mean())

    chosen, fusion = Penalties(), Fusion(unwanted=1.0)
    gram, steps = co_occurrences(kept), transitions(kept)
    makers: dict[str, Callable[[float], Any]] = {
        "together": lambda penalty: ease(gram, penalty), "next": lambda penalty: ridge(*steps, penalty)
    }  # fmt: skip
    for kind, make in makers.items():
        maps = {penalty: np.asarray(make(penalty), np.float32) for penalty in PENALTIES}
        for _ in range(2):  # each choice sees the other once
            weights = maps[getattr(chosen, kind)]
            options = [fusion.model_copy(update={"decays": fusion.decays | {kind: decay}}) for decay in DECAYS]
            fusion = max(options, key=lambda one, weights=weights, kind=kind: quality(weights, one, kind))  # type: ignore[misc]
            best = max(maps, key=lambda one, maps=maps, kind=kind: quality(maps[one], fusion, kind))  # type: ignore[misc]
            chosen = chosen.model_copy(update={kind: best})
        if kind == "together":
            options = [fusion.model_copy(update={"unwanted": share}) for share in (0.0, 0.5, 1.0)]
            weights = maps[chosen.together]
            fusion = max(options, key=lambda one, weights=weights: quality(weights, one, "together"))  # type: ignore[misc]
    return chosen, fusion


@dataclass(frozen=True, slots=True)
class Problem:
    """Standardised scores, float32[cases, ids, sources], padded; which ids are wanted; how many are, found or not."""

    names: tuple[str, ...]
    columns: Floats32
    wanted: Bools
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, found: Sequence[Found], cases: Sequence[Case]) -> Problem:
        """What each source found for each case."""
        names = tuple(name for name in WEIGHTS if any(name in one for one in found))
        made = [standardised(one) for one in found]
        columns = np.zeros((len(cases), max(len(ids) for ids, _ in made) or 1, len(names)), np.float32)
        wanted = np.zeros(columns.shape[:2], dtype=bool)
        for row, ((ids, scores), case) in enumerate(zip(made, cases, strict=True)):
            wanted[row, : len(ids)] = [one in case.wanted for one in ids]
            for name, values in scores.items():
                columns[row, : len(ids), names.index(name)] = values
            columns[row, len(ids) :, :] = PADDING
        return cls(names, columns, wanted, np.array([len(case.wanted) for case in cases]))

    def ndcg(self, weights: Mapping[str, float]) -> float:
        """Mean NDCG@10 of the order by these weights."""
        given = np.array([weights.get(name, 0.0) for name in self.names], dtype=np.float32)
        return float(_ndcg(self.columns @ given, self.wanted, self.counts).mean())

    def choose(self) -> tuple[dict[str, float], float]:
        """The weights that make what is wanted likeliest, or the best source alone where that ranks better; and its NDCG@10.

        They minimise the cross-entropy between a softmax over all that was found and what is wanted of it (ListNet, Cao et
        al., ICML 2007, with binary gains), plus a small ridge: it is smooth and looks at every place of a list, so that it
        overfits a few hundred cases less than a search for the best NDCG@10 does (docs/experiments.md).
        """
        together = dict(zip(self.names, self._likeliest(), strict=True))
        alone = [{one: float(one == name) for one in self.names} for name in self.names]
        weights = max([together, *alone], key=self.ndcg)
        largest = max(weights.values()) or 1.0
        scaled = {name: round(weight / largest, 3) for name, weight in weights.items()}
        return scaled, self.ndcg(scaled)

    def _likeliest(self) -> list[float]:
        found = self.columns[:, :, 0] > PADDING / 2
        rows = (self.wanted & found).any(axis=1)
        found, columns, wanted = found[rows], np.where(found[rows, :, None], self.columns[rows], 0), self.wanted[rows]
        share = wanted / np.maximum(wanted.sum(axis=1, keepdims=True), 1)

        def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            scores = np.where(found, columns @ weights.astype(np.float32), -np.inf)
            scores -= scores.max(axis=1, keepdims=True)
            odds = np.exp(scores)
            total = odds.sum(axis=1, keepdims=True)
            entropy = -(share * np.where(wanted, scores - np.log(total), 0)).sum(axis=1).mean()
            slope = np.einsum("cl,cls->cs", odds / total - share, columns).mean(axis=0)
            return float(entropy + RIDGE * weights @ weights), slope + 2 * RIDGE * weights

        size = len(self.names)
        best = minimize(loss, np.full(size, 0.3), jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * size)
        return [float(weight) for weight in best.x]


def _ndcg(scores: Floats32, wanted: Bools, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """NDCG@10 of each row of `scores`, float64[n]; what is −∞ is not in the list."""
    top = min(TOP, scores.shape[1])
    best = np.argpartition(-scores, top - 1, axis=1)[:, :top]
    order = np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1, kind="stable"), 1)
    hits = np.take_along_axis(wanted & np.isfinite(scores), order, 1)
    gains = 1 / np.log2(np.arange(2, TOP + 2))
    ideal = np.cumsum(gains)[np.minimum(counts, TOP) - 1]
    values: NDArray[np.float64] = (hits * gains[:top]).sum(axis=1) / ideal
    return values


def _ndcg_of_lists(lists: Sequence[Mapping[str, float]], cases: Sequence[Case]) -> float:
    scores = np.tile(-np.arange(TOP, dtype=np.float32), (len(cases), 1))
    wanted = np.zeros(scores.shape, dtype=bool)
    for row, (some, case) in enumerate(zip(lists, cases, strict=True)):
        best = list(islice(some, TOP))
        wanted[row, : len(best)] = [one in case.wanted for one in best]
    return float(_ndcg(scores, wanted, np.array([len(case.wanted) for case in cases])).mean())


def _every(fusion: Fusion) -> Fusion:
    return fusion.model_copy(update={"weights": dict.fromkeys(WEIGHTS, 1.0)})


def no_query() -> Any:
    """The encoder of cases, which never need one."""
    raise AssertionError("cases have no query")
