"""What the page of one proposal shows, read in one transaction."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from api.call import Call
from api.comments import CommentView
from api.evidence import beside
from api.party_views import PartyView
from api.proposal_views import ProposalView, views_of
from api.release_views import ReleaseView, release_views
from api.retirements import RetirementView
from api.ui.changed_fields import FIELDS_SHOWN, ChangedField, changed_fields
from api.ui.forecast import Expected, forecast
from api.ui.happenings import Happening, happenings
from api.ui.live import live
from api.ui.rendering import Live
from api.ui.schemas import Schemas, contents, shown
from api.ui.sent import Deliveries, deliveries
from api.views import ChangeView
from domain.authorization import Resource, allows
from domain.changes import Change, Group
from domain.contracts import ContractContent
from domain.errors import Unavailable
from domain.events import Event, EventFilter
from domain.members import WORKING
from domain.pages import LARGEST_LIMIT, PageRequest
from domain.parties import Person
from domain.permissions import Action
from domain.proposals import Proposal, ProposalStatus
from domain.teams import Team
from domain.timeline import PublishWhen, Timeline
from record import comments, dependencies, rounds, windows
from record.rounds import PartyDetail, ProposalDetail
from store.transaction import Transaction

EVENTS_SHOWN = 100
COMMENTS_SHOWN = 200
_MOST_TEAMS = 3
"""For so many teams at once somebody may hand answers over on the page."""
_EVIDENCE_WITHIN = 1.0
"""Seconds that a page waits for records that break."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLine:
    """A party as the page shows it."""

    view: PartyView
    reached: bool
    """Whether an ask or a reminder has arrived somewhere."""
    latest_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    """A change, the parties that read what it touches, and its place among all changes."""

    view: ChangeView
    readers: tuple[str, ...]
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalPage:
    """Everything that the page shows."""

    now: datetime
    live: Live
    proposal: ProposalView
    proposed_by: str
    owner_team_id: UUID
    """Who may withdraw it: the team that owns the asset now."""
    extendable: timedelta
    """How much more time everybody may still be given."""
    timeline: Timeline
    changes: tuple[ChangeLine, ...]
    searching: bool
    """Whether records that break are still being looked for."""
    parties: tuple[PartyLine, ...]
    events: Sequence[Happening]
    more_events: bool
    expected: Sequence[Expected]
    schemas: Schemas
    deliveries: Deliveries
    """What was sent of the events, as far as who looks at the page may see it."""
    fields: Sequence[ChangedField]
    more_fields: int
    threads: Sequence[Sequence[CommentView]]
    """What was said, by thread: the newest thread first, each from its beginning."""
    more_comments: bool
    speakers: Sequence[Team]
    """The teams that may say something about it."""
    downstream: frozenset[UUID]
    """Those of them that are affected only downstream, and may object."""
    people: Mapping[UUID, Sequence[Person]]
    """Those to whom the answers can be handed that are given by who looks at the page."""
    teams: Sequence[Team]
    """Those that could be asked in the place of one, for who may say so: the newest of them."""
    release: ReleaseView | None
    """With what it is published, or not at all."""
    ending: RetirementView | None = None
    """The end of the version that it replaced, if that has one."""

    @property
    def groups(self) -> dict[str, list[ChangeLine]]:
        """The changes by what becomes of them, in the order in which people are shown them."""
        return {
            group.value: [line for line in self.changes if line.view.group is group]
            for group in Group
        }

    @property
    def waits_for_publication(self) -> bool:
        """Whether it is approved and somebody must say that it may be published."""
        return (
            self.proposal.status.value == "approved"
            and (
                self.timeline.publish is PublishWhen.ON_DEMAND
                or self.proposal.publish_at is not None
            )
            and self.proposal.publish_requested is None
        )

    @property
    def extendable_days(self) -> int:
        """How many whole days more everybody may still be given."""
        return max(0, self.extendable.days)

    @property
    def settling(self) -> str | None:
        """What was said about it that its workflow has not carried out yet."""
        if not self.proposal.status.is_open:
            return None
        if self.proposal.withdrawn:
            return "withdrawn"
        if self.proposal.cancelled:
            return "cancelled"
        return "forced" if self.proposal.forced else None


async def read_proposal(call: Call, proposal_id: UUID) -> ProposalPage:
    """Return what the page shows, or raise `NotFound`."""

    async def work(tx: Transaction) -> tuple[ProposalPage, Proposal, ContractContent | None]:
        # The place in the log comes first: what is committed after it is streamed to the page.
        seen = await tx.events.latest()
        now = await tx.now()
        detail = await rounds.load_one(tx, proposal_id)
        proposal = detail.proposal
        (view,) = await views_of(tx, call.resources, [detail])
        events = await tx.events.page(
            PageRequest(limit=EVENTS_SHOWN), EventFilter(proposal_id=proposal_id)
        )
        both = await contents(tx, proposal)
        threads, more = await _threads(tx, proposal_id)
        fields = changed_fields(view.changes, both.fields)
        read = ProposalPage(
            now=now,
            live=live(f"/proposals/{proposal_id}", seen, [proposal_id]),
            proposal=view,
            proposed_by=proposal.proposed_by.name,
            owner_team_id=detail.asset.owner_team_id,
            extendable=proposal.policy.timeline.max_extension - proposal.extended_by,
            timeline=proposal.timeline,
            changes=_change_lines(detail),
            searching=False,
            parties=_party_lines(detail, view),
            events=happenings(reversed(events.items), await _teams_of(tx, events.items)),
            more_events=events.next is not None,
            expected=forecast(detail.round, detail.producer.name, now),
            schemas=shown(both),
            deliveries=await deliveries(tx, call, events.items),
            fields=fields[:FIELDS_SHOWN],
            more_fields=len(fields[FIELDS_SHOWN:]),
            threads=threads,
            more_comments=more,
            speakers=await _speakers(tx, detail),
            downstream=await _downstream(tx, detail),
            people=await _people(tx, call, detail),
            teams=await _others(tx, call, detail),
            release=await _release(tx, proposal),
            ending=await _ending(tx, proposal),
        )
        return read, proposal, None if both.base is None else both.base[1]

    read, proposal, base = await call.resources.database.read(work)
    return await _with_evidence(call, read, proposal, base)


