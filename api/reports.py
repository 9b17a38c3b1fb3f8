"""Reports: how long teams take to answer, and what would have been asked of whom."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from api.call import Call, May
from api.json_bodies import Moment
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import AssetRef, TeamRef, View
from domain.observed import ObservedLine, WouldAsk
from domain.periods import Period
from domain.permissions import Action
from domain.response_times import About, Asked, By, ResponseTimes
from record import lookup
from store.transaction import Transaction

router = APIRouter(prefix="/reports", tags=["reports"], route_class=TesseraRoute)

Reader = Annotated[Call, Depends(May(Action.READ, "reports"))]
Since = Annotated[
    Moment | None, Query(description="From this time on; left out: 90 days before `until`.")
]
Until = Annotated[Moment | None, Query(description="Before this time; left out: now.")]
OneLineFor = Annotated[By, Query(description="What has a line of its own.")]


class PeriodView(View):
    """From `since`, before `until`."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, period: Period) -> "PeriodView":
        """Return the view of a period."""
        return cls(since=period.since, until=period.until)


class ResponseTimesView(View):
    """Of questions: each is one ask to one team, about a proposal or to move off an old version."""

    asked: int
    answered: int = Field(
        description="Whatever the answer says; of an old version `moved` or `needs longer`."
    )
    median_seconds: float | None = Field(
        description="From the ask to the first answer; unanswered ones are not in it."
    )
    p90_seconds: float | None
    overdue: int = Field(description="No answer stood when the time that the ask named was up.")
    reminders: int
    reminded: int = Field(description="Questions that needed a reminder.")
    open: int = Field(description="Still waited for.")

    @classmethod
    def of(cls, times: ResponseTimes) -> "ResponseTimesView":
        """Return the view of times."""
        return cls(
            asked=times.asked,
            answered=times.answered,
            median_seconds=_seconds(times.median),
            p90_seconds=_seconds(times.p90),
            overdue=times.overdue,
            reminders=times.reminders,
            reminded=times.reminded,
            open=times.open,
        )


class ResponseTimesLine(View):
    """The times of one team, or about one asset."""

    team: TeamRef | None
    asset: AssetRef | None
    times: ResponseTimesView


class ResponseTimesReportView(View):
    """How long teams took to answer what they were asked in a period."""

    period: PeriodView
    by: By
    total: ResponseTimesView = Field(description="Of all lines, shown or not.")
    items: list[ResponseTimesLine] = Field(
        description="Those with the most overdue first, then the slowest."
    )
    next: str | None
    found: int = Field(description="How many lines there are, shown or not.")


class WouldAskView(View):
    """Questions that would have been put."""

    asks: int
    breaking: int = Field(description="Breaking changes; of one publication at most 20 count.")
    first_at: datetime
    last_at: datetime
    reason: str = Field(description="Of the last one.", examples=["reads `email`"])
    sentences: list[str] = Field(description="What the last one would have been about.")

    @classmethod
    def of(cls, would: WouldAsk) -> "WouldAskView":
        """Return the view of questions."""
        return cls(
            asks=would.asks,
            breaking=would.breaking,
            first_at=would.first_at,
            last_at=would.last_at,
            reason=would.reason,
            sentences=list(would.sentences),
        )


class ObservedPartView(View):
    """The questions to one team about one asset: which, the line and this say together."""

    team: TeamRef | None
    asset: AssetRef | None
    would: WouldAskView


class ObservedLineView(ObservedPartView):
    """The questions to one team, or about one asset, with the largest parts of them."""

    parts: list[ObservedPartView]
    parts_found: int


class ObservedReportView(View):
    """What assets that only observe would have asked in a period."""

    period: PeriodView
    by: By
    publications: int = Field(description="Breaking ones that were observed, whoever reads them.")
    nobody: int = Field(description="Publications that would have asked nobody.")
    asks: int
    items: list[ObservedLineView] = Field(description="Those with the most questions first.")
    next: str | None
    found: int = Field(description="How many lines there are, shown or not.")


