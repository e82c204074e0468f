"""Whose a request of a chat client is, and of which chat: from headers, else from the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jwt
from fastapi import Request

from tastemaker.errors import InvalidInputError, UnknownKeyError
from tastemaker.server.access import Access

USER_HEADERS = ("x-openwebui-user-id", "x-user-id", "x-librechat-user-id")
CHAT_HEADERS = ("x-openwebui-chat-id", "x-conversation-id", "x-librechat-conversation-id")
SIGNED = "x-openwebui-user-jwt"
OPEN_WEBUI = "x-openwebui-"
"""What the headers begin with that it alone sends."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The user and the chat, as the client names them; None where it does not. `resends`: such a client sends all of the chat each time."""

    user_id: str | None
    chat: str | None
    resends: bool


def identity(request: Request, user: Any, metadata: dict[str, Any]) -> Identity:
    """Who and which chat: the signed header alone where a secret is set, else a header, then `user` (a text, or an object with `id`); `metadata`.

    Raises:
        UnknownKeyError: The header of Open WebUI is not signed with the secret that was set.
        InvalidInputError: `user` is neither a text nor such an object.
    """
    chat = next((one for name in CHAT_HEADERS if (one := _value(request, name))), None)
    named = metadata.get("conversation_id")
    return Identity(_user(request, user), chat or (str(named) if named else None), chat is not None)


def is_open_webui(request: Request) -> bool:
    """Whether Open WebUI asks, which reads more in a chunk than OpenAI's clients."""
    return any(name.startswith(OPEN_WEBUI) for name in request.headers)


def _user(request: Request, user: Any) -> str | None:
    access: Access = request.app.state.access
    if access.jwt_secret is not None:
        signed = _value(request, SIGNED)
        return _verified(signed, access.jwt_secret.get_secret_value()) if signed else None
    header = next((one for name in USER_HEADERS if (one := _value(request, name))), None)
    if header:
        return header
    if isinstance(user, dict):  # as Open WebUI sends it to what it takes for a pipeline
        user = user.get("id")
    if user is None or user == "":
        return None
    if not isinstance(user, str):
        raise InvalidInputError("is no text", where="user")
    return user


def _verified(signed: str, secret: str) -> str:
    try:
        told = jwt.decode(signed, secret, algorithms=["HS256"], options={"require": ["sub"]})
    except jwt.InvalidTokenError:
        raise UnknownKeyError(
            "is not signed with the secret that this server was given", where=SIGNED,
            remedy="Set the same secret in both: FORWARD_USER_INFO_HEADER_JWT_SECRET and TASTEMAKER_JWT_SECRET",
        ) from None  # fmt: skip
    return str(told["sub"])


def _value(request: Request, name: str) -> str:
    """A header's value; a placeholder that the client did not fill is none."""
    found = request.headers.get(name, "").strip()
    return "" if found.startswith("{{") else found
