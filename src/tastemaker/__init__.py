"""Tastemaker: a recommender that you can talk to.

The public names load on first use, so that `import tastemaker` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tastemaker.agent.blocking import Recommender
    from tastemaker.agent.conversation.pieces import Piece, Reply
    from tastemaker.agent.recommender import AsyncRecommender
    from tastemaker.domain import (
        Contrast,
        Event,
        EventType,
        Evidence,
        Explanation,
        Item,
        Preferences,
        RankedItem,
        Recommendation,
        RerankedDocument,
        RewardReceipt,
    )
    from tastemaker.errors import TastemakerError
    from tastemaker.settings import ModelSpec, Settings

__version__ = "0.1.0"
__all__ = [
    "AsyncRecommender",
    "Contrast",
    "Event",
    "EventType",
    "Evidence",
    "Explanation",
    "Item",
    "ModelSpec",
    "Piece",
    "Preferences",
    "RankedItem",
    "Recommendation",
    "Recommender",
    "Reply",
    "RerankedDocument",
    "RewardReceipt",
    "Settings",
    "TastemakerError",
]

_HOMES = {
    "AsyncRecommender": "tastemaker.agent.recommender",
    "Recommender": "tastemaker.agent.blocking",
    "Piece": "tastemaker.agent.conversation.pieces",
    "Reply": "tastemaker.agent.conversation.pieces",
    "ModelSpec": "tastemaker.settings",
    "Settings": "tastemaker.settings",
    "TastemakerError": "tastemaker.errors",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'tastemaker' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "tastemaker.domain")), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
