"""The tools that an assistant is given, as plain coroutines with typed results; `mcp_server` offers them over MCP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, Literal, ParamSpec, TypeVar

import anyio.to_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field
from starlette.requests import Request

from tastemaker.agent.limits import MAX_DOCUMENTS
from tastemaker.agent.recommender import MAX_K, AsyncRecommender
from tastemaker.domain import (
    MAX_TEXT_CHARS,
    EventType,
    Explanation,
    Id,
    Reason,
    Recommendation,
    RewardReceipt,
    Text,
    one_line,
)
from tastemaker.errors import InvalidInputError, TastemakerError
from tastemaker.server.access import Caller, check_owner, pseudonyms
from tastemaker.server.keys import Scope

P = ParamSpec("P")
R = TypeVar("R")

MAX_LIKED = 1_000
SHORT = 300
"""Characters of a description or document that are sent back; an assistant pays for each."""

Count = Annotated[int, Field(ge=1, le=MAX_K, description="How many items.")]
Language = Annotated[
    Literal["en", "zh", "zh-hant"] | None, Field(description="Of the reasons; by default that of the request.")
]
Decision = Annotated[Id, Field(description="The decision_id that came with the items.")]


class Suggestion(BaseModel):
    """One item, with the reason to tell the user."""

    rank: int
    id: str
    title: str
    why: str
    categories: tuple[str, ...] = ()
    description: str = ""
    url: str | None = None
    score: float


class Suggestions(BaseModel):
    """Items, best first. `degraded` says why the model read fewer candidates than it was to, if it did."""

    decision_id: str
    items: tuple[Suggestion, ...]
    degraded: Reason | None = None


class RankedText(BaseModel):
    """A document's place: `index` counts from 0 in what was given, `relevance_score` is in [0, 1], `text` is its beginning."""

    rank: int
    index: int
    relevance_score: float
    text: str


class RankedTexts(BaseModel):
    """Documents, best first."""

    results: tuple[RankedText, ...]
    degraded: Reason | None = None


class Ground(BaseModel):
    """What a statement rests on, such as an item of the `history` or a `shared` category."""

    kind: str
    text: str
    item_id: str | None = None


class Why(BaseModel):
    """The reason for one item, and what supports it."""

    rank: int
    item_id: str
    text: str
    language: str
    evidence: tuple[Ground, ...]


class Reasons(BaseModel):
    """Why each item of a decision was shown."""

    decision_id: str
    reasons: tuple[Why, ...]


