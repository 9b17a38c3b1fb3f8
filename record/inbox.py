"""The inbox: what waits for these teams, by deadline, with what breaks for them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.assets import Asset
from domain.changes import Change
from domain.errors import InvalidCursor
from domain.inbox import Counts, Waiting, counted, waits_for_answer, waits_for_producer
from domain.pages import PageRequest
from domain.proposals import Proposal, asked_about
from domain.teams import Team
from record import lookup, rounds, windows
from record.rounds import ProposalDetail, party_of
from record.windows import MoverDetail, RetirementDetail
from store.inbox import Asked
from store.pages import read_cursor, written_cursor
from store.rounds import StoredMember, StoredRound
from store.transaction import Transaction

OWN_SHOWN = 20
MOVES_SHOWN = 50
_LISTING = "inbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that waits for a team, with all that is shown of it."""

    waiting: Waiting
    team: Team
    proposal: Proposal
    asset: Asset
    producer: Team
    breaking: tuple[Change, ...]
    """What breaks for the team that is asked; for the producer, all that gates."""
    member: StoredMember | None
    """What the team was told and has said, if it is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An old version that a team has yet to move off."""

    retirement: RetirementDetail
    mover: MoverDetail

    @property
    def place(self) -> tuple[datetime, str, str]:
        """The order: by time."""
        due = self.mover.due_at or self.retirement.ends_at
        return due, self.retirement.retirement.contract_id.hex, self.mover.team.id.hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """One page of what waits; `own` are the oldest open proposals of the teams themselves."""

    counts: Counts
    items: tuple[Item, ...]
    next: str | None
    own: tuple[ProposalDetail, ...]
    moves: tuple[Move, ...]
    """The nearest of the old versions that the teams have yet to move off."""
    read_at: datetime


async def read(tx: Transaction, team_ids: Collection[UUID], request: PageRequest) -> Inbox:
    """Return a page of what waits for these teams; a fixed number of statements.

    Everything that waits is looked at for the order and the counts, but only the page is read in
    full. The cursor is a place in that order, so an answer between two pages shifts nothing.
    """
    now = await tx.now()
    asked = {
        (each.member.party.proposal_id, each.member.team.id): each
        for each in await tx.inbox.asked(team_ids)
    }
    own = await tx.inbox.own(team_ids)
    waiting = sorted(
        [
            *(_waiting(each, now) for each in asked.values()),
            *(found for each in own if (found := waits_for_producer(each))),
        ],
        key=lambda each: each.place,
    )
    moves = await _moves(tx, team_ids)
    rest = _after(waiting, request.cursor)
    shown = rest[: request.limit]
    return Inbox(
        counts=counted(waiting, len(own), now, move=len(moves)),
        items=await _items(tx, shown, asked),
        next=_cursor(shown[-1]) if len(rest) > len(shown) else None,
        own=await rounds.load(tx, [each.id for each in own[:OWN_SHOWN]]),
        moves=moves[:MOVES_SHOWN],
        read_at=now,
    )


async def ended(tx: Transaction, team_ids: Collection[UUID], limit: int) -> Sequence[StoredRound]:
    """Return what these teams proposed or were asked about, what ended last first; no parties."""
    ids = await tx.inbox.ended(team_ids, limit)
    heads = await tx.rounds.heads(ids) if ids else {}
    return [heads[each] for each in ids]


async def _moves(tx: Transaction, team_ids: Collection[UUID]) -> tuple[Move, ...]:
    pairs = await tx.retirements.open_for(team_ids)
    details = await windows.load(tx, [contract_id for contract_id, _ in pairs])
    wanted = set(pairs)
    moves = [
        Move(retirement=detail, mover=mover)
        for detail in details
        for mover in detail.movers
        if (detail.retirement.contract_id, mover.team.id) in wanted
    ]
    return tuple(sorted(moves, key=lambda each: each.place))


def _waiting(asked: Asked, now: datetime) -> Waiting:
    party = party_of(asked.member)
    proposal_id = asked.member.party.proposal_id
    return waits_for_answer(proposal_id, asked.timeline, asked.opened_at, party, now)


async def _items(
    tx: Transaction, shown: Sequence[Waiting], asked: Mapping[tuple[UUID, UUID], Asked]
) -> tuple[Item, ...]:
    heads = await tx.rounds.heads(each.proposal_id for each in shown) if shown else {}
    return tuple(
        _item(each, heads[each.proposal_id], asked.get((each.proposal_id, each.team_id)))
        for each in shown
        if each.proposal_id in heads
    )


def _item(waiting: Waiting, head: StoredRound, asked: Asked | None) -> Item:
    proposal = head.proposal
    member = None if asked is None else asked.member
    return Item(
        waiting=waiting,
        team=head.producer if member is None else member.team,
        proposal=proposal,
        asset=head.asset,
        producer=head.producer,
        breaking=asked_about(proposal, () if member is None else member.party.fields),
        member=member,
    )


def _after(waiting: Sequence[Waiting], cursor: str | None) -> Sequence[Waiting]:
    if cursor is None:
        return waiting
    parts = read_cursor(_LISTING, cursor).split("|")
    if len(parts) != 4:
        raise InvalidCursor("This cursor is damaged; start without one.")
    without_time, *rest = parts
    place = (without_time == "1", *rest)
    return [each for each in waiting if each.place > place]


def _cursor(last: Waiting) -> str:
    without_time, *rest = last.place
    return written_cursor(_LISTING, "|".join(["1" if without_time else "0", *rest]))


async def teams_of_user(tx: Transaction, user_id: UUID) -> tuple[UUID, ...]:
    """Return the teams of a user, or raise `NotFound`."""
    await lookup.user(tx, user_id)
    return tuple(member.team_id for member in await tx.members.of_user(user_id))
