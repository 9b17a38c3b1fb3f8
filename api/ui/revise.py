"""Revising a proposal by form: other content, and while it is written, what it would do."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api import problems
from api.call import Call, May
from api.contract_views import TouchedView
from api.proposal_views import ProposalView, views_of
from api.ui.entered import Entered, Rejected
from api.ui.foreseen import check_agreed, stands_for
from api.ui.proposal import Id
from api.ui.rendering import page
from api.ui.routing import PageRoute
from api.ui.schema_entry import draft_of, entered_schema, prefilled
from api.ui.steps import Refused, take_about
from api.views import ChangeView, TeamRef
from domain.authorization import Resource, authorize
from domain.errors import TesseraError
from domain.permissions import Action
from record import revise, rounds
from record.revise import Foreseen, Revised, Revision
from record.rounds import PartyDetail
from store.database import Runner
from store.transaction import Transaction

CHANGES_SHOWN = 10
router = APIRouter(prefix="/proposals", route_class=PageRoute, include_in_schema=False)
Producer = Annotated[Call, Depends(May(Action.PUBLISH, "proposals"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a revision would do, as the page shows it."""

    version: str
    is_same: bool
    breaking: Sequence[ChangeView]
    """The first of what would break somebody."""
    breaks: int
    """How many changes would."""
    others: int
    """How many changes ask for nobody's consent."""
    agreed: str
    """Stands for all of it: what sending the form does must be the same."""
    asked: Sequence[TouchedView]
    kept: Sequence[TouchedView]
    released: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisePage:
    """Everything that the page shows."""

    proposal: ProposalView
    values: Mapping[str, str]
    too_long: bool = False
    """Whether what is proposed is too long to stand in the form."""
    preview: Preview | None = None
    wrong: str = ""
    """Why there is no preview."""

    def entered(self, entered: Entered) -> "RevisePage":
        """Return the page with what was entered."""
        return replace(self, values={**self.values, **entered.values})


@router.get("/{proposal_id}/revise")
async def show(call: Producer, proposal_id: Id) -> HTMLResponse:
    """The form, with what is proposed now."""
    return _shown(call, await _read(call, proposal_id))


@router.post("/{proposal_id}/revise/preview")
async def preview(call: Producer, proposal_id: Id) -> HTMLResponse:
    """The form, and what would change and whom it would ask; writes nothing."""
    entered = await entered_schema(call.request, "preview")
    return _shown(call, await _ahead(call, proposal_id, entered))


@router.post("/{proposal_id}/revise")
async def put(call: Producer, proposal_id: Id) -> Response:
    """Propose other content; who has looked ahead gets what was seen, or another look."""
    entered, resources = await entered_schema(call.request, "revise"), call.resources

    async def effect(runner: Runner) -> Revised:
        revision = await _drafted(call, proposal_id, entered)
        return await revise.revise(
            resources.database, runner, resources.comparer, call.caller, proposal_id, revision
        )

    def check(revised: Revised) -> None:
        if revised.after is not revised.before and entered.values.get("agreed"):
            check_agreed(entered, _agreed(revised))

    refused = await take_about(call, proposal_id, entered, effect, check)
    if refused is None:
        return RedirectResponse(f"/proposals/{proposal_id}?said=revise", 303)
    form = await _back(call, proposal_id, entered, refused)
    return _shown(call, form, refused.rejected, refused.status)


def _shown(
    call: Call, form: RevisePage, rejected: Rejected | None = None, status: int = 200
) -> HTMLResponse:
    context = {"form": form, "proposal": form.proposal, "rejected": rejected}
    return page(call.request, "revise.html", context, status)


async def _read(call: Call, proposal_id: UUID) -> RevisePage:
    """Return the form with what is proposed, or raise `Forbidden`: it is for who may send it."""

    async def work(tx: Transaction) -> RevisePage:
        detail = await rounds.load_one(tx, proposal_id)
        resource = Resource(noun="proposals", team_id=detail.asset.owner_team_id)
        authorize(call.principal, Action.PUBLISH, resource)
        (view,) = await views_of(tx, call.resources, [detail])
        values = prefilled(detail.proposal.content)
        return RevisePage(
            proposal=view,
            values={**values, "version": detail.proposal.requested_version or ""},
            too_long="schema" not in values,
        )

    return await call.resources.database.read(work)


async def _ahead(call: Call, proposal_id: UUID, entered: Entered) -> RevisePage:
    """Return the form with what was entered, and with what that would do."""
    form = (await _read(call, proposal_id)).entered(entered)
    resources = call.resources
    try:
        revision = await _drafted(call, proposal_id, entered)
        found = await revise.preview(
            resources.database, resources.comparer, call.caller, proposal_id, revision
        )
    except TesseraError as error:
        if problems.problem_of(error).status >= 500:
            raise
        return replace(form, wrong=error.detail)
    return replace(form, preview=_preview(found))


async def _back(call: Call, proposal_id: UUID, entered: Entered, refused: Refused) -> RevisePage:
    """Return the form of what was refused: if something else stands by now, with another look."""
    if refused.status == HTTPStatus.CONFLICT:
        with suppress(TesseraError):
            return await _ahead(call, proposal_id, entered)
    return (await _read(call, proposal_id)).entered(entered)


async def _drafted(call: Call, proposal_id: UUID, entered: Entered) -> Revision:
    resources = call.resources
    draft = await draft_of(call, entered)
    return await revise.drafted(
        resources.database, resources.comparer, proposal_id, draft, entered.text("version")
    )


def _preview(found: Foreseen) -> Preview:
    revised = found.revised
    before, after = revised.before, revised.after
    parties = {each.team.id: each for each in found.detail.parties}
    return Preview(
        version=after.version,
        is_same=(before.content_hash, before.version) == (after.content_hash, after.version),
        breaking=[ChangeView.of(each, gating=True) for each in after.gating[:CHANGES_SHOWN]],
        breaks=len(after.gating),
        others=len(after.changes) - len(after.gating),
        agreed=_agreed(revised),
        asked=[_asked(parties[each]) for each in revised.asked],
        kept=[_asked(parties[each]) for each in revised.kept],
        released=[found.teams[each].name for each in revised.released],
    )


def _agreed(revised: Revised) -> str:
    """Return what stands for it: from what to what, against what, and what each team is asked."""
    before, after = revised.before, revised.after
    contents = (before.revision, after.content_hash, after.base_contract_id, after.version)
    return stands_for(*contents, sorted(revised.were.items()), sorted(revised.are.items()))


def _asked(party: PartyDetail) -> TouchedView:
    stored = party.stored
    team = TeamRef.of(party.team)
    return TouchedView(team=team, reason=stored.reason, fields=list(stored.fields))
