"""A proposal as it is shown: what breaks, who is asked, who is pending and until when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from uuid import UUID

from pydantic import Field

from api.objections import ObjectionView
from api.party_views import PartyView
from api.policies import TimelineView
from api.resources import Resources
from api.views import AssetRef, ChangeView, TeamRef, View
from domain.compatibility import ContentModel, Mode
from domain.proposals import Cause, Decree, FrozenPolicy, ProposalStatus
from domain.teams import Team
from domain.timeline import format_duration
from domain.versioning import SemverMode
from record import rounds
from record.escalations import fallbacks
from record.rounds import ProposalDetail
from store.asides import Asides
from store.transaction import Transaction


class DecreeView(View):
    """A withdrawal, a force or a wish to publish: who said it, when and why."""

    by: str
    at: datetime
    reason: str | None

    @classmethod
    def of(cls, decree: Decree | None) -> "DecreeView | None":
        """Return the view of a decree, if there is one."""
        if decree is None:
            return None
        return cls(by=decree.by.name, at=decree.at, reason=decree.reason)


class FrozenPolicyView(View):
    """The asset's policy as it was when the proposal opened."""

    mode: Mode
    content_model: ContentModel
    semver_mode: SemverMode
    timeline: TimelineView

    @classmethod
    def of(cls, policy: FrozenPolicy) -> "FrozenPolicyView":
        """Return the view of a frozen policy."""
        return cls(
            mode=policy.mode,
            content_model=policy.content_model,
            semver_mode=policy.semver_mode,
            timeline=TimelineView.of(policy.timeline),
        )


class LinksView(View):
    """Where else to look."""

    own: str = Field(serialization_alias="self")
    page: str
    temporal: str | None = Field(description="Its workflow in Temporal's UI.")

    @classmethod
    def of(cls, proposal_id: UUID, resources: Resources) -> "LinksView":
        """Return the links of a proposal."""
        ui = resources.temporal_ui_url
        workflows = f"namespaces/{resources.temporal_namespace}/workflows"
        return cls(
            own=f"/api/v1/proposals/{proposal_id}",
            page=f"{resources.public_url}/proposals/{proposal_id}",
            temporal=f"{ui.rstrip('/')}/{workflows}/proposal-{proposal_id}" if ui else None,
        )


class ProposalView(View):
    """A breaking change that waits for those whom it would break, or how that ended."""

    id: UUID
    asset: AssetRef
    producer: TeamRef
    status: ProposalStatus
    cause: Cause | None = Field(description="Why it was decided as it was.")
    revision: int = Field(
        description="Grows when it is revised, or a party is asked something new."
    )
    base_version: str | None
    version: str = Field(description="The version that it becomes when it is published.")
    content_hash: str = Field(description="Of what is proposed: schema and guarantees.")
    changes: list[ChangeView]
    parties: list[PartyView]
    pending: list[str] = Field(description="Names of the teams that are still waited for.")
    told: list[TeamRef] = Field(description="Consumers that are told and not asked.")
    objections: list[ObjectionView] = Field(
        description="Of teams that are affected only downstream; they decide nothing."
    )
    deadline_at: datetime | None = Field(description="When the last pending party is due.")
    next_review_at: datetime | None
    created_at: datetime
    approved_at: datetime | None
    ended_at: datetime | None
    base_moved: bool = Field(description="Something else was published under it.")
    confirmation_needed: bool = Field(
        description="It would now break what nobody was asked about; `POST …/confirm` says it is "
        "meant."
    )
    stuck: str | None = Field(description="An error that no retry can mend.")
    withdrawn: DecreeView | None
    cancelled: DecreeView | None = Field(description="An administrator ends it.")
    force_requested: DecreeView | None = Field(
        description="The first of the two persons that it takes to force it."
    )
    forced: DecreeView | None
    publish_requested: DecreeView | None
    extended_by: str = Field(
        description="How much longer everybody has than the policy says.", examples=["P7D"]
    )
    publish_at: datetime | None = Field(
        description="When it publishes by itself once it is approved; null leaves that to the "
        "timeline."
    )
    policy: FrozenPolicyView
    release_id: UUID | None = Field(description="With what it is published, or not at all.")
    contract_id: UUID | None = Field(description="What it was published as.")
    links: LinksView


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """What stands beside a proposal and is read for all of them at once."""

    asides: Mapping[UUID, Asides]
    teams: Mapping[UUID, Team]
    """Those who were told, and who object."""
    names: Mapping[UUID, str]
    """Of those who are told of silence last."""


