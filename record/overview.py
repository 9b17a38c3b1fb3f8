"""The whole at a glance: what is in flight, who is slow, what fails, how it went, what ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.health import Backlog, ParkedRow
from domain.listed_proposals import ListedProposal
from domain.overview import (
    LATELY,
    Awaited,
    ComingEnd,
    EndedCount,
    Failing,
    InFlight,
    first_week,
    looked_at,
)
from domain.periods import Period
from domain.response_times import ResponseTimes
from record.wakes import OVERDUE_BY
from store.health import LISTED
from store.transaction import Transaction

FLIGHTS_SHOWN = 15
"""So many proposals are drawn; the list of proposals has all."""
STUCK_SHOWN = 5
UNATTENDED_SHOWN = 3
SLOW_SHOWN = 8
FAILING_SHOWN = 6
ENDS_SHOWN = 8
TIMES_OF = timedelta(days=30)
"""The time of whose questions the response times are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All of it, as of one moment."""

    read_at: datetime
    in_flight: Sequence[InFlight]
    listed: Mapping[UUID, ListedProposal]
    """Those of them that are shown by name, by their id."""
    stuck: Sequence[InFlight]
    unattended: Sequence[InFlight]
    names: Mapping[UUID, str]
    """Of all teams that are waited for, in the order of their names."""
    slow: Sequence[Awaited]
    """Those with the most overdue, then those that are waited for longest."""
    awaited: int
    """How many teams are waited for."""
    questions: int
    overdue: int
    """Questions that are still to be answered, and those of them whose time is up."""
    times: Mapping[UUID, ResponseTimes]
    """Of the slow teams, by their id."""
    failing: Sequence[Failing]
    failing_found: int
    parked: tuple[ParkedRow, ...]
    backlog: Backlog
    ended: Sequence[EndedCount]
    ends: Sequence[ComingEnd]
    ends_found: int

    def waited_for(self, flight: InFlight) -> Sequence[str]:
        """Return the names of those who have not answered for good."""
        pending = frozenset(flight.pending)
        return [name for team_id, name in self.names.items() if team_id in pending]


async def read(tx: Transaction) -> Overview:
    """Return the overview; a fixed number of statements, however much there is."""
    now = await tx.now()
    proposals = await tx.overview.open_ones(OVERDUE_BY)
    asked = await tx.overview.questions()
    in_flight, teams = looked_at(proposals, asked, now)
    stuck = [each for each in in_flight if each.proposal.stuck is not None]
    unattended = [each for each in in_flight if each.proposal.is_unattended]
    named = (*in_flight[:FLIGHTS_SHOWN], *stuck[:STUCK_SHOWN], *unattended[:UNATTENDED_SHOWN])
    listed = await tx.listed_proposals.of({each.proposal.id for each in named})
    failing, failing_found = await tx.overview.failing(now - LATELY, FAILING_SHOWN)
    ends, ends_found = await tx.overview.coming_ends(ENDS_SHOWN)
    slow = teams[:SLOW_SHOWN]
    return Overview(
        read_at=now,
        in_flight=in_flight,
        listed={each.id: each for each in listed},
        stuck=stuck,
        unattended=unattended,
        names=asked.names,
        slow=slow,
        awaited=len(teams),
        questions=sum(each.open for each in teams),
        overdue=sum(each.overdue for each in teams),
        times=await _times(tx, slow, now),
        failing=failing,
        failing_found=failing_found,
        parked=await tx.outbox.parked(LISTED),
        backlog=await tx.health.backlog(),
        ended=await tx.overview.ended(first_week(now)),
        ends=ends,
        ends_found=ends_found,
    )


async def _times(
    tx: Transaction, slow: Sequence[Awaited], now: datetime
) -> Mapping[UUID, ResponseTimes]:
    if not slow:
        return {}
    report = await tx.reports.response_times.of_teams(
        Period(since=now - TIMES_OF, until=now), [each.team_id for each in slow]
    )
    return dict(report.lines)
