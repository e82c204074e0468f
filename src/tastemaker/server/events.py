"""`POST /v1/events`, what users did, and `POST /v1/feedback`, what came of an item that was shown: with a key, or with a token and none."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.domain import Event, EventType, Id, RewardReceipt, Text, Time
from tastemaker.errors import ConflictError, InvalidInputError
from tastemaker.server.access import Core, Writer, check_owner, identify, in_thread, limit
from tastemaker.server.errors import RESPONSES
from tastemaker.server.keys import Scope
from tastemaker.server.tokens import ALLOWED

router = APIRouter(tags=["feedback"], responses=RESPONSES)
MAX_EVENTS = 10_000


class EventBody(BaseModel):
    """One thing that a user did; see `Event`."""

    model_config = ConfigDict(extra="forbid")

    user_id: Id
    type: EventType
    item_id: Id | None = None
    value: float | None = None
    text: Text | None = None
    timestamp: Time | None = None
    source: Text | None = None


class Observed(BaseModel):
    """How many events came, and how many of them were new."""

    received: int
    added: int


class FeedbackBody(BaseModel):
    """A reward on a shown item. Either `decision_id` and `item_id`, with a key; `event_id` makes a repeated call harmless.

    Or `token`, without a key: one that came with the item, good for one reward.
    """

    model_config = ConfigDict(extra="forbid")

    type: EventType
    decision_id: Id | None = None
    item_id: Id | None = None
    event_id: Id | None = None
    token: str | None = Field(default=None, max_length=2_000)
    value: float | None = None
    text: Text | None = None


@router.post("/v1/events")
async def observe(
    body: Annotated[list[EventBody], Field(max_length=MAX_EVENTS)], caller: Writer, core: Core
) -> Observed:
    """Store what users did, all or nothing."""
    events = [Event(**{**one.model_dump(exclude_none=True), "user_id": caller.user(one.user_id)}) for one in body]
    return Observed(received=len(events), added=await core.observe(events))


@router.post("/v1/feedback")
async def feedback(body: FeedbackBody, request: Request, core: Core) -> RewardReceipt:
    """Store what came of a shown item. A token that was used before gives 409."""
    if body.token is not None:
        return await _by_token(body, body.token, request, core)
    caller = await identify(request, Scope.WRITE)
    if body.decision_id is None or body.item_id is None:
        raise InvalidInputError("is needed, with item_id, or else a token", where="decision_id")
    await in_thread(check_owner, caller, core, body.decision_id)
    event_id = None if body.event_id is None else caller.inward(body.event_id)
    told = await core.reward(
        body.decision_id, body.item_id, body.type, value=body.value, text=body.text, event_id=event_id
    )
    return told.model_copy(update={"event_id": caller.outward(told.event_id)})


async def _by_token(body: FeedbackBody, token: str, request: Request, core: AsyncRecommender) -> RewardReceipt:
    limit(request, f"token {request.client.host if request.client else '-'}")
    if body.decision_id or body.item_id or body.event_id:
        raise InvalidInputError("already says for which item it is", where="token", remedy="Send only the token")
    if body.type not in ALLOWED:
        raise InvalidInputError(f"is {body.type.value}, which is told with a key", where="type")
    leave = request.app.state.tokens.read(token)
    told = await core.reward(
        leave.decision_id, leave.item_id, body.type, value=body.value, text=body.text, event_id=leave.event_id
    )
    if told.duplicate:
        raise ConflictError("was used before", where="token", remedy="Ask for recommendations again")
    return told
