"""What a server that keeps things for some days deletes, and what it says of that."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from anyio.from_thread import BlockingPortal

from tastemaker import Event, EventType, Recommender
from tastemaker.errors import InvalidInputError, UnknownUserError
from tastemaker.server.app import create_app
from tastemaker.server.benchmark.in_thread import in_thread
from tastemaker.server.database import open_server, resent
from tastemaker.server.expiring import expire_once
from tastemaker.server.serving import Serving

from .served import Served


def observe(recommender: Recommender, user: str, days: int) -> None:
    """Something of a user's, that many days ago."""
    at = datetime.now(UTC) - timedelta(days=days)
    recommender.observe([Event(user_id=user, item_id="i0", type=EventType.LIKE, timestamp=at)])


def test_what_is_older_goes_and_counts_alone_are_told(
    open_door: Served, portal: BlockingPortal, caplog: pytest.LogCaptureFixture
) -> None:
    for user, days in (("longago", 31), ("lately", 29)):
        observe(open_door.recommender, user, days)
    said = {"model": "tastemaker", "user": "talker", "messages": [{"role": "user", "content": "Something about soup"}]}
    assert open_door.client.post("/v1/chat/completions", json=said).is_success
    engine = open_server(open_door.recommender.core.settings.path)
    with engine.begin() as connection:
        kept = connection.execute(sa.select(sa.func.count()).select_from(resent)).scalar_one()
        for days in (29, 31):
            at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
            row = {"key": f"k{days}", "owner": "o", "conversation_id": "c", "turn": 1, "at": at}
            connection.execute(sa.insert(resent).values(row))
    for _ in range(2):
        with caplog.at_level(logging.INFO, "tastemaker.server"):
            portal.call(expire_once, open_door.app, 30)
        assert "longago" not in caplog.text
    first, second = (one.getMessage() for one in caplog.records if one.getMessage().startswith("Older"))
    assert "events 6," in first or "events 1," in first  # those that the store began with are older too, or will be
    assert first.endswith("histories 1") and second.endswith(
        "events 0, conversations 0, turns 0, decisions 0, rewards 0, histories 0"
    )
    with pytest.raises(UnknownUserError):
        open_door.recommender.profile("longago")
    assert open_door.recommender.profile("lately").liked == ("i0",)
    with engine.begin() as connection:
        keys = set(connection.execute(sa.select(resent.c.key)).scalars())
    assert "k29" in keys and "k31" not in keys and len(keys) == kept + 1
    assert "soup" in open_door.client.get("/v1/conversations", params={"user_id": "talker"}).text


def test_it_begins_with_the_server(recommender: Recommender) -> None:
    observe(recommender, "longago", 9_999)
    with in_thread(create_app(recommender.core, keep_days=9_000)):
        while recommender.core.store.catalogue.some_user(1, 1) == "longago":  # the test's own limit ends this
            time.sleep(0.02)
    assert recommender.profile("ann").liked


def test_days_are_from_one_to_a_hundred_years() -> None:
    assert Serving().keep_days is None and Serving(keep_days=1).keep_days == 1
    for wrong in (0, -1, 36_501):
        with pytest.raises(InvalidInputError, match="keep_days"):
            Serving(keep_days=wrong)
