"""`POST /v1/recommend`: a slate of items, logged before it is answered."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from tastemaker.domain import Event, EventType, Id, RankedItem, Reason, Text, Time
from tastemaker.errors import InvalidInputError
from tastemaker.server.access import Caller, Core, Reader
from tastemaker.server.errors import RESPONSES

router = APIRouter(tags=["recommend"], responses=RESPONSES)


class Deed(BaseModel):
    """An event of a history that comes with the request; see `Event`."""

    model_config = ConfigDict(extra="forbid")

    type: EventType
    item_id: Id | None = None
    value: float | None = None
    text: Text | None = None
    timestamp: Time | None = None


class RecommendBody(BaseModel):
    """`user_id`, or a `history` of item ids and events, oldest first, or a `query`, or a user's id and a query. The rest is as in `AsyncRecommender.recommend`.

    `feedback_token`: give each item a token with which a browser may reward it once, without a key.
    """

    model_config = ConfigDict(extra="forbid")

    user_id: Id | None = None
    history: list[Id | Deed] | None = Field(default=None, max_length=1_000)
    query: Text | None = None
    k: int = 5
    depth: int | None = None
    budget_ms: float | None = None
    tau: float = 0.0
    epsilon: float = 0.0
    thompson: bool = False
    seed: int | None = None
    where: dict[str, Any] | None = None
    diversity: float = 0.0
    calibration: float = 0.0
    cold_share: float = 0.0
    explain: bool = True
    language: str | None = None
    feedback_token: bool = False

    def subject(self, caller: Caller) -> str | list[str | Event] | None:
        """Whom or what to recommend for. Raises `InvalidInputError` for both."""
        if self.user_id is not None and self.history is not None:
            raise InvalidInputError("goes with no user_id, whose own history counts", where="history")
        if self.user_id is not None:
            return caller.user(self.user_id)
        if self.history is None:
            return None
        return [one if isinstance(one, str) else _event(one) for one in self.history]


def _event(deed: Deed) -> Event:
    told = deed.model_dump(exclude_none=True)
    return Event(user_id="anonymous", **told)


class ShownItem(RankedItem):
    """An item of a slate, with a token for one reward if that was asked for."""

    feedback_token: str | None = None


class Slate(BaseModel):
    """What `recommend` returns; times in seconds."""

    decision_id: str
    user_id: str | None
    items: tuple[ShownItem, ...]
    policy_version: str
    engine: str
    model: str
    log_propensity: float
    degraded: Reason | None
    truncated_ids: tuple[str, ...]
    timings: dict[str, float]


@router.post("/v1/recommend", response_model=Slate)
async def recommend(body: RecommendBody, request: Request, caller: Reader, core: Core) -> Slate:
    """Recommend items that the user has not seen, best first, each with a checked reason."""
    options = body.model_dump(exclude={"user_id", "history", "feedback_token"})
    made = await core.recommend(body.subject(caller), **options)
    sign = request.app.state.tokens.sign
    items = tuple(
        ShownItem.model_construct(
            **one.__dict__, feedback_token=sign(made.decision_id, one.id) if body.feedback_token else None
        )
        for one in made.items
    )
    return Slate.model_construct(**made.__dict__ | {"items": items, "user_id": body.user_id})
