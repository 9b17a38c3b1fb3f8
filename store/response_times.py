"""How long teams take to answer: one statement over the asks of a period.

Times are measured between Postgres' own stamps, whatever the clock of the workflow says. Whether an
unanswered question was overdue is asked of the workflow's clock alone, which named the time.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Uuid, bindparam, text

from domain.periods import Period
from domain.response_times import NOTHING, By, ResponseReport, ResponseTimes
from store.sql import Sql

_ASKED = """
WITH asked AS (
  SELECT n.team_id, p.asset_id, a.recorded_at - n.created_at AS took,
    d.at - n.noted_at AS had, r.reminders,
    a.recorded_at IS NULL AND p.status = 'pending' AND q.released_at IS NULL
      AND q.revision = n.revision AS is_open,
    coalesce(least(p.ended_at, later.noted_at, CASE WHEN q.revision = n.revision
      THEN q.released_at END), clock_timestamp()) >= d.at AS ran_out
  FROM notices n
  JOIN proposals p ON p.id = n.proposal_id
  LEFT JOIN parties q ON q.proposal_id = n.proposal_id AND q.team_id = n.team_id
  LEFT JOIN events e ON e.id = n.event_id
  CROSS JOIN LATERAL (SELECT coalesce(CAST(e.payload ->> 'due_at' AS timestamptz),
    n.noted_at + CAST(p.policy -> 'timeline' ->> 'deadline' AS interval)) AS at) d
  LEFT JOIN LATERAL (
    SELECT created_at, noted_at FROM notices WHERE proposal_id = n.proposal_id
      AND team_id = n.team_id AND kind = 'ask' AND revision > n.revision
    ORDER BY revision LIMIT 1
  ) later ON true
  LEFT JOIN LATERAL (
    SELECT recorded_at FROM acknowledgments WHERE proposal_id = n.proposal_id
      AND team_id = n.team_id AND carried_from IS NULL AND recorded_at >= n.created_at
      AND recorded_at < coalesce(later.created_at, 'infinity')
    ORDER BY recorded_at LIMIT 1
  ) a ON true
  CROSS JOIN LATERAL (
    SELECT count(*) AS reminders FROM notices WHERE proposal_id = n.proposal_id
      AND revision = n.revision AND team_id = n.team_id AND kind = 'remind'
  ) r
  WHERE n.kind = 'ask' AND n.created_at >= :since AND n.created_at < :until
    AND (CAST(:team_id AS uuid) IS NULL OR n.team_id = :team_id)
    AND (CAST(:asset_id AS uuid) IS NULL OR p.asset_id = :asset_id)
)
"""
_GROUPED = """
SELECT {by} AS subject, count(*) AS asked, count(took) AS answered,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS median,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY took) AS p90,
  count(*) FILTER (WHERE CASE WHEN took IS NULL THEN ran_out ELSE took > had END) AS overdue,
  coalesce(sum(reminders), 0) AS reminders, count(*) FILTER (WHERE reminders > 0) AS reminded,
  count(*) FILTER (WHERE is_open) AS open, count(*) OVER () - 1 AS found
FROM asked GROUP BY GROUPING SETS (({by}), ())
ORDER BY grouping({by}) DESC, overdue DESC, median DESC NULLS LAST, {by} LIMIT :most + 1
"""
_TYPED = (
    bindparam("since", type_=DateTime(timezone=True)),
    bindparam("until", type_=DateTime(timezone=True)),
    bindparam("team_id", type_=Uuid),
    bindparam("asset_id", type_=Uuid),
    bindparam("most", type_=BigInteger),
)
_STATEMENTS = {
    by: text(_ASKED + _GROUPED.format(by=f"{by.value}_id")).bindparams(*_TYPED) for by in By
}
"""The line of all of them comes first."""


class ResponseTimesReports:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def of(
        self, period: Period, by: By, team_id: UUID | None, asset_id: UUID | None, most: int
    ) -> ResponseReport:
        """Return the times of what was asked in a period, of a team or about an asset alone."""
        wanted = {
            "since": period.since,
            "until": period.until,
            "team_id": team_id,
            "asset_id": asset_id,
            "most": most,
        }
        total, *lines = (await self._sql.execute(_STATEMENTS[by], wanted)).all()
        return ResponseReport(
            total=_times(total) if total.asked else NOTHING,
            lines=tuple((row.subject, _times(row)) for row in lines),
            found=total.found,
        )


def _times(row: Any) -> ResponseTimes:  # the columns of `_GROUPED`
    return ResponseTimes(
        asked=row.asked,
        answered=row.answered,
        median=row.median,
        p90=row.p90,
        overdue=row.overdue,
        reminders=int(row.reminders),
        reminded=row.reminded,
        open=row.open,
    )
