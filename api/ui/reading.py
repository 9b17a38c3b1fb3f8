"""What the page of one proposal shows, read in one transaction."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from api.call import Call
from api.comments import CommentView
from api.evidence import beside
from api.party_views import PartyView
from api.proposal_views import ProposalView, proposal_view, views_of
from api.release_views import ReleaseView, release_views
from api.retirements import RetirementView
from api.ui.forecast import Expected, forecast
from api.ui.happenings import Happening, happenings
from api.ui.live import live
from api.ui.rendering import Live
from api.views import ChangeView
from domain.authorization import Resource, allows
from domain.changes import Change, Group
from domain.contracts import ContractContent
from domain.errors import Unavailable
from domain.events import Event, EventFilter
from domain.members import WORKING
from domain.pages import PageRequest
from domain.parties import Person
from domain.permissions import Action
from domain.proposals import Proposal, ProposalStatus
from domain.teams import Team
from domain.timeline import PublishWhen, Timeline
from record import comments, dependencies, lookup, rounds, windows
from record.rounds import PartyDetail, ProposalDetail
from store.transaction import Transaction

EVENTS_SHOWN = 100
COMMENTS_SHOWN = 200
_INLINE = 30_000
"""Characters of a schema up to which it stands on the page itself."""
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
class SchemaText:
    """A schema with its guarantees as text; None where it is too long to stand on the page."""

    version: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalPage:
    """Everything that the page shows."""

    now: datetime
    live: Live
    proposal: ProposalView
    proposed_by: str
    owner_team_id: UUID
    """Who may withdraw it: the team that owns the asset now."""
    timeline: Timeline
    changes: tuple[ChangeLine, ...]
    searching: bool
    """Whether records that break are still being looked for."""
    parties: tuple[PartyLine, ...]
    events: Sequence[Happening]
    more_events: bool
    expected: Sequence[Expected]
    schemas: tuple[SchemaText, ...]
    threads: Sequence[Sequence[CommentView]]
    """What was said, by thread: the newest thread first, each from its beginning."""
    more_comments: bool
    speakers: Sequence[Team]
    """The teams that may say something about it."""
    downstream: frozenset[UUID]
    """Those of them that are affected only downstream, and may object."""
    people: Mapping[UUID, Sequence[Person]]
    """Those to whom the answers can be handed that are given by who looks at the page."""
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
        contents = await _contents(tx, proposal)
        threads, more = await _threads(tx, proposal_id)
        affected = await dependencies.affected(tx, detail.asset)
        read = ProposalPage(
            now=now,
            live=live(f"/proposals/{proposal_id}", seen, proposal_id),
            proposal=view,
            proposed_by=proposal.proposed_by.name,
            owner_team_id=detail.asset.owner_team_id,
            timeline=proposal.timeline,
            changes=tuple(
                _change_line(detail, each, place) for place, each in enumerate(proposal.changes)
            ),
            searching=False,
            parties=_party_lines(detail, view),
            events=happenings(reversed(events.items), await _teams_of(tx, events.items)),
            more_events=events.next is not None,
            expected=forecast(detail.round, detail.producer.name, now),
            schemas=_schemas(contents),
            threads=threads,
            more_comments=more,
            speakers=await _speakers(tx, detail),
            downstream=frozenset(affected) - {each.team.id for each in detail.parties},
            people=await _people(tx, call, detail),
            release=await _release(tx, proposal),
            ending=await _ending(tx, proposal),
        )
        return read, proposal, contents.get(proposal.base_version or "")

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


async def read_schemas(call: Call, proposal_id: UUID) -> tuple[ProposalView, dict[str, str]]:
    """Return the proposal and its whole schemas by version, the proposed one first."""

    async def work(tx: Transaction) -> tuple[ProposalView, dict[str, str]]:
        proposal = await lookup.proposal(tx, proposal_id)
        contents = await _contents(tx, proposal)
        view = await proposal_view(tx, call.resources, proposal_id)
        return view, {version: written(content) for version, content in contents.items()}

    return await call.resources.database.read(work)


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


def written(content: ContractContent) -> str:
    """Return a schema, and its guarantees if there are any, as people read JSON."""
    schema = content.schema
    document: object = schema.document if len(schema.documents) == 1 else dict(schema.documents)
    guarantees = content.guarantees.to_wire()
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if guarantees:
        text += "\n\nguarantees\n" + json.dumps(guarantees, indent=2, ensure_ascii=False)
    return text


async def _contents(tx: Transaction, proposal: Proposal) -> dict[str, ContractContent]:
    contents = {proposal.version: proposal.content}
    if proposal.base_contract_id is not None:
        contract = await lookup.contract(tx, proposal.base_contract_id)
        contents[contract.version] = contract.content
    return contents


def _schemas(contents: Mapping[str, ContractContent]) -> tuple[SchemaText, ...]:
    texts = {version: written(content) for version, content in contents.items()}
    return tuple(
        SchemaText(version=version, text=text if len(text) <= _INLINE else None)
        for version, text in texts.items()
    )


async def _teams_of(tx: Transaction, events: Sequence[Event]) -> dict[UUID, Team]:
    return await tx.teams.by_id(event.team_id for event in events if event.team_id)


def _party_lines(detail: ProposalDetail, shown: ProposalView) -> tuple[PartyLine, ...]:
    """Who is silent stands first, then who needs time."""
    views = {each.team.id: each for each in shown.parties}
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
