"""Verifying the log from its page, which is sent as the reading goes on: it may take minutes.

The answer is one page in three parts: its beginning, a line for each moment of the reading, and the
outcome with the rest. So nothing is kept between requests, any process can serve it without
JavaScript, and a browser that is closed ends it.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, cast
from uuid import uuid4

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from starlette.types import Send

from api.call import Call, May
from api.ui.administration import LOG, content, rejected
from api.ui.entered import Entered, wrong
from api.ui.log import VERIFY, Wanted, log_shown
from api.ui.rendering import rendered
from api.ui.routing import PageRoute
from domain.errors import NotFound, TesseraError
from domain.permissions import Action
from record.log_verifications import Progress

if TYPE_CHECKING:
    from domain.verification import Verification

_HASH = re.compile(r"[0-9a-f]{64}")

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.post(VERIFY)
async def verify_log(
    call: Annotated[Call, Depends(May(Action.VERIFY_LOG, "events"))],
) -> Response:
    """Compare the whole log with its seals, in a process of its own."""
    if call.resources.verifications is None:
        raise NotFound("The log is not verified from here.", noun="page", key=VERIFY)
    entered = await Entered.read(call.request, "verify")
    try:
        steps = call.resources.verifications.start(_head(entered))
        first = await anext(steps)
    except TesseraError as error:
        refused, status = rejected(entered, "The log was not verified", error)
        return await log_shown(call, Wanted(), refused, status)
    mark = f"<!--{uuid4().hex}-->"
    page = content(call, "verification.html", {"mark": mark, "log": LOG})
    return _Told(
        _written(page, mark, first, steps),
        media_type="text/html",
        headers={"X-Accel-Buffering": "no"},
    )


def _head(entered: Entered) -> str | None:
    head = (entered.text("head") or "").lower()
    if head and not _HASH.fullmatch(head):
        raise wrong("head", "A head is a hash: 64 of 0-9 and a-f.")
    return head or None


class _Told(StreamingResponse):
    """Ends what it tells of as soon as nobody listens any more, and not some time later."""

    async def stream_response(self, send: Send) -> None:
        async with aclosing(cast("AsyncGenerator[str, None]", self.body_iterator)):
            await super().stream_response(send)


async def _written(
    page: str,
    mark: str,
    first: "Progress | Verification",
    steps: "AsyncGenerator[Progress | Verification, None]",
) -> AsyncGenerator[str, None]:
    before, _, after = page.partition(mark)
    try:
        yield before + told(first)
        async for step in steps:
            yield told(step)
    except TesseraError as error:
        yield rendered("_verified.html", {"outcome": None, "progress": None, "error": error.detail})
    finally:
        await steps.aclose()
    yield after


def told(step: "Progress | Verification") -> str:
    is_progress = isinstance(step, Progress)
    context = {
        "progress": step if is_progress else None,
        "outcome": None if is_progress else step,
        "error": None,
    }
    return rendered("_verified.html", context)
