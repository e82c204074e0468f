"""`/rerank`, `/v1/rerank`, `/v2/rerank`: the shapes of Cohere, Jina, Voyage, vLLM and TEI, read from one body and answered with one."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict

from tastemaker.domain import RerankedDocument
from tastemaker.errors import InvalidInputError
from tastemaker.server.access import Core, Reader
from tastemaker.server.errors import RESPONSES, TEI
from tastemaker.server.messages import tokens
from tastemaker.server.models import MODEL, checked_model

router = APIRouter(tags=["rerank"], responses=RESPONSES)
ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Results, best first: `results` and `data` with `index`, `relevance_score` and, if asked for, `document`; or TEI's list"
    }
}
UNIT = 100
"""Documents of one search unit, which is what Cohere bills by."""
BLANK = "(empty)"
"""What the model reads in place of a document without text: clients pair scores with documents by place, so none may be left out."""


def _flag(value: Any) -> Any:
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    return value


Flag = Annotated[bool | None, BeforeValidator(_flag)]
Document = str | dict[str, Any]


class RerankBody(BaseModel):
    """What any of these clients sends. `texts` instead of `documents` makes it a request of TEI. Null is the same as nothing.

    Of `top_n` and Voyage's `top_k`, 0 means all, and so does more than there are. `instruction`, `priority` and what bounds or cuts documents is accepted and
    has no effect: a document holds up to 20,000 characters, of which the model reads what fits.
    """

    model_config = ConfigDict(extra="ignore")

    query: str | None = None
    documents: list[Document] | None = None
    texts: list[str] | None = None
    model: str | None = None
    top_n: int | None = None
    top_k: int | None = None
    return_documents: Flag = None
    rank_fields: list[str] | None = None
    return_text: Flag = None
    raw_scores: Flag = None
    budget_ms: float | None = None
    depth: int | None = None

    def given(self) -> list[str]:
        """The documents as texts. Raises `InvalidInputError` if there is none."""
        told = self.texts if self.texts is not None else self.documents
        where = "texts" if self.texts is not None else "documents"
        if not told:
            raise InvalidInputError("is empty; at least one document is needed", where=where)
        return [text_of(one, self.rank_fields) for one in told]

    def wanted(self, n: int) -> int:
        """How many results. Raises `InvalidInputError` for a negative number."""
        top = self.top_n if self.top_n is not None else self.top_k
        if top is not None and top < 0:
            raise InvalidInputError(f"is {top}", where="top_n", remedy="Give how many results you want, or 0 for all")
        return min(top or n, n)


def text_of(document: Document, fields: Sequence[str] | None = None) -> str:
    """A document as one text: its `fields` in that order, else its `text`, else all of it as YAML."""
    if isinstance(document, str):
        return document
    chosen = {name: document[name] for name in fields or () if document.get(name) is not None}
    if chosen:
        return _yaml(chosen)
    text = document.get("text")
    return text if isinstance(text, str) else _yaml(document)


def _yaml(values: Mapping[str, Any]) -> str:
    """`values` in YAML, line by line; what is no plain text is written as JSON, which is YAML too."""
    lines = []
    for name, value in values.items():
        plain = isinstance(value, str) and value and not set(value) & set("\n#:{}[]\"'") and value == value.strip()
        lines.append(f"{name}: {value if plain else json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines)


@router.post("/rerank", response_model=None, responses=ANSWER)
@router.post("/v1/rerank", response_model=None, responses=ANSWER)
@router.post("/v2/rerank", response_model=None, responses=ANSWER)
async def rerank(body: RerankBody, request: Request, caller: Reader, core: Core) -> JSONResponse:
    """Order documents for a query, best first. With `texts` at `/rerank` the answer is TEI's list, else one object that all other clients can read."""
    tei = body.texts is not None and request.url.path == "/rerank"
    if tei:
        request.state.shape = TEI
    name = body.model or MODEL
    checked_model(request, core, name, rerank=True)
    if not (body.query or "").strip():
        raise InvalidInputError("is empty; say what the documents are to be ordered for", where="query")
    texts = body.given()
    wanted = body.wanted(len(texts))
    found = await core.rerank(
        body.query or "", [text.strip() or BLANK for text in texts], depth=body.depth, budget_ms=body.budget_ms
    )
    if tei:
        return JSONResponse(
            [
                {"index": one.index, "score": _raw(one) if body.raw_scores else _score(one)}
                | ({"text": texts[one.index]} if body.return_text else {})
                for one in found
            ]
        )
    return JSONResponse(_superset(body, name, texts, found[:wanted], request.url.path.startswith("/v2")))


def _superset(
    body: RerankBody, name: str, texts: Sequence[str], found: Sequence[RerankedDocument], second: bool
) -> dict[str, Any]:
    """The body that clients of Cohere (v1, v2), Jina, Voyage and vLLM each find theirs in."""
    documents = body.documents or []
    with_text = bool(body.return_documents)

    def result(one: RerankedDocument) -> dict[str, Any]:
        told: dict[str, Any] = {"index": one.index, "relevance_score": _score(one)}
        if with_text:
            given = documents[one.index] if documents else texts[one.index]
            told["document"] = given if isinstance(given, dict) and "text" in given else {"text": texts[one.index]}
        return told

    results = [result(one) for one in found]
    read = tokens(body.query or "") + sum(map(tokens, texts))
    meta = {
        "api_version": {"version": "2" if second else "1"},
        "billed_units": {"search_units": math.ceil(len(texts) / UNIT), "input_tokens": read},
        "tokens": {"input_tokens": read, "output_tokens": 0},
        "warnings": [],
    }
    degraded = next((one.degraded for one in found if one.degraded), None)
    return {
        "id": uuid4().hex, "object": "list", "model": name, "results": results, "data": results,
        "usage": {"total_tokens": read, "prompt_tokens": read}, "meta": meta, "degraded": degraded,
    }  # fmt: skip


def _score(one: RerankedDocument) -> float:
    """In [0, 1] and finite, whatever became of the softmax."""
    return min(1.0, max(0.0, one.score)) if math.isfinite(one.score) else 0.0


def _raw(one: RerankedDocument) -> float:
    """TEI's raw score: the model's, where it read the document, else the prior's."""
    return one.llm_logprob if one.llm_logprob is not None else one.prior
