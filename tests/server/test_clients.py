"""Others' clients against the real server: `ChatOpenAI` here; `CohereRerank`, `JinaRerank`, Voyage's and LlamaIndex's in environments of their own."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from tastemaker import Settings
from tastemaker.eval.environments import interpreter

from .served import Served

COHERE = ("langchain-cohere==0.6.0 langchain-community",)
VOYAGE = ("voyageai==0.5.0",)
LLAMA = ("llama-index-postprocessor-tei-rerank==0.6.0",)
RERANKS = """
import json, sys
from langchain_core.documents import Document
url = sys.argv[1]
documents = [Document(page_content=text, metadata={"n": n}) for n, text in enumerate(["Rockets and Mars", "Soup", "Violins", "Bread"])]
told = {}
from langchain_cohere import CohereRerank
cohere = CohereRerank(cohere_api_key="none", base_url=url, model="rerank-v3.5", top_n=3)
told["cohere"] = [[one.metadata["n"], one.metadata["relevance_score"]] for one in cohere.compress_documents(documents, "soup")]
import langchain_community.document_compressors.jina_rerank as module
module.JINA_API_URL = url + "/v1/rerank"
jina = module.JinaRerank(jina_api_key="none", top_n=3)
told["jina"] = [[one.metadata["n"], one.metadata["relevance_score"]] for one in jina.compress_documents(documents, "soup")]
try:
    jina.compress_documents(documents, "")
except RuntimeError as error:
    told["refused"] = str(error)
print(json.dumps(told))
"""
VOYAGES = """
import json, sys, voyageai
client = voyageai.Client(api_key="none", base_url=sys.argv[1] + "/v1")
found = client.rerank("soup", ["Rockets and Mars", "Soup", "Violins"], model="rerank-2", top_k=2)
print(json.dumps({"scores": [[one.index, one.relevance_score, one.document] for one in found.results], "tokens": found.total_tokens}))
"""

LLAMAS = """
import json, sys
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.postprocessor.tei_rerank import TextEmbeddingInference
texts = ["Rockets and Mars", "Soup", "Violins"]
nodes = [NodeWithScore(node=TextNode(text=text, id_=text), score=0.5) for text in texts]
found = TextEmbeddingInference(base_url=sys.argv[1], top_n=3, auth_token="none").postprocess_nodes(nodes, QueryBundle("soup"))
print(json.dumps([[one.node.text, one.score] for one in found]))
"""


@pytest.fixture
def model(open_door: Served) -> ChatOpenAI:
    return ChatOpenAI(base_url=f"{open_door.url}/v1", api_key=SecretStr("none"), model="tastemaker", max_retries=0)


def test_usage_is_counted_once(model: ChatOpenAI) -> None:
    ask = [HumanMessage("Something about soup")]
    parts = list(model.stream(ask, stream_usage=True))
    used = [one.usage_metadata for one in parts if one.usage_metadata]
    whole = model.invoke(ask)
    assert len(used) == 1 and used[0]["total_tokens"] == used[0]["input_tokens"] + used[0]["output_tokens"]
    assert whole.usage_metadata is not None and whole.usage_metadata["input_tokens"] == used[0]["input_tokens"]
    assert "Soup" in whole.text and "Soup" in "".join(one.text for one in parts)
    assert not any(one.usage_metadata for one in model.stream(ask))


@pytest.mark.slow
def test_cohere_rerank_and_jina_rerank(open_door: Served, settings: Settings) -> None:
    told = asked(RERANKS, COHERE, open_door, settings)
    for name in ("cohere", "jina"):
        scores = [score for _, score in told[name]]
        assert len(scores) == 3 and scores == sorted(scores, reverse=True)
    assert "query" in told["refused"]


@pytest.mark.slow
def test_voyage(open_door: Served, settings: Settings) -> None:
    told = asked(VOYAGES, VOYAGE, open_door, settings)
    assert len(told["scores"]) == 2 and told["tokens"] > 0


@pytest.mark.slow
def test_llama_index_over_tei(open_door: Served, settings: Settings) -> None:
    told = asked(LLAMAS, LLAMA, open_door, settings)
    scores = [score for _, score in told]
    assert len(told) == 3 and scores == sorted(scores, reverse=True)


def asked(code: str, packages: tuple[str, ...], served: Served, settings: Settings) -> Any:
    python = interpreter(packages, settings.cache / "environments")
    done = subprocess.run([str(python), "-c", code, served.url], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
