"""The database that conversations are kept in: SQLite, and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tastemaker.agent.conversation.memory import Memory
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.database import open_database, open_postgres

from .kept import Opener


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Every test that takes it, or what is made of it, holds of both databases."""
    if request.param == "sqlite":
        return str(tmp_path / "store.sqlite3")
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def opener(address: str) -> Iterator[Opener]:
    """Opens the database anew, as another process does."""
    opened = []

    def open_anew() -> sa.Engine:
        opened.append(open_postgres(address) if address.startswith("postgresql:") else open_database(Path(address)))
        return opened[-1]

    yield open_anew
    for engine in opened:
        engine.dispose()


@pytest.fixture
def engine(opener: Opener) -> sa.Engine:
    return opener()


@pytest.fixture
def memory(engine: sa.Engine) -> Iterator[Memory]:
    log = FeedbackLog(engine)
    yield Memory(log)
    log.close()
