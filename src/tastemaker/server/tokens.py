"""Feedback tokens: signed leave for one reward on one shown item, which a browser can be given without a key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

from tastemaker.domain import EventType
from tastemaker.errors import AccessError

LIFE = 7 * 86_400
"""Seconds that a token is good for: the longest window in which a reward counts."""
ALLOWED = frozenset(EventType) - {EventType.PURCHASE, EventType.SEARCH}
"""What a browser may tell: a purchase is told by who sold."""


@dataclass(frozen=True, slots=True)
class Leave:
    """What a token allows: a reward on the item of the decision, under the event's id, once."""

    decision_id: str
    item_id: str
    event_id: str


class Tokens:
    """Signs and reads tokens with the server's own secret. That each counts once is the feedback log's doing: it is the event's id."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, decision_id: str, item_id: str) -> str:
        """A token for one reward."""
        told = {"d": decision_id, "i": item_id, "e": int(time.time()) + LIFE, "n": uuid4().hex}
        body = _encoded(orjson.dumps(told))
        return f"{body}.{_encoded(self._mac(body))}"

    def read(self, token: str, now: float | None = None) -> Leave:
        """What a token allows. Raises `AccessError` if it was not signed here, or is too old."""
        body, _, signature = token.partition(".")
        if not hmac.compare_digest(_encoded(self._mac(body)).encode(), signature.encode("utf-8", "replace")):
            raise AccessError("was not signed by this server", where="token", remedy="Use the token of a shown item")
        told: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if told["e"] < (time.time() if now is None else now):
            raise AccessError("is too old", where="token", remedy="Ask for recommendations again")
        return Leave(told["d"], told["i"], f"token-{told['n']}")

    def _mac(self, body: str) -> bytes:
        return hmac.new(self._secret, b"feedback " + body.encode("utf-8", "replace"), hashlib.sha256).digest()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
