"""LangChain's own suites; `test_langchain.py` runs this file where `langchain-tests` and its plugins are installed.

They bring seven pytest plugins, which the house's own tests do without.
"""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from langchain_classic.retrievers import ContextualCompressionRetriever
from langchain_core.embeddings import Embeddings
from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import (
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
    ToolsIntegrationTests,
)
from langchain_tests.unit_tests import EmbeddingsUnitTests, ToolsUnitTests

from tastemaker import Item, Recommender
from tastemaker.integrations.langchain import TastemakerReranker, TastemakerRetriever, recommend_tool
from tastemaker.retrieval.encoders import HashingEncoder

TITLES = ("Soup for Winter", "Bread from Rye", "The Art of Soup", "Journey to Mars", "Songs for Piano")


@cache
def recommender() -> Recommender:
    """A small store, closed when all tests are over."""
    opened = Recommender.open(Path(tempfile.mkdtemp()) / "store", encoder="hashing")
    atexit.register(opened.close)
    opened.index([Item(id=f"i{n}", title=title) for n, title in enumerate(TITLES)])
    return opened


class TestRetriever(RetrieversIntegrationTests):  # type: ignore[misc]
    @property
    def retriever_constructor(self) -> type[TastemakerRetriever]:
        return TastemakerRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"recommender": recommender(), "explain": False}

    @property
    def retriever_query_example(self) -> str:
        return "soup"


class OurTool:
    @property
    def tool_constructor(self) -> BaseTool:
        return recommend_tool(recommender(), explain=False)

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"query": "soup", "k": 2}


class TestToolUnit(OurTool, ToolsUnitTests):  # type: ignore[misc]
    pass


class TestToolIntegration(OurTool, ToolsIntegrationTests):  # type: ignore[misc]
    pass


class OurEncoder:
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return HashingEncoder


class TestEncoderUnit(OurEncoder, EmbeddingsUnitTests):  # type: ignore[misc]
    pass


class TestEncoderIntegration(OurEncoder, EmbeddingsIntegrationTests):  # type: ignore[misc]
    pass


async def test_a_compression_retriever_orders_alike_in_both_ways() -> None:
    """Retriever and reranker together, as in LangChain's own pages."""
    both = ContextualCompressionRetriever(
        base_retriever=TastemakerRetriever(recommender=recommender(), k=5, explain=False),
        base_compressor=TastemakerReranker(recommender=recommender(), top_n=3),
    )
    found, awaited = both.invoke("soup"), await both.ainvoke("soup")
    assert [document.id for document in found] == [document.id for document in awaited] and len(found) == 3
    assert all(document.metadata["decision_id"] and document.metadata["relevance_score"] for document in found)
