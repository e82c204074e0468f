"""Reranking as Cohere's, Jina's, Voyage's, vLLM's and TEI's clients ask for it; conformance tests 12 to 16."""

from __future__ import annotations

import urllib.parse
from typing import Any

import cohere
import pytest
from cohere.core.api_error import ApiError

from .served import Served

SOUP = ["Rockets and Mars", "Soup for Winter", "The Violin Book", "The Art of Soup"]
ASK = {"model": "tastemaker", "query": "soup", "documents": SOUP}


def test_cohere_v2(open_door: Served) -> None:
    client = cohere.ClientV2(api_key="none", base_url=open_door.url)
    found = client.rerank(model="rerank-v3.5", query="soup", documents=SOUP, top_n=2)
    scores = [one.relevance_score for one in found.results]
    assert len(found.results) == 2 and {one.index for one in found.results} <= {0, 1, 2, 3}
    assert scores == sorted(scores, reverse=True) and all(0 <= one <= 1 for one in scores)
    assert found.meta is not None and found.meta.billed_units is not None
    assert found.meta.billed_units.search_units == 1
    with pytest.raises(ApiError) as none:
        client.rerank(model="rerank-v3.5", query="soup", documents=[])
    assert none.value.status_code == 400 and "documents" in none.value.body["message"]


def test_cohere_v1(open_door: Served) -> None:
    client = cohere.Client(api_key="none", base_url=open_door.url)
    documents: Any = [{"text": "ignored", "title": "Soup", "year": "1990"}, {"text": "Mars"}]
    found = client.rerank(
        model="rerank-english-v3.0", query="soup", documents=documents, rank_fields=["year", "title"],
        return_documents=True,
    )  # fmt: skip
    told = {one.index: one.document for one in found.results}
    assert len(told) == 2 and all(one is not None for one in told.values())


@pytest.mark.parametrize("path", ["/rerank", "/v1/rerank", "/v2/rerank"])
def test_one_body_for_all(open_door: Served, path: str) -> None:
    answer = open_door.client.post(path, json=ASK).json()
    assert answer["object"] == "list" and answer["results"] == answer["data"] and answer["model"] == "tastemaker"
    assert [one["index"] for one in answer["results"]] != [] and len(answer["results"]) == 4
    assert answer["usage"]["total_tokens"] > 0 and "document" not in answer["results"][0]
    assert abs(sum(one["relevance_score"] for one in answer["results"]) - 1) < 1e-6


def test_raw_requests(open_door: Served) -> None:
    def ask(**changes: Any) -> Any:
        return open_door.client.post("/v1/rerank", json=ASK | changes)

    assert len(ask(top_n=None, max_tokens_per_doc=None, return_documents=None).json()["results"]) == 4
    for top in (999, 0):
        assert len(ask(top_n=top).json()["results"]) == 4
    told = ask(return_documents="true").json()["results"]
    assert all(one["document"] == {"text": SOUP[one["index"]]} for one in told)
    assert len(ask(top_k=2).json()["data"]) == 2  # Voyage
    wrong: list[dict[str, Any]] = [
        {"documents": []},
        {"top_n": -1},
        {"query": " "},
        {"query": None},
        {"documents": [["no"]]},
    ]
    for changes in wrong:
        refused = ask(**changes)
        body = refused.json()
        assert refused.status_code == 400 and body["message"] == body["detail"] == body["error"]["message"]
    assert ask(model="gpt-4o").status_code == 404
    assert ask(model="jina-reranker-v1-base-en").status_code == ask(model="BAAI/bge-reranker-v2-m3").status_code == 200


def test_none_is_left_out(open_door: Served) -> None:
    """As Open WebUI asks, which pairs scores with documents by place: fifty, some blank, some the same."""
    documents = [f"text {n % 20}" if n % 7 else " " for n in range(50)]
    answer = open_door.client.post("/rerank", json=ASK | {"documents": documents, "top_n": 50}).json()
    assert sorted(one["index"] for one in answer["results"]) == list(range(50))


def test_tei(open_door: Served) -> None:
    ask = {"query": "soup", "texts": SOUP, "truncate": True, "truncation_direction": "Right", "raw_scores": False}
    found = open_door.client.post("/rerank", json=ask, headers={"authorization": "none"}).json()
    assert isinstance(found, list) and sorted(one["index"] for one in found) == [0, 1, 2, 3]
    assert [one["score"] for one in found] == sorted((one["score"] for one in found), reverse=True)
    assert "text" not in found[0]
    with_text = open_door.client.post("/rerank", json=ask | {"return_text": True, "raw_scores": True}).json()
    assert all(one["text"] == SOUP[one["index"]] for one in with_text)
    refused = open_door.client.post("/rerank", json=ask | {"texts": []})
    assert refused.status_code == 400 and refused.json()["error_type"] == "Empty"
    assert isinstance(refused.json()["error"], str)
    wrong = open_door.client.post("/rerank", json=ask | {"texts": ["x" * 20_001]})
    assert wrong.status_code == 422 and wrong.json()["error_type"] == "Validation"


def test_documents_of_fields_are_read_in_their_order(open_door: Served) -> None:
    from tastemaker.server.rerank import text_of

    document = {"title": "Soup: a book", "text": "t", "year": 1990, "tags": ["a"]}
    assert text_of(document, ["year", "title"]) == 'year: 1990\ntitle: "Soup: a book"'
    assert text_of(document) == "t" and text_of({"a": "b", "tags": ["x"]}) == 'a: b\ntags: ["x"]'


def test_the_address_has_no_query_that_is_logged(open_door: Served) -> None:
    assert open_door.client.post("/rerank?" + urllib.parse.urlencode({"a": "b"}), json=ASK).status_code == 200
