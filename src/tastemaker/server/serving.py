"""Running the server: what the command line chose, in this process or in several workers that are told it through the environment."""

from __future__ import annotations

import ipaddress
import logging
import os
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import Field, SecretStr

from tastemaker.agent.store import Store, no_store
from tastemaker.domain import Shape
from tastemaker.errors import AccessError, InvalidInputError
from tastemaker.server.access import MAX_BODY, Access, pseudonyms
from tastemaker.server.app import create_app
from tastemaker.server.database import open_server
from tastemaker.server.keys import Keys
from tastemaker.settings import Settings
from tastemaker.threads import wait_patiently

OPTIONS = "TASTEMAKER_SERVING"
JWT_SECRET = "TASTEMAKER_JWT_SECRET"
RATE = 50.0
"""Requests a second that a key may send over time, unless told otherwise."""
DRAIN = 30
"""Seconds that requests under way are given to end once the server is told to stop."""


class Serving(Shape):
    """What to serve and how. `settings` are changes of `Settings`; `keys` None asks for keys where some were made or others can reach the server.

    `rate` is of each key, 0 for no limit; where no key is asked for there is none. What users left is deleted after `keep_days`, None for never.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    settings: dict[str, Any] = Field(default_factory=dict)
    workers: int = 1
    keys: bool | None = None
    rate: float = RATE
    burst: int | None = None
    max_body: int = MAX_BODY
    origins: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    keep_days: int | None = Field(default=None, ge=1, le=36_500)

    def access(self, settings: Settings) -> Access:
        """What is asked of callers.

        Raises `AccessError` for a host that others can reach without a key in force, or without asking for it.
        """
        made = Keys(open_server(settings.path))
        wanted = made.any() if self.keys is None else self.keys
        if not wanted and not is_loopback(self.host):
            raise AccessError(
                "can be reached by others, and no API key would be asked for", where=f"host {self.host}",
                remedy="Make a key first, with: tastemaker keys create NAME",
            )  # fmt: skip
        if wanted and not made.any():
            raise AccessError("no API key is in force", where="keys", remedy="Run: tastemaker keys create NAME")
        secret = os.environ.get(JWT_SECRET)
        return Access(
            made if wanted else None, self.rate if wanted and self.rate else None, self.burst, self.max_body,
            SecretStr(secret) if secret else None, self.origins, pseudonyms(),
        )  # fmt: skip


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what is bound to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked(serving: Serving) -> Access:
    """The access that these options make. Raises what stands in the way of serving, before anything is started."""
    settings = Settings.load(**serving.settings)
    if not Store.exists(settings.path):
        raise no_store(settings.path)
    if not 1 <= serving.workers <= 64:
        raise InvalidInputError(f"is {serving.workers}, not from 1 to 64", where="--workers")
    return serving.access(settings)


def serve(serving: Serving) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are then answered first. Raises `AccessError`, `EmptyCatalogueError`, `InvalidInputError`."""
    checked(serving)
    os.environ[OPTIONS] = serving.model_dump_json()
    uvicorn.run(
        "tastemaker.server.serving:app", factory=True, host=serving.host, port=serving.port, workers=serving.workers,
        access_log=False, server_header=False, proxy_headers=False, timeout_graceful_shutdown=DRAIN, lifespan="on",
    )  # fmt: skip


def app() -> FastAPI:
    """The application that the environment describes; each worker makes its own."""
    wait_patiently()
    serving = Serving.model_validate_json(os.environ[OPTIONS])
    _log_to_stderr()
    settings = Settings.load(**serving.settings)
    return create_app(settings, serving.access(settings), serving.aliases, serving.keep_days)


def _log_to_stderr() -> None:
    log = logging.getLogger("tastemaker.server")
    if not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False
