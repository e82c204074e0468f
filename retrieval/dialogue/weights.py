"""Weights of the dialogue prior, as learned on ReDial."""

from __future__ import annotations

WITH_PAST: dict[str, float] = {}
WITHOUT_PAST: dict[str, float] = {}
