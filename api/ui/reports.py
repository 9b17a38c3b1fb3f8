"""The reports as pages, with their bars drawn here: nothing is fetched, nothing is scripted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from api.call import Call, May
from api.reports import (
    ObservedReportView,
    ResponseTimesReportView,
    ResponseTimesView,
    get_observed,
    get_response_times,
)
from api.ui.rendering import page
from api.ui.routing import PageRoute
from api.views import AssetRef, TeamRef
from domain.amounts import span
from domain.periods import LARGEST_REPORT
from domain.permissions import Action
from domain.response_times import By
from store.transaction import Transaction

router = APIRouter(prefix="/reports", route_class=PageRoute, include_in_schema=False)

Reader = Annotated[Call, Depends(May(Action.READ, "reports"))]
PERIODS = (30, 90, 365)
"""Days that a page offers."""
Days = Annotated[int, Query(ge=1, le=3650)]
WIDTH, ROW, LABELS = 680, 30, 190
_ROOM = WIDTH - LABELS - 120
_LONGEST_NAME = 24
_DRAWN = 30
"""So many bars are drawn; the table has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row of a picture: a bar, a thinner one behind it that is longer, and what they say."""

    name: str
    long: float
    short: float
    says: str
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Bars below each other, the longest as wide as there is room."""

    bars: tuple[Bar, ...]
    height: int

    @classmethod
    def of(cls, rows: list[tuple[str, float, float, str]]) -> "Picture":
        """Draw rows of a name, the longer number, the shorter one, and what they say."""
        most = max((long for _, long, _, _ in rows), default=0) or 1
        bars = tuple(
            Bar(
                name=name,
                long=round(long / most * _ROOM, 1),
                short=round(short / most * _ROOM, 1),
                says=says,
                y=place * ROW,
            )
            for place, (name, long, short, says) in enumerate(rows)
        )
        return cls(bars=bars, height=len(rows) * ROW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a report is narrowed to, as the page offers it."""

    path: str
    by: By
    days: int

    def query(self, *, by: By | None = None, days: int | None = None) -> str:
        """Return the address of the report with another choice."""
        wanted = {"by": (by or self.by).value, "days": days or self.days}
        return f"{self.path}?{urlencode(wanted)}"


@router.get("/response-times")
async def response_times(call: Reader, by: By = By.TEAM, days: Days = 90) -> HTMLResponse:
    """How long teams take to answer."""
    since = await _since(call, days)
    report = await get_response_times(call, since=since, by=by, limit=LARGEST_REPORT)
    context = {
        "report": report,
        "choice": Choice(path="/reports/response-times", by=by, days=days),
        "picture": _times_picture(report),
    }
    return _shown(call, "response_times.html", context)


@router.get("/observed")
async def observed(call: Reader, by: By = By.TEAM, days: Days = 90) -> HTMLResponse:
    """What would have been asked."""
    since = await _since(call, days)
    report = await get_observed(call, since=since, by=by, limit=LARGEST_REPORT)
    context = {
        "report": report,
        "choice": Choice(path="/reports/observed", by=by, days=days),
        "picture": _observed_picture(report),
    }
    return _shown(call, "observed.html", context)


def _shown(call: Call, template: str, context: dict[str, object]) -> HTMLResponse:
    drawing: dict[str, object] = {
        "took": took,
        "WIDTH": WIDTH,
        "ROW": ROW,
        "LABELS": LABELS,
        "PERIODS": PERIODS,
        "By": By,
    }
    return page(call.request, template, {**context, **drawing})


async def _since(call: Call, days: int) -> datetime:
    now = await call.resources.database.read(Transaction.now)
    return now - timedelta(days=days)


def _times_picture(report: ResponseTimesReportView) -> Picture:
    answered = [line for line in report.lines if line.times.median_seconds is not None]
    return Picture.of(
        [
            (
                _name(line.team, line.asset),
                line.times.p90_seconds or 0.0,
                line.times.median_seconds or 0.0,
                _times_said(line.times),
            )
            for line in answered[:_DRAWN]
        ]
    )


def _times_said(times: ResponseTimesView) -> str:
    return f"{took(times.median_seconds)}, {took(times.p90_seconds)}"


def took(seconds: float | None) -> str:
    """Return a length of time in words; a dash for none."""
    return "\N{EN DASH}" if seconds is None else span(timedelta(seconds=seconds))


def _name(team: TeamRef | None, asset: AssetRef | None) -> str:
    """Return what a line is called, short enough to stand beside its bar."""
    name = team.name if team is not None else "" if asset is None else asset.fqn
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _observed_picture(report: ObservedReportView) -> Picture:
    return Picture.of(
        [
            (
                _name(line.team, line.asset),
                line.would.asks,
                line.would.asks,
                str(line.would.asks),
            )
            for line in report.lines[:_DRAWN]
        ]
    )
