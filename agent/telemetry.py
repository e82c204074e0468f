"""How the models are asked and how it goes: counters and histograms for Prometheus, spans for OpenTelemetry.

Counters are in `prometheus_client`'s default registry, which whatever serves `/metrics` in this process exports; spans go to
the tracer provider that the application sets, nowhere without one. Neither holds a text, a user or an item.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from opentelemetry import trace
from prometheus_client import Counter, Histogram

if TYPE_CHECKING:
    from tastemaker.agent.engines.base import Engine

Floats = NDArray[np.float64]
_tracer = trace.get_tracer("tastemaker")
_MODEL = ("engine", "model")
RANKINGS = Counter("tastemaker_rankings", "Rankings that a model was to read", [*_MODEL, "mode"])
FALLBACKS = Counter(
    "tastemaker_fallbacks", "Rankings that fell back on the prior, wholly or in part", [*_MODEL, "reason"]
)
TRUNCATED = Counter("tastemaker_truncated_candidates", "Candidates of which the model read only the beginning", _MODEL)
LABEL_MASS = Histogram(
    "tastemaker_label_mass", "Probability that the answer begins with any of the labels", _MODEL,
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0),
)  # fmt: skip
TAU_TO_PRIOR = Histogram(
    "tastemaker_tau_to_prior", "Kendall tau between the ranking and the prior", _MODEL,
    buckets=(0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.99, 1.0),  # with a bound below 0 the client gives no sum
)  # fmt: skip
PROMPT_TOKENS = Counter("tastemaker_prompt_tokens", "Tokens that models were given to read", [*_MODEL, "operation"])
CACHED_TOKENS = Counter("tastemaker_cached_prompt_tokens", "Of them those that vLLM had kept, where it says so", _MODEL)
NEUTRAL_TERMS = Counter("tastemaker_neutral_terms", "Neutral terms that rankings needed", [*_MODEL, "found"])
PROVIDERS = {"embedded": "transformers", "vllm": "vllm", "server": "vllm"}
"""Names of those who serve the model, by the engine's kind; another kind names itself."""
MODEL_SECONDS = Histogram("tastemaker_model_seconds", "Time of one request to a model", [*_MODEL, "operation"])


@contextmanager
def model_call(engine: Engine, operation: str, prompt_tokens: int, max_tokens: int = 1) -> Iterator[None]:
    """Around one request to a model: counted, timed, and a client span by OpenTelemetry's conventions for generative AI.

    `operation` is `score_labels`, `score_texts` or `generate`; the first two are text completions of which only
    log-probabilities are read. A span is not made the current one: a stream may be read and closed in other contexts.
    """
    labels = (engine.kind, engine.model_id, operation)
    span = _tracer.start_span(
        f"text_completion {engine.model_id}", kind=trace.SpanKind.CLIENT,
        attributes={
            "gen_ai.operation.name": "text_completion", "gen_ai.provider.name": PROVIDERS.get(engine.kind, engine.kind),
            "gen_ai.request.model": engine.model_id, "gen_ai.request.max_tokens": max_tokens,
            "gen_ai.request.temperature": 0.0, "gen_ai.usage.input_tokens": prompt_tokens, "tastemaker.operation": operation,
        },
    )  # fmt: skip
    PROMPT_TOKENS.labels(*labels).inc(prompt_tokens)
    started = time.perf_counter()
    try:
        yield
    except GeneratorExit:  # whoever reads a stream has enough
        raise
    except BaseException as error:
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(trace.StatusCode.ERROR)
        raise
    finally:
        MODEL_SECONDS.labels(*labels).observe(time.perf_counter() - started)
        span.end()


@contextmanager
def ranking(engine: Engine, mode: str, candidates: int) -> Iterator[trace.Span]:
    """Around one ranking: a span that those of its requests to the model lie in."""
    attributes: dict[str, Any] = {"gen_ai.request.model": engine.model_id, "tastemaker.mode": mode,
                                  "tastemaker.candidates": candidates}  # fmt: skip
    with _tracer.start_as_current_span(f"rerank {engine.model_id}", attributes=attributes) as span:
        RANKINGS.labels(engine.kind, engine.model_id, mode).inc()
        yield span


def ranked(
    span: trace.Span, engine: Engine, *, prior: Floats, fused: Floats, mass: float, truncated: int, degraded: str | None
) -> None:
    """What came of a ranking."""
    labels = (engine.kind, engine.model_id)
    tau = kendall_tau(prior, fused)
    TAU_TO_PRIOR.labels(*labels).observe(tau)
    LABEL_MASS.labels(*labels).observe(mass)
    if truncated:
        TRUNCATED.labels(*labels).inc(truncated)
    if degraded:
        FALLBACKS.labels(*labels, degraded).inc()
        span.set_attribute("tastemaker.degraded", degraded)
    span.set_attributes(
        {"tastemaker.tau_to_prior": tau, "tastemaker.label_mass": mass, "tastemaker.truncated": truncated}
    )


def kendall_tau(a: Floats, b: Floats) -> float:
    """τ-b of two lists of scores (Kendall 1945), in [−1, 1]; 1 where one of them is all ties, as nothing disagrees then."""
    # scipy has it, but to import scipy.stats takes a third of a second, which here would be the first request's.
    upper = np.triu_indices(len(a), 1)
    first, second = (np.sign(np.subtract.outer(one, one)[upper]) for one in (a, b))
    of_both = float(np.sqrt((first != 0).sum() * float((second != 0).sum())))
    return float((first * second).sum()) / of_both if of_both else 1.0