def told(tool: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """The tool, whose `TastemakerError` reaches the assistant in our words: what, where, and what to do."""

    @wraps(tool)
    async def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await tool(*args, **kwargs)
        except TastemakerError as error:
            raise ToolError(str(error)) from error

    return run


@dataclass(frozen=True, slots=True)
class Seat:
    """Who calls, and the recommender that answers."""

    caller: Caller
    core: AsyncRecommender


Seats = Callable[[Request | None], Seat]
"""Finds who calls by the HTTP request, if it came as one."""


def alone(core: AsyncRecommender) -> Seats:
    """For a door that only the owner reaches: everyone who calls may do all."""
    seat = Seat(Caller("local", Scope.ADMIN, None, pseudonyms()), core)
    return lambda request: seat


class Tools:
    """The operations of a recommender, as tools; their docstrings are what an assistant reads of them."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats

    def seat(self, context: Context, scope: Scope) -> Seat:
        """Who calls. Raises `AccessError` if they may not do what `scope` allows."""
        found = self._seats(context.request_context.request)
        found.caller.need(scope)
        return found

    @told
    async def recommend(
        self,
        context: Context,
        user_id: Annotated[Id | None, Field(description="Whose history counts. Not together with liked.")] = None,
        liked: Annotated[
            list[Id] | None, Field(max_length=MAX_LIKED, description="Ids of liked items, oldest first.")
        ] = None,
        query: Annotated[Text, Field(description="What is wanted now, in the user's words.")] = "",
        k: Count = 5,
        where: Annotated[
            dict[str, Any] | None,
            Field(description='Hard filter: {"year": {"gte": 1990}, "category": "Comedy", "not": {"id": "x"}}.'),
        ] = None,
        diversity: Annotated[float, Field(ge=0, le=1, description="Above 0 the items are unlike each other.")] = 0.0,
        language: Language = None,
        explain: Annotated[bool, Field(description="Write a reason for each item.")] = True,
    ) -> Suggestions:
        """Recommend items of the catalogue for a user id, for liked items, or for a query in words; one of them is needed.

        Every reason is checked against the evidence: repeat it as it stands. Keep decision_id for give_feedback and explain.
        """
        if user_id is not None and liked:
            raise InvalidInputError("a user_id and liked were both given", remedy="Give one of them")
        seat = self.seat(context, Scope.READ)
        found = await seat.core.recommend(
            seat.caller.user(user_id) if user_id is not None else liked, query=query or None, k=k, where=where, diversity=diversity,
            language=language, explain=explain,
        )  # fmt: skip
        return await _suggested(seat.core, found)

    @told
    async def similar_items(
        self,
        context: Context,
        item_id: Annotated[Id, Field(description="An item of the catalogue.")],
        k: Count = 5,
        language: Language = None,
        explain: Annotated[bool, Field(description="Write a reason for each item.")] = True,
    ) -> Suggestions:
        """Items for those who like this one: close to it by text, or liked by the same people."""
        core = self.seat(context, Scope.READ).core
        return await _suggested(core, await core.recommend([item_id], k=k, language=language, explain=explain))

    @told
    async def rerank(
        self,
        context: Context,
        query: Annotated[Text, Field(min_length=1, description="What the documents are ranked for.")],
        documents: Annotated[list[Text], Field(min_length=1, max_length=MAX_DOCUMENTS, description="Texts to rank.")],
        top_n: Annotated[int | None, Field(ge=1, description="How many come back; by default all.")] = None,
    ) -> RankedTexts:
        """Rank any texts for a query, best first."""
        found = await self.seat(context, Scope.READ).core.rerank(query, documents)
        ranked = (
            RankedText(rank=one.rank, index=one.index, relevance_score=one.score, text=one_line(one.text, SHORT))
            for one in found[:top_n]
        )
        return RankedTexts(results=tuple(ranked), degraded=found[0].degraded)

    @told
    async def explain(
        self,
        context: Context,
        decision_id: Decision,
        language: Language = None,
        tone: Annotated[Literal["plain", "friendly", "formal"], Field(description="How it is said.")] = "plain",
        length: Annotated[Literal["short", "full"], Field(description="One sentence, or up to three.")] = "full",
    ) -> Reasons:
        """Say why each item of an earlier decision was shown, with the evidence for each statement."""
        seat = self.seat(context, Scope.READ)
        await anyio.to_thread.run_sync(check_owner, seat.caller, seat.core, decision_id)
        stream = seat.core.explain(decision_id, language=language, tone=tone, length=length)
        async with aclosing(stream) as reasons:
            return Reasons(decision_id=decision_id, reasons=tuple([_why(one) async for one in reasons]))

    @told
    async def give_feedback(
        self,
        context: Context,
        decision_id: Decision,
        item_id: Annotated[Id, Field(description="An item of that decision.")],
        type: Annotated[EventType, Field(description="What the user did, or said of it.")],
        value: Annotated[float | None, Field(description="Of a rating 0.5 to 5; of a dwell its seconds.")] = None,
        text: Annotated[
            str | None, Field(max_length=MAX_TEXT_CHARS, description="Of a comment or a search, its words.")
        ] = None,
        event_id: Annotated[Id | None, Field(description="Makes a repeated call count once.")] = None,
    ) -> RewardReceipt:
        """Store what the user did with an item that was shown, or said of it; later recommendations learn from it."""
        seat = self.seat(context, Scope.WRITE)
        await anyio.to_thread.run_sync(check_owner, seat.caller, seat.core, decision_id)
        inner = seat.caller.inward(event_id) if event_id is not None else None
        receipt = await seat.core.reward(decision_id, item_id, type, value=value, text=text, event_id=inner)
        return receipt.model_copy(update={"event_id": seat.caller.outward(receipt.event_id)})


def _why(one: Explanation) -> Why:
    grounds = tuple(Ground(kind=each.kind, text=each.text, item_id=each.item_id) for each in one.evidence)
    return Why(rank=one.rank, item_id=one.item_id, text=one.text, language=one.language, evidence=grounds)


async def _suggested(core: AsyncRecommender, found: Recommendation) -> Suggestions:
    """A slate as an assistant needs it, with what the catalogue says of each item."""
    items = await anyio.to_thread.run_sync(core.store.catalogue.items, [one.id for one in found.items])
    return Suggestions(
        decision_id=found.decision_id,
        items=tuple(
            Suggestion(
                rank=one.rank, id=one.id, title=one.title, why=one.explanation, categories=item.categories,
                description=one_line(item.description, SHORT), url=item.url, score=one.score,
            )
            for one, item in zip(found.items, items, strict=True)
        ),
        degraded=found.degraded,
    )  # fmt: skip
