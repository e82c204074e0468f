"""Retriever, reranker and tool for LangChain: for LCEL, for `create_agent`, synchronous and not.

Each takes a `Recommender`, an `AsyncRecommender` (then only the asynchronous calls work, in its event loop), or the folder of a store,
which is opened once for the whole process, with the settings of the environment, and closed at its end.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun, Callbacks
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import StructuredTool, ToolException
from pydantic import BaseModel, ConfigDict, Field

from tastemaker.agent.blocking import Recommender
from tastemaker.agent.recommender import MAX_K, AsyncRecommender
from tastemaker.domain import MAX_TEXT_CHARS, Item, Recommendation, RerankedDocument, item_text, one_line
from tastemaker.errors import InvalidInputError, TastemakerError

Given = Recommender | AsyncRecommender | Path | str
DESCRIPTION = (
    "Recommend items of the catalogue to the user, best first, each with a checked reason. Say in `query` what is wanted "
    "now, in the user's words; it may be empty if the user is known. Tell the reasons as they stand."
)

_opened: dict[Path, Recommender] = {}
_opening = threading.Lock()


class TastemakerRetriever(BaseRetriever):
    """Recommends items as documents; a query may be empty if there is a `user_id`.

    `options` are other arguments of `Recommender.recommend`, such as `where`. All but `recommender` can be given to `invoke`
    too: `retriever.invoke("soup", k=3, user_id="ann", where={"year": {"gte": 1990}})`. A document's text is the item's in one
    line, its `id` the item's, its metadata what the catalogue says of it (`title`, `categories`, `attributes`, `url`) and
    where its place came from: `rank`, `score`, `prior_rank`, `explanation`, `explanation_source`, `degraded`, and the
    `decision_id` that feedback needs.
    """

    recommender: Given = Field(exclude=True, repr=False)
    k: int = Field(default=5, ge=1, le=MAX_K)
    user_id: str | None = None
    explain: bool = True
    options: dict[str, Any] = Field(default_factory=dict)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **options: Any
    ) -> list[Document]:
        return _documents(*_recommended(self.recommender, **self._asked(query, options)))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **options: Any
    ) -> list[Document]:
        return _documents(*await _arecommended(self.recommender, **self._asked(query, options)))

    def _asked(self, query: str, options: dict[str, Any]) -> dict[str, Any]:
        own = {"k": self.k, "user_id": self.user_id, "explain": self.explain}
        return {**own, **self.options, **options, "query": query}


class TastemakerReranker(BaseDocumentCompressor):
    """Ranks documents for a query: copies of all, or of the best `top_n`, best first.

    `metadata["relevance_score"]`, in [0, 1], is added to what was there. `options` are other arguments of `Recommender.rerank`,
    such as `depth` and `budget_ms`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    recommender: Given = Field(exclude=True, repr=False)
    top_n: int | None = Field(default=None, ge=1)
    options: dict[str, Any] = Field(default_factory=dict)

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        """The documents, best first. Raises `InvalidInputError` for an empty query or document."""
        if not documents:
            return []
        texts = [document.page_content for document in documents]
        return self._ranked(documents, _blocking(self.recommender).rerank(query, texts, **self.options))

    async def acompress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        """The same without blocking the event loop."""
        if not documents:
            return []
        texts = [document.page_content for document in documents]
        if isinstance(self.recommender, AsyncRecommender):
            return self._ranked(documents, await self.recommender.rerank(query, texts, **self.options))
        return await anyio.to_thread.run_sync(self.compress_documents, documents, query)

    def _ranked(self, documents: Sequence[Document], found: list[RerankedDocument]) -> list[Document]:
        return [
            documents[one.index].model_copy(
                update={"metadata": {**documents[one.index].metadata, "relevance_score": one.score}}
            )
            for one in found[: self.top_n]
        ]


class Wish(BaseModel):
    """What a model may say to the tool. Whose history counts is not its to choose."""

    query: str = Field(default="", max_length=MAX_TEXT_CHARS, description="What is wanted now, in the user's words.")
    k: int | None = Field(default=None, ge=1, le=MAX_K, description="How many items.")
    where: dict[str, Any] | None = Field(
        default=None, description='Hard filter, such as {"year": {"gte": 1990}, "not": {"category": "Horror"}}.'
    )


