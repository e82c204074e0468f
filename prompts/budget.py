"""Keeps a prompt within a number of tokens by leaving out the oldest of the history, never by cutting a line."""

from __future__ import annotations

from collections.abc import Sequence


def newest_within(lengths: Sequence[int], budget: int) -> int:
    """How many entries at the end of `lengths` (in tokens, oldest first) fit into `budget` tokens together.

    Zero if not even the last one fits.
    """
    kept = used = 0
    for length in reversed(lengths):
        if used + length > budget:
            break
        kept, used = kept + 1, used + length
    return kept
