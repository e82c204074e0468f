"""The names under which the recommender is asked: its own, the ranker's, and those that clients of rerankers bring along."""

from __future__ import annotations

import re
from typing import Any

from fastapi import Request

from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.errors import UnknownModelError

MODEL = "tastemaker"
_ALIASES = re.compile(
    r"rerank-(?:english|multilingual)-v[23]\.0|rerank-v[345]\.\d(?:-\w+)?|rerank-(?:lite-)?[12](?:\.5)?(?:-lite)?"
    r"|(?:jinaai/)?jina-reranker-[\w.-]+|(?:BAAI/)?bge-reranker-[\w.-]+|cross-encoder/[\w.-]+"
)
"""Names that clients send unless told otherwise: Cohere's, Voyage's, Jina's, and common local rerankers."""


def served(request: Request) -> list[dict[str, Any]]:
    """The models of `/v1/models`: no id that Open WebUI takes for one of OpenAI's reasoning models, and no `pipeline`."""
    created = request.app.state.started
    names = list(dict.fromkeys((MODEL, *request.app.state.aliases)))
    return [{"id": one, "object": "model", "created": created, "owned_by": MODEL, "name": one} for one in names]


def checked_model(request: Request, core: AsyncRecommender, name: str, *, rerank: bool = False) -> str:
    """The name, if it is served. Raises `UnknownModelError`."""
    known = {MODEL, core.settings.ranker.model, str(core.settings.ranker), *request.app.state.aliases}
    if name in known or (rerank and _ALIASES.fullmatch(name)):
        return name
    raise UnknownModelError(
        f"The model {name[:80]!r} is not served here", where="model",
        remedy=f"Use {MODEL}, or start the server with --alias NAME",
    )  # fmt: skip
