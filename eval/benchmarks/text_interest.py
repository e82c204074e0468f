"""`bench text-interest FILE`: ranks candidates for readers of whom only some texts are known; no events, no other readers.

FILE holds one JSON object a line: `id`, `history` (texts, oldest first) and `candidates` (texts). If its lines say which
candidate is `relevant` (its index), that is looked at after everything has been ranked, to print what the model added.
"""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.domain import Shape, Text
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.eval.benchmarks.environment import environment, quartiles
from tastemaker.eval.metrics import Floats
from tastemaker.eval.statistics import bootstrap
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.datasets.lines import FIX, json_rows
from tastemaker.retrieval.datasets.report import Counts
from tastemaker.settings import Settings


class Reader(Shape, extra="ignore"):
    """One line of the file. Other keys are not read."""

    id: str
    history: tuple[Text, ...] = Field(min_length=1, max_length=1_000)
    candidates: tuple[Text, ...] = Field(min_length=1, max_length=1_000)
    relevant: int | None = Field(default=None, ge=0)


async def run(settings: Settings, file: Path, out: Path | None = None, progress: Progress = silent) -> dict[str, Any]:
    """Scores of every reader's candidates, higher is better, by the encoder's similarity and the model together.

    They are what `rerank` gives; `prior` holds the encoder's alone. With `out` each reader's are written there as soon as they are made, one object a line.
    It has passed if the model read all of them.
    Raises `DatasetError` for a line that is no reader, and what opening encoder and model raises.
    """
    readers = list(_read(file))
    if not readers:
        raise DatasetError("holds no reader", where=str(file), remedy="Give one reader a line")
    found, times, degraded = list[dict[str, Any]](), list[float](), 0
    with ExitStack() as files:
        given = settings.model_dump() | {"path": Path(files.enter_context(tempfile.TemporaryDirectory()))}
        sink = files.enter_context(out.open("w", encoding="utf-8")) if out else None
        async with await AsyncRecommender.open(progress=progress, **given) as recommender:
            for n, reader in enumerate(readers):
                progress("Ranking", n, len(readers))
                started = time.perf_counter()
                ranked = await recommender.rerank(reader.history, reader.candidates)
                times.append(1000 * (time.perf_counter() - started))
                degraded += ranked[0].degraded is not None
                ranked.sort(key=lambda one: one.index)
                scores, prior = [one.score for one in ranked], [one.prior for one in ranked]
                found.append({"id": reader.id, "scores": scores, "prior": prior})
                if sink:
                    sink.write(json.dumps(found[-1], ensure_ascii=False) + "\n")
                    sink.flush()
            progress("Ranking", len(readers), len(readers))
    return {
        "readers": len(readers), "degraded": degraded, "model": str(settings.ranker), "encoder": settings.encoder,
        "ms": quartiles(times), "passed": not degraded, **_gain(readers, found), "scores": found,
        **environment(),
    }  # fmt: skip


def _gain(readers: list[Reader], found: list[dict[str, Any]]) -> dict[str, Any]:
    """NDCG@10 of the encoder and with the model, and the difference, with 95% intervals over readers; ties count against both."""
    pairs = zip([one.relevant for one in readers], found, strict=True)
    known = [(at, row) for at, row in pairs if at is not None and at < len(row["scores"])]
    if not known:
        return {}
    prior, both = (np.array([_ndcg(row[name], at) for at, row in known]) for name in ("prior", "scores"))
    named = {"encoder_ndcg@10": prior, "ndcg@10": both, "difference": both - prior}
    return {"judged": len(known)} | {name: _mean(values) for name, values in named.items()}


def _mean(values: Floats) -> dict[str, Any]:
    return {"mean": round(float(values.mean()), 4), "ci": [round(edge, 4) for edge in bootstrap(values, seed=0)]}


def _ndcg(scores: list[float], relevant: int) -> float:
    rank = sum(score >= scores[relevant] for score in scores)
    return 1 / math.log2(rank + 1) if rank <= 10 else 0.0


def _read(file: Path) -> Iterator[Reader]:
    for where, data in json_rows(file, Counts()):
        try:
            yield Reader.model_validate(data)
        except InvalidInputError as error:
            raise DatasetError(f"{error.where}: {error.what}", where=where, remedy=FIX) from error
