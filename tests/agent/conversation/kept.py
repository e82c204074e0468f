"""Turns for tests of what keeps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from tastemaker.agent.conversation.memory import Memory, Turn

Opener = Callable[[], sa.Engine]
"""Opens a database anew, as another process does."""


def turn(number: int, message: str = "Something light", **changes: Any) -> Turn:
    told = {"number": number, "message": message, "reading": {"act": "rec"}, "reply": f"Reply {number}"}
    return Turn(**told | {"state": {"turn": number}} | changes)


def talk(memory: Memory, turns: int, user_id: str | None = "ann", name: str | None = None) -> str:
    name = memory.begin(user_id, name)
    for n in range(1, turns + 1):
        memory.append(name, n, turn(n, f"Message {n}"))
    return name
