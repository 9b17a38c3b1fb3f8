"""The inbox: what waits for one's teams, by deadline."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from api.call import Call, May
from api.paging import Paging
from api.party_views import PersonRef
from api.proposal_views import LinksView
from api.resources import Resources
from api.routing import TesseraRoute
from api.views import AssetRef, TeamRef, View
from domain.acknowledgments import Response
from domain.assets import Asset
from domain.authorization import Principal, Resource, allows
from domain.errors import InvalidRequest
from domain.inbox import Counts, Task
from domain.parties import NoticeKind, Person
from domain.permissions import Action
from domain.proposals import Proposal, ProposalStatus
from domain.team_policies import may_answer
from domain.teams import Team
from record import inbox, lookup
from record.inbox import Inbox, Item, Move
from record.rounds import ProposalDetail, party_of
from store.transaction import Transaction

router = APIRouter(tags=["proposals"], route_class=TesseraRoute)

BREAKING_SHOWN = 20


class ProposalRef(View):
    """A proposal as the inbox mentions it."""

    id: UUID
    asset: AssetRef
    producer: TeamRef
    status: ProposalStatus
    base_version: str | None
    version: str
    revision: int
    created_at: datetime
    links: LinksView

    @classmethod
    def of(
        cls, proposal: Proposal, asset: Asset, producer: Team, resources: Resources
    ) -> "ProposalRef":
        """Return the mention of a proposal."""
        return cls(
            id=proposal.id,
            asset=AssetRef.of(asset),
            producer=TeamRef.of(producer),
            status=proposal.status,
            base_version=proposal.base_version,
            version=proposal.version,
            revision=proposal.revision,
            created_at=proposal.opened_at,
            links=LinksView.of(proposal.id, resources),
        )


class AnswerView(View):
    """The answer that a team has given for now: it needs time."""

    response: Response
    note: str | None
    until: datetime | None


class ItemView(View):
    """One thing that waits for a team."""

    task: Task = Field(
        description="`answer`: the team is asked. `confirm`, `publish`: its own proposal waits for "
        "it, see `POST /proposals/{proposal_id}/confirm` and `…/publish`."
    )
    team: TeamRef = Field(description="The team that it waits for.")
    proposal: ProposalRef
    reason: str | None = Field(description="Why it is asked.", examples=["reads `email`"])
    breaking: list[str] = Field(
        description=f"What breaks for the team, at most {BREAKING_SHOWN} sentences."
    )
    breaking_count: int
    due_at: datetime | None = Field(description="When its time is up; null while it is not asked.")
    overdue: bool
    asked_at: datetime | None
    reminders: int
    answer: AnswerView | None = Field(description="That it needs time; null if it said nothing.")
    delegate: PersonRef | None = Field(description="To whom the team has handed its answer.")
    permitted: bool = Field(description="Whether the credential of this request may do it.")

    @classmethod
    def of(cls, item: Item, found: Inbox, call: Call) -> "ItemView":
        """Return the view of an item."""
        party = None if item.member is None else party_of(item.member)
        given = None if item.member is None else item.member.acknowledgment
        due_at = item.waiting.due_at
        delegate = None if item.member is None else item.member.party.delegate
        return cls(
            task=item.waiting.task,
            team=TeamRef.of(item.team),
            proposal=ProposalRef.of(item.proposal, item.asset, item.producer, call.resources),
            reason=None if item.member is None else item.member.party.reason,
            breaking=[change.sentence for change in item.breaking[:BREAKING_SHOWN]],
            breaking_count=len(item.breaking),
            due_at=due_at,
            overdue=due_at is not None and due_at <= found.read_at,
            asked_at=None if party is None else party.asked_at,
            reminders=0 if party is None else party.count(NoticeKind.REMIND),
            answer=None
            if given is None
            else AnswerView(response=given.response, note=given.note, until=given.until),
            delegate=PersonRef.of(delegate),
            permitted=allows(
                call.principal,
                _ACTIONS[item.waiting.task],
                Resource(noun="proposals", team_id=item.team.id),
            )
            and (item.member is None or _may_answer(call, item.team, delegate)),
        )


def _may_answer(call: Call, team: Team, delegate: Person | None) -> bool:
    return may_answer(
        call.principal, team.id, team.policy, None if delegate is None else delegate.id
    )


_ACTIONS = {
    Task.ANSWER: Action.ACKNOWLEDGE,
    Task.CONFIRM: Action.CONFIRM,
    Task.PUBLISH: Action.PUBLISH,
}


class PendingView(View):
    """A team that somebody's own proposal waits for."""

    team: TeamRef
    due_at: datetime | None
    response: Response | None = Field(description="`migrating` if it needs time.")


class OwnView(View):
    """An open proposal of the teams themselves."""

    proposal: ProposalRef
    pending: list[PendingView]
    answered: int = Field(description="How many have answered for good; silence is no answer.")
    deadline_at: datetime | None

    @classmethod
    def of(cls, detail: ProposalDetail, resources: Resources) -> "OwnView":
        """Return the view of an open proposal."""
        pending = detail.waited_for
        return cls(
            proposal=ProposalRef.of(detail.proposal, detail.asset, detail.producer, resources),
            pending=[
                PendingView(
                    team=TeamRef.of(each.team),
                    due_at=each.due_at,
                    response=each.acknowledgment and each.acknowledgment.response,
                )
                for each in pending
            ],
            answered=sum(not each.party.pending for each in detail.parties),
            deadline_at=detail.deadline_at if pending else None,
        )


