"""The SQL databases: SQLite with a write-ahead log, opened the same way by every room, and PostgreSQL for a log that several share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError

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


def open_postgres(url: str) -> Engine:
    """Connect to `postgresql://USER:PASSWORD@HOST/DATABASE`; commits are durable as far as the server's `synchronous_commit` says.

    Raises:
        StoreError: The address is none, the server can't be reached, or the package `psycopg` is not installed.
    """
    remedy = "Write postgresql://USER:PASSWORD@HOST/DATABASE of a running server"
    try:
        address = make_url(url)
        if address.get_backend_name() != "postgresql":
            raise StoreError("is no address of PostgreSQL", where="log", remedy=remedy)
        shown = address.render_as_string()  # without the password
        engine = create_engine(address.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
        with engine.connect():
            return engine
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError("is no address of PostgreSQL", where="log", remedy=remedy) from error
    except ModuleNotFoundError as error:
        raise StoreError(
            "needs the package psycopg", where="log", remedy="Run: pip install 'tastemaker[postgres]'"
        ) from error
    except DatabaseError as error:
        raise StoreError(f"can't be reached ({error.orig})", where=shown, remedy=remedy) from error


def _configure(connection: Any, record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
