"""`bench engines`: do the three engines read the same log-probabilities and rank alike?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from tastemaker.agent.engines import open_engine
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.engines.models import resolve
from tastemaker.eval.benchmarks.environment import environment
from tastemaker.eval.benchmarks.vllm_server import vllm_server
from tastemaker.progress import Progress, silent
from tastemaker.prompts.builder import PromptBuilder, candidate_line
from tastemaker.settings import EngineKind, ModelSpec, Settings

BAR_NATS = 0.05
CASES: tuple[tuple[list[str], str | None, list[str]], ...] = (
    (
        ["Toy Story. Animation, Children's, Comedy", "Aladdin. Animation, Children's, Musical", "The Lion King. Animation"],
        None,
        ["Beauty and the Beast. Animation, Musical", "The Silence of the Lambs. Drama, Thriller", "Fargo. Crime, Drama",
         "Mulan. Animation, Children's", "Alien. Action, Horror, Sci-Fi", "Heat. Crime"],
    ),
    ([], "a quiet film about the sea", ["Jaws. Horror", "The Piano. Drama, Romance", "Twister. Action", "Cinema Paradiso. Comedy"]),
    (
        ["这部电影真的很好看,我非常喜欢", "今天去看了一场很精彩的音乐会", "最近在看一本非常有趣的科幻小说"],
        None,
        ["一部关于人类探索未知世界的纪录片", "一本讲述人工智能未来的书", "一场融合多种风格的音乐会"],
    ),
)  # fmt: skip
LABELS = ("A", "B", "C", "D", "E", "F")


async def readings(engine: Engine) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    """For each case the summed log-probabilities of its texts, then the log-probabilities of its labels."""
    prompts, found = PromptBuilder(), []
    for history, query, texts in CASES:
        language = "zh" if "一" in texts[0] else "en"
        scores = await engine.score_texts(
            prompts.choice(history, query, language), [candidate_line(text) for text in texts]
        )
        labels = LABELS[: len(texts)]
        question = prompts.labels(history, query, list(zip(labels, texts, strict=True)))
        found += [
            scores.logprobs,
            (await engine.score_labels([[{"role": "user", "content": question}]], labels)).logprobs[0],
        ]
    return found


def compare(reference: Sequence[Any], other: Sequence[Any], tolerance: float = BAR_NATS) -> dict[str, Any]:
    """`max_nats`: largest difference; `same_order`: every pair further apart than `tolerance` stands in the same order."""
    gaps = [np.abs(a - b).max() for a, b in zip(reference, other, strict=True)]
    swapped = 0
    for a, b in zip(reference, other, strict=True):
        apart = np.abs(a[:, None] - a[None, :]) > tolerance
        swapped += int((apart & (np.sign(a[:, None] - a[None, :]) != np.sign(b[:, None] - b[None, :]))).sum())
    return {"max_nats": float(max(gaps)), "same_order": swapped == 0}


async def run(model: str, settings: Settings, progress: Progress = silent) -> dict[str, Any]:
    """The table: each engine's difference from the embedded one in float32, its seconds to start and to read."""
    settings = settings.model_copy(update={"dtype": "float32", "timeout_s": 300.0})
    folder = resolve(model, settings.cache, progress)
    rows: list[dict[str, Any]] = []
    reference: list[Any] | None = None
    with vllm_server(folder.path, "bench", progress=progress) as url:
        specs = [
            ModelSpec(model=model),
            ModelSpec(kind=EngineKind.SERVER, url=url),
            ModelSpec(kind=EngineKind.VLLM, model=model),
        ]
        for spec in specs:
            progress(f"Reading with {spec.kind}", len(rows), len(specs))
            started = time.perf_counter()
            engine = await open_engine(spec, settings, progress)
            opened = time.perf_counter()
            try:
                found = await readings(engine)
                read = time.perf_counter()
            finally:
                await engine.close()
            reference = found if reference is None else reference
            times = {"open_s": round(opened - started, 2), "read_s": round(read - opened, 2)}
            rows.append({"engine": str(spec.kind), **compare(reference, found), **times})
    passed = all(row["max_nats"] <= BAR_NATS and row["same_order"] for row in rows)
    return {"model": folder.model_id, "bar_nats": BAR_NATS, "rows": rows, "passed": passed, **environment()}
