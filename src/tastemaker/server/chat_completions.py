"""`/v1/chat/completions` and `/v1/models`, as OpenAI's clients know them: a conversation with the recommender, streamed or whole."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import anyio
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from tastemaker.agent.conversation.pieces import Piece
from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.domain import Item
from tastemaker.server import side, sse
from tastemaker.server.access import Caller, Core, Reader, Writer, in_thread
from tastemaker.server.cards import Cards
from tastemaker.server.errors import RESPONSES
from tastemaker.server.identity import identity, is_open_webui
from tastemaker.server.messages import Completion, tokens
from tastemaker.server.models import checked_model, served
from tastemaker.server.resent import History, Resent

router = APIRouter(tags=["chat completions"], responses=RESPONSES)


@router.get("/v1/models")
async def models(request: Request, caller: Reader) -> dict[str, Any]:
    """The models that can be asked."""
    return {"object": "list", "data": served(request)}


@router.get("/v1/models/{model:path}")
async def model(model: str, request: Request, caller: Reader, core: Core) -> dict[str, Any]:
    """One of them. 404 for any other."""
    name = checked_model(request, core, model)
    return next((one for one in served(request) if one["id"] == name), {**served(request)[0], "id": name})


@router.post(
    "/v1/chat/completions", response_model=None,
    responses={200: {"content": {"application/json": {}, "text/event-stream": {}}, "description": "A completion, or its chunks"}},
)  # fmt: skip
async def chat_completions(body: Completion, request: Request, caller: Writer, core: Core) -> Response:
    """Take the last message as a turn of a conversation. Titles, tags and the like, which chat interfaces ask for beside, are no turns."""
    checked_model(request, core, body.model)
    said = [(one.role, one.text()) for one in body.messages]
    head = _Head(body, sum(tokens(text) for _, text in said))
    task = side.task_of(request.headers, said)
    if task is not None:
        return _aside(head, side.answer(task, said))
    body.check()
    who = identity(request, body.user or body.safety_identifier, body.metadata or {})
    before, message = body.turns()
    user_id = None if who.user_id is None else caller.user(who.user_id)
    history = History(user_id or caller.prefix, user_id is not None, who.chat, who.resends, before)
    turn = _Turn(core, request.app.state.resent, caller, user_id, history, message, head, is_open_webui(request))
    if body.stream:
        return await sse.begun(turn.streamed())
    return JSONResponse(await turn.whole())


@dataclass(slots=True)
class _Head:
    """What all chunks of a completion have in common, and its usage."""

    body: Completion
    prompt_tokens: int
    identity: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def usage(self, text: str) -> dict[str, int]:
        completion = tokens(text)
        return {
            "prompt_tokens": self.prompt_tokens, "completion_tokens": completion,
            "total_tokens": self.prompt_tokens + completion,
        }  # fmt: skip

    def whole(self, message: dict[str, Any], text: str, finish: str = "stop") -> dict[str, Any]:
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish, "logprobs": None}
        return self._common("chat.completion") | {"choices": [choice], "usage": self.usage(text)}

    def chunk(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return sse.data(self._common("chat.completion.chunk") | {"choices": [choice]} | more)

    def last(self, text: str) -> list[bytes]:
        """What ends a stream: the usage if it is asked for, in a chunk without choices, and the mark."""
        options = self.body.stream_options
        if options is None or not options.include_usage:
            return [sse.DONE]
        told = self._common("chat.completion.chunk") | {"choices": [], "usage": self.usage(text)}
        return [sse.data(told), sse.DONE]

    def _common(self, kind: str) -> dict[str, Any]:
        return {"id": self.identity, "object": kind, "created": self.created, "model": self.body.model}


@dataclass(slots=True)
class _Turn:
    """One turn of a conversation, on its way."""

    core: AsyncRecommender
    resent: Resent
    caller: Caller
    user_id: str | None
    history: History
    message: str
    head: _Head
    open_webui: bool
    text: str = ""
    annotations: list[dict[str, Any]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    async def streamed(self) -> AsyncGenerator[bytes, None]:
        """The chunks of the answer."""
        begun = False
        async with aclosing(self._texts()) as texts:
            async for text, annotations, source in texts:
                if not begun:
                    yield self.head.chunk({"role": "assistant", "content": ""})
                    begun = True
                delta: dict[str, Any] = {"content": text}
                private: dict[str, Any] = (
                    {"event": {"type": "source", "data": source}} if self.open_webui and source else {}
                )
                yield self.head.chunk(delta | ({"annotations": annotations} if annotations else {}), **private)
        if not begun:
            yield self.head.chunk({"role": "assistant", "content": ""})
        yield self.head.chunk({}, "stop", tastemaker=self.more)
        for event in self.head.last(self.text):
            yield event

    async def whole(self) -> dict[str, Any]:
        """The answer at once."""
        async with aclosing(self._texts()) as texts:
            async for _ in texts:
                pass
        message: dict[str, Any] = {"content": self.text.strip(), "refusal": None}
        if self.annotations:
            message["annotations"] = self.annotations
        return self.head.whole(message, self.text) | {"tastemaker": self.more}

    async def _texts(self) -> AsyncGenerator[tuple[str, list[dict[str, Any]], dict[str, Any] | None], None]:
        conversation_id = await in_thread(self.resent.find, self.core.store.memory, self.history)
        inner = conversation_id or self.caller.conversation(None)
        cards, last = Cards(), None
        try:
            async with aclosing(self.core.chat(self.message, inner, user_id=self.user_id)) as pieces:
                async for piece in pieces:
                    last = piece
                    text = cards.add(piece, await self._known(piece))
                    self.text += text
                    self.annotations += cards.annotations
                    self._note(piece)
                    if text:
                        yield text, cards.annotations, cards.source
        finally:
            if last is not None:  # as far as the client has seen it, if it left
                with anyio.CancelScope(shield=True):
                    after = self.history.after(self.message, self.text)
                    await in_thread(self.resent.keep, after, last.conversation_id, last.turn)

    async def _known(self, piece: Piece) -> dict[str, Item]:
        if piece.kind != "slate":
            return {}
        found = await in_thread(self.core.store.catalogue.items, [one.id for one in piece.items])
        return {one.id: one for one in found}

    def _note(self, piece: Piece) -> None:
        """What no field of OpenAI's holds."""
        if piece.kind == "slate":
            self.more |= {"decision_id": piece.decision_id, "item_ids": [one.id for one in piece.items]}
        elif piece.kind == "done":
            chips = [one.model_dump() for one in piece.chips]
            told = {"conversation_id": self.caller.outward(piece.conversation_id), "turn": piece.turn, "chips": chips}
            self.more |= told | {"options": list(piece.options)}


def _aside(head: _Head, text: str) -> Response:
    """The answer to a side request; as the call of a tool where one is forced, which for these is only a shape of the answer."""
    if isinstance(head.body.tool_choice, dict) and text.startswith("{"):
        name = str(head.body.tool_choice.get("function", {}).get("name", "answer"))
        call = {"id": f"call_{uuid4().hex}", "type": "function", "function": {"name": name, "arguments": text}}
        return JSONResponse(head.whole({"content": None, "tool_calls": [call]}, text, "tool_calls"))
    if not head.body.stream:
        return JSONResponse(head.whole({"content": text}, text))

    async def events() -> AsyncGenerator[bytes, None]:
        yield head.chunk({"role": "assistant", "content": ""})
        yield head.chunk({"content": text})
        yield head.chunk({}, "stop")
        for event in head.last(text):
            yield event

    return sse.EventStream(events())
