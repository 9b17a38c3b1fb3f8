"""What became of many proposals, put together."""

from datetime import datetime

from tessera_sdk.calls import Call, get, instant, query
from tessera_sdk.operations import Noun, RunnerT, operation
from tessera_sdk.reports import ObservedReport, ResponseTimesReport


class Reports(Noun[RunnerT]):
    """What became of many proposals, put together."""

    @operation
    def response_times(
        self,
        *,
        by: str | None = None,
        team_id: str | None = None,
        asset_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> Call[ResponseTimesReport]:
        """How long teams take to answer, a line for each `team` or `asset`."""
        wanted = query(
            by=by,
            team_id=team_id,
            asset_id=asset_id,
            since=instant(since),
            until=instant(until),
            limit=None if limit is None else str(limit),
        )
        return get("/reports/response-times", ResponseTimesReport, wanted)

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
    ) -> Call[ObservedReport]:
        """What would have been asked, a line for each `team` or `asset`."""
        wanted = query(
            by=by,
            team_id=team_id,
            asset_id=asset_id,
            owner_team_id=owner_team_id,
            since=instant(since),
            until=instant(until),
            limit=None if limit is None else str(limit),
        )
        return get("/reports/observed", ObservedReport, wanted)
