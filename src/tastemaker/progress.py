"""How long work tells of itself: one callable, so that rooms need not know who listens."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much is done, and how much there is in all (None: unknown)."""


def silent(what: str, done: int, total: int | None) -> None:
    """Tell nobody."""


def quiet_transformers() -> None:
    """Leave it to `Progress` to tell of loading: transformers draws bars of its own on stderr."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
