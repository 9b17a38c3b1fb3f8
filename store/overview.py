"""What is in flight on the whole server, in a fixed number of statements and without any schema."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnClause,
    DateTime,
    Interval,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from domain.acknowledgments import Response
from domain.destinations import DestinationKind
from domain.overview import ComingEnd, EndedCount, Failing, OpenOne, OpenQuestions, Question
from domain.parties import Answer
from domain.proposals import ProposalStatus, extended
from domain.timeline import Timeline
from domain.working_days import WorkCalendar
from store.fixed import fixed
from store.inbox import own_proposal_from
from store.proposal_rows import timeline_from
from store.proposals import IS_OPEN, LATE, WILL_BE_WOKEN, ProposalRow
from store.rows import among
from store.sql import Sql
from store.teams import TeamRow

_OPEN = fixed(
    select(
        *(ProposalRow.id, ProposalRow.opened_at, ProposalRow.publish_at, ProposalRow.stuck),
        and_(bindparam("late", type_=Interval) < LATE, ~WILL_BE_WOKEN).label("unattended"),
        case(
            (
                or_(
                    ProposalRow.status == ProposalStatus.APPROVED.value,
                    ProposalRow.confirmation_asked_at.is_not(None),
                ),
                ProposalRow.policy,
            )
        ).label("policy"),
        *(ProposalRow.producer_team_id, ProposalRow.status),
        *(ProposalRow.approved_at, ProposalRow.confirmation_asked_at),
        ProposalRow.publish_requested.is_not(None).label("publish_requested"),
    ).where(IS_OPEN)
)
_QUESTIONS = """
WITH waiting AS MATERIALIZED (
  SELECT id, extended_by FROM proposals WHERE {which}
), asked AS MATERIALIZED (
  SELECT proposal_id, team_id, revision, changes_hash, calendar FROM parties
  WHERE proposal_id = ANY(ARRAY(SELECT id FROM waiting)) AND released_at IS NULL
), told AS MATERIALIZED (
  SELECT proposal_id, team_id, revision, noted_at, due_at, delivered_at <= reach_by AS in_time
  FROM (
    SELECT proposal_id, team_id, revision, kind, ordinal, noted_at, due_at, delivered_at, reach_by
    FROM notices WHERE proposal_id = ANY(ARRAY(SELECT id FROM waiting)) OFFSET 0
  ) n
  WHERE kind = 'ask' AND ordinal = 1
), given AS MATERIALIZED (
  SELECT DISTINCT ON (proposal_id, team_id, changes_hash)
    proposal_id, team_id, changes_hash, response, until
  FROM acknowledgments
  WHERE proposal_id = ANY(ARRAY(SELECT id FROM waiting)) AND superseded_at IS NULL
  ORDER BY proposal_id, team_id, changes_hash, recorded_at DESC, id DESC
)
SELECT q.proposal_id, array_agg(q.team_id) AS team_ids, o.noted_at AS asked_at,
  CASE WHEN stands THEN o.due_at END AS stands_until,
  CASE WHEN NOT stands THEN CAST(q.calendar AS text) END AS calendar,
  g.response, g.until, CASE WHEN NOT stands THEN (
    SELECT min(delivered_at) FROM notices WHERE proposal_id = q.proposal_id
      AND team_id = q.team_id AND revision = q.revision AND kind IN ('ask', 'remind')
  ) END AS reached_at
FROM asked q
JOIN waiting w ON w.id = q.proposal_id
LEFT JOIN told o
  ON o.proposal_id = q.proposal_id AND o.team_id = q.team_id AND o.revision = q.revision
LEFT JOIN given g
  ON g.proposal_id = q.proposal_id AND g.team_id = q.team_id AND g.changes_hash = q.changes_hash
CROSS JOIN LATERAL (
  SELECT coalesce(g.response IS NULL AND w.extended_by = interval '0' AND o.in_time, false)
    AS stands
) s
WHERE g.response IS NULL OR g.response = 'migrating'
GROUP BY 1, 3, 4, 5, 6, 7, 8
"""
"""What `store.rounds.MEMBERS` reads party by party, for all that is open: parties, notices and
answers once for all of it, however much has ended, and put together by hashing.

