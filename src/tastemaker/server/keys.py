"""API keys: made, listed, revoked, and found again by their hash, which is all that is kept of them."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa

from tastemaker.errors import InvalidInputError, NotFoundError
from tastemaker.server.database import api_key

PREFIX = "tm_"
PEPPER = "TASTEMAKER_PEPPER"
"""Environment variable that is hashed with each key, so that the database alone does not even allow to try keys."""
_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class Scope(StrEnum):
    """What a key may do; each includes the one before it. `read`: ask, rank, look up. `write`: also talk, send events and rewards, set preferences.
    `admin`: also erase users, and read dashboard and metrics."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, other: Scope) -> bool:
        """Whether this scope allows what `other` does."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key: `id` names it in lists, `name` says what it is for."""

    id: str
    name: str
    scope: Scope
    tenant: str | None
    created_at: datetime
    revoked_at: datetime | None = None


class Keys:
    """The keys in the server's database `engine`; several processes may use it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._pepper = os.environ.get(PEPPER, "").encode()

    def create(self, name: str, scope: Scope = Scope.WRITE, tenant: str | None = None) -> tuple[str, ApiKey]:
        """Make a key; returns it, this once, and what is kept. Raises `InvalidInputError` for a tenant's name that is none."""
        if tenant is not None and not _TENANT.fullmatch(tenant):
            raise InvalidInputError(
                f"is {tenant[:80]!r}", where="tenant", remedy="Use up to 32 of a-z, 0-9 and -, not - first"
            )
        if not name.strip() or len(name) > 200:
            raise InvalidInputError("is empty or longer than 200 characters", where="name")
        text = PREFIX + secrets.token_urlsafe(32)
        made = ApiKey(secrets.token_hex(4), name.strip(), scope, tenant, datetime.now(UTC))
        row = {
            "id": made.id, "hash": self._hash(text), "name": made.name, "scope": scope.value, "tenant": tenant,
            "created_at": made.created_at.isoformat(),
        }  # fmt: skip
        with self._engine.begin() as connection:
            connection.execute(sa.insert(api_key), row)
        return text, made

    def find(self, text: str) -> ApiKey | None:
        """The key that `text` is; None if it is none, or was revoked."""
        query = sa.select(api_key).where(api_key.c.hash == self._hash(text), api_key.c.revoked_at.is_(None))
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else _key(row)

    def all(self) -> list[ApiKey]:
        """Every key that was ever made, oldest first."""
        with self._engine.connect() as connection:
            return [_key(row) for row in connection.execute(sa.select(api_key).order_by(api_key.c.created_at))]

    def any(self) -> bool:
        """Whether some key is in force."""
        return any(one.revoked_at is None for one in self.all())

    def revoke(self, identity: str) -> ApiKey:
        """Put a key out of force, from the next request on. Raises `NotFoundError`."""
        now = datetime.now(UTC).isoformat()
        change = sa.update(api_key).where(api_key.c.id == identity, api_key.c.revoked_at.is_(None))
        with self._engine.begin() as connection:
            if not connection.execute(change.values(revoked_at=now)).rowcount:
                raise NotFoundError(
                    "no such key is in force", where=f"key {identity[:80]!r}", remedy="Run: tastemaker keys list"
                )
            return _key(connection.execute(sa.select(api_key).where(api_key.c.id == identity)).one())

    def _hash(self, text: str) -> str:
        # A key has 256 random bits: a slow hash would protect nothing that a fast one does not.
        return hmac.new(self._pepper, text.encode(), hashlib.sha256).hexdigest()


def _key(row: sa.Row[tuple[object, ...]]) -> ApiKey:
    told = row._mapping
    revoked = told["revoked_at"]
    return ApiKey(
        told["id"], told["name"], Scope(told["scope"]), told["tenant"], datetime.fromisoformat(told["created_at"]),
        datetime.fromisoformat(revoked) if revoked else None,
    )  # fmt: skip