def recommend_tool(
    recommender: Given, *, user_id: str | None = None, k: int = 5, name: str = "recommend",
    description: str = DESCRIPTION, **options: Any,
) -> StructuredTool:  # fmt: skip
    """A tool that a model can call; its artifact is the `Recommendation` as a JSON object, with its `decision_id`.

    The user is `user_id`, else the `user_id` among the configurables of the run, never one that a model names. `options` are other
    arguments of `Recommender.recommend`, such as `language`. An error is told to the model in its words, so that it can ask otherwise.
    """

    def asked(wish: dict[str, Any], config: RunnableConfig) -> dict[str, Any]:
        given = {name: value for name, value in wish.items() if value is not None}
        user = user_id if user_id is not None else config.get("configurable", {}).get("user_id")
        return {"k": k, **options, **given, "user_id": user}

    def run(config: RunnableConfig, **wish: Any) -> tuple[str, dict[str, Any]]:
        try:
            return _told(*_recommended(recommender, **asked(wish, config)))
        except TastemakerError as error:
            raise ToolException(str(error)) from error

    async def arun(config: RunnableConfig, **wish: Any) -> tuple[str, dict[str, Any]]:
        try:
            return _told(*await _arecommended(recommender, **asked(wish, config)))
        except TastemakerError as error:
            raise ToolException(str(error)) from error

    return StructuredTool.from_function(
        None if isinstance(recommender, AsyncRecommender) else run, arun, name=name, description=description, args_schema=Wish, response_format="content_and_artifact",
        handle_tool_error=True,
    )  # fmt: skip


def _blocking(given: Given) -> Recommender:
    """What answers without an event loop."""
    if isinstance(given, AsyncRecommender):
        raise InvalidInputError(
            "is asynchronous", where="recommender", remedy="Await ainvoke, or give a Recommender or a folder"
        )
    if isinstance(given, Recommender):
        return given
    path = Path(given).resolve()
    with _opening:
        if path not in _opened:
            _opened[path] = Recommender.open(path)
            atexit.register(_opened[path].close)
        return _opened[path]


def _recommended(given: Given, *, user_id: str | None, query: str, **options: Any) -> tuple[Recommendation, list[Item]]:
    """A slate, and what the catalogue says of its items."""
    recommender = _blocking(given)
    found = recommender.recommend(user_id, query=query or None, **options)
    return found, recommender.core.store.catalogue.items([one.id for one in found.items])


async def _arecommended(
    given: Given, *, user_id: str | None, query: str, **options: Any
) -> tuple[Recommendation, list[Item]]:
    if not isinstance(given, AsyncRecommender):
        return await anyio.to_thread.run_sync(partial(_recommended, given, user_id=user_id, query=query, **options))
    found = await given.recommend(user_id, query=query or None, **options)
    return found, await anyio.to_thread.run_sync(given.store.catalogue.items, [one.id for one in found.items])


def _documents(found: Recommendation, items: list[Item]) -> list[Document]:
    about = found.model_dump(mode="json", include={"decision_id", "degraded"})
    return [
        Document(
            id=item.id,
            page_content=item_text(item),
            metadata=item.model_dump(mode="json", include={"id", "title", "categories", "attributes", "url"})
            | one.model_dump(mode="json", include={"rank", "score", "prior_rank", "explanation", "explanation_source"})
            | about,
        )
        for one, item in zip(found.items, items, strict=True)
    ]


def _told(found: Recommendation, items: list[Item]) -> tuple[str, dict[str, Any]]:
    """A slate in words for a model, and as a JSON object for the program."""
    lines = [
        f"{one.rank}. {one_line(one.title)} (id {one.id}): {one_line(one.explanation or item_text(item), 300)}"
        for one, item in zip(found.items, items, strict=True)
    ]
    return "\n".join([*lines, f"decision_id: {found.decision_id}"]), found.model_dump(mode="json")
