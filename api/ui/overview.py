"""The overview: what is in flight, who is slow, what fails, how it went, and what ends."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.call import Call, May
from api.ui.charts import Columns, Span, TimeAxis, day_of
from api.ui.live import OF_ROUNDS, live, types_of
from api.ui.rendering import Live, page
from api.ui.reports import took
from api.ui.routing import PageRoute
from api.ui.words import counted
from domain.authorization import Principal, Resource, allows
from domain.listed_proposals import ListedProposal
from domain.overview import WEEKS, EndedCount, Failing, InFlight, first_week
from domain.permissions import Action
from domain.proposals import ProposalStatus
from record import overview
from record.overview import FLIGHTS_SHOWN, STUCK_SHOWN, UNATTENDED_SHOWN, Overview
from store.transaction import Transaction

PATH = "/overview"
_DRAWN_AROUND = timedelta(days=60)
"""A bar that reaches further is cut, else one of them would make all others too small to see."""
_LATE_RELAY = timedelta(minutes=1)
_DAY = timedelta(days=1)
_TYPES = OF_ROUNDS | types_of("retirement", "destination")
_AGES = (
    ("< 1 d", "less than a day", _DAY),
    ("1–2 d", "1 to 2 days", 3 * _DAY),
    ("3–6 d", "3 to 6 days", 7 * _DAY),
    ("1–2 wk", "1 to 2 weeks", 14 * _DAY),
    ("2–4 wk", "2 to 4 weeks", 28 * _DAY),
    ("older", "more than 4 weeks", timedelta.max),
)
_DUES = (
    ("overdue", "overdue", timedelta(0)),
    ("24 h", "within 24 hours", _DAY),
    ("3 days", "in 1 to 3 days", 3 * _DAY),
    ("7 days", "in 3 to 7 days", 7 * _DAY),
    ("14 days", "in 1 to 2 weeks", 14 * _DAY),
    ("later", "in more than 2 weeks", timedelta.max),
)
_ENDS = (
    (ProposalStatus.PUBLISHED, "Published"),
    (ProposalStatus.REJECTED, "Rejected"),
    (ProposalStatus.EXPIRED, "Expired"),
    (ProposalStatus.WITHDRAWN, "Withdrawn"),
)

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """An open proposal with its bar, whose parts say by their names how they are drawn."""

    item: InFlight
    proposal: ListedProposal
    pending: Sequence[str]
    overdue: bool
    spans: Sequence[tuple[str, Span]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Columns, and the same in words and numbers."""

    chart: Columns
    rows: Sequence[tuple[str, Sequence[int]]]
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingLine:
    """A destination in trouble; `inside` says whether what it answers is for who looks."""

    item: Failing
    inside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """Everything that the page shows."""

    now: datetime
    live: Live
    whole: Overview
    flights: Sequence[Flight]
    axis: TimeAxis
    axis_says: tuple[str, str]
    late: int
    """Open proposals whose time is up."""
    stuck: Sequence[tuple[ListedProposal, str]]
    """Those that are shown, each with the error."""
    unattended: Sequence[ListedProposal]
    failing: Sequence[FailingLine]
    relay_is_late: bool
    troubles: int
    """How many things there are that somebody should look at."""
    ages: Histogram
    dues: Histogram
    weeks: Histogram
    ended: int


@router.get(PATH)
async def show(call: Annotated[Call, Depends(May(Action.READ, "reports"))]) -> HTMLResponse:
    """The whole at a glance."""

    async def work(tx: Transaction) -> OverviewPage:
        # The place in the log comes first: what is committed after it is streamed to the page.
        seen = await tx.events.latest()
        return _page(call, live(PATH, seen, types=_TYPES), await overview.read(tx))

    found = await call.resources.database.read(work)
    context = {"page": found, "now": found.now, "live": found.live, "ENDS": _ENDS, "took": took}
    return page(call.request, "overview.html", context)