class MoveView(View):
    """An old version that a team has yet to move off."""

    team: TeamRef = Field(description="The team that it waits for.")
    contract_id: UUID = Field(
        description="See `POST /contracts/{contract_id}/retirement/moved` and `…/extend`."
    )
    asset: AssetRef
    version: str
    reason: str = Field(examples=["is pinned to 1.0.0"])
    sunset_at: datetime
    due_at: datetime | None
    extended_until: datetime | None
    reminders: int
    permitted: bool = Field(description="Whether the credential of this request may do it.")

    @classmethod
    def of(cls, move: Move, principal: Principal) -> "MoveView":
        """Return the view of a version that is to be left."""
        retirement, stored = move.retirement.retirement, move.mover.stored
        return cls(
            team=TeamRef.of(move.mover.team),
            contract_id=retirement.contract_id,
            asset=AssetRef.of(move.retirement.asset),
            version=retirement.version,
            reason=stored.reason,
            sunset_at=retirement.sunset_at,
            due_at=move.mover.due_at,
            extended_until=None if stored.extension is None else stored.extension.until,
            reminders=move.mover.mover.count(NoticeKind.REMIND),
            permitted=allows(
                principal,
                Action.ACKNOWLEDGE,
                Resource(noun="retirements", team_id=move.mover.team.id),
            ),
        )


class CountsView(View):
    """How much there is, over all pages."""

    answer: int
    confirm: int
    publish: int
    overdue: int
    due_soon: int = Field(description="Within a day, and not overdue.")
    own: int = Field(description="Open proposals of these teams.")
    move: int = Field(description="Old versions that these teams have yet to move off.")

    @classmethod
    def of(cls, counts: Counts) -> "CountsView":
        """Return the view of the counts."""
        return cls(
            answer=counts.answer,
            confirm=counts.confirm,
            publish=counts.publish,
            overdue=counts.overdue,
            due_soon=counts.due_soon,
            own=counts.own,
            move=counts.move,
        )


class InboxView(View):
    """What waits for teams, the most urgent first."""

    teams: list[TeamRef] = Field(description="Whose inbox it is.")
    counts: CountsView
    items: list[ItemView]
    next: str | None
    own: list[OwnView] = Field(
        description=f"The oldest {inbox.OWN_SHOWN} of their own open proposals; "
        "`GET /proposals?producer_team_id=` lists all."
    )
    moves: list[MoveView] = Field(
        description=f"The nearest {inbox.MOVES_SHOWN} of the old versions that they have yet to "
        "move off; `GET /retirements?consumer_team_id=` lists all."
    )

    @classmethod
    def of(cls, teams: Iterable[Team], found: Inbox, call: Call) -> "InboxView":
        """Return the view of the inbox of these teams."""
        return cls(
            teams=[TeamRef.of(team) for team in sorted(teams, key=lambda t: t.name)],
            counts=CountsView.of(found.counts),
            items=[ItemView.of(item, found, call) for item in found.items],
            next=found.next,
            own=[OwnView.of(detail, call.resources) for detail in found.own],
            moves=[MoveView.of(move, call.principal) for move in found.moves],
        )


@router.get("/inbox", summary="See what waits")
async def get_inbox(
    call: Annotated[Call, Depends(May(Action.READ, "proposals"))],
    page: Paging,
    team_id: Annotated[
        list[UUID] | None, Query(description="Of this team; may be repeated.", max_length=50)
    ] = None,
    user_id: Annotated[UUID | None, Query(description="Of this user's teams.")] = None,
) -> InboxView:
    """What waits for the teams of the credential, or of who is named, by deadline.

    With what breaks for the team that is asked, and beside it what its own proposals wait for.
    """

    async def work(tx: Transaction) -> InboxView:
        ids = await _teams(tx, call.principal, team_id or (), user_id)
        teams = await standing(tx, ids)
        for each in team_id or ():
            lookup.found(teams.get(each), "team", each)
        found = await inbox.read(tx, teams, page)
        return InboxView.of(teams.values(), found, call)

    return await call.resources.database.read(work)


async def standing(tx: Transaction, team_ids: Iterable[UUID]) -> Mapping[UUID, Team]:
    """Return those of these teams that are not deleted."""
    there = await tx.teams.by_id(team_ids)
    return {team.id: team for team in there.values() if team.deleted_at is None}


async def _teams(
    tx: Transaction, principal: Principal, team_ids: Sequence[UUID], user_id: UUID | None
) -> set[UUID]:
    """Return whose inbox is wanted; who belongs to no team has to say it."""
    named = {*team_ids, *(() if user_id is None else await inbox.teams_of_user(tx, user_id))}
    if named or user_id is not None:
        return named
    if principal.teams:
        return set(principal.teams)
    raise InvalidRequest(
        f"{principal.actor.name} belongs to no team: say whose inbox, by `team_id` or "
        "`user_id` (`--team` and `--user` of `tessera inbox`).",
        errors=[{"path": "team_id", "message": "needed for this credential"}],
    )
