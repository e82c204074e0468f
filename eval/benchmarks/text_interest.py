"""`bench text-interest FILE`: ranks candidates for readers of whom only some texts are known; no events, no other readers.

FILE holds one JSON object a line: `id`, `history` (texts, oldest first) and `candidates` (texts). What is relevant is
another program's to know: this one only scores.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pydantic import Field

from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.domain import Shape, Text
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.eval.benchmarks.environment import environment, quartiles
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.datasets.lines import FIX, json_rows
from tastemaker.retrieval.datasets.report import Counts
from tastemaker.settings import Settings


class Reader(Shape, extra="ignore"):
    """One line of the file. Other keys are not read."""

    id: str
    history: tuple[Text, ...] = Field(min_length=1, max_length=1_000)
    candidates: tuple[Text, ...] = Field(min_length=1, max_length=1_000)


async def run(settings: Settings, file: Path, out: Path | None = None, progress: Progress = silent) -> dict[str, Any]:
    """Scores of every reader's candidates, higher is better, by the encoder's similarity and the model together.

    They are what `rerank` gives. With `out` each reader's are written there as soon as they are made, one object a line.
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
                scores = [one.score for one in sorted(ranked, key=lambda one: one.index)]
                found.append({"id": reader.id, "scores": scores})
                if sink:
                    sink.write(json.dumps(found[-1], ensure_ascii=False) + "\n")
                    sink.flush()
            progress("Ranking", len(readers), len(readers))
    return {
        "readers": len(readers), "degraded": degraded, "model": str(settings.ranker), "encoder": settings.encoder,
        "ms": quartiles(times), "passed": not degraded, "scores": found, **environment(),
    }  # fmt: skip


def _read(file: Path) -> Iterator[Reader]:
    for where, data in json_rows(file, Counts()):
        try:
            yield Reader.model_validate(data)
        except InvalidInputError as error:
            raise DatasetError(f"{error.where}: {error.what}", where=where, remedy=FIX) from error
