"""Errors as clients know them: `message` (Cohere), `detail` (LangChain, LlamaIndex) and `error` (OpenAI) together; TEI's where TEI is spoken.

What the caller did is 4xx, with 400 for whatever can't be accepted. 5xx is ours: clients try those again, up to ten times.
"""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from tastemaker.errors import (
    AccessError,
    ConflictError,
    EngineError,
    EngineTimeoutError,
    InvalidInputError,
    NotFoundError,
    RateLimitError,
    StoreError,
    TastemakerError,
    TooLargeError,
    UnknownKeyError,
    UnknownModelError,
)

TEI = "tei"
"""Set on `request.state.shape` where a request speaks TEI's language."""
_STATUS: tuple[tuple[type[TastemakerError], int, str], ...] = (
    (ConflictError, 409, "conflict"),
    (TooLargeError, 413, "request_too_large"),
    (InvalidInputError, 400, "invalid_value"),
    (UnknownModelError, 404, "model_not_found"),
    (NotFoundError, 404, "not_found"),
    (UnknownKeyError, 401, "invalid_api_key"),
    (RateLimitError, 429, "rate_limit_exceeded"),
    (AccessError, 403, "insufficient_scope"),
    (EngineTimeoutError, 503, "engine_timeout"),
    (EngineError, 503, "engine_unavailable"),
    (StoreError, 503, "store_unavailable"),
)
_FIELD = re.compile(r"[A-Za-z_][\w.\[\]]*")
_TEI_TYPES = {
    400: "Empty",
    413: "Validation",
    422: "Validation",
    424: "Backend",
    429: "Overloaded",
    503: "Unhealthy",
}


class ErrorDetail(BaseModel):
    """What OpenAI's clients read."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorBody(BaseModel):
    """An error: the same sentence for each family of clients."""

    message: str
    detail: str
    error: ErrorDetail


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": told}
    for status, told in (
        (400, "What was sent can't be accepted"),
        (401, "No API key, or none that is known"),
        (403, "The key's scope does not reach so far"),
        (404, "Something was named that is not there"),
        (409, "It was done before, or belongs to another"),
        (413, "Too many bytes"),
        (429, "Too many requests; see Retry-After"),
        (503, "The model, the store or the index can't answer now"),
    )
}


def status_of(error: TastemakerError) -> tuple[int, str]:
    """The HTTP status and OpenAI's `code` of an error of ours."""
    for kind, status, code in _STATUS:
        if isinstance(error, kind):
            return status, code
    return 500, "internal_error"


def body_of(message: str, status: int, code: str, param: str | None = None, *, tei: bool = False) -> dict[str, Any]:
    """The body of an error."""
    if tei:
        kind = _TEI_TYPES.get(status, "Backend")
        return {"error": message, "error_type": kind, "message": message, "detail": message}
    kind = "server_error" if status >= 500 else "requests" if status == 429 else "invalid_request_error"
    told = {"message": message, "type": kind, "param": param, "code": code}
    return {"message": message, "detail": message, "error": told}


def told(error: TastemakerError) -> dict[str, Any]:
    """The body of an error of ours, as it is put into a stream that has begun."""
    status, code = status_of(error)
    return body_of(str(error), status, code, _param(error.where))


def answer(error: TastemakerError, *, tei: bool = False) -> JSONResponse:
    """The response to an error of ours."""
    status, code = status_of(error)
    if tei and status == 400 and "empty" not in error.what:  # TEI keeps 400 for what is empty
        status = 422
    headers = {}
    if isinstance(error, RateLimitError):
        headers["retry-after"] = str(max(1, round(error.seconds + 0.5)))
    if isinstance(error, UnknownKeyError):
        headers["www-authenticate"] = "Bearer"
    if status in {404, 409} or status < 408:
        headers["x-should-retry"] = "false"
    return JSONResponse(body_of(str(error), status, code, _param(error.where), tei=tei), status, headers)


def install(app: FastAPI) -> None:
    """Let the app answer every error in these shapes."""
    app.add_exception_handler(TastemakerError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TastemakerError)
    return answer(error, tei=_is_tei(request))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    if faults and tuple(faults[0]["loc"]) == ("body",) and "application/json" not in _content_type(request):
        message, param = "The body is no JSON. Send the header Content-Type: application/json.", "body"
    else:
        places = [".".join(str(one) for one in fault["loc"][1:]) or "body" for fault in faults]
        message = "; ".join(f"{place}: {fault['msg']}" for place, fault in zip(places[:5], faults, strict=False))
        param = places[0] if places else "body"
    return JSONResponse(body_of(_clean(message), 400, "invalid_value", param, tei=_is_tei(request)), 400)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = 400 if error.status_code == 422 else error.status_code
    code = {404: "not_found", 405: "method_not_allowed"}.get(status, "invalid_value" if status < 500 else "internal")
    return JSONResponse(body_of(_clean(str(error.detail)), status, code, tei=_is_tei(request)), status, error.headers)


def _is_tei(request: Request) -> bool:
    return getattr(request.state, "shape", None) == TEI


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "")


def _param(where: str) -> str | None:
    return where if _FIELD.fullmatch(where) else None


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
