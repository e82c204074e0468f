"""`--keep-days`: what users left is deleted once it is older, at the start and then every hour. Several workers may do it at once."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime, timedelta
from functools import partial

import anyio
import anyio.from_thread
from fastapi import FastAPI

from tastemaker.agent.expiry import expire
from tastemaker.server.access import in_thread

log = logging.getLogger("tastemaker.server")
EVERY = 3_600.0
"""Seconds from the end of one expiry to the next."""


async def keep_expiring(app: FastAPI, days: int) -> None:
    """Expire now and every hour; what fails is tried again an hour later."""
    while True:
        try:
            await expire_once(app, days)
        except Exception as error:  # noqa: BLE001 (to leave here would close the door; its message may hold what a user said)
            lines = "".join(traceback.format_tb(error.__traceback__)[-8:])
            log.error("%s while expiring\n%s", type(error).__name__, lines)
        await anyio.sleep(EVERY)


async def expire_once(app: FastAPI, days: int) -> None:
    """Delete what is older than `days`, and the keys of resent histories that are; counts go to the log. Cancelled, it ends with the transaction
    under way. Raises `StoreError` if a database can't write."""
    before = datetime.now(UTC) - timedelta(days=days)
    gone = await in_thread(partial(expire, app.state.core.store, before, _stop_if_cancelled))
    keys = await in_thread(app.state.resent.expire, before)
    told = (days, gone.events, gone.conversations, gone.turns, gone.log.decisions, gone.log.feedback, keys)
    log.info(
        "Older than %d days, deleted: events %d, conversations %d, turns %d, decisions %d, rewards %d, histories %d", *told
    )  # fmt: skip


def _stop_if_cancelled(what: str, done: int, total: int | None) -> None:
    anyio.from_thread.check_cancelled()
