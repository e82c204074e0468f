"""`server.sqlite3` in the store's folder: what only the server needs. API keys, its own secret, and where resent conversations are kept."""

from __future__ import annotations

import secrets
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from tastemaker.database import open_database

NAME = "server.sqlite3"
tables = sa.MetaData()
api_key = sa.Table(
    "api_key",
    tables,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("hash", sa.String, nullable=False, unique=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("scope", sa.String, nullable=False),
    sa.Column("tenant", sa.String),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("revoked_at", sa.String),
)
secret = sa.Table(
    "secret", tables, sa.Column("name", sa.String, primary_key=True), sa.Column("value", sa.String, nullable=False)
)
resent = sa.Table(
    "resent",
    tables,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("owner", sa.String, nullable=False, index=True),
    sa.Column("conversation_id", sa.String, nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("at", sa.String, nullable=False),
)


def open_server(folder: Path) -> sa.Engine:
    """Open or create the database in `folder`, readable by its owner alone. Raises `StoreError`."""
    engine = open_database(folder / NAME)
    (folder / NAME).chmod(0o600)
    tables.create_all(engine)
    return engine


def own_secret(engine: sa.Engine) -> bytes:
    """32 random bytes that are drawn once and then kept: what this server signs with."""
    drawn = insert(secret).values(name="own", value=secrets.token_hex(32)).on_conflict_do_nothing()
    with engine.begin() as connection:
        connection.execute(drawn)
        return bytes.fromhex(connection.execute(sa.select(secret.c.value).where(secret.c.name == "own")).scalar_one())