async def proposal_views(
    tx: Transaction, resources: Resources, proposal_ids: Iterable[UUID]
) -> list[ProposalView]:
    """Return the views of these proposals, in a fixed number of queries."""
    details = await rounds.load(tx, proposal_ids)
    return await views_of(tx, resources, details)


async def views_of(
    tx: Transaction, resources: Resources, details: Sequence[ProposalDetail]
) -> list[ProposalView]:
    """Return the views of proposals that are read already."""
    asides = await tx.beside_proposals.of(each.proposal.id for each in details)
    others = {team_id for each in asides.values() for team_id in _others(each)}
    beside = _Beside(
        asides=asides,
        teams=await tx.teams.by_id(others) if others else {},
        names=await _fallback_names(tx, details),
    )
    return [_view(detail, beside, resources) for detail in details]


async def proposal_view(tx: Transaction, resources: Resources, proposal_id: UUID) -> ProposalView:
    """Return the view of one proposal, or raise `NotFound`."""
    return (await views_of(tx, resources, [await rounds.load_one(tx, proposal_id)]))[0]


def opened_view(resources: Resources, detail: ProposalDetail, told: Sequence[Team]) -> ProposalView:
    """Return the view of a proposal that just opened; there was nothing to read of it."""
    asides = Asides(told=tuple(team.id for team in told), objections=(), contract_id=None)
    beside = _Beside(
        asides={detail.proposal.id: asides}, teams={team.id: team for team in told}, names={}
    )
    return _view(detail, beside, resources)


async def _fallback_names(tx: Transaction, details: Sequence[ProposalDetail]) -> Mapping[UUID, str]:
    named = [
        fallback
        for detail in details
        if detail.proposal.status.is_open
        for party in detail.parties
        for fallback in fallbacks(detail, party)
    ]
    teams = {each.team_id for each in named if each.team_id is not None}
    users = {each.user_id for each in named if each.user_id is not None}
    found = await tx.teams.by_id(teams) if teams else {}
    return {
        **{team.id: team.name for team in found.values() if team.deleted_at is None},
        **(await tx.users.names(users) if users else {}),
    }


def _others(asides: Asides) -> Iterable[UUID]:
    return chain(asides.told, (objection.team_id for objection in asides.objections))


def _view(detail: ProposalDetail, beside: _Beside, resources: Resources) -> ProposalView:
    proposal = detail.proposal
    asides, teams = beside.asides[proposal.id], beside.teams
    asked = {party.team.id for party in detail.parties}
    is_open = proposal.status.is_open
    return ProposalView(
        id=proposal.id,
        asset=AssetRef.of(detail.asset),
        producer=TeamRef.of(detail.producer),
        status=proposal.status,
        cause=proposal.cause,
        revision=proposal.revision,
        base_version=proposal.base_version,
        version=proposal.version,
        content_hash=proposal.content_hash,
        changes=[
            ChangeView.of(change, gating=proposal.policy.gates(change))
            for change in proposal.changes
        ],
        parties=[PartyView.of(party, detail, beside.names) for party in detail.parties],
        pending=[each.team.name for each in detail.waited_for],
        told=[TeamRef.of(teams[each]) for each in dict.fromkeys(asides.told) if each not in asked],
        objections=[ObjectionView.of(each, teams[each.team_id]) for each in asides.objections],
        deadline_at=detail.deadline_at if proposal.status is ProposalStatus.PENDING else None,
        next_review_at=proposal.next_review_at,
        created_at=proposal.opened_at,
        approved_at=proposal.approved_at,
        ended_at=proposal.ended_at,
        base_moved=proposal.base_moved,
        confirmation_needed=is_open and proposal.confirmation_asked_at is not None,
        stuck=proposal.stuck,
        withdrawn=DecreeView.of(proposal.withdrawn),
        cancelled=DecreeView.of(proposal.cancelled),
        force_requested=DecreeView.of(proposal.force_requested),
        forced=DecreeView.of(proposal.forced),
        publish_requested=DecreeView.of(proposal.publish_requested),
        extended_by=format_duration(proposal.extended_by),
        publish_at=proposal.publish_at,
        policy=FrozenPolicyView.of(proposal.policy),
        release_id=proposal.release_id,
        contract_id=asides.contract_id,
        links=LinksView.of(proposal.id, resources),
    )
