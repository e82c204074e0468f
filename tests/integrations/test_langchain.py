"""The LangChain door: as runnables, in an agent, from every kind of recommender, and by LangChain's own suites."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal
from langchain.agents import create_agent
from langchain_core.documents import Document
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough

from tastemaker import AsyncRecommender, Event, Item, Recommender, Settings, TastemakerError
from tastemaker.agent.engines.base import Engine
from tastemaker.errors import InvalidInputError
from tastemaker.eval.environments import interpreter
from tastemaker.integrations.langchain import Given, TastemakerReranker, TastemakerRetriever, recommend_tool

ROOT = Path(__file__).parents[2]
SUITES = ("langchain-tests==1.1.9 langchain-classic==1.0.8",)
METADATA = {
    "id", "title", "categories", "attributes", "url", "rank", "score", "prior_rank", "explanation", "explanation_source",
    "degraded", "decision_id",
}  # fmt: skip


@pytest.fixture(scope="module")
def given(
    tmp_path_factory: pytest.TempPathFactory, items: list[Item], events: list[Event], embedded: Engine
) -> Iterator[Recommender]:
    """A filled store, with the real small model."""
    opened = Recommender.open(tmp_path_factory.mktemp("langchain") / "store", encoder="hashing", dtype="float32")
    opened.core.use_engine(opened.core.settings.ranker, embedded)
    opened.index(items)
    opened.observe(events)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def asynchronous(given: Recommender, portal: BlockingPortal, embedded: Engine) -> AsyncRecommender:
    """The same store through the asynchronous API, in the tests' loop."""
    opened = portal.call(partial(AsyncRecommender.open, given.core.settings.path, encoder="hashing", dtype="float32"))
    opened.use_engine(opened.settings.ranker, embedded)
    return opened


class Scripted(GenericFakeChatModel):
    """A model that says what is written for it; what it was given is kept."""

    heard: list[Any] = []  # noqa: RUF012

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        """Any tool will do."""
        return self

    def _generate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
        self.heard.append(messages)
        return super()._generate(messages, *args, **kwargs)


def calling(*arguments: dict[str, Any], last: str = "Try the soup.") -> Scripted:
    """A model that calls the tool with these arguments, one after the other, then says `last`."""
    calls = [
        AIMessage(content="", tool_calls=[ToolCall(name="recommend", args=args, id=f"c{n}")])
        for n, args in enumerate(arguments)
    ]
    return Scripted(messages=iter([*calls, AIMessage(content=last)]), heard=[])


def ids(documents: list[Document]) -> list[str | None]:
    return [document.id for document in documents]


def test_a_retriever_says_what_and_why(given: Recommender) -> None:
    found = TastemakerRetriever(recommender=given, k=2).invoke("soup")
    assert [document.metadata["rank"] for document in found] == [1, 2]
    for document in found:
        assert set(document.metadata) == METADATA
        assert document.id == document.metadata["id"] and document.metadata["title"] in document.page_content
        assert document.metadata["explanation"] and document.metadata["categories"]
    decision = {document.metadata["decision_id"] for document in found}
    assert len(decision) == 1
    assert given.reward(decision.pop(), str(found[0].id), "like").position == 1


def test_what_is_said_at_invoke_wins(given: Recommender) -> None:
    retriever = TastemakerRetriever(recommender=given, k=2, explain=False, options={"where": {"category": "Music"}})
    assert len(retriever.invoke("piano")) == 2 and len(retriever.invoke("piano", k=3)) == 3
    assert {document.metadata["categories"][0] for document in retriever.invoke("soup")} == {"Music"}
    space = retriever.invoke("soup", where={"category": "Space"})
    assert {document.metadata["categories"][0] for document in space} == {"Space"}
    seen = retriever.invoke("", user_id="ann", k=12, where={})
    assert not {"i0", "i2", "i4"} & set(ids(seen)) and seen
    with pytest.raises(TastemakerError, match="nothing to recommend from"):
        retriever.invoke("")
    with pytest.raises(TastemakerError, match="k"):
        retriever.invoke("soup", k=0)
    with pytest.raises(ValueError, match="k"):
        TastemakerRetriever(recommender=given, k=101)


def test_sync_and_async_agree_for_every_kind_of_recommender(
    given: Recommender, asynchronous: AsyncRecommender, portal: BlockingPortal
) -> None:
    documents = [Document("rockets"), Document("soup with beans"), Document("a violin")]
    want = ids(TastemakerRetriever(recommender=given, explain=False).invoke("soup"))
    order = [one.page_content for one in TastemakerReranker(recommender=given).compress_documents(documents, "soup")]
    kinds: tuple[Given, ...] = (given, asynchronous)
    for kind in kinds:
        retriever = TastemakerRetriever(recommender=kind, explain=False)
        assert ids(portal.call(retriever.ainvoke, "soup")) == want
        reranked = portal.call(TastemakerReranker(recommender=kind).acompress_documents, documents, "soup")
        assert [one.page_content for one in reranked] == order
        message = portal.call(recommend_tool(kind, explain=False).ainvoke, call("soup"))
        assert [one["id"] for one in message.artifact["items"]] == want
    with pytest.raises(InvalidInputError, match="Await ainvoke"):
        TastemakerRetriever(recommender=asynchronous).invoke("soup")
    with pytest.raises(NotImplementedError):
        recommend_tool(asynchronous).invoke(call("soup"))


def call(query: str, **arguments: Any) -> ToolCall:
    return ToolCall(name="recommend", args={"query": query, **arguments}, id="1", type="tool_call")


