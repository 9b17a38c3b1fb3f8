"""What the page of one asset shows, read in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.call import Call
from api.proposal_views import ProposalView, proposal_views
from api.retirements import RetirementView
from api.ui.field_lines import FieldTable, field_table
from api.ui.happenings import Happening, happenings
from api.ui.live import live, types_of
from api.ui.policy_lines import PolicyLines, policy_lines
from api.ui.rendering import Live
from api.ui.routing import address
from domain.assets import Asset
from domain.authorization import Resource, allows
from domain.contracts import BriefContract, Contract, ContractStatus
from domain.events import Event, EventFilter
from domain.pages import LARGEST_LIMIT, Deleted, Page, PageRequest
from domain.permissions import Action
from domain.proposals import ProposalStatus
from domain.registrations import Registration
from domain.stewards import Steward
from domain.teams import Team
from domain.users import User
from record import lookup, windows
from store.registrations import Consumers
from store.transaction import Transaction

EVENTS_SHOWN = 12
EVENTS_ON_A_PAGE = 50
MOST_VERSIONS = 500
_TYPES = types_of("asset", "contract", "registration", "proposal", "retirement")
OPEN = tuple(status for status in ProposalStatus if status.is_open)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One published version, and its end if that is set."""

    contract: BriefContract
    end: RetirementView | None
    before: str | None
    """The version that was published before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerLine:
    """A team that reads the asset."""

    registration: Registration
    team: Team
    gone: frozenset[str]
    """Those of its fields that the active contract does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened to an asset, newest first, and the place of what is older."""

    lines: Sequence[Happening]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetPage:
    """Everything that the page shows."""

    now: datetime
    live: Live
    asset: Asset
    owner: Team
    active: Contract | None
    fields: FieldTable | None
    versions: Sequence[VersionLine]
    consumers: Sequence[ConsumerLine]
    stewards: Sequence[Steward]
    proposal: ProposalView | None
    policy: PolicyLines
    history: History
    registering: Sequence[Team]
    """The teams that who looks at the page may register."""
    people: Sequence[User]
    """Who works for the owner, and may be made a steward by who may do that."""

    @property
    def newest(self) -> VersionLine | None:
        """The version that was published last."""
        return self.versions[0] if self.versions else None


async def read_asset(call: Call, asset_id: UUID, wanted_fields: str = "") -> AssetPage:
    """Return what the page shows, or raise `NotFound`; a deleted asset is shown too."""

    async def work(tx: Transaction) -> AssetPage:
        # The place in the log comes first: what is committed after it is streamed to the page.
        seen = await tx.events.latest()
        asset, owner = await any_asset(tx, asset_id)
        active = await tx.contracts.active(asset_id)
        consumers = await tx.registrations.consumers_of(asset_id)
        return AssetPage(
            now=await tx.now(),
            live=live(
                address(f"/assets/{asset_id}", field=wanted_fields), seen, [asset_id], types=_TYPES
            ),
            asset=asset,
            owner=owner,
            active=active,
            fields=None if active is None else field_table(active, consumers, wanted_fields),
            versions=await version_lines(tx, asset_id),
            consumers=_consumer_lines(consumers, active),
            stewards=(await tx.stewards.page(PageRequest(limit=LARGEST_LIMIT), asset_id)).items,
            proposal=await _proposal(tx, call, asset_id),
            policy=policy_lines(asset, owner, call.resources.server_says),
            history=await history_of(tx, asset_id, PageRequest(limit=EVENTS_SHOWN)),
            registering=await _registering(tx, call) if asset.deleted_at is None else (),
            people=await _people(tx, call, owner) if asset.deleted_at is None else (),
        )

    return await call.resources.database.read(work)


async def any_asset(tx: Transaction, asset_id: UUID) -> tuple[Asset, Team]:
    """Return the asset, a deleted one too, with its owner, or raise `NotFound`."""
    return await lookup.shown_asset(tx, asset_id, Deleted.INCLUDE)


async def version_lines(tx: Transaction, asset_id: UUID) -> Sequence[VersionLine]:
    """Return the versions, newest first, with the ends of those that are on their way out."""
    versions = await tx.contracts.brief(asset_id, MOST_VERSIONS)
    leaving = [each.id for each in versions if each.status is not ContractStatus.ACTIVE]
    ends = {
        each.retirement.contract_id: RetirementView.of(each)
        for each in (await windows.load(tx, leaving) if leaving else ())
    }
    older = [each.version for each in versions[1:]]
    return [
        VersionLine(contract=each, end=ends.get(each.id), before=before)
        for each, before in zip(versions, [*older, None], strict=False)
    ]


async def history_of(tx: Transaction, asset_id: UUID, request: PageRequest) -> History:
    """Return a page of what happened to an asset, newest first."""
    found: Page[Event] = await tx.events.page(request, EventFilter(asset_id=asset_id))
    teams = await tx.teams.by_id(event.team_id for event in found.items if event.team_id)
    lines = happenings(reversed(found.items), teams)
    return History(lines=lines[::-1], next=found.next)


def _consumer_lines(consumers: Consumers, active: Contract | None) -> Sequence[ConsumerLine]:
    known = None if active is None else {field.path for field in active.fields}

    def gone(fields: Iterable[str] | None) -> frozenset[str]:
        return frozenset() if known is None else frozenset(fields or ()) - known

    lines = [
        ConsumerLine(
            registration=each,
            team=consumers.teams[each.consumer_team_id],
            gone=gone(each.fields),
        )
        for each in consumers.registrations
    ]
    return sorted(lines, key=lambda line: line.team.name.casefold())


async def _proposal(tx: Transaction, call: Call, asset_id: UUID) -> ProposalView | None:
    ids = await tx.proposals.page(PageRequest(limit=1), where={"asset_id": asset_id}, statuses=OPEN)
    found = await proposal_views(tx, call.resources, ids.items) if ids.items else []
    return found[0] if found else None


async def _people(tx: Transaction, call: Call, owner: Team) -> Sequence[User]:
    if not allows(call.principal, Action.CHANGE_ASSET, Resource(noun="assets", team_id=owner.id)):
        return ()
    return [each.user for each in await tx.members.all_of(owner.id) if each.user.active]


async def _registering(tx: Transaction, call: Call) -> Sequence[Team]:
    principal = call.principal
    if principal.may_all:
        teams = (await tx.teams.page(PageRequest(limit=LARGEST_LIMIT))).items
    else:
        own = await tx.teams.by_id(principal.teams_for(Action.REGISTER))
        teams = tuple(own.values())
    allowed = (
        team
        for team in teams
        if team.deleted_at is None
        and allows(principal, Action.REGISTER, Resource(noun="registrations", team_id=team.id))
    )
    return sorted(allowed, key=lambda team: team.name.casefold())