def _page(call: Call, shown: Live, whole: Overview) -> OverviewPage:
    now, drawn = whole.read_at, whole.in_flight[:FLIGHTS_SHOWN]
    axis = _axis(drawn, now)
    late = sum(each.is_overdue(now) for each in whole.in_flight)
    relay_is_late = whole.backlog.oldest > _LATE_RELAY
    return OverviewPage(
        now=now,
        live=shown,
        whole=whole,
        flights=[_flight(each, whole, axis) for each in drawn],
        axis=axis,
        axis_says=(
            "From opened to due, with today marked",
            f"{counted(len(drawn), 'bar')} from {day_of(axis.begins)} to {day_of(axis.ends)}; the "
            "list below says the same in words.",
        ),
        late=late,
        stuck=[
            (whole.listed[each.proposal.id], each.proposal.stuck)
            for each in whole.stuck[:STUCK_SHOWN]
            if each.proposal.stuck is not None
        ],
        unattended=[whole.listed[each.proposal.id] for each in whole.unattended[:UNATTENDED_SHOWN]],
        failing=[
            FailingLine(item=each, inside=_is_inside(call.principal, each))
            for each in whole.failing
        ],
        relay_is_late=relay_is_late,
        troubles=whole.failing_found
        + len(whole.parked)
        + len(whole.stuck)
        + len(whole.unattended)
        + relay_is_late,
        ages=_spread([now - each.proposal.opened_at for each in whole.in_flight], _AGES),
        dues=_spread(
            [each.due_at - now for each in whole.in_flight if each.due_at is not None],
            _DUES,
            undated=sum(each.due_at is None for each in whole.in_flight),
            among=bisect_left,
        ),
        weeks=_weeks(whole.ended, now),
        ended=sum(each.count for each in whole.ended),
    )


def _is_inside(principal: Principal, failing: Failing) -> bool:
    where = Resource(noun="destinations", team_id=failing.team_id, user_id=failing.user_id)
    return allows(principal, Action.READ_DESTINATION, where)


def _axis(drawn: Sequence[InFlight], now: datetime) -> TimeAxis:
    earliest, latest = now - _DRAWN_AROUND, now + _DRAWN_AROUND
    times = [each.proposal.opened_at for each in drawn]
    times += [each.due_at for each in drawn if each.due_at is not None]
    return TimeAxis.around([min(max(at, earliest), latest) for at in times], now)


def _flight(item: InFlight, whole: Overview, axis: TimeAxis) -> Flight:
    begins, due_at, now = item.proposal.opened_at, item.due_at, whole.read_at
    overdue = item.is_overdue(now)
    proposal = whole.listed[item.proposal.id]
    kind = "waits" if proposal.status is ProposalStatus.APPROVED else "run"
    if due_at is None:
        spans = [("undated", axis.span(begins, now))]
    elif overdue:
        spans = [(kind, axis.span(begins, due_at)), ("late", axis.span(due_at, now))]
    else:
        spans = [(kind, axis.span(begins, due_at))]
    pending = whole.waited_for(item)
    return Flight(item=item, proposal=proposal, pending=pending, overdue=overdue, spans=spans)


def _spread(
    lengths: Sequence[timedelta],
    steps: Sequence[tuple[str, str, timedelta]],
    *,
    undated: int | None = None,
    among: Callable[[Sequence[timedelta], timedelta], int] = bisect_right,
) -> Histogram:
    """Return how many of the lengths lie within each step, and beside them what has none.

    What is as long as a step belongs to the next one, or by `bisect_left` to that step.
    """
    limits = [limit for *_, limit in steps]
    counts = [0] * len(steps)
    for length in lengths:
        counts[among(limits, length)] += 1
    named = [(short, says, count) for (short, says, _), count in zip(steps, counts, strict=True)]
    if undated is not None:
        named.append(("no date", "without a date yet", undated))
    return Histogram(
        chart=Columns.of(
            [
                (short, {"overdue" if short == "overdue" else "open": count})
                for short, _, count in named
            ]
        ),
        rows=[(says, (count,)) for _, says, count in named],
        says="; ".join(f"{says}: {count}" for _, says, count in named),
    )


def _weeks(ended: Sequence[EndedCount], now: datetime) -> Histogram:
    first = first_week(now)
    weeks = [first + timedelta(weeks=number) for number in range(WEEKS)]
    found = {(each.week, each.status): each.count for each in ended}
    counts: list[Mapping[str, int]] = [
        {status.value: found.get((week, status), 0) for status, _ in _ENDS} for week in weeks
    ]
    totals = ", ".join(
        f"{sum(each[status.value] for each in counts)} {words.lower()}" for status, words in _ENDS
    )
    return Histogram(
        chart=Columns.of(
            [(day_of(week), each) for week, each in zip(weeks, counts, strict=True)], label_every=3
        ),
        rows=[
            (day_of(week), tuple(each.values())) for week, each in zip(weeks, counts, strict=True)
        ],
        says=f"In {WEEKS} weeks {totals}.",
    )
