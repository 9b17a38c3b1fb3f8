"""What surrounds every request: an id, one log line, safe headers, an answer at the worst.

Pure ASGI: a stream passes through untouched, and nothing here reads a body.
"""

import re
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_response
from api.refusals import ForeignHost
from api.safe_headers import RawHeaders, complete, safe_headers
from domain.errors import TesseraError

_log = structlog.get_logger("api")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_QUIET = ("/health/",)


class RequestContext:
    """Gives every request an id, logs it once, and answers what nobody foresaw."""

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        self._safe = safe_headers(public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get("x-request-id"))
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, scope["state"], self._safe)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            started = time.perf_counter()
            try:
                await self._app(scope, receive, answer.send)
            except Exception:
                _log.exception("request failed", method=scope["method"], path=scope["path"])
                if answer.status is not None:
                    raise
                response = _unforeseen(scope, request_id)
                await response(scope, receive, answer.send)
            finally:
                _log_access(scope, answer.status, time.perf_counter() - started)


class _Answer:
    """Sees the status pass and adds the headers that every answer has."""

    def __init__(self, send: Send, state: Mapping[str, Any], safe: RawHeaders) -> None:
        self._send = send
        self._state = state
        self._safe = safe
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = complete(message.get("headers", ()), self._safe)
            headers.append((b"x-request-id", self._state["request_id"].encode()))
            headers += self._state.get("rate_limit", ())
            message["headers"] = headers
        await self._send(message)


def _request_id(given: str | None) -> str:
    return given if given is not None and _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _id_of(scope: Scope) -> str | None:
    found: str | None = scope.get("state", {}).get("request_id")
    return found


def _unforeseen(scope: Scope, request_id: str) -> ASGIApp:
    """Nothing of the error itself: it may tell what is not for everybody."""
    return problem_response(
        TesseraError("Something went wrong here; the log has it under this request id."),
        instance=scope["path"],
        request_id=request_id,
    )


def _log_access(scope: Scope, status: int | None, seconds: float) -> None:
    path = scope["path"]
    log = _log.debug if path.startswith(_QUIET) else _log.info
    log(
        "request",
        method=scope["method"],
        path=path,
        status=status,
        ms=round(seconds * 1000, 1),
    )


class OwnNames:
    """Refuses requests that name another host, where nobody needs a key.

    Else any page in a browser on this machine could reach the server by a name of its own that it
    lets resolve to loopback.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            host = _named(Headers(scope=scope).get("host", ""))
            if host not in self._names:
                refusal = ForeignHost(f"This server is not called `{host}`.")
                response = problem_response(
                    refusal, instance=scope["path"], request_id=_id_of(scope)
                )
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _named(host: str) -> str:
    """Return the name in a `Host` header without its port; empty if it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
