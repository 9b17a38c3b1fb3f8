"""What became of many proposals, put together."""

from datetime import datetime

from tessera_sdk.calls import Call, Query, get, instant, paging, query
from tessera_sdk.models import Page
from tessera_sdk.operations import Noun, RunnerT, listing, operation
from tessera_sdk.reports import (
    ObservedLine,
    ObservedReport,
    ResponseTimesLine,
    ResponseTimesReport,
)

TIMES, OBSERVED = "/reports/response-times", "/reports/observed"


class Reports(Noun[RunnerT]):
    """What became of many proposals, put together.

    Each report is a page of lines, with what holds for all of them; `…_lines` iterates over the
    lines of all pages.
    """

    @operation
    def response_times(
        self,
        *,
        by: str | None = None,
        about: str | None = None,
        team_id: str | None = None,
        asset_id: str | None = None,
        release_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[ResponseTimesReport]:
        """How long teams take to answer, a line for each `team` or `asset`.

        `about` is `proposals`, or `retirements` for questions to move off old versions.
        """
        wanted = _times(by, about, team_id, asset_id, release_id, since, until)
        return get(TIMES, ResponseTimesReport, {**wanted, **paging(limit, cursor)})

    @listing
    def response_times_lines(
        self,
        *,
        by: str | None = None,
        about: str | None = None,
        team_id: str | None = None,
        asset_id: str | None = None,
        release_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[ResponseTimesLine]]:
        """The lines of `response_times`."""
        wanted = _times(by, about, team_id, asset_id, release_id, since, until)
        return get(TIMES, Page[ResponseTimesLine], {**wanted, **paging(limit, cursor)})

    @operation
    def observed(
        self,
        *,
        by: str | None = None,
        team_id: str | None = None,
        asset_id: str | None = None,
        owner_team_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[ObservedReport]:
        """What would have been asked, a line for each `team` or `asset`."""
        wanted = _observed(by, team_id, asset_id, owner_team_id, since, until)
        return get(OBSERVED, ObservedReport, {**wanted, **paging(limit, cursor)})

    @listing
    def observed_lines(
        self,
        *,
        by: str | None = None,
        team_id: str | None = None,
        asset_id: str | None = None,
        owner_team_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[ObservedLine]]:
        """The lines of `observed`."""
        wanted = _observed(by, team_id, asset_id, owner_team_id, since, until)
        return get(OBSERVED, Page[ObservedLine], {**wanted, **paging(limit, cursor)})


def _times(
    by: str | None,
    about: str | None,
    team_id: str | None,
    asset_id: str | None,
    release_id: str | None,
    since: datetime | None,
    until: datetime | None,
) -> Query:
    return query(
        by=by,
        about=about,
        team_id=team_id,
        asset_id=asset_id,
        release_id=release_id,
        since=instant(since),
        until=instant(until),
    )


def _observed(
    by: str | None,
    team_id: str | None,
    asset_id: str | None,
    owner_team_id: str | None,
    since: datetime | None,
    until: datetime | None,
) -> Query:
    return query(
        by=by,
        team_id=team_id,
        asset_id=asset_id,
        owner_team_id=owner_team_id,
        since=instant(since),
        until=instant(until),
    )
