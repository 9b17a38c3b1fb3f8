"""What the inbox of who is signed in shows, read in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from api.call import Call
from api.inbox import InboxView, ItemView, MoveView, OwnView, ProposalRef, standing
from api.ui.forecast import Expected, next_of
from api.ui.live import concerning, live, types_of
from api.ui.proposals import Wanted
from api.ui.rendering import Live
from domain.events import EventType
from domain.pages import PageRequest
from domain.proposals import Cause
from record import inbox
from record.inbox import Inbox, Item, Move
from record.rounds import ProposalDetail
from store.rounds import StoredRound
from store.transaction import Transaction

ON_A_PAGE = 20
RECENTLY_ENDED = 5
_TYPES = types_of("proposal", "retirement", "registration", "team") - {
    *(EventType.COMMENTED, EventType.OBJECTED, EventType.DOWNSTREAM_TOLD),
}
"""Whoever comes into a team is in its inbox when the page is next read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    """A proposal that waits for one of the teams."""

    view: ItemView
    changes_hash: str | None
    latest_until: datetime | None

    @property
    def key(self) -> str:
        """What its forms and its place on the page are known by."""
        return f"{self.view.proposal.id}-{self.view.team.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveLine:
    """An old version that one of the teams is to leave."""

    view: MoveView
    ends_at: datetime
    latest_until: datetime
    on: int
    """How many teams are still on it."""

    @property
    def key(self) -> str:
        """What its forms and its place on the page are known by."""
        return f"{self.view.contract_id}-{self.view.team.id}"

    @property
    def first_day(self) -> date:
        """The first day that may be asked for."""
        return self.view.sunset_at.date()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLine:
    """An open proposal of the teams themselves, and what comes next if nobody says anything."""

    view: OwnView
    next: Expected | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedLine:
    """A proposal that ended lately."""

    proposal: ProposalRef
    cause: Cause | None
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage:
    """Everything that the page shows."""

    now: datetime
    live: Live
    wanted: Wanted
    next: str | None
    view: InboxView
    waiting: Sequence[WaitingLine]
    moves: Sequence[MoveLine]
    own: Sequence[OwnLine]
    ended: Sequence[EndedLine]

    @property
    def teams(self) -> list[str]:
        """The names of the teams whose inbox it is."""
        return [each.name for each in self.view.teams]

    @property
    def count(self) -> int:
        """How many proposals wait for the teams, over all pages."""
        counts = self.view.counts
        return counts.answer + counts.confirm + counts.publish

    @property
    def keys(self) -> set[str]:
        """What there is a form for."""
        return {*(each.key for each in self.waiting), *(each.key for each in self.moves)}


async def read_inbox(call: Call, wanted: Wanted) -> InboxPage:
    """Return what waits for the teams of who asks, what they wait for, and what ended lately."""

    async def work(tx: Transaction) -> InboxPage:
        # The place in the log comes first: what is committed after it is streamed to the page.
        seen = await tx.events.latest()
        teams = await standing(tx, call.principal.teams)
        limit = min(wanted.limit, ON_A_PAGE)
        request = PageRequest(limit=limit, cursor=wanted.cursor or None)
        found = await inbox.read(tx, teams, request)
        view = InboxView.of(teams.values(), found, call)
        return InboxPage(
            now=found.read_at,
            live=live(_address(wanted, wanted.cursor), seen, concerning(teams, found), _TYPES),
            wanted=wanted,
            next=None if found.next is None else _address(wanted, found.next),
            view=view,
            waiting=[
                _waiting(item, shown) for item, shown in zip(found.items, view.items, strict=True)
            ],
            moves=[_move(move, shown) for move, shown in zip(found.moves, view.moves, strict=True)],
            own=[_own(each, shown, found) for each, shown in zip(found.own, view.own, strict=True)],
            ended=[_ended(each, call) for each in await inbox.ended(tx, teams, RECENTLY_ENDED)],
        )

    return await call.resources.database.read(work)


def _address(wanted: Wanted, cursor: str) -> str:
    query = wanted.query(cursor)
    return f"/?{query}" if query else "/"


def _waiting(item: Item, view: ItemView) -> WaitingLine:
    return WaitingLine(
        view=view,
        changes_hash=None if item.member is None else item.member.party.changes_hash,
        latest_until=item.waiting.latest_until,
    )


def _move(move: Move, view: MoveView) -> MoveLine:
    retirement = move.retirement
    return MoveLine(
        view=view,
        ends_at=retirement.ends_at,
        latest_until=retirement.retirement.latest_until,
        on=len(retirement.window.pending),
    )


def _own(detail: ProposalDetail, view: OwnView, found: Inbox) -> OwnLine:
    return OwnLine(view=view, next=next_of(detail.round, detail.producer.name, found.read_at))


def _ended(round_: StoredRound, call: Call) -> EndedLine:
    proposal = round_.proposal
    return EndedLine(
        proposal=ProposalRef.of(proposal, round_.asset, round_.producer, call.resources),
        cause=proposal.cause,
        ended_at=proposal.ended_at or proposal.opened_at,
    )


def key_of(about: UUID, team: str) -> str:
    """Return what the forms about a proposal or a version are known by, for one team."""
    return f"{about}-{team}"
