"""How long teams take to answer: one statement over the asks of a period, which say all of it.

Times are measured between Postgres' own stamps, whatever the clock of the workflow says. Whether an
unanswered question was overdue is asked of the workflow's clock alone, which named the time.
"""

import functools
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Interval, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from domain.pages import PageRequest
from domain.periods import Period
from domain.response_times import (
    NOTHING,
    About,
    Asked,
    By,
    ResponseReport,
    ResponseTimes,
)
from store.pages import read_place, read_whole, written_place
from store.sql import Sql

_ASKED = """
SELECT n.team_id, {asset} AS asset_id, n.reminders, n.answered_at - n.created_at AS took,
  CASE WHEN n.answered_at IS NULL
    THEN coalesce(n.closed_at, statement_timestamp()) >= n.due_at
    ELSE n.answered_at - n.created_at > n.due_at - n.noted_at END AS overdue,
  n.answered_at IS NULL AND n.closed_at IS NULL{waits} AS is_open
FROM {notices} n {of}
WHERE n.kind = 'ask' AND n.created_at >= :since AND n.created_at < :until{narrowed}
"""
_OF = {
    About.PROPOSALS: {
        "notices": "notices",
        "asset": "p.asset_id",
        "release": "p.release_id",
        "of": "LEFT JOIN proposals p ON p.id = n.proposal_id",
        "waits": " AND n.proposal_id IN (SELECT id FROM proposals WHERE status = 'pending')",
    },
    About.RETIREMENTS: {
        "notices": "mover_notices",
        "asset": "p.asset_id",
        "release": "CAST(NULL AS uuid)",
        "of": "LEFT JOIN retirements p ON p.contract_id = n.contract_id",
        "waits": "",
    },
}
"""Only proposals have a release. The joins cost nothing where neither it nor an asset is named."""
_NARROWED = {
    "team_ids": " AND n.team_id = ANY(:team_ids)",
    "asset_id": " AND p.asset_id = :asset_id",
    "release_id": " AND {release} = :release_id",
}
_GROUPED = """
SELECT {by} AS subject, grouping({by}) AS of_all, count(*) AS asked, count(took) AS answered,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS median,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY took) AS p90,
  count(*) FILTER (WHERE overdue) AS overdue,
  coalesce(sum(reminders), 0) AS reminders, count(*) FILTER (WHERE reminders > 0) AS reminded,
  count(*) FILTER (WHERE is_open) AS open, count(*) OVER () - 1 AS found
FROM ({asked}) asked GROUP BY GROUPING SETS (({by}), ())
"""
_PAGE = """
SELECT * FROM ({grouped}) lines WHERE of_all = 1{after}
ORDER BY of_all DESC, overdue DESC, median DESC NULLS LAST, subject LIMIT :most
"""
_AFTER = """ OR overdue < :overdue OR overdue = :overdue AND (
  median < :median OR median IS NULL AND CAST(:median AS interval) IS NOT NULL
  OR median IS NOT DISTINCT FROM :median AND subject > :subject)
"""
_LISTING = "response times"
_MICROSECOND = timedelta(microseconds=1)
_TYPES: dict[str, TypeEngine[Any]] = {
    "since": DateTime(timezone=True),
    "until": DateTime(timezone=True),
    "team_ids": ARRAY(Uuid),
    "asset_id": Uuid(),
    "release_id": Uuid(),
    "overdue": BigInteger(),
    "median": Interval(),
    "subject": Uuid(),
    "most": BigInteger(),
}


class ResponseTimesReports:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def of(
        self, period: Period, by: By, asked: Asked, request: PageRequest
    ) -> ResponseReport:
        """Return the times of what was asked in a period, a page of lines.

        A cursor names its period, so that the pages of one report are of the same.
        """
        after: dict[str, object] = {}
        if request.cursor is not None:
            period, after = _after(request.cursor, by)
        wanted: dict[str, object] = {
            "since": period.since,
            "until": period.until,
            "team_ids": None if asked.team_ids is None else list(asked.team_ids),
            "asset_id": asked.asset_id,
            "release_id": asked.release_id,
        }
        given = {name: each for name, each in wanted.items() if each is not None}
        narrowed = tuple(name for name in _NARROWED if name in given)
        statement = _statement(by, asked.tables, narrowed, _AFTER if after else " OR true")
        given |= {**after, "most": request.limit + 2}
        total, *lines = (await self._sql.execute(statement, given)).all()
        shown, more = lines[: request.limit], len(lines) > request.limit
        return ResponseReport(
            period=period,
            total=_times(total) if total.asked else NOTHING,
            lines=tuple((row.subject, _times(row)) for row in shown),
            found=total.found,
            next=_place(period, by, shown[-1]) if more else None,
        )

    async def of_teams(self, period: Period, team_ids: Collection[UUID]) -> ResponseReport:
        """Return the times of what these teams were asked in a period, a line for each."""
        request = PageRequest(limit=max(1, len(team_ids)))
        return await self.of(period, By.TEAM, Asked(team_ids=team_ids), request)


@functools.cache
def _statement(
    by: By, tables: tuple[About, ...], narrowed: tuple[str, ...], after: str
) -> TextClause:
    """Return the statement whose first row is that of all, with the types of its parameters."""
    asking = _ASKED.replace("{narrowed}", "".join(_NARROWED[name] for name in narrowed))
    asked = " UNION ALL ".join(asking.format(**_OF[each]) for each in tables)
    grouped = _GROUPED.format(by=f"{by.value}_id", asked=asked)
    page = _PAGE.format(grouped=grouped, after=after)
    named = [name for name in _TYPES if f":{name}" in page]
    return text(page).bindparams(*(bindparam(name, type_=_TYPES[name]) for name in named))


def _place(period: Period, by: By, row: Any) -> str:  # the columns of `_GROUPED`
    median = "-" if row.median is None else str(row.median // _MICROSECOND)
    return written_place(f"{_LISTING} by {by.value}", period, row.overdue, median, row.subject)


def _after(cursor: str, by: By) -> tuple[Period, dict[str, object]]:
    """Return the period of a cursor and the place after which it goes on."""

    def read(overdue: str, median: str, subject: str) -> dict[str, object]:
        return {
            "overdue": read_whole(overdue),
            "median": None if median == "-" else int(median) * _MICROSECOND,
            "subject": UUID(subject),
        }

    return read_place(f"{_LISTING} by {by.value}", cursor, read)


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
