"""What a request may ask for, and how much of its time is left."""

from __future__ import annotations

import time
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tastemaker.domain import invalid_input
from tastemaker.errors import InvalidInputError

MAX_DOCUMENTS = 1_000


def left(started: float, budget_ms: float | None) -> float | None:
    """Seconds left of a budget that began at `started`, by `time.perf_counter`; None without one."""
    return None if budget_ms is None else max(0.0, started + budget_ms / 1000 - time.perf_counter())


def ms_left(started: float, budget_ms: float | None) -> float | None:
    """As `left`, in milliseconds."""
    return None if budget_ms is None else 1000 * (left(started, budget_ms) or 0.0)


def check_limits(depth: int | None, budget_ms: float | None) -> None:
    """Raise `InvalidInputError` for a depth or a budget that is none."""
    if depth is not None and (not isinstance(depth, int) or not 1 <= depth <= MAX_DOCUMENTS):
        raise InvalidInputError(f"is {depth!r}, not a whole number from 1 to {MAX_DOCUMENTS}", where="depth")
    if budget_ms is not None and not (isinstance(budget_ms, int | float) and 0 < budget_ms < float("inf")):
        raise InvalidInputError(f"is {budget_ms!r}, not a number of milliseconds above 0", where="budget_ms")


def checked(kind: TypeAdapter[str], value: Any, name: str) -> str:
    """`value` as that kind of text. Raises `InvalidInputError` that names the argument."""
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        raise invalid_input(error, name) from error