def test_a_reranker_copies_documents_and_keeps_what_they_say(given: Recommender) -> None:
    documents = [Document(text, id=f"d{n}", metadata={"n": n}) for n, text in enumerate(("rockets", "soup", "violin"))]
    found = TastemakerReranker(recommender=given).compress_documents(documents, "soup")
    assert len(found) == 3 and {document.metadata["n"] for document in found} == {0, 1, 2}
    scores = [document.metadata["relevance_score"] for document in found]
    assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)
    assert all(document.id == f"d{document.metadata['n']}" for document in found)
    assert all("relevance_score" not in document.metadata for document in documents)
    best = TastemakerReranker(recommender=given, top_n=1).compress_documents(documents, "soup")
    assert ids(list(best)) == ids(list(found[:1]))
    assert TastemakerReranker(recommender=given).compress_documents([], "soup") == []
    with pytest.raises(InvalidInputError, match="query"):
        TastemakerReranker(recommender=given).compress_documents(documents, "")


def test_in_lcel(given: Recommender, portal: BlockingPortal) -> None:
    def listed(documents: list[Document]) -> str:
        return "; ".join(f"{document.metadata['title']}: {document.metadata['explanation']}" for document in documents)

    model = Scripted(messages=iter(["First.", "Second."]), heard=[])
    chain = (
        {"items": TastemakerRetriever(recommender=given, k=2) | RunnableLambda(listed), "wish": RunnablePassthrough()}
        | ChatPromptTemplate.from_template("{wish}: {items}")
        | model
        | StrOutputParser()
    )
    assert (chain.invoke("soup"), portal.call(chain.ainvoke, "soup")) == ("First.", "Second.")
    first, second = (messages[0].content for messages in model.heard)
    assert first == second and first.startswith("soup: ") and "Soup" in first


def test_a_tool_gives_words_to_the_model_and_the_slate_to_the_program(given: Recommender) -> None:
    tool = recommend_tool(given, user_id="ann", k=3)
    assert set(tool.args) == {"query", "k", "where"}  # whose history counts is not the model's to say
    message = tool.invoke(call("soup", k=2))
    assert isinstance(message, ToolMessage) and message.status == "success"
    slate = message.artifact
    assert slate["user_id"] == "ann" and len(slate["items"]) == 2
    assert all(one["title"] in message.content and one["explanation"] in message.content for one in slate["items"])
    assert slate["decision_id"] in message.content
    assert len(tool.invoke(call("soup")).artifact["items"]) == 3
    nothing = tool.invoke(call("soup", where={"id": "none"}))
    assert nothing.status == "error" and "no unseen item passes the filter" in nothing.content


def test_the_user_of_the_run(given: Recommender) -> None:
    tool = recommend_tool(given, explain=False)
    config: Any = {"configurable": {"user_id": "bob"}}
    assert tool.invoke(call("", k=1), config).artifact["user_id"] == "bob"
    assert (
        recommend_tool(given, user_id="ann", explain=False).invoke(call("", k=1), config).artifact["user_id"] == "ann"
    )
    assert tool.invoke(call("soup", user_id="ann"), config).artifact["user_id"] == "bob"


def test_a_refusal_is_told_to_the_model(given: Recommender, portal: BlockingPortal) -> None:
    tool = recommend_tool(given)
    for message in (tool.invoke(call("")), portal.call(tool.ainvoke, call(""))):
        assert message.status == "error" and "Give a query" in message.content


@pytest.mark.parametrize("awaited", [False, True])
def test_in_an_agent(given: Recommender, portal: BlockingPortal, awaited: bool) -> None:
    model = calling({"query": "soup", "where": {"prise": 1}}, {"query": "soup", "k": 2})
    agent = create_agent(model, [recommend_tool(given, user_id="ann")], system_prompt="You suggest books.")
    asked = {"messages": [HumanMessage("Something with soup?")]}
    state = portal.call(agent.ainvoke, asked) if awaited else agent.invoke(asked)
    refused, answered = (one for one in state["messages"] if isinstance(one, ToolMessage))
    assert refused.status == "error" and "prise" in refused.content
    assert answered.artifact["user_id"] == "ann" and len(answered.artifact["items"]) == 2
    assert state["messages"][-1].content == "Try the soup."
    assert answered in model.heard[-1]  # the model read the reasons before it answered


@pytest.mark.slow
def test_a_folder_is_opened_once_and_closed_at_the_end(given: Recommender) -> None:
    code = """
import sys, threading
from langchain_core.documents import Document
from tastemaker.integrations.langchain import TastemakerReranker, TastemakerRetriever, recommend_tool
from tastemaker.integrations import langchain
retriever = TastemakerRetriever(recommender=sys.argv[1], k=2, explain=False)
reranker = TastemakerReranker(recommender=sys.argv[1])
print(len(retriever.invoke("soup")), reranker.compress_documents([Document("soup")], "soup")[0].metadata)
print(recommend_tool(sys.argv[1], explain=False).invoke({"query": "soup", "k": 1}).startswith("1. "), len(langchain._opened))
"""
    env = os.environ | {"TASTEMAKER_ENCODER": "hashing"}
    path = str(given.core.settings.path)
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False, env=env)
    assert (done.returncode, done.stdout) == (0, "2 {'relevance_score': 1.0}\nTrue 1\n"), done.stderr


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_langchains_own_suites(settings: Settings) -> None:
    """In an environment of their own, which finds there what the house's own lacks: its packages come first."""
    python = interpreter(SUITES, settings.cache / "environments")
    paths = (str(ROOT / "src"), sysconfig.get_path("purelib"))
    command = [
        str(python), "-m", "pytest", "-q", "-o", "asyncio_mode=auto", "-p", "no:cacheprovider", "--noconftest",
        "tests/integrations/standard_suites.py",
    ]  # fmt: skip
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout and "error" not in done.stdout.lower()
