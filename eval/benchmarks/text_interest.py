"""`bench text-interest FILE`: ranks candidates for readers of whom only some texts are known; no events, no other readers.

FILE holds one JSON object a line: `id`, `history` (texts, oldest first) and `candidates` (texts). What is relevant is
another program's to know: this one only scores.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio.to_thread
from pydantic import Field, ValidationError

from tastemaker.agent.documents import similarities
from tastemaker.agent.engines import open_engine
from tastemaker.agent.reranker import Reranker
from tastemaker.agent.self_test import working_mode
from tastemaker.domain import Shape, invalid_input
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.eval.benchmarks.environment import environment, quartiles
from tastemaker.progress import Progress, silent
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.retrieval.encoders import open_encoder
from tastemaker.settings import Settings


class Reader(Shape, extra="ignore"):
    """One line of the file. Other keys are not read."""

    id: str
    history: tuple[str, ...] = Field(min_length=1, max_length=1_000)
    candidates: tuple[str, ...] = Field(min_length=1, max_length=1_000)


async def run(settings: Settings, file: Path, out: Path | None = None, progress: Progress = silent) -> dict[str, Any]:
    """Scores of every reader's candidates, higher is better, by the encoder's similarity and the model together.

    With `out` each reader's are written there as soon as they are made, one object a line.
    Raises `DatasetError` for a line that is no reader, and what opening encoder and model raises.
    """
    readers = list(_read(file))
    encoder = open_encoder(settings.encoder, settings.cache, progress)
    engine = await open_engine(settings.ranker, settings, progress)
    prompts, found, times = PromptBuilder(), list[dict[str, Any]](), list[float]()
    try:
        mode = await working_mode(engine, prompts, settings.cache)
        ranker = Reranker(engine, prompts, mode=mode)
        sink = out.open("w", encoding="utf-8") if out else None
        try:
            for n, reader in enumerate(readers):
                progress("Ranking", n, len(readers))
                started = time.perf_counter()
                prior = await anyio.to_thread.run_sync(similarities, encoder, None, reader.history, reader.candidates)
                scored = await ranker.rank(list(reader.history), None, list(reader.candidates), prior.tolist())
                times.append(1000 * (time.perf_counter() - started))
                found.append({"id": reader.id, "scores": scored.fused.tolist()})
                if sink:
                    sink.write(json.dumps(found[-1], ensure_ascii=False) + "\n")
                    sink.flush()
            progress("Ranking", len(readers), len(readers))
        finally:
            if sink:
                sink.close()
    finally:
        await engine.close()
    return {
        "readers": len(readers), "model": engine.model_id, "mode": mode, "encoder": settings.encoder, "ms": quartiles(times),
        "passed": True, "scores": found, **environment(),
    }  # fmt: skip


def _read(file: Path) -> Iterator[Reader]:
    try:
        with file.open(encoding="utf-8") as lines:
            number = 0
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    try:
                        yield Reader.model_validate_json(line)
                    except ValidationError as error:
                        raise DatasetError(str(invalid_input(error, "reader")), where=f"{file}:{number}") from error
            if not number:
                raise InvalidInputError("holds no reader", where=str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"can't be read ({error})", where=str(file)) from error
