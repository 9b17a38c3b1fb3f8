"""What the page of one proposal shows, read in one transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.call import Call
from api.proposal_views import PartyView, ProposalView, proposal_view, views_of
from api.ui.forecast import Expected, forecast
from api.ui.happenings import Happening, happenings
from api.ui.live import live
from api.ui.rendering import Live
from api.views import ChangeView
from domain.changes import Change
from domain.contracts import ContractContent
from domain.events import Event
from domain.pages import PageRequest
from domain.proposals import Proposal
from domain.teams import Team
from domain.timeline import PublishWhen, Timeline
from record import lookup, rounds
from record.rounds import PartyDetail, ProposalDetail
from store.transaction import Transaction

EVENTS_SHOWN = 100
_INLINE = 30_000
"""Characters of a schema up to which it stands on the page itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLine:
    """A party as the page shows it."""

    view: PartyView
    reached: bool
    """Whether an ask or a reminder has arrived somewhere."""
    latest_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    """A change, and the parties that read what it touches."""

    view: ChangeView
    readers: tuple[str, ...]


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
    timeline: Timeline
    gating: tuple[ChangeLine, ...]
    others: tuple[ChangeLine, ...]
    parties: tuple[PartyLine, ...]
    events: Sequence[Happening]
    more_events: bool
    expected: Sequence[Expected]
    schemas: tuple[SchemaText, ...]

    @property
    def waits_for_publication(self) -> bool:
        """Whether it is approved and somebody must say that it may be published."""
        return (
            self.proposal.status.value == "approved"
            and self.timeline.publish is PublishWhen.ON_DEMAND
            and self.proposal.publish_requested is None
        )

    @property
    def settling(self) -> str | None:
        """What was said about it that its workflow has not carried out yet."""
        if not self.proposal.status.is_open:
            return None
        if self.proposal.withdrawn:
            return "withdrawn"
        return "forced" if self.proposal.forced else None


async def read_proposal(call: Call, proposal_id: UUID) -> ProposalPage:
    """Return what the page shows, or raise `NotFound`."""

    async def work(tx: Transaction) -> ProposalPage:
        # The place in the log comes first: what is committed after it is streamed to the page.
        seen = await tx.events.latest()
        now = await tx.now()
        detail = await rounds.load_one(tx, proposal_id)
        proposal = detail.proposal
        (view,) = await views_of(tx, call.resources, [detail])
        events = await tx.events.page(PageRequest(limit=EVENTS_SHOWN), {"proposal_id": proposal_id})
        changes = [_change_line(detail, each) for each in proposal.changes]
        return ProposalPage(
            now=now,
            live=live(f"/proposals/{proposal_id}", seen, proposal_id),
            proposal=view,
            proposed_by=proposal.proposed_by.name,
            timeline=proposal.policy.timeline,
            gating=tuple(each for each in changes if each.view.gating),
            others=tuple(each for each in changes if not each.view.gating),
            parties=_party_lines(detail),
            events=happenings(reversed(events.items), await _teams_of(tx, events.items)),
            more_events=events.next is not None,
            expected=forecast(detail.round, detail.producer.name, now),
            schemas=await _schemas(tx, proposal),
        )

    return await call.resources.database.read(work)


async def read_schemas(call: Call, proposal_id: UUID) -> tuple[ProposalView, dict[str, str]]:
    """Return the proposal and its whole schemas by version, the proposed one first."""

    async def work(tx: Transaction) -> tuple[ProposalView, dict[str, str]]:
        proposal = await lookup.proposal(tx, proposal_id)
        contents = await _contents(tx, proposal)
        view = await proposal_view(tx, call.resources, proposal_id)
        return view, {version: written(content) for version, content in contents.items()}

    return await call.resources.database.read(work)


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


async def _schemas(tx: Transaction, proposal: Proposal) -> tuple[SchemaText, ...]:
    texts = {
        version: written(content) for version, content in (await _contents(tx, proposal)).items()
    }
    return tuple(
        SchemaText(version=version, text=text if len(text) <= _INLINE else None)
        for version, text in texts.items()
    )


async def _teams_of(tx: Transaction, events: Sequence[Event]) -> dict[UUID, Team]:
    return await tx.teams.by_id(event.team_id for event in events if event.team_id)


def _party_lines(detail: ProposalDetail) -> tuple[PartyLine, ...]:
    """Who is silent stands first, then who needs time."""
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
            view=PartyView.of(each),
            reached=each.party.reached_at is not None,
            latest_until=detail.round.latest_until(each.party),
        )
        for each in ordered
    )


def _change_line(detail: ProposalDetail, change: Change) -> ChangeLine:
    gating = detail.proposal.policy.mode.gates(change)

    def reads(party: PartyDetail) -> bool:
        fields = party.stored.fields
        return not fields or any(change.touches(field) for field in fields)

    return ChangeLine(
        view=ChangeView.of(change, gating=gating),
        readers=tuple(each.team.name for each in detail.parties if gating and reads(each)),
    )