async def _threads(
    tx: Transaction, proposal_id: UUID
) -> tuple[Sequence[Sequence[CommentView]], bool]:
    found = await tx.comments.page(PageRequest(limit=COMMENTS_SHOWN), proposal_id)
    teams = await tx.teams.by_id({each.team_id for each in found.items}) if found.items else {}
    threads: dict[UUID, list[CommentView]] = {}
    for each in found.items:
        threads.setdefault(each.thread_id, []).insert(0, CommentView.of(each, teams[each.team_id]))
    return list(threads.values()), found.next is not None


async def _speakers(tx: Transaction, detail: ProposalDetail) -> Sequence[Team]:
    teams = await tx.teams.by_id(await comments.involved(tx, detail))
    standing = (team for team in teams.values() if team.deleted_at is None)
    return sorted(standing, key=lambda team: team.name.casefold())


async def _downstream(tx: Transaction, detail: ProposalDetail) -> frozenset[UUID]:
    affected = await dependencies.affected(tx, detail.asset)
    return frozenset(affected) - {each.team.id for each in detail.parties}


async def _release(tx: Transaction, proposal: Proposal) -> ReleaseView | None:
    if proposal.release_id is None:
        return None
    release = await tx.releases.get(proposal.release_id)
    return None if release is None else (await release_views(tx, [release]))[0]


async def _ending(tx: Transaction, proposal: Proposal) -> RetirementView | None:
    """Return the end of the version that a published proposal has replaced."""
    if proposal.status is not ProposalStatus.PUBLISHED or proposal.base_contract_id is None:
        return None
    found = await windows.load(tx, [proposal.base_contract_id])
    return RetirementView.of(found[0]) if found else None


async def _with_evidence(
    call: Call, read: ProposalPage, proposal: Proposal, base: ContractContent | None
) -> ProposalPage:
    """Return the page with what proves its changes, as far as it is there in a moment.

    The search goes on behind a page that does not wait for it, and the next look finds its result.
    """
    try:
        async with asyncio.timeout(_EVIDENCE_WITHIN):
            found = await call.resources.comparer.evidence_of_proposal(proposal, base)
    except TimeoutError:
        return replace(read, searching=True)
    except Unavailable:
        return read
    views = beside([line.view for line in read.changes], found)
    changes = [replace(line, view=view) for line, view in zip(read.changes, views, strict=True)]
    return replace(read, changes=tuple(changes))


def _answer_of(team: Team) -> Resource:
    return Resource(noun="proposals", team_id=team.id)


async def _people(
    tx: Transaction, call: Call, detail: ProposalDetail
) -> Mapping[UUID, Sequence[Person]]:
    """Return who works for the parties for which an answer is taken, if those are few."""
    if detail.proposal.status is not ProposalStatus.PENDING:
        return {}
    teams = [
        each.team.id
        for each in detail.parties
        if allows(call.principal, Action.ACKNOWLEDGE, _answer_of(each.team))
    ]
    found: dict[UUID, Sequence[Person]] = {}
    for team_id in teams if len(teams) <= _MOST_TEAMS else ():
        found[team_id] = [
            Person(id=member.user.id, name=member.user.name)
            for member in await tx.members.all_of(team_id)
            if member.role in WORKING and member.user.active
        ]
    return found


async def _others(tx: Transaction, call: Call, detail: ProposalDetail) -> Sequence[Team]:
    resource = Resource(noun="proposals", team_id=detail.asset.owner_team_id)
    asked = {each.team.id for each in detail.parties}
    may = allows(call.principal, Action.REASSIGN, resource)
    if detail.proposal.status is not ProposalStatus.PENDING or not asked or not may:
        return ()
    found = await tx.teams.page(PageRequest(limit=LARGEST_LIMIT))
    return [each for each in found.items if each.id not in asked]


async def _teams_of(tx: Transaction, events: Sequence[Event]) -> dict[UUID, Team]:
    return await tx.teams.by_id(event.team_id for event in events if event.team_id)


def _party_lines(detail: ProposalDetail, view: ProposalView) -> tuple[PartyLine, ...]:
    """Who is silent stands first, then who needs time."""
    views = {each.team.id: each for each in view.parties}
    ordered = sorted(
        detail.parties,
        key=lambda each: (
            not each.party.pending,
            each.party.answer is not None,
            each.team.name.casefold(),
        ),
    )
    return tuple(
        PartyLine(
            view=views[each.team.id],
            reached=each.party.reached_at is not None,
            latest_until=detail.round.latest_until(each.party),
        )
        for each in ordered
    )


def _change_lines(detail: ProposalDetail) -> tuple[ChangeLine, ...]:
    changes = enumerate(detail.proposal.changes)
    return tuple(_change_line(detail, each, place) for place, each in changes)


def _change_line(detail: ProposalDetail, change: Change, place: int) -> ChangeLine:
    gating = detail.proposal.policy.gates(change)

    def reads(party: PartyDetail) -> bool:
        fields = party.stored.fields
        return not fields or any(change.touches(field) for field in fields)

    return ChangeLine(
        view=ChangeView.of(change, gating=gating),
        readers=tuple(each.team.name for each in detail.parties if gating and reads(each)),
        place=place,
    )
