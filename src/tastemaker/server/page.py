"""The page at `/` and `/dashboard`, under a policy that lets it load only from here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, Response

FOLDER = Path(__file__).with_name("page")
TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
}  # fmt: skip
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-cache",
}


def install(app: FastAPI) -> None:
    """Serve each file of the page under its name."""
    router = APIRouter(include_in_schema=False)
    for path in sorted(one for one in FOLDER.iterdir() if one.suffix in TYPES):
        router.add_api_route(f"/{path.name}", _serving(path), methods=["GET"])
    for route, name in (("/", "index.html"), ("/dashboard", "dashboard.html")):
        router.add_api_route(route, _serving(FOLDER / name), methods=["GET"])
    app.include_router(router)


def _serving(path: Path) -> Callable[[], Awaitable[Response]]:
    async def file() -> Response:
        return FileResponse(path, media_type=TYPES[path.suffix], headers=HEADERS)

    return file
