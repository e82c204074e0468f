"""How language models are usually asked to rank: by writing a permutation, or by comparing two and two."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence

from tastemaker.agent.engines.base import Engine, Prompt
from tastemaker.errors import CutShortError
from tastemaker.eval.benchmarks.rerank.cases import Case

PAIR = ("A", "B")
PASSES = 3
"""Of the sliding pairs: the best three are sorted, as PRP-Sliding-K of Qin et al. 2024 (arXiv 2306.17563), section 3.3."""
ANSWER_TOKENS = 8
"""For each candidate, at most: two digits, a comma and spaces, and room to go wrong."""


def question(case: Case) -> Prompt:
    """Asks for all numbers, best first, as JSON."""
    listed = "\n".join(f"{n}. {text}" for n, text in enumerate(case.candidates, start=1))
    seen = "\n".join(f"- {text}" for text in case.history)
    asked = (
        f"What this person liked, most recent last:\n{seen}\n\nCandidates:\n{listed}\n\n"
        f"Rank all {len(case.candidates)} candidates from the one that suits this person best to the one that suits least. "
        'Answer with JSON only: {"ranking": [numbers, best first]}'
    )
    return [{"role": "user", "content": asked}]


def parsed(answer: str, n: int) -> tuple[list[int], bool]:
    """The places in `answer`, completed by those that it lacks in their given order; and whether it was a permutation."""
    said = [int(number) - 1 for number in re.findall(r"\d+", answer)]
    kept = list(dict.fromkeys(place for place in said if 0 <= place < n))
    return [*kept, *(place for place in range(n) if place not in set(kept))], sorted(said) == list(range(n))


async def generated(engine: Engine, case: Case) -> tuple[list[int], bool]:
    """A permutation that the engine writes freely."""
    limit = ANSWER_TOKENS * len(case.candidates)
    answer = "".join([piece async for piece in engine.generate(question(case), max_tokens=limit, stop=["]"])])
    return parsed(answer, len(case.candidates))


async def generated_by_schema(engine: Engine, case: Case) -> tuple[list[int], bool]:
    """A permutation that the engine writes under a JSON schema, which ensures numbers of the list and their count, but can't
    ensure that none comes twice."""
    n = len(case.candidates)
    numbers = {"type": "array", "items": {"enum": list(range(1, n + 1))}, "minItems": n, "maxItems": n}
    schema = {
        "type": "object", "properties": {"ranking": numbers}, "required": ["ranking"], "additionalProperties": False
    }  # fmt: skip
    answer = ""
    with contextlib.suppress(CutShortError):  # what is cut counts as far as it goes
        async for piece in engine.generate(question(case), max_tokens=ANSWER_TOKENS * n, schema=schema):
            answer += piece
    return parsed(answer, n)


async def by_pairs(engine: Engine, case: Case) -> list[int]:
    """The best three by sliding comparisons from the end, each in both orders; the rest keep their order."""

    async def beats(first: int, second: int) -> bool:
        prompts = [_pair(case, first, second), _pair(case, second, first)]
        logprobs = (await engine.score_labels(prompts, PAIR)).logprobs
        return bool(logprobs[0, 0] + logprobs[1, 1] > logprobs[0, 1] + logprobs[1, 0])

    order = list(range(len(case.candidates)))
    for settled in range(min(PASSES, len(order) - 1)):
        await _slide(order, settled, beats)
    return order


async def _slide(order: list[int], settled: int, beats: Callable[[int, int], Awaitable[bool]]) -> None:
    for at in range(len(order) - 1, settled, -1):
        if await beats(order[at], order[at - 1]):
            order[at - 1], order[at] = order[at], order[at - 1]


def _pair(case: Case, first: int, second: int) -> Prompt:
    seen = "\n".join(f"- {text}" for text in case.history)
    shown: Sequence[str] = [case.candidates[first], case.candidates[second]]
    listed = "\n".join(f"{label}. {text}" for label, text in zip(PAIR, shown, strict=True))
    return [{
        "role": "user",
        "content": f"What this person liked, most recent last:\n{seen}\n\n{listed}\n\nWhich suits this person better? Answer A or B.",
    }]  # fmt: skip
