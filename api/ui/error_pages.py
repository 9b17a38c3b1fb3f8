"""A problem that a person meets outside the API is a page.

Every refusal is made as problem+json, by the one table; what a browser asked for is turned into a
page here, at the outermost, so that a wrong address, a body too large and an error that nobody
foresaw look alike. Whoever asks for the address of a form is led to the page that it is on.
"""

import asyncio
import json
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import MEDIA_TYPE
from api.ui.late import API


class ErrorPages:
    """Lets every answer pass but problems for browsers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not _wants_page(scope):
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        await self._app(scope, receive, answer.send)


class _Answer:
    """Holds a problem back until its body is whole."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if Headers(raw=message["headers"]).get("content-type") == MEDIA_TYPE:
                self._start = message
                return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            await self._send_page(self._start)
            return
        await self._send(message)

    async def _send_page(self, start: Message) -> None:
        headers = MutableHeaders(raw=start["headers"])
        status, page = start["status"], b""
        if status == 405 and self._scope["method"] == "GET":
            status, headers["location"] = 303, _nearest_page(self._scope)
        else:
            page = await asyncio.to_thread(_page, self._scope, self._body)
        headers["content-type"] = "text/html; charset=utf-8"
        headers["content-length"] = str(len(page))
        await self._send({**start, "status": status, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": page})


def _wants_page(scope: Scope) -> bool:
    accepted = Headers(scope=scope).get("accept", "")
    return "text/html" in accepted and not scope["path"].startswith(API)


def _nearest_page(scope: Scope) -> str:
    """Return the path of the page that a form is on: the nearest one above its own."""
    path: str = scope["path"]
    while path := path.rpartition("/")[0]:
        wanted = {**scope, "path": path}
        if any(route.matches(wanted)[0] is Match.FULL for route in scope["app"].routes):
            return quote(path)
    return "/"


def _page(scope: Scope, problem: bytes) -> bytes:
    """Load what draws pages, and draw; for a thread."""
    from api.ui.problem_page import problem_page

    return problem_page(scope, json.loads(problem)).encode()
