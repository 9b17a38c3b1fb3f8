"""`Prefer: wait=N` (RFC 7240): answer when the proposal has got somewhere, or after N seconds.

The wait comes after the commit and holds neither session nor connection. A repeated request waits
as well, so its answer may be newer than the one that was kept.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request

from api.call import Call
from record import rounds
from record.rounds import ProposalDetail

LONGEST = 60.0
_WAIT = re.compile(r"wait\s*=\s*\"?(\d{1,9}(?:\.\d{1,3})?)\"?\s*(?:;.*)?", re.IGNORECASE)

Reached = Callable[[ProposalDetail], bool]


async def _preferred(
    request: Request,
    _prefer: Annotated[
        str | None,
        Header(
            alias="Prefer",
            description=f"`wait=N`: answer when the proposal is decided, or after N seconds (at "
            f"most {LONGEST:g}).",
        ),
    ] = None,
) -> float | None:
    """Return the seconds to wait; a preference that cannot be read is one that was not stated."""
    for line in request.headers.getlist("prefer"):
        for preference in line.split(","):
            if found := _WAIT.fullmatch(preference.strip()):
                return min(float(found[1]), LONGEST)
    return None


Wait = Annotated[float | None, Depends(_preferred)]


def applied(wait: float | None) -> dict[str, str]:
    """Return the header that says how long the server was willing to wait."""
    return {} if wait is None else {"Preference-Applied": f"wait={wait:g}"}


async def wait_for(call: Call, proposal_id: UUID, reached: Reached, seconds: float) -> None:
    """Return when the proposal has `reached` what it is waited for, or after so many seconds."""
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    feed = call.resources.feed
    with feed.watch(proposal_id) as happened:
        while not reached(await rounds.detail(call.resources.database, proposal_id)):
            left = until - clock()
            if left <= 0 or feed.ended:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await happened.wait()
            happened.clear()


def decided(detail: ProposalDetail) -> bool:
    """Whether it is no longer pending: approved, or at an end."""
    return detail.proposal.status.value != "pending"


def ended(detail: ProposalDetail) -> bool:
    """Whether it is at an end."""
    return not detail.proposal.status.is_open


def published_or_reopened(detail: ProposalDetail) -> bool:
    """Whether an approved proposal has been published, ended otherwise, or must be asked anew."""
    return detail.proposal.status.value != "approved"


def rebased(detail: ProposalDetail) -> bool:
    """Whether a moved base has been looked at, or the proposal is at an end."""
    return ended(detail) or not detail.proposal.base_moved
