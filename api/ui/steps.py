"""What the forms of the pages share: take effect once, or come back with what is wrong.

A form does what the API does: the same `May`, the same function of `record/`, the same `answered`.
What is refused comes back on the page, with what was entered and the status of the problem.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from api import problems, waiting
from api.call import Call
from api.once import Answer, answered
from api.ui.entered import Entered, Rejected
from domain.errors import TesseraError
from domain.steps import StepKind
from record.rounds import ProposalDetail
from store.database import Runner
from store.transaction import Transaction

T = TypeVar("T")

MADE_BEFORE = "made before"
"""What is kept in the place of a text that is shown once."""
SETTLES_WITHIN = 1.5
"""Seconds for which a form waits for what it brought about, so that the next page shows it."""

Effect = Callable[[Runner], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A form that was not taken, and the status of its page."""

    rejected: Rejected
    status: int


async def once(
    call: Call,
    entered: Entered,
    effect: Callable[[Runner], Awaitable[T]],
    check: Callable[[T], None] | None = None,
) -> None:
    """Do once what a form asks for, however often it is sent; what `check` raises takes it back."""

    async def render(_tx: Transaction, result: T) -> Answer:
        if check is not None:
            check(result)
        return Answer(status=303, body="")

    await answered(call, entered.key(call), effect, render)


async def shown_once(
    call: Call,
    entered: Entered,
    effect: Callable[[Runner], Awaitable[T]],
    text_of: Callable[[T], str | None],
) -> str | None:
    """Return what is shown once of something that a form makes; None if it was sent before."""

    async def render(_tx: Transaction, result: T) -> Answer:
        return Answer(status=201, body=text_of(result) or "", kept_body=MADE_BEFORE)

    answer = await answered(call, entered.key(call), effect, render)
    return None if answer.replayed else answer.body


async def take(
    call: Call,
    entered: Entered,
    effect: Callable[[Runner], Awaitable[T]],
    noun: str = "proposal",
    key: UUID | None = None,
    check: Callable[[T], None] | None = None,
) -> Refused | None:
    """Take a step once; what cannot be refused on a page that shows the `noun` is raised.

    With a `key` the page is that of one thing, and may say that there is no other one.
    """
    try:
        await once(call, entered, effect, check)
    except TesseraError as error:
        problem = problems.problem_of(error)
        is_this = key is None or error.extra.get("key") == str(key)
        is_gone = error.extra.get("noun") == noun and is_this
        if problem.status >= 500 or is_gone:
            raise
        rejected = Rejected.of(entered, problem.title, error)
        return Refused(rejected=rejected, status=problem.status)
    return None


async def take_about(
    call: Call,
    proposal_id: UUID,
    entered: Entered,
    effect: Callable[[Runner], Awaitable[T]],
    check: Callable[[T], None] | None = None,
) -> Refused | None:
    """Take a step about a proposal, and wait a moment for what it brings about."""
    async with call.resources.turns.of(proposal_id):
        refused = await take(call, entered, effect, check=check)
    if refused is None:
        await waiting.wait_for(call, proposal_id, _at_rest, SETTLES_WITHIN)
    return refused


def _at_rest(detail: ProposalDetail) -> bool:
    """Whether its workflow has nothing to carry out at once."""
    now = datetime.now(detail.proposal.opened_at.tzinfo)
    return detail.round.next_step(now).kind in (StepKind.WAIT, StepKind.ENDED)
