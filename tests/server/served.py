"""A real uvicorn in a thread, on a loopback port, around a recommender."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
from fastapi import FastAPI

from tastemaker import Recommender
from tastemaker.server.database import open_server
from tastemaker.server.keys import Keys, Scope


@dataclass(frozen=True)
class Served:
    """A running server: its address, what it serves, and a client."""

    url: str
    app: FastAPI
    recommender: Recommender
    client: httpx.Client

    def key(self, scope: Scope = Scope.WRITE, tenant: str | None = None) -> dict[str, str]:
        """The header of a new key."""
        text, _ = Keys(open_server(self.recommender.core.settings.path)).create("test", scope, tenant)
        return {"authorization": f"Bearer {text}"}


Serve = Callable[..., Served]
