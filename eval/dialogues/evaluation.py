"""Runs an evaluation over dialogues: reads, learns on train, ranks on test, and says what was measured with what."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.engines import open_engine
from tastemaker.domain import item_text
from tastemaker.errors import InvalidInputError
from tastemaker.eval.benchmarks.environment import environment, quartiles
from tastemaker.eval.dialogues import baselines, model, report
from tastemaker.eval.dialogues.data import REDIAL, World, load
from tastemaker.eval.dialogues.protocol import NEVER, Case, Ranker, cases
from tastemaker.eval.dialogues.queries import KeptQueries
from tastemaker.eval.metrics import Floats, Ints
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.dialogue import learning
from tastemaker.retrieval.dialogue.features import FEATURES, GROUPS
from tastemaker.retrieval.dialogue.prior import DialoguePrior
from tastemaker.retrieval.dialogue.turns import mentioned
from tastemaker.retrieval.encoders import open_encoder
from tastemaker.settings import ModelSpec, Settings

NO_MODEL = "none"
PRIOR, SHUFFLED = "prior", "prior, targets drawn at random (control)"
BATCH = 128


async def run(
    settings: Settings, name: str, train: Path, valid: Path, test: Path, *, beside: Sequence[Path] = (),
    model_name: str | None = None, progress: Progress = silent,
) -> dict[str, Any]:  # fmt: skip
    """The JSON object of `tastemaker evaluate redial` and `inspired`.

    Weights are learned on train, and counts come from there; for INSPIRED from ReDial's too, each a fifth. There nothing is added for
    what was never advised: most of that is MovieLens's long tail. `model_name` is the language model, by default the settings'
    ranker, "none" for none; its head is fitted on valid. The test file is read for its cases and nothing else.

    Raises:
        DatasetError: a file can't be understood; InvalidInputError: test shares a dialogue with another part or holds
        no case, or train advises no film of the catalogue;
        and what opening the encoder and the model raises.
    """
    started = time.monotonic()
    world = load(name, train, valid, test, beside, progress)
    prior = _prior(settings, world, progress)
    given, of = learning.choices(prior.features, world.past, progress=progress)
    if not len(of):
        raise InvalidInputError("advises no film of the catalogue", where="--train", remedy="Give more dialogues")
    weights = _learned(given, learning.FRESH if name == REDIAL else 0.0, progress)
    found = Tested(world, prior, progress)
    if not found.test:
        raise InvalidInputError("holds no turn that names something new", where="--test", remedy="Give more dialogues")
    result = found.compare(weights)
    own = next(one for one in result["rows"] if one["system"] == PRIOR)
    model_rows: dict[str, Any] | None = None
    if model_name != NO_MODEL:
        spec = ModelSpec.parse(model_name) if model_name else settings.ranker
        model_rows = await _with_model(settings, spec, found, weights[PRIOR], progress)
        result["rows"].append(model_rows.pop("row"))
    return {
        "dataset": name,
        "used": world.used,
        "catalogue": len(world.items),
        "learned from": {"dialogues": len(world.past), "turns": len(of)},
        **result,
        "model": model_rows,
        "bars": report.bars(name, own, model_rows["difference"] if model_rows else None),
        "weights": {name: value for name, value in weights[PRIOR].items() if value},
        "seconds": round(time.monotonic() - started, 1),
        **environment(),
    }


def _prior(settings: Settings, world: World, progress: Progress) -> DialoguePrior:
    encoder = open_encoder(settings.encoder, settings.cache, progress)
    texts, rows = [item_text(item) for item in world.items], []
    for start in range(0, len(texts), BATCH):
        progress("Encoding films", start, len(texts))
        rows.append(np.asarray(encoder.embed_documents(texts[start : start + BATCH]), dtype=np.float32))
    progress("Encoding films", len(texts), len(texts))
    vectors: NDArray[np.float32] = np.concatenate(rows)
    queries = KeptQueries(encoder, settings.cache, progress)
    return DialoguePrior(world.items, world.baskets, vectors, queries, past=world.past, shares=world.shares)


def _learned(given: learning.Choices, fresh: float, progress: Progress) -> dict[str, dict[str, float]]:
    """Weights of the prior, and of the prior without each group of features."""
    groups: dict[str, tuple[str, ...]] = {
        PRIOR: (),
        **{f"{PRIOR} without {name}": names for name, names in GROUPS.items()},
    }
    found = {}
    for n, (name, left) in enumerate(groups.items()):
        progress("Learning weights", n, len(groups))
        found[name] = learning.fit(given, set(FEATURES) - set(left), fresh)
    return found


def folds(
    settings: Settings, name: str, train: Path, n: int, *, beside: Sequence[Path] = (), progress: Progress = silent
) -> dict[str, Any]:
    """The prior on train itself, in `n` folds of dialogues drawn with seed 0: weights are learned from the others, and what a dialogue
    says is left out of every count for its own cases. Raises as `run` does, and `InvalidInputError` for more folds than dialogues."""
    started = time.monotonic()
    world = load(name, train, None, None, beside, progress)
    if not 2 <= n <= len(world.train):
        raise InvalidInputError(f"is {n}, not from 2 to the {len(world.train)} dialogues of train", where="--folds")
    prior = _prior(settings, world, progress)
    given, of = learning.choices(prior.features, world.past, progress=progress)
    drawn = np.random.default_rng(0).permutation(len(world.train)) % n
    fold_of = {dialogue.id: int(fold) for dialogue, fold in zip(world.train, drawn, strict=True)}
    folded = np.array([fold_of.get(world.past[one].id, -1) for one in of], dtype=np.int64)
    found, ranks = cases(world.train, {item.id: item.title for item in world.items}), list[int]()
    ranker = Ranker([item.id for item in world.items])
    tables = []
    for fold in range(n):
        progress("Learning weights", fold, n)
        fresh = learning.FRESH if name == REDIAL else 0.0
        tables.append(_table(learning.fit(given.of(np.flatnonzero(folded != fold)), fresh=fresh)))
    for number, case in enumerate(found):
        progress("Ranking", number, len(found))
        own = world.train[case.dialogue].id
        ranks += ranker.ranks(case, prior.scores(case.before, own, tables[fold_of[own]]))
    named = Counter(one for dialogue in world.past for one in {*mentioned(dialogue.turns)})
    often = [named[one] for case in found for one in case.targets]
    known = _elsewhere(world, fold_of, found)
    ranks = [rank if there else NEVER for rank, there in zip(ranks, known, strict=True)]
    rows = replace(report.Rows.of(found, frozenset()), unseen=np.array(often) < 2)  # its own dialogue names it
    row = report.row(PRIOR, np.array(ranks, dtype=np.int64), rows)
    return {
        "dataset": name, "used": world.used, "catalogue": len(world.items), "folds": n,
        "targets": {
            "new": len(often), "unseen in the other dialogues": int(rows.unseen.sum()),
            "in the catalogue": sum(known),
        },
        "rows": [row], "bars": report.bars(name, row, None), "seconds": round(time.monotonic() - started, 1), **environment(),
    }  # fmt: skip


def _elsewhere(world: World, fold_of: dict[str, int], found: Sequence[Case]) -> list[bool]:
    """For each target whether it is in the catalogue without the dialogues of its own fold: what only those name would not be there."""
    place, folds_of = {item.id for item in world.items}, dict[str, set[int]]()
    for dialogue in world.train:
        for one in mentioned(dialogue.turns):
            folds_of.setdefault(one, set()).add(fold_of[dialogue.id])
    return [
        one in place and not (one in world.own and folds_of[one] == {fold_of[world.train[case.dialogue].id]})
        for case in found
        for one in case.targets
    ]


def _table(weights: dict[str, float]) -> Floats:
    return np.array([weights.get(feature, 0.0) for feature in FEATURES])


class Tested:
    """The cases of valid and test in `world`, and what each system makes of them."""

    def __init__(self, world: World, prior: DialoguePrior, progress: Progress) -> None:
        self.world, self.prior, self.progress = world, prior, progress
        self.titles = [item.title for item in world.items]
        named = {item.id: item.title for item in world.items}
        self.valid, self.test = cases(world.valid, named), cases(world.test, named)
        self.unfiltered = cases(world.test, named, filtered=False)
        self.ranker = Ranker([item.id for item in world.items])
        seen = frozenset(one for dialogue in world.past for one in mentioned(dialogue.turns))
        self.rows, self.rows_unfiltered = report.Rows.of(self.test, seen), report.Rows.of(self.unfiltered, seen)
        self.ranks: dict[str, Ints] = {}
        self.scores: list[Floats] = []

    def compare(self, weights: dict[str, dict[str, float]]) -> dict[str, Any]:
        """Rows of all systems without a language model."""
        world, place = self.world, self.ranker.place
        plain: dict[str, baselines.System] = {
            "random": baselines.at_random(len(place), 0),
            "popular": baselines.popular(world.past, place, recommender=True),
            "popular, any speaker": baselines.popular(world.past, place, recommender=False),
            "tf-idf": baselines.tfidf(world.items),
            "copy (control)": baselines.copied(place),
        }
        self.ranks = {name: self._ranked(self.test, system) for name, system in plain.items()}
        times = self._prior_ranks(weights)
        rows = [report.row(name, ranks, self.rows) for name, ranks in self.ranks.items()]
        copied = self._ranked(self.unfiltered, plain["copy (control)"], filtered=False)
        rows.append(report.row("copy, repetitions counted (control)", copied, self.rows_unfiltered))
        known = [one in place for case in self.test for one in case.targets]
        return {
            "cases": {"valid": len(self.valid), "test": len(self.test), "dialogues": len({case.dialogue for case in self.test})},
            "targets": {
                "all": int(sum(len(case.targets) for case in self.unfiltered)), "new": len(known),
                "unseen in training": int(self.rows.unseen.sum()), "in the catalogue": int(sum(known)),
            },
            "rows": rows,
            "differences": [
                report.paired(name, ranks, self.ranks[PRIOR], self.rows)
                for name, ranks in self.ranks.items()
                if name.startswith("prior without") or name == "popular"
            ],
            "ms": quartiles(times),
        }  # fmt: skip

    def score(self, case: Case, weights: Floats) -> Floats:
        """The prior of a case of valid by these weights, float64[n_items], without what its own dialogue taught, if it is of
        train too."""
        return self.prior.scores(case.before, self.world.valid[case.dialogue].id, weights)

    def _ranked(self, found: Sequence[Case], system: baselines.System, *, filtered: bool = True) -> Ints:
        return np.array(
            [rank for case in found for rank in self.ranker.ranks(case, system(case), filtered=filtered)], np.int64
        )

    def _prior_ranks(self, weights: dict[str, dict[str, float]]) -> list[float]:
        """Fills in the ranks of every set of weights, and of targets drawn at random; returns milliseconds a case."""
        names = list(weights)
        table = np.array([[weights[name].get(feature, 0.0) for name in names] for feature in FEATURES])
        ranks: dict[str, list[int]] = {name: [] for name in [*names, SHUFFLED]}
        times = []
        for n, case in enumerate(self.test):
            self.progress("Ranking", n, len(self.test))
            start = time.perf_counter()
            scores = np.einsum("nf,fs->ns", self.prior.features.matrix(case.before), table)
            times.append(1000 * (time.perf_counter() - start))
            for column, name in enumerate(names):
                ranks[name] += self.ranker.ranks(case, scores[:, column])
            self.scores.append(scores[:, names.index(PRIOR)].copy())
        self.progress("Ranking", len(self.test), len(self.test))
        rng = np.random.default_rng(0)
        for n, case in enumerate(self.test):
            drawn = rng.choice(len(self.ranker.place), len(case.targets), replace=False)
            ids = [self.world.items[one].id for one in drawn]
            ranks[SHUFFLED] += self.ranker.ranks(Case(case.dialogue, case.before, tuple(ids)), self.scores[n])
        self.ranks |= {name: np.array(found, dtype=np.int64) for name, found in ranks.items()}
        return times


async def _with_model(
    settings: Settings, spec: ModelSpec, found: Tested, weights: dict[str, float], progress: Progress
) -> dict[str, Any]:
    table = _table(weights)
    learn = found.valid[: model.LEARNED_FROM]
    scores = {"learn": [found.score(case, table) for case in learn], "cases": found.scores}
    engine = await open_engine(spec, settings, progress)
    try:
        reader = model.Reader(engine, found.titles)
        ranks, head, changed = await model.reranked(
            reader, learn, found.test, found.ranker, scores, found.ranks[PRIOR], progress
        )
    finally:
        await engine.close()
    return {
        "name": str(spec),
        "row": report.row("prior and model", ranks, found.rows),
        "difference": report.paired("prior and model", ranks, found.ranks[PRIOR], found.rows),
        "head": head.model_dump(),
        "changed": changed,
        "depth": model.DEPTH,
    }
