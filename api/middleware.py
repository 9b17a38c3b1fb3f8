"""What surrounds every request: an id, one log line, safe headers, a limit, an answer at the worst.

Pure ASGI: a stream passes through untouched, and nothing here reads a body.
"""

import re
import time
import uuid
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_response
from api.refusals import ForeignHost
from domain.errors import BodyTooLarge, TesseraError

_log = structlog.get_logger("api")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_QUIET = ("/health/",)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SAFE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class RequestContext:
    """Gives every request an id, logs it once, and answers what nobody foresaw."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get("x-request-id"))
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, request_id)
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

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=_with_headers(message))
            headers["X-Request-ID"] = self._request_id
            for name, value in _SAFE_HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


class BodyLimit:
    """Refuses a body that is too large: by what it says, or while it comes."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "")
        if said.isdecimal() and int(said) > self._largest:
            response = problem_response(
                self._too_large(), instance=scope["path"], request_id=_id_of(scope)
            )
            await response(scope, receive, send)
            return
        seen = 0

        async def limited() -> Message:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > self._largest:
                    raise self._too_large()
            return message

        await self._app(scope, limited, send)

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(
            f"A body may have {self._largest} bytes; this one has more.", limit=self._largest
        )


def _with_headers(message: Message) -> MutableMapping[str, Any]:
    message.setdefault("headers", [])
    return message


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
