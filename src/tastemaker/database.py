"""The store's SQL database: SQLite with a write-ahead log, opened the same way by every room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from tastemaker.errors import StoreError


def open_database(path: Path) -> Engine:
    """Open or create the SQLite file at `path`; commits are durable (`synchronous=FULL`) before they return.

    Raises:
        StoreError: The file can't be created, or is no SQLite database.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": 30})
        event.listen(engine, "connect", _configure)
        with engine.connect():
            return engine
    except (OSError, DatabaseError) as error:
        reason = getattr(error, "orig", None) or error
        raise StoreError(
            f"can't be opened ({reason})", where=str(path), remedy="Give a folder that you may write to"
        ) from error


def _configure(connection: Any, record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
