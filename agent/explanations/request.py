"""From a logged decision to the cases that are explained: what was known then, and what of it supports each item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tastemaker.agent.explanations.conditions import in_words
from tastemaker.agent.explanations.evidence import Finder, Shown, near_mask, support
from tastemaker.agent.explanations.explainer import Case
from tastemaker.agent.policy import best_first
from tastemaker.agent.store import Store
from tastemaker.domain import Evidence, Item
from tastemaker.retrieval.attributes import Eligible
from tastemaker.retrieval.catalogue import BOTH
from tastemaker.retrieval.filters import Filter, parse_filter
from tastemaker.retrieval.fusion import learned
from tastemaker.retrieval.profile import UserProfile, limits
from tastemaker.retrieval.retriever import Retriever

PROBED = 4
"""Items of the history that are tried out for each item shown."""
PROBED_UP_TO = 20_000
"""Items in a catalogue up to which that is done unasked: a trial is a retrieval."""
LEAST_PART = 0.2
"""Of the greatest loss, what an item's loss without another one must be for that to be cited too."""
SCORED = 500
"""Places down to which an item's score is looked for when something is left out."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a decision was made from, as it is logged: what was known of the user, the wish, the hard filter, how many were
    shown, the language that was chosen for reasons, and whether a share of them was for items that nobody had."""

    profile: UserProfile
    query: str | None
    where: dict[str, Any] | None
    k: int
    language: str
    cold_share: float = 0.0
    slate: tuple[str, ...] = ()
    candidates: tuple[dict[str, Any], ...] = field(default_factory=tuple)

    def logged(self) -> dict[str, Any]:
        """As JSON for the log; slate and candidates have columns of their own."""
        profile = self.profile.model_dump(mode="json", exclude_defaults=True)
        return {
            "profile": profile, "where": self.where, "k": self.k, "language": self.language,
            "cold_share": self.cold_share,
        }  # fmt: skip

    @classmethod
    def of(cls, row: dict[str, Any], slate: Sequence[str]) -> Request:
        """From a row of the log and the ids that it showed, in order."""
        told = row["request"]
        return cls(
            UserProfile.model_validate({"liked": (), "unwanted": (), "seen": (), "searches": ()} | told["profile"]),
            row["query"], told["where"], told["k"], told["language"], told["cold_share"], tuple(slate),
            tuple(row["candidates"]),
        )  # fmt: skip

    def filter(self) -> Filter | None:
        """All hard conditions that held."""
        return limits(self.profile, parse_filter(self.where) if self.where is not None else None)

    def eligible(self, store: Store) -> Eligible | None:
        """The items that met them all; None where there was none."""
        found = self.filter()
        return store.catalogue.attributes().eligible(found) if found else None

    def without(self, identity: str) -> UserProfile:
        """The profile as it would be had this item never been met."""
        profile = self.profile
        kept = {
            name: tuple(one for one in getattr(profile, name) if one != identity)
            for name in ("liked", "unwanted", "seen")
        }
        return profile.model_copy(update=kept)


def cases(
    store: Store, retriever: Retriever, request: Request, language: str, counterfactual: bool | None = None
) -> list[Case]:
    """A case for each item of the slate, in order.

    With `counterfactual` the items of the history are cited by what the item's prior loses without them; by default where the
    catalogue is small enough, else by likeness alone.
    """
    total = len(store.index.place)
    probing = total <= PROBED_UP_TO if counterfactual is None else counterfactual
    items = store.catalogue.items(request.slate)
    features = {one["id"]: one for one in request.candidates}
    best = {request.candidates[n]["id"] for n in best_first(request.candidates)[: len(items)]}
    had = store.catalogue.popular()
    place = {one: n for n, (one, times) in enumerate(zip(had.ids, had.scores, strict=True), start=1) if times >= BOTH}
    met = {*had.ids}
    liked, shares = support(store.index, learned(store.catalogue).fusion, request.profile, request.slate)
    near = near_mask(store.index, liked, request.slate, {*request.profile.seen})
    rows = np.argsort(-shares, axis=0, kind="stable")[:PROBED]
    shortlist = {item.id: [liked[row] for row in rows[:, n] if shares[row, n] > 0] for n, item in enumerate(items)}
    counts = store.catalogue.together([(past, one) for one, order in shortlist.items() for past in order])
    drops = _drops(store, retriever, request, shortlist) if probing else {}
    known = {
        one.id: one for one in store.catalogue.items(sorted({past for order in shortlist.values() for past in order}))
    }
    found = request.filter()
    finder = Finder(
        request.profile, known, query=request.query,
        conditions=[in_words(part, language) for part in found.parts] if found else [],
        popular=place, total=total, together=counts,
    )  # fmt: skip
    made = []
    for n, item in enumerate(items):
        lost = drops.get(item.id, {})
        order = shortlist[item.id]
        if probing:
            order = sorted((one for one in order if lost.get(one, (0.0, 0))[0] > 0), key=lambda one: -lost[one][0])
            order = [one for one in order if lost[one][0] >= LEAST_PART * lost[order[0]][0]]
        closeness = {one: bool(near[row, n]) for row, one in enumerate(liked)}
        shown = Shown(
            item, features.get(item.id, {}).get("sources", {}), explored=item.id not in best,
            unseen=bool(request.cold_share) and item.id not in met,
        )  # fmt: skip
        evidence = tuple(_told(one, lost) for one in finder.find(shown, order, closeness))
        cited = {str(one.item_id): known[str(one.item_id)] for one in evidence if one.item_id}
        made.append(Case(item, evidence, cited))
    return made


def _told(one: Evidence, lost: dict[str, tuple[float, int]]) -> Evidence:
    if one.kind != "history" or one.item_id not in lost:
        return one
    drop, rank = lost[one.item_id]
    return one.model_copy(update={"drop": round(drop, 4), "rank_without": rank})


def _drops(
    store: Store, retriever: Retriever, request: Request, shortlist: dict[str, list[str]]
) -> dict[str, dict[str, tuple[float, int]]]:
    """By item and item of the history: what the prior loses without that, and the rank by prior then."""
    among = request.eligible(store)

    def scored(profile: UserProfile) -> dict[str, tuple[float, int]]:
        fused = retriever.scores(profile, request.query, among)
        return {one: (prior, rank) for rank, (one, prior) in enumerate(fused.items(), start=1)}

    before = scored(request.profile)
    drops: dict[str, dict[str, tuple[float, int]]] = {one: {} for one in shortlist}
    for past in dict.fromkeys(past for order in shortlist.values() for past in order):
        after = scored(request.without(past))
        lowest = min((prior for prior, _ in after.values()), default=0.0)
        for one, order in shortlist.items():
            if past in order and one in before:
                prior, rank = after.get(one, (lowest, len(after) + 1))
                drops[one][past] = (before[one][0] - prior, rank)
    return drops


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an item stands by the prior: its rank, or None where it is beyond what was looked at."""

    rank: int | None
    looked_at: int


def standing(store: Store, retriever: Retriever, request: Request, item: Item) -> Standing:
    """The item's rank by the prior among all that could have been shown."""
    ranked = retriever.rank(request.profile, request.query, SCORED, request.eligible(store))
    ids = [one for one, _, _ in ranked]
    return Standing(ids.index(item.id) + 1 if item.id in ids else None, len(ids))
