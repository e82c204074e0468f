"""Who may do what: API keys with scopes, tenants whose ids never meet, and what is open where no key is asked for."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated
from uuid import uuid4

import anyio.to_thread
from fastapi import Depends, Request
from pydantic import SecretStr

from tastemaker.agent.feedback.log import unknown_decision
from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.errors import AccessError, InvalidInputError, UnknownDecisionError, UnknownKeyError
from tastemaker.server.keys import Keys, Scope
from tastemaker.server.limits import Limiter

MAX_BODY = 1_000_000
PSEUDONYMS = "TASTEMAKER_PSEUDONYMS"
"""Environment variable with the secret of `Access.pseudonyms`, kept apart from the store. Where it changes, all users are new."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
MARK = "~"
"""Ids that begin with it are those of tenants: `~acme~ann` is ann of acme."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the door asks of callers.

    `keys` None asks for none, and then only names of this machine are answered to: whoever serves so has bound to loopback. `rate` and `burst`
    are requests a second of each key, or of each address where there is none; None for no limit. `jwt_secret` is Open WebUI's
    `FORWARD_USER_INFO_HEADER_JWT_SECRET`: with it users come from its signed header alone. `origins` are those that browsers may call from.
    With `pseudonyms`, a secret, users are known inside by a keyed hash of their id.
    """

    keys: Keys | None = None
    rate: float | None = None
    burst: int | None = None
    max_body: int = MAX_BODY
    jwt_secret: SecretStr | None = None
    origins: tuple[str, ...] = ()
    pseudonyms: SecretStr | None = None
    limiter: Limiter | None = field(init=False)

    def __post_init__(self) -> None:
        limiter = None if self.rate is None else Limiter(self.rate, self.burst or max(1, int(2 * self.rate)))
        object.__setattr__(self, "limiter", limiter)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling. Ids that come from a tenant are given its name, and lose it when they go back: `inward` and `outward`."""

    name: str
    scope: Scope
    tenant: str | None = None
    pseudonyms: SecretStr | None = None

    def need(self, wanted: Scope) -> None:
        """Raise `AccessError` unless this caller may do what `wanted` allows."""
        if not self.scope.includes(wanted):
            raise AccessError(
                f"has the scope {self.scope.value}, and {wanted.value} is needed", where="API key",
                remedy="Use a key of that scope",
            )  # fmt: skip

    @property
    def prefix(self) -> str:
        """What this caller's ids begin with inside."""
        return f"{MARK}{self.tenant}{MARK}" if self.tenant else ""

    def inward(self, identity: str) -> str:
        """An id of this caller's, as it is inside. Raises `InvalidInputError` for one that would be another tenant's."""
        if not self.tenant and identity.startswith(MARK):
            raise InvalidInputError(f"begins with {MARK}, as ids of tenants do", where="id", remedy="Give another id")
        return self.prefix + identity

    def user(self, identity: str) -> str:
        """A user's id, as it is inside: with `pseudonyms` 32 hexadecimal digits that only who has the secret can make of it (HMAC-SHA256).

        A person has another one with each tenant. Raises what `inward` does.
        """
        inner = self.inward(identity)
        if self.pseudonyms is None:
            return inner
        return (
            self.prefix
            + hmac.new(self.pseudonyms.get_secret_value().encode(), inner.encode(), hashlib.sha256).hexdigest()[:32]
        )

    def outward(self, identity: str) -> str:
        """An inner id as this caller knows it."""
        return identity.removeprefix(self.prefix)

    def owns(self, inner: str | None) -> bool:
        """Whether what belongs to the inner user id, or to nobody, may be this caller's."""
        return inner is None or (inner.startswith(self.prefix) if self.tenant else not inner.startswith(MARK))

    def conversation(self, identity: str | None) -> str | None:
        """The inner id of a conversation that goes on, or that a tenant begins."""
        return self.inward(identity or uuid4().hex) if identity or self.tenant else None


def key_of(request: Request) -> str | None:
    """What was given as a key: `Authorization: Bearer KEY`, or KEY alone as clients of TEI send it; an empty header is none."""
    given = request.headers.get("authorization", "").strip()
    kind, _, rest = given.partition(" ")
    return (rest.strip() if kind.lower() == "bearer" else given) or None


async def identify(request: Request, wanted: Scope) -> Caller:
    """The caller, who may do `wanted`. Raises `UnknownKeyError`, `AccessError`, `RateLimitError`."""
    access: Access = request.app.state.access
    address = request.client.host if request.client else "-"
    if access.keys is None:
        caller = Caller(address, Scope.ADMIN, None, access.pseudonyms)
    else:
        given = key_of(request)
        key = await anyio.to_thread.run_sync(access.keys.find, given) if given else None
        if key is None:
            limit(request, f"unknown {address}")
            raise UnknownKeyError(
                "is not known, or was revoked" if given else "is needed and was not given", where="API key",
                remedy="Send the header Authorization: Bearer tm_…; make a key with: tastemaker keys create",
            )  # fmt: skip
        caller = Caller(key.id, key.scope, key.tenant, access.pseudonyms)
    limit(request, caller.name)
    caller.need(wanted)
    return caller


def pseudonyms() -> SecretStr | None:
    """The secret that the environment holds. Raises `InvalidInputError` for one that can be guessed."""
    given = os.environ.get(PSEUDONYMS)
    if given and len(given) < 32:
        raise InvalidInputError(
            "has fewer than 32 characters", where=PSEUDONYMS, remedy="Make one with: openssl rand -hex 32"
        )
    return SecretStr(given) if given else None


def limit(request: Request, name: str) -> None:
    """Count a request of this caller. Raises `RateLimitError`."""
    limiter = request.app.state.access.limiter
    if limiter is not None:
        limiter.take(name)


def _needs(scope: Scope) -> Callable[[Request], object]:
    async def found(request: Request) -> Caller:
        return await identify(request, scope)

    return found


async def _operator(request: Request) -> Caller:
    caller = await identify(request, Scope.ADMIN)
    if caller.tenant:
        raise AccessError("belongs to a tenant, and this tells of all tenants", where="API key", remedy="Use another")
    return caller


def core_of(request: Request) -> AsyncRecommender:
    """The recommender behind this door. Raises `StoreError` while it is not open."""
    core: AsyncRecommender = request.app.state.core
    return core


def check_owner(caller: Caller, core: AsyncRecommender, decision_id: str) -> None:
    """A decision for another tenant's user is as unknown as one that was never made; one that is not there yet may come.

    Raises `UnknownDecisionError`.
    """
    try:
        owner = core.store.log.owner(decision_id)
    except UnknownDecisionError:
        return
    if not caller.owns(owner):
        raise unknown_decision(decision_id)


Reader = Annotated[Caller, Depends(_needs(Scope.READ))]
Writer = Annotated[Caller, Depends(_needs(Scope.WRITE))]
Admin = Annotated[Caller, Depends(_needs(Scope.ADMIN))]
Operator = Annotated[Caller, Depends(_operator)]
Core = Annotated[AsyncRecommender, Depends(core_of)]
in_thread = partial(anyio.to_thread.run_sync)