Whoever was reached in time has until the ask says, whatever their calendar; so those who were asked
together are one row. Which notices ask is seen once they are read: `kind` in the index would have
each looked up by itself.
"""
_AS_THEY_COME: list[ColumnClause[Any]] = [
    column(name)
    for name in (
        *("proposal_id", "team_ids", "asked_at", "stands_until"),
        *("calendar", "response", "until", "reached_at"),
    )
]
"""What the driver makes of each is what is wanted."""
_PENDING = "status IN ('pending', 'approved') AND status = 'pending'"
"""Those that have ended are many; the partial index has the others alone."""
_ALL_QUESTIONS = fixed(text(_QUESTIONS.format(which=_PENDING)).columns(*_AS_THEY_COME))
_THEIR_QUESTIONS = fixed(
    text(_QUESTIONS.format(which="id = ANY(:ids)"))
    .bindparams(bindparam("ids", type_=ARRAY(Uuid)))
    .columns(*_AS_THEY_COME)
)
_TIMELINES = fixed(
    select(
        ProposalRow.id, ProposalRow.policy["timeline"].astext.label("kept"), ProposalRow.extended_by
    ).where(among(ProposalRow.id))
)
_NAMES = fixed(select(TeamRow.id, TeamRow.name).where(among(TeamRow.id)).order_by(TeamRow.name))
_ENDED = fixed(
    text(
        "SELECT date_bin('7 days', ended_at, :since) AS week, status, count(*) AS ended"
        " FROM proposals WHERE ended_at >= :since GROUP BY 1, 2"
    )
    .bindparams(bindparam("since", type_=DateTime(timezone=True)))
    .columns(week=DateTime(timezone=True), status=Text, ended=BigInteger)
)
_FAILING = text("""
SELECT d.id, d.team_id, d.user_id, coalesce(t.name, u.name) AS owner, d.name, d.kind,
  d.disabled_at, coalesce(lost.given_up, 0) AS given_up, coalesce(late.retrying, 0) AS retrying,
  coalesce(late.error, last.last_error) AS error, count(*) OVER () AS found
FROM destinations d
LEFT JOIN teams t ON t.id = d.team_id
LEFT JOIN users u ON u.id = d.user_id
LEFT JOIN LATERAL (
  SELECT status, last_error FROM deliveries WHERE destination_id = d.id
    AND status IN ('failed', 'delivered') AND due_at >= d.set_at ORDER BY id DESC LIMIT 1
) last ON true
LEFT JOIN (
  SELECT f.destination_id, count(*) AS given_up
  FROM deliveries f JOIN (
    SELECT e.id, e.set_at, (SELECT id FROM deliveries WHERE destination_id = e.id
      AND status = 'delivered' ORDER BY id DESC LIMIT 1) AS arrived FROM destinations e OFFSET 0
  ) e ON e.id = f.destination_id
  WHERE f.status = 'failed' AND f.due_at >= :since AND f.due_at >= e.set_at
    AND (e.arrived IS NULL OR f.id > e.arrived)
  GROUP BY 1
) lost ON lost.destination_id = d.id AND last.status = 'failed'
LEFT JOIN (
  SELECT destination_id, count(*) AS retrying, max(last_error) AS error FROM deliveries
  WHERE status = 'pending' AND last_error IS NOT NULL GROUP BY 1
) late ON late.destination_id = d.id
WHERE d.removed_at IS NULL
  AND (d.disabled_at IS NOT NULL OR lost.given_up > 0 OR late.retrying > 0)
ORDER BY d.disabled_at NULLS LAST, given_up DESC, d.id LIMIT :most
""").bindparams(bindparam("since", type_=DateTime(timezone=True)))
_ENDS = text("""
SELECT r.asset_id, a.fqn, a.environment, r.version, r.sunset_at, count(*) OVER () AS found,
  (SELECT array_agg(t.name ORDER BY t.name) FROM movers m JOIN teams t ON t.id = m.team_id
   WHERE m.contract_id = r.contract_id AND m.moved IS NULL AND m.released_at IS NULL) AS pending
