"""`/docs`: the API's description to read and to try out, offline and under a strict CSP.

Swagger UI's own files come from the package `fastapi-offline`, which carries them; nothing else of
it is used, and it is never imported.
"""

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from api.safe_headers import CONTENT_SECURITY_POLICY

_OWN = Path(__file__).parent / "docs"
_CARRIER = "fastapi_offline"
_SWAGGER_FILES = ("swagger-ui.css", "swagger-ui-bundle.js")
_POLICY = CONTENT_SECURITY_POLICY.replace("img-src 'self'", "img-src 'self' data:")
"""Swagger UI's style sheet has its icons as data URLs."""


def documentation_router(description: Callable[[], bytes]) -> APIRouter:
    """Return the routes of the page and its files, and of the `description`, which takes its time.

    It is made in a thread, so that nobody else waits for it.
    """

    async def describe() -> Response:
        return Response(await asyncio.to_thread(description), media_type="application/json")

    router = APIRouter(include_in_schema=False)
    router.add_api_route("/openapi.json", describe)
    router.add_api_route(
        "/docs", _served(_OWN / "index.html", {"Content-Security-Policy": _POLICY})
    )
    router.add_api_route("/docs/start.js", _served(_OWN / "start.js", {}))
    for name in _SWAGGER_FILES:
        router.add_api_route(
            f"/docs/{name}",
            _served(_carried() / name, {"Cache-Control": "public, max-age=86400"}),
        )
    return router


def _served(path: Path, headers: Mapping[str, str]) -> Callable[[], Awaitable[FileResponse]]:
    async def serve() -> FileResponse:
        return FileResponse(path, headers={"Cache-Control": "no-cache", **headers})

    return serve


def _carried() -> Path:
    found = importlib.util.find_spec(_CARRIER)
    assert found is not None, f"the package {_CARRIER} is not installed"
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "static"
