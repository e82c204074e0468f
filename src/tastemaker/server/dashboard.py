"""`GET /v1/dashboard`: how it goes, from the log: CTR, satisfaction, coverage, diversity, latency, degradations, experiments."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from tastemaker.eval.live import board
from tastemaker.server.access import Core, Operator, in_thread
from tastemaker.server.door import plain
from tastemaker.server.errors import RESPONSES

router = APIRouter(tags=["operation"], responses=RESPONSES)


@router.get("/v1/dashboard", response_model=None)
async def dashboard(
    caller: Operator,
    core: Core,
    matured: Annotated[float, Query(ge=0, description="Hours until a decision counts.")] = 1.0,
) -> JSONResponse:
    """The figures of the dashboard. Rates, those of a running experiment's arms too, are with 95% intervals and what they were divided by; null
    where nothing was there to divide by."""
    return JSONResponse(plain(await in_thread(board, core.store, timedelta(hours=matured))))
