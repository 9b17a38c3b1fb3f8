"""What assets that only observe would have asked: read from the log, in three statements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from domain.observed import ObservedLine, ObservedReport, WouldAsk
from domain.pages import PageRequest
from domain.periods import Period
from domain.response_times import By
from store.pages import read_place, read_whole, written_place
from store.sql import Sql

PARTS = 10
"""So many parts of a line are shown."""
_SEEN = """
WITH seen AS (
  SELECT id, asset_id, at, payload -> 'would_ask' AS would_ask FROM events
  WHERE type = 'contract.observed' AND at >= :since AND at < :until
    AND (CAST(:asset_id AS uuid) IS NULL OR asset_id = :asset_id)
    AND (CAST(:owner_team_id AS uuid) IS NULL OR team_id = :owner_team_id)
), asked AS (
  SELECT s.asset_id, s.at, CAST(w.value ->> 'team_id' AS uuid) AS team_id,
    w.value ->> 'reason' AS reason, w.value -> 'breaking' AS breaking
  FROM seen s CROSS JOIN LATERAL jsonb_array_elements(s.would_ask) AS w(value)
  WHERE CAST(:team_id AS uuid) IS NULL OR CAST(w.value ->> 'team_id' AS uuid) = :team_id
)
"""
_COUNTED = _SEEN + (
    "SELECT s.publications, s.nobody, a.asks, a.teams, a.assets"
    " FROM (SELECT count(*) AS publications, count(*) FILTER (WHERE would_ask = '[]') AS nobody"
    " FROM seen) s, (SELECT count(*) AS asks, count(DISTINCT team_id) AS teams,"
    " count(DISTINCT asset_id) AS assets FROM asked) a"
)
_WOULD = """
  count(*) AS asks, sum(jsonb_array_length(breaking)) AS breaking, min(at) AS first_at,
  max(at) AS last_at, (array_agg(reason ORDER BY at DESC))[1] AS reason,
  (array_agg(breaking ORDER BY at DESC))[1] AS sentences
"""
_LINES = _SEEN + (
    "SELECT * FROM (SELECT {by} AS subject," + _WOULD + ""
    " FROM asked GROUP BY {by}) lines WHERE CAST(:asks AS bigint) IS NULL OR asks < :asks"
    " OR asks = :asks AND subject > :subject ORDER BY asks DESC, subject LIMIT :most"
)
_PARTS = _SEEN + (
    "SELECT * FROM (SELECT {by} AS subject, {part} AS part," + _WOULD + ","
    " row_number() OVER (PARTITION BY {by} ORDER BY count(*) DESC, {part}) AS place,"
    " count(*) OVER (PARTITION BY {by}) AS found"
    " FROM asked WHERE {by} = ANY (:subjects) GROUP BY {by}, {part}) parts"
    " WHERE place <= :parts ORDER BY subject, place"
)
_TYPED = (
    bindparam("since", type_=DateTime(timezone=True)),
    bindparam("until", type_=DateTime(timezone=True)),
    bindparam("team_id", type_=Uuid),
    bindparam("asset_id", type_=Uuid),
    bindparam("owner_team_id", type_=Uuid),
)
_COLUMNS = {By.TEAM: ("team_id", "asset_id"), By.ASSET: ("asset_id", "team_id")}
_ALL = text(_COUNTED).bindparams(*_TYPED)
_LINES_BY = {
    by: text(_LINES.format(by=column)).bindparams(
        *_TYPED,
        bindparam("asks", type_=BigInteger),
        bindparam("subject", type_=Uuid),
        bindparam("most", type_=BigInteger),
    )
    for by, (column, _) in _COLUMNS.items()
}
_PARTS_BY = {
    by: text(_PARTS.format(by=column, part=part)).bindparams(
        *_TYPED,
        bindparam("subjects", type_=ARRAY(Uuid)),
        bindparam("parts", type_=BigInteger),
    )
    for by, (column, part) in _COLUMNS.items()
}


class ObservedReports:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def of(
        self,
        period: Period,
        by: By,
        *,
        team_id: UUID | None,
        asset_id: UUID | None,
        owner_team_id: UUID | None,
        request: PageRequest,
    ) -> ObservedReport:
        """Return what would have been asked in a period: of a team, about an asset, or of all.

        A page of lines; a cursor names its period, so that all pages are of the same.
        """
        place: dict[str, object] = {"asks": None, "subject": None}
        if request.cursor is not None:
            period, place = read_place(_listing(by), request.cursor, _read)
        wanted = {
            "since": period.since,
            "until": period.until,
            "team_id": team_id,
            "asset_id": asset_id,
            "owner_team_id": owner_team_id,
        }
        all_ = (await self._sql.execute(_ALL, wanted)).one()
        most = {**wanted, **place, "most": request.limit + 1}
        found = (await self._sql.execute(_LINES_BY[by], most)).all()
        lines, more = found[: request.limit], len(found) > request.limit
        parts = await self._parts(wanted, by, [row.subject for row in lines])
        return ObservedReport(
            period=period,
            publications=all_.publications,
            nobody=all_.nobody,
            asks=all_.asks,
            lines=tuple(_line(row, parts[row.subject]) for row in lines),
            found=all_.teams if by is By.TEAM else all_.assets,
            next=written_place(_listing(by), period, lines[-1].asks, lines[-1].subject)
            if more
            else None,
        )

    async def _parts(
        self, wanted: Mapping[str, object], by: By, subjects: Sequence[UUID]
    ) -> Mapping[UUID, Sequence[Any]]:
        parts: dict[UUID, list[Any]] = defaultdict(list)
        asked = {**wanted, "subjects": list(subjects), "parts": PARTS}
        for row in await self._sql.execute(_PARTS_BY[by], asked) if subjects else ():
            parts[row.subject].append(row)
        return parts


def _listing(by: By) -> str:
    return f"observed by {by.value}"


def _read(asks: str, subject: str) -> dict[str, object]:
    return {"asks": read_whole(asks), "subject": UUID(subject)}


def _line(row: Any, parts: Sequence[Any]) -> ObservedLine:  # the columns of `_LINES`, `_PARTS`
    return ObservedLine(
        id=row.subject,
        would=_would(row),
        parts=tuple((each.part, _would(each)) for each in parts),
        found=parts[0].found,
    )


def _would(row: Any) -> WouldAsk:  # the columns of `_WOULD`
    return WouldAsk(
        asks=row.asks,
        breaking=int(row.breaking),
        first_at=row.first_at,
        last_at=row.last_at,
        reason=row.reason,
        sentences=tuple(row.sentences),
    )