@router.get("/response-times", summary="See how long teams take to answer")
async def get_response_times(
    call: Reader,
    page: Paging,
    since: Since = None,
    until: Until = None,
    by: OneLineFor = By.TEAM,
    about: Annotated[
        About | None, Query(description="Only questions of proposals, or to move off old versions.")
    ] = None,
    team_id: Annotated[UUID | None, Query(description="Only what it was asked.")] = None,
    asset_id: Annotated[UUID | None, Query(description="Only about this one.")] = None,
    release_id: Annotated[
        UUID | None, Query(description="Only about the proposals of this release.")
    ] = None,
) -> ResponseTimesReportView:
    """Median and ninth decile from the ask to the first answer, overdue ones, reminders needed.

    A question counts in the period in which it was put. A cursor keeps the period of its report.
    """
    asked = Asked(
        about=about,
        team_ids=None if team_id is None else (team_id,),
        asset_id=asset_id,
        release_id=release_id,
    )

    async def work(tx: Transaction) -> ResponseTimesReportView:
        await _there(tx, team_id, asset_id)
        if release_id is not None:
            lookup.found(await tx.releases.get(release_id), "release", release_id)
        period = Period.of(since, until, await tx.now())
        report = await tx.reports.response_times.of(period, by, asked, page)
        names = await _Names.of(tx, by, (id_ for id_, _ in report.lines))
        return ResponseTimesReportView(
            period=PeriodView.of(report.period),
            by=by,
            total=ResponseTimesView.of(report.total),
            items=[
                ResponseTimesLine(
                    team=names.team(id_), asset=names.asset(id_), times=ResponseTimesView.of(times)
                )
                for id_, times in report.lines
            ],
            next=report.next,
            found=report.found,
        )

    return await call.resources.database.read(work)


@router.get("/observed", summary="See what would have been asked")
async def get_observed(
    call: Reader,
    page: Paging,
    since: Since = None,
    until: Until = None,
    by: OneLineFor = By.TEAM,
    team_id: Annotated[UUID | None, Query(description="Only what it would be asked.")] = None,
    asset_id: Annotated[UUID | None, Query(description="Only about this one.")] = None,
    owner_team_id: Annotated[
        UUID | None, Query(description="Only about what this team owned then.")
    ] = None,
) -> ObservedReportView:
    """Per team, or per asset, what publications of assets that `observe` would have asked.

    A cursor keeps the period of its report.
    """

    async def work(tx: Transaction) -> ObservedReportView:
        await _there(tx, team_id, asset_id)
        await _there(tx, owner_team_id, None)
        period = Period.of(since, until, await tx.now())
        report = await tx.reports.observed.of(
            period,
            by,
            team_id=team_id,
            asset_id=asset_id,
            owner_team_id=owner_team_id,
            request=page,
        )
        other = By.ASSET if by is By.TEAM else By.TEAM
        names = await _Names.of(tx, by, (line.id for line in report.lines))
        parts = await _Names.of(tx, other, (id_ for line in report.lines for id_, _ in line.parts))
        return ObservedReportView(
            period=PeriodView.of(report.period),
            by=by,
            publications=report.publications,
            nobody=report.nobody,
            asks=report.asks,
            items=[_line(each, names, parts) for each in report.lines],
            next=report.next,
            found=report.found,
        )

    return await call.resources.database.read(work)


async def _there(tx: Transaction, team_id: UUID | None, asset_id: UUID | None) -> None:
    """Raise `NotFound` for what is named and was never there; what is deleted has a past."""
    if team_id is not None:
        lookup.found((await tx.teams.by_id([team_id])).get(team_id), "team", team_id)
    if asset_id is not None:
        lookup.found((await tx.assets.by_id([asset_id])).get(asset_id), "asset", asset_id)


class _Names:
    """The teams or the assets of lines."""

    def __init__(self, teams: Mapping[UUID, TeamRef], assets: Mapping[UUID, AssetRef]) -> None:
        self._teams = teams
        self._assets = assets

    @classmethod
    async def of(cls, tx: Transaction, by: By, ids: Iterable[UUID]) -> "_Names":
        """Read the names of these teams or assets, deleted ones too."""
        wanted = set(ids)
        if not wanted:
            return cls({}, {})
        if by is By.TEAM:
            teams = await tx.teams.by_id(wanted)
            return cls({id_: TeamRef.of(team) for id_, team in teams.items()}, {})
        assets = await tx.assets.by_id(wanted)
        return cls({}, {id_: AssetRef.of(asset) for id_, asset in assets.items()})

    def team(self, id_: UUID) -> TeamRef | None:
        return self._teams.get(id_)

    def asset(self, id_: UUID) -> AssetRef | None:
        return self._assets.get(id_)


def _line(line: ObservedLine, names: _Names, parts: _Names) -> ObservedLineView:
    return ObservedLineView(
        team=names.team(line.id),
        asset=names.asset(line.id),
        would=WouldAskView.of(line.would),
        parts=[
            ObservedPartView(
                team=parts.team(id_), asset=parts.asset(id_), would=WouldAskView.of(would)
            )
            for id_, would in line.parts
        ],
        parts_found=line.found,
    )


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
