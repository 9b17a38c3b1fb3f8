"""The reports as pages, with their bars drawn here: nothing is fetched, nothing is scripted."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
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
from api.ui.charts import Bar
from api.ui.rendering import page
from api.ui.routing import PageRoute
from api.views import AssetRef, TeamRef
from domain.amounts import span
from domain.pages import PageRequest
from domain.permissions import Action
from domain.response_times import About, By
from store.transaction import Transaction

router = APIRouter(prefix="/reports", route_class=PageRoute, include_in_schema=False)

Reader = Annotated[Call, Depends(May(Action.READ, "reports"))]
PERIODS = (30, 90, 365)
"""Days that a page offers."""
Days = Annotated[int, Query(ge=1, le=3650)]
After = Annotated[str, Query(max_length=500, alias="cursor")]
_DRAWN = 30
"""So many bars are drawn; the table has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a report is narrowed to, as the page offers it."""

    path: str
    by: By
    days: int
    about: About | None = None
    cursor: str = ""

    def query(self, **others: object) -> str:
        """Return the address of the first page of the report with another choice."""
        return self._address({"cursor": "", **others})

    def after(self, cursor: str) -> str:
        """Return the address of the page that follows."""
        return self._address({"cursor": cursor})

    def _address(self, others: Mapping[str, object]) -> str:
        chosen = {**asdict(self), **others}
        named = {name: chosen[name] for name in ("by", "days", "about", "cursor") if chosen[name]}
        return f"{self.path}?{urlencode(named)}"


@router.get("/response-times")
async def response_times(
    call: Reader,
    by: By = By.TEAM,
    days: Days = 90,
    about: About | None = None,
    after: After = "",
) -> HTMLResponse:
    """How long teams take to answer."""
    since = await _since(call, days)
    page_ = PageRequest(cursor=after or None)
    report = await get_response_times(call, page_, since=since, by=by, about=about)
    context = {
        "report": report,
        "choice": Choice(
            path="/reports/response-times", by=by, days=days, about=about, cursor=after
        ),
        "picture": _times_picture(report),
    }
    return _shown(call, "response_times.html", context)


@router.get("/observed")
async def observed(
    call: Reader, by: By = By.TEAM, days: Days = 90, after: After = ""
) -> HTMLResponse:
    """What would have been asked."""
    since = await _since(call, days)
    report = await get_observed(call, PageRequest(cursor=after or None), since=since, by=by)
    context = {
        "report": report,
        "choice": Choice(path="/reports/observed", by=by, days=days, cursor=after),
        "picture": _observed_picture(report),
    }
    return _shown(call, "observed.html", context)


def _shown(call: Call, template: str, context: dict[str, object]) -> HTMLResponse:
    drawing: dict[str, object] = {
        "took": took,
        "PERIODS": PERIODS,
        "By": By,
        "About": About,
    }
    return page(call.request, template, {**context, **drawing})


async def _since(call: Call, days: int) -> datetime:
    now = await call.resources.database.read(Transaction.now)
    return now - timedelta(days=days)


def _times_picture(report: ResponseTimesReportView) -> Sequence[Bar]:
    answered = [line for line in report.items if line.times.median_seconds is not None]
    return Bar.rows(
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
    return team.name if team is not None else "" if asset is None else asset.fqn


def _observed_picture(report: ObservedReportView) -> Sequence[Bar]:
    return Bar.rows(
        [
            (
                _name(line.team, line.asset),
                line.would.asks,
                line.would.asks,
                str(line.would.asks),
            )
            for line in report.items[:_DRAWN]
        ]
    )
