"""The page that a mail's links lead to: it shows the question, and records what is confirmed.

Nobody is signed in here: the link says who answers what. To open it changes nothing, since programs
that look through mail open every link.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.problems import problem_of
from api.refusals import RateLimited
from api.resources import resources_of
from api.routing import check_site
from api.ui.entered import Entered, Rejected, wrong
from api.ui.rendering import rendered
from api.ui.routing import counted
from domain.acknowledgments import Response as Given
from domain.answer_links import AnswerLink
from domain.errors import LinkUsed, TesseraError
from record import answer_links
from record.acknowledgments import NewAnswer
from record.answer_links import Asked

PATH = "/answer"
router = APIRouter(include_in_schema=False, dependencies=[Depends(check_site), Depends(counted)])
_PRIVATE = {"Referrer-Policy": "strict-origin"}
"""Not even our own pages are told this address: the link in it is a right to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPage:
    """Everything that the page shows."""

    link: str
    asked: Asked
    say: Given | None
    """The answer that is to be confirmed; None to choose one."""
    recorded: bool = False
    rejected: Rejected | None = None

    @property
    def now(self) -> datetime:
        """When this was so."""
        return self.asked.detail.read_at

    @property
    def earliest(self) -> str:
        """The first day that may be asked for."""
        return (self.now + timedelta(days=1)).date().isoformat()

    @property
    def latest(self) -> str:
        """The last one; empty if it is not known yet."""
        latest = self.asked.latest_until
        return "" if latest is None else latest.date().isoformat()

    def kept(self, name: str) -> str:
        """Return what was entered before it was refused."""
        return "" if self.rejected is None else self.rejected.entered.values.get(name, "")


@router.get(PATH)
async def show_question(
    request: Request,
    link: str = "",
    say: str = "",
    recorded: Annotated[str, Query()] = "",
) -> Response:
    """Show what is asked, and a form for the answer that was chosen in the mail."""
    try:
        read = await _read(request, link)
        asked = await answer_links.asked(resources_of(request).database, read)
    except RateLimited:
        raise
    except TesseraError as error:
        return _refused(request, error, recorded=bool(recorded))
    page = AnswerPage(
        link=link, asked=asked, say=None if recorded else _given(say), recorded=bool(recorded)
    )
    return _shown(request, page)


@router.post(PATH)
async def record_answer(request: Request) -> Response:
    """Record the answer that is confirmed."""
    resources = resources_of(request)
    entered = await Entered.read(request, "answer")
    link, note = entered.values.get("link", ""), entered.values.get("note", "")
    try:
        read = await _read(request, link)
        asked = await answer_links.asked(resources.database, read)
    except RateLimited:
        raise
    except TesseraError as error:
        return _refused(request, error, note=note)
    try:
        new = _new_answer(entered, read, asked)
        await answer_links.answer(
            resources.database, read, new, getattr(request.state, "request_id", None)
        )
    except TesseraError as error:
        problem = problem_of(error)
        if problem.status != 422:
            return _refused(request, error, note=note)
        rejected = Rejected.of(entered, problem.title, error)
        say = _given(entered.values.get("say", ""))
        page = AnswerPage(link=link, asked=asked, say=say, rejected=rejected)
        return _shown(request, page, problem.status)
    return RedirectResponse(f"{PATH}?link={link}&recorded=yes", 303, headers=_PRIVATE)


async def _read(request: Request, text: str) -> AnswerLink:
    """Return the link; whoever guesses is counted, as with keys."""
    resources = resources_of(request)
    link = resources.answer_links.read(text)
    if link is None:
        await resources.rate_limits.attempts.failed(request)
        raise LinkUsed("This link is not whole, or it was made before this server's keys changed.")
    return link


def _given(say: str) -> Given | None:
    try:
        return Given(say)
    except ValueError:
        return None


def _new_answer(entered: Entered, link: AnswerLink, asked: Asked) -> NewAnswer:
    response, note = _given(entered.values.get("say", "")), entered.text("note")
    if response is None:
        raise wrong("say", "Answer ready, needs time or blocked.")
    if response is Given.BLOCKED and note is None:
        raise wrong("note", "Say why you block: the producer needs to know what to change.")
    until = None
    if response is Given.MIGRATING:
        until = entered.end_of_day("until")
        latest = asked.latest_until
        if latest is not None and latest.date() == until.date():
            until = min(until, latest)
    return NewAnswer(
        team_id=link.team_id,
        response=response,
        note=note,
        until=until,
        revision=link.revision,
        changes_hash=link.changes_hash,
        once=True,  # who presses twice has answered once
    )


def _shown(request: Request, page: AnswerPage, status: int = 200) -> HTMLResponse:
    detail = page.asked.detail
    context = {"page": page, "detail": detail, "party": page.asked.party}
    return _html(request, "answer.html", context, status)


def _refused(
    request: Request, error: TesseraError, *, recorded: bool = False, note: str = ""
) -> HTMLResponse:
    """Say clearly why nothing is asked here any more; `recorded` to who has just answered.

    A `note` that comes too late is given back.
    """
    if (status := problem_of(error).status) >= 500:
        raise error
    context = {"error": error, "recorded": recorded, "note": note.strip()}
    return _html(request, "answer_refused.html", context, status)


def _html(request: Request, template: str, context: dict[str, object], status: int) -> HTMLResponse:
    frame = {"viewer": None, "path": request.url.path, "live": None}
    content = rendered(template, {**frame, **context})
    return HTMLResponse(content, status_code=status, headers=_PRIVATE)
