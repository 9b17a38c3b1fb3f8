"""How large a body may be, and how long it may take to come."""

import asyncio
import re
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_response
from api.refusals import SlowBody
from domain.errors import BodyTooLarge, TesseraError

FORM_BYTES = 256 * 1024
"""Forms of the pages hold sentences; a field of a form costs more than one of JSON."""
SCHEMA_FORM_BYTES = 4 * 1024 * 1024
"""A form that a schema is pasted into, in parts: those cost no more than JSON."""
BODY_WITHIN = 60.0
"""Seconds that a body has, from its first byte to its last."""
_API = "/api/"
_OF_SCHEMA = re.compile(r"/propose|/proposals/[^/]+/revise")
"""Where a schema is entered; `/preview` behind it says what it would do."""


class BodyLimit:
    """Refuses a body that is too large, by what it says or while it comes, or that is too slow."""

    def __init__(self, app: ASGIApp, largest: int, within: float = BODY_WITHIN) -> None:
        self._app = app
        self._largest = largest
        self._within = within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = self._largest
        if not scope["path"].startswith(_API):
            largest = min(largest, _largest_form(scope))
        said = Headers(scope=scope).get("content-length", "")
        if said.isdecimal() and int(said) > largest:
            await _refused(_too_large(largest), scope, receive, send)
            return
        await self._app(scope, _Body(receive, largest, self._within).receive, send)


def _largest_form(scope: Scope) -> int:
    kind = Headers(scope=scope).get("content-type", "")
    of_schema = _OF_SCHEMA.fullmatch(scope["path"].removesuffix("/preview"))
    in_parts = kind.startswith("multipart/form-data")
    return SCHEMA_FORM_BYTES if of_schema and in_parts else FORM_BYTES


class _Body:
    """Sees a body pass; what comes after it, a client that goes, may take as long as it likes."""

    def __init__(self, receive: Receive, largest: int, within: float) -> None:
        self._receive = receive
        self._largest = largest
        self._within = within
        self._ends = time.monotonic() + within
        self._seen = 0
        self._whole = False

    async def receive(self) -> Message:
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout(self._ends - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            raise SlowBody(f"The body did not come within {self._within:g} s.") from None
        if message["type"] == "http.request":
            self._whole = not message.get("more_body", False)
            self._seen += len(message.get("body", b""))
            if self._seen > self._largest:
                raise _too_large(self._largest)
        return message


async def _refused(error: TesseraError, scope: Scope, receive: Receive, send: Send) -> None:
    request_id = scope.get("state", {}).get("request_id")
    response = problem_response(error, instance=scope["path"], request_id=request_id)
    await response(scope, receive, send)


def _too_large(largest: int) -> BodyTooLarge:
    return BodyTooLarge(f"A body may have {largest} bytes; this one has more.", limit=largest)
