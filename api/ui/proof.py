"""The proof of a proposal as a page that prints, and as the file that goes with it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse

from api.call import Call, May
from api.proof_views import AskedView, GivenView, LoggedView, ProofView, ToldView
from api.proofs import proof_view
from api.ui.proposal import Id
from api.ui.rendering import page
from api.ui.routing import PageRoute
from domain.permissions import Action
from domain.proofs import ENDS

router = APIRouter(prefix="/proposals", route_class=PageRoute, include_in_schema=False)

Reader = Annotated[Call, Depends(May(Action.READ, "proposals"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldLine:
    """One time that a team was told something, with its event, if that is in the log."""

    view: ToldView
    logged: LoggedView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamLines:
    """A team, what it was told, and its answer that counts."""

    view: AskedView
    told: tuple[ToldLine, ...]
    answer: GivenView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPage:
    """Everything that the page shows."""

    proof: ProofView
    teams: tuple[TeamLines, ...]
    numbers: Mapping[UUID, int]
    """The number of each event on the page."""
    movers: Mapping[UUID, tuple[int, ...]]
    """By team, the numbers of what it was told and has said about the end of the old version."""
    askers: Mapping[int, tuple[str, ...]]
    """By the place of a change, the teams that were asked about it."""


@router.get("/{proposal_id}/proof")
async def show(call: Reader, proposal_id: Id) -> HTMLResponse:
    """Who was asked what and how often, who answered, and where all of it is sealed."""
    proof = await proof_view(call, proposal_id)
    movers: dict[UUID, list[int]] = defaultdict(list)
    for number, event in enumerate(proof.events, 1):
        if event.type in ENDS and event.team_id is not None:
            movers[event.team_id].append(number)
    shown = ProofPage(
        proof=proof,
        teams=tuple(_teams(proof)),
        numbers={each.id: number for number, each in enumerate(proof.events, 1)},
        movers={team_id: tuple(numbers) for team_id, numbers in movers.items()},
        askers={
            place: tuple(each.team.name for each in proof.asked if place in each.changes)
            for place in range(len(proof.proposal.changes))
        },
    )
    context = {"page": shown, "proof": proof, "proposal": proof.proposal}
    return page(call.request, "proof.html", context)


@router.get("/{proposal_id}/proof.json")
async def download(call: Reader, proposal_id: Id) -> Response:
    """The same as a file, which `tessera events verify --proof` reads."""
    proof = await proof_view(call, proposal_id)
    name = f"proof-{proposal_id}.json"
    return Response(
        proof.model_dump_json(indent=2),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _teams(proof: ProofView) -> Iterator[TeamLines]:
    events = {each.id: each for each in proof.events}
    counts = {each.team.id: each for each in proof.answers if each.standing.value == "counts"}
    for asked in proof.asked:
        told = (
            ToldLine(view=each, logged=events.get(each.event_id) if each.event_id else None)
            for each in asked.told
        )
        yield TeamLines(view=asked, told=tuple(told), answer=counts.get(asked.team.id))
