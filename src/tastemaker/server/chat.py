"""`POST /v1/chat`, a turn of a conversation as it is written, and the conversations that are kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from tastemaker.agent.conversation.pieces import Piece
from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.domain import Id
from tastemaker.errors import UnknownConversationError
from tastemaker.server import sse
from tastemaker.server.access import Caller, Core, Reader, Writer, in_thread
from tastemaker.server.errors import RESPONSES

router = APIRouter(tags=["conversations"], responses=RESPONSES)
UserId = Annotated[Id | None, Query(description="Whose it is; without one, only conversations of nobody are found.")]


class ChatBody(BaseModel):
    """A turn; see `AsyncRecommender.chat`. `lift` are ids of chips that are no longer in force. `feedback_token`: as in `/v1/recommend`."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field(max_length=20_000)
    conversation_id: Id | None = None
    user_id: Id | None = None
    k: int = 5
    language: str | None = None
    lift: list[str] = Field(default_factory=list, max_length=100)
    diversity: float = 0.0
    budget_ms: float | None = None
    explain: bool = True
    feedback_token: bool = False


@router.post(
    "/v1/chat", response_model=None,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Pieces as JSON, then [DONE]"}},
)  # fmt: skip
async def chat(body: ChatBody, request: Request, caller: Writer, core: Core) -> Response:
    """Say something; the reply comes as server-sent events: `data: {piece}` for each `Piece`, then `data: [DONE]`."""
    sign = request.app.state.tokens.sign if body.feedback_token else None
    user_id = None if body.user_id is None else caller.user(body.user_id)
    pieces = core.chat(
        body.message, caller.conversation(body.conversation_id), user_id=user_id, k=body.k, language=body.language,
        lift=body.lift, budget_ms=body.budget_ms, explain=body.explain, diversity=body.diversity,
    )  # fmt: skip

    async def events() -> AsyncGenerator[bytes, None]:
        async with aclosing(pieces) as told:
            async for piece in told:
                yield sse.data(_told(piece, caller, sign))
        yield sse.DONE

    return await sse.begun(events())


def _told(piece: Piece, caller: Caller, sign: Any) -> dict[str, Any]:
    told = piece.model_dump(mode="json") | {"conversation_id": caller.outward(piece.conversation_id)}
    if sign is not None and piece.decision_id:
        for item in told["items"]:
            item["feedback_token"] = sign(piece.decision_id, item["id"])
    return told


class ConversationRow(BaseModel):
    """A conversation in a list: how many turns, and what was said last."""

    id: str
    created_at: datetime
    turns: int
    message: str | None


class Conversations(BaseModel):
    """A user's conversations, the newest first."""

    conversations: list[ConversationRow]


class ForkBody(BaseModel):
    """From which turn, by default the newest."""

    model_config = ConfigDict(extra="forbid")

    at: int | None = None
    user_id: Id | None = None


class Forked(BaseModel):
    """The conversation that goes another way from there."""

    conversation_id: str


class Turns(BaseModel):
    """How many turns were deleted."""

    conversation_id: str
    turns: int


@router.get("/v1/conversations")
async def listed(
    caller: Reader, core: Core, user_id: Annotated[Id, Query()], limit: Annotated[int, Query(ge=1, le=1000)] = 50
) -> Conversations:
    """The conversations of a user."""
    found = await in_thread(core.store.memory.conversations, caller.user(user_id), limit)
    rows = [
        ConversationRow(id=caller.outward(one.id), created_at=one.created_at, turns=one.turns, message=one.message)
        for one in found
    ]
    return Conversations(conversations=rows)


@router.get("/v1/conversations/{conversation_id}")
async def exported(conversation_id: Id, caller: Reader, core: Core, user_id: UserId = None) -> dict[str, Any]:
    """All that is kept of a conversation."""
    return await exported_of(caller, core, conversation_id, user_id)


@router.delete("/v1/conversations/{conversation_id}")
async def erased(conversation_id: Id, caller: Writer, core: Core, user_id: UserId = None) -> Turns:
    """Delete a conversation. What it showed stays in the log of decisions."""
    inner, owner = await _known(caller, core, conversation_id, user_id)
    turns = await in_thread(core.store.memory.erase, inner, owner)
    return Turns(conversation_id=conversation_id, turns=turns)


@router.post("/v1/conversations/{conversation_id}/fork")
async def forked(conversation_id: Id, body: ForkBody, caller: Writer, core: Core) -> Forked:
    """Begin a conversation that goes another way from one of its turns."""
    inner, owner = await _known(caller, core, conversation_id, body.user_id)
    return Forked(conversation_id=caller.outward(await in_thread(core.store.memory.fork, inner, body.at, owner)))


async def exported_of(caller: Caller, core: AsyncRecommender, identity: str, user_id: str | None) -> dict[str, Any]:
    """All that is kept of a conversation, with ids as the caller knows them. Raises `UnknownConversationError`."""
    inner, owner = await _known(caller, core, identity, user_id)
    told = await in_thread(core.store.memory.export, inner, owner)
    ids = {name: caller.outward(told[name]) for name in ("id", "forked_from") if told[name] is not None}
    return told | ids | {"user_id": user_id}


async def _known(caller: Caller, core: AsyncRecommender, identity: str, user_id: str | None) -> tuple[str, str | None]:
    """The inner ids of a conversation and of its owner; one of nobody is found without a user alone."""
    inner = caller.inward(identity)
    if user_id is not None:
        return inner, caller.user(user_id)
    if await in_thread(core.store.memory.owner, inner) is not None:
        raise UnknownConversationError(
            "no such conversation is kept", where=f"conversation {identity[:80]!r}", remedy="Say whose it is: user_id"
        )
    return inner, None
