"""`/health`: the process answers. `/ready`: model and index are there. `/metrics`: counters for Prometheus."""

from __future__ import annotations

import logging
import os

import anyio
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from tastemaker.errors import TastemakerError
from tastemaker.server.access import Operator, in_thread

router = APIRouter(tags=["operation"])
log = logging.getLogger("tastemaker.server")
AGAIN = 5.0
"""Seconds after which what failed while getting ready is tried again."""


class Readiness:
    """What is still missing before requests can be answered."""

    def __init__(self) -> None:
        self.waiting: dict[str, str] = {"model": "loading", "index": "loading"}

    @property
    def ready(self) -> bool:
        """Whether requests can be answered."""
        return not self.waiting


async def get_ready(app: FastAPI) -> None:
    """Load encoder and model and see that the index is there; tried again until it is so."""
    readiness: Readiness = app.state.readiness
    while readiness.waiting:
        core = app.state.core
        try:
            if not (await in_thread(core.store.catalogue.size))[0]:
                readiness.waiting["index"] = "the catalogue is empty"
            else:
                readiness.waiting.pop("index", None)
            await core.rerank("ready", ["ready", "not yet"])
            readiness.waiting.pop("model", None)
        except TastemakerError as error:
            part = "model" if "index" not in readiness.waiting else "index"
            readiness.waiting[part] = error.what
            log.warning("Not ready: %s", type(error).__name__)
        except Exception as error:  # a driver's or a model's own: to leave here would close the door while it answers
            log.exception("Not ready: %s", type(error).__name__)
        if readiness.waiting:
            await anyio.sleep(AGAIN)


@router.get("/health")
async def health() -> dict[str, str | int]:
    """The process answers, and says which of several it is."""
    return {"status": "ok", "process": os.getpid()}


@router.get("/ready", responses={503: {"description": "Not yet, and why"}})
async def ready(request: Request) -> JSONResponse:
    """Model and index are there."""
    readiness: Readiness = request.app.state.readiness
    if readiness.ready:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "waiting", "for": readiness.waiting}, 503)


@router.get("/metrics", response_class=Response)
async def metrics(caller: Operator) -> Response:
    """Counters and histograms in Prometheus' format; of all workers where PROMETHEUS_MULTIPROC_DIR is set."""
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