FROM retirements r JOIN assets a ON a.id = r.asset_id
WHERE r.status = 'open' ORDER BY r.sunset_at, r.contract_id LIMIT :most
""")


class Overview:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def open_ones(self, late: timedelta) -> Sequence[OpenOne]:
        """Return every open proposal; `late` says when nobody looks after one any more."""
        rows = (await self._sql.execute(_OPEN, {"late": late})).all()
        return [_open_one(row) for row in rows]

    async def questions(self, proposal_ids: Iterable[UUID] | None = None) -> OpenQuestions:
        """Return what was not answered for good, of all pending proposals or of these."""
        if proposal_ids is None:
            rows = (await self._sql.execute(_ALL_QUESTIONS)).all()
        else:
            rows = (await self._sql.execute(_THEIR_QUESTIONS, {"ids": list(proposal_ids)})).all()
        found: dict[UUID, list[Question]] = defaultdict(list)
        for proposal_id, *rest in rows:
            found[proposal_id].append(_question(*rest))
        asked = {team_id for row in rows for team_id in row.team_ids}
        return OpenQuestions(
            of=found,
            timelines=await self._timelines(
                row.proposal_id for row in rows if row.stands_until is None
            ),
            names=await self._names(asked),
        )

    async def _timelines(self, proposal_ids: Iterable[UUID]) -> Mapping[UUID, Timeline]:
        rows = await self._sql.execute(_TIMELINES, {"ids": list(set(proposal_ids))})
        return {row.id: extended(_timeline(row.kept), row.extended_by) for row in rows}

    async def _names(self, team_ids: Collection[UUID]) -> Mapping[UUID, str]:
        rows = await self._sql.execute(_NAMES, {"ids": list(team_ids)})
        return {row.id: row.name for row in rows}

    async def ended(self, since: datetime) -> Sequence[EndedCount]:
        """Return how many proposals ended how in each week from one on."""
        rows = await self._sql.execute(_ENDED, {"since": since})
        return [EndedCount(row.week, ProposalStatus(row.status), row.ended) for row in rows]

    async def failing(self, since: datetime, most: int) -> tuple[Sequence[Failing], int]:
        """Return destinations in trouble, those that are disabled first, and how many there are."""
        rows = (await self._sql.execute(_FAILING, {"since": since, "most": most})).all()
        found = [
            Failing(
                id=row.id,
                team_id=row.team_id,
                user_id=row.user_id,
                owner=row.owner,
                name=row.name,
                kind=DestinationKind(row.kind),
                disabled_at=row.disabled_at,
                given_up=row.given_up,
                retrying=row.retrying,
                error=row.error,
            )
            for row in rows
        ]
        return found, rows[0].found if rows else 0

    async def coming_ends(self, most: int) -> tuple[Sequence[ComingEnd], int]:
        """Return the ends of old versions that are to come, the next first, and how many."""
        rows = (await self._sql.execute(_ENDS, {"most": most})).all()
        found = [
            ComingEnd(
                asset_id=row.asset_id,
                asset=row.fqn,
                environment=row.environment,
                version=row.version,
                sunset_at=row.sunset_at,
                pending=tuple(row.pending or ()),
            )
            for row in rows
        ]
        return found, rows[0].found if rows else 0


@lru_cache(maxsize=256)
def _timeline(stored: str) -> Timeline:
    """A server knows few, and reads one with every proposal."""
    return timeline_from(json.loads(stored))


def _open_one(row: Any) -> OpenOne:  # the columns of `_OPEN`
    id_, opened_at, publish_at, stuck, unattended, policy, *_ = row
    own = None if policy is None else own_proposal_from(row)
    return OpenOne(id_, opened_at, publish_at, stuck, unattended, own)


@lru_cache(maxsize=256)
def _calendar(stored: str) -> WorkCalendar:
    """A team's stands beside every question to it."""
    return WorkCalendar.from_wire(json.loads(stored))


def _question(  # the columns of `_QUESTIONS`, of which there are thousands of rows
    team_ids: Sequence[UUID],
    asked_at: datetime | None,
    stands_until: datetime | None,
    calendar: str | None,
    response: str | None,
    until: datetime | None,
    reached_at: datetime | None,
) -> Question:
    answer = None if response is None else Answer(response=Response(response), until=until)
    kept = None if calendar is None else _calendar(calendar)
    return Question(team_ids, asked_at, stands_until, kept, answer, reached_at)
