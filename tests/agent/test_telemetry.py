"""Counters and spans: what was asked is counted once, failures by their reason, and no text leaves the process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from anyio.from_thread import BlockingPortal
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY, generate_latest
from scipy.stats import kendalltau

from tastemaker.agent.engines.base import Engine
from tastemaker.agent.modes import Mode
from tastemaker.agent.reranker import Reranker
from tastemaker.agent.telemetry import kendall_tau
from tastemaker.errors import EngineError
from tastemaker.eval.recorder import Recorder
from tastemaker.prompts.builder import PromptBuilder

TEXTS = ["Bread from Rye", "Journey to Mars", "The Price of Gold"]


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """The spans of one test. A process has one provider, which is set once."""
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def engine_of(embedded: Engine, name: str) -> Recorder:
    engine = Recorder(embedded)
    engine.model_id = name  # counters of the process: a name of the test's own begins at nothing
    return engine


def test_a_ranking_is_counted_and_spanned(
    embedded: Engine, portal: BlockingPortal, spans: InMemorySpanExporter
) -> None:
    engine = engine_of(embedded, "counted")
    scored = portal.call(Reranker(engine, PromptBuilder()).rank, ["The Art of Soup"], None, TEXTS, [3.0, 2.0, 1.0])
    of = {"engine": "embedded", "model": "counted"}
    assert counted("tastemaker_rankings_total", **of, mode="likelihood") == 1
    assert counted("tastemaker_neutral_terms_total", **of, found="computed") == 3
    assert counted("tastemaker_tau_to_prior_count", **of) == 1
    expected = kendalltau([3.0, 2.0, 1.0], scored.fused).statistic
    assert counted("tastemaker_tau_to_prior_sum", **of) == pytest.approx(expected)
    assert counted("tastemaker_label_mass_sum", **of) == 1.0
    assert counted("tastemaker_model_seconds_count", **of, operation="score_texts") == 2
    # each candidate's prompt is counted with its prefix once, as it is read once
    (whole,) = [span for span in spans.get_finished_spans() if span.name == "rerank counted"]
    calls = [span for span in spans.get_finished_spans() if span.name == "text_completion counted"]
    assert len(calls) == 2 and all(call.parent and call.parent.span_id == whole.context.span_id for call in calls)
    used = [attributes(call)["gen_ai.usage.input_tokens"] for call in calls]
    assert counted("tastemaker_prompt_tokens_total", **of, operation="score_texts") == sum(map(int, used))
    assert attributes(calls[0]) == {
        "gen_ai.operation.name": "text_completion", "gen_ai.provider.name": "transformers", "gen_ai.request.model": "counted",
        "gen_ai.request.max_tokens": 1, "gen_ai.request.temperature": 0.0, "gen_ai.usage.input_tokens": used[0],
        "tastemaker.operation": "score_texts",
    }  # fmt: skip
    assert attributes(whole)["tastemaker.candidates"] == 3 and attributes(whole)["tastemaker.mode"] == "likelihood"
    said = generate_latest(REGISTRY).decode() + "".join(span.to_json() for span in spans.get_finished_spans())
    assert not any(text in said for text in [*TEXTS, "Art of Soup"])


class Broken(Recorder):
    async def _first_token(self, prompts: list[list[int]], ids: list[int]) -> np.ndarray:
        raise EngineError("is broken", where="here")


def test_a_failure_is_counted_by_its_reason(
    embedded: Engine, portal: BlockingPortal, spans: InMemorySpanExporter
) -> None:
    engine = Broken(embedded)
    engine.model_id = "broken"
    portal.call(Reranker(engine, PromptBuilder(), mode=Mode.LISTWISE).rank, ["soup"], None, TEXTS, [3.0, 2.0, 1.0])
    of = {"engine": "embedded", "model": "broken"}
    assert counted("tastemaker_fallbacks_total", **of, reason="engine_error") == 1
    (call, whole) = spans.get_finished_spans()
    assert call.status.status_code is trace.StatusCode.ERROR and attributes(call)["error.type"] == "EngineError"
    assert (
        attributes(whole)["tastemaker.degraded"] == "engine_error"
        and whole.status.status_code is not trace.StatusCode.ERROR
    )


def test_writing_is_counted_too(embedded: Engine, portal: BlockingPortal, spans: InMemorySpanExporter) -> None:
    engine = engine_of(embedded, "writer")

    async def write() -> list[str]:
        return [piece async for piece in engine.generate("Once upon a time", max_tokens=4)]

    assert portal.call(write)
    assert counted("tastemaker_model_seconds_count", engine="embedded", model="writer", operation="generate") == 1
    (call,) = spans.get_finished_spans()
    assert attributes(call)["gen_ai.request.max_tokens"] == 4


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=2, max_size=30))
def test_tau_is_scipys(pairs: list[tuple[int, int]]) -> None:
    a, b = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    known = float(kendalltau(a, b).statistic)
    assert kendall_tau(a, b) == pytest.approx(1.0 if np.isnan(known) else known)


def test_tau_by_hand() -> None:
    assert kendall_tau(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])) == pytest.approx(1 / 3)
    assert kendall_tau(np.array([1.0, 2.0]), np.array([2.0, 1.0])) == -1
    assert kendall_tau(np.array([1.0, 1.0]), np.array([2.0, 1.0])) == 1


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})
