"""What of the log may go, and its deletion: the one exception from append-only.

The triggers let a row go only when the transaction itself has named the last seal that goes, and
the row lies within it; Postgres lets only the owner of the tables delete at all.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from domain.seals import Seal
from store.seals import SEAL_COLUMNS, TELLS_OF_PRUNING, seal_of
from store.sql import Sql

_BEFORE = "(e.transaction, e.sequence) < (CAST(CAST(:number AS text) AS xid8), :sequence)"
_PRUNED_THROUGH = text(
    "SELECT coalesce(max(CAST(payload ->> 'through_seal' AS bigint)), 0) FROM events"
    f" WHERE {TELLS_OF_PRUNING}"
)
_USER = text(
    "SELECT current_user, has_table_privilege('events', 'DELETE')"
    " AND has_table_privilege('seal_leaves', 'DELETE')"
)
_FIRST_YOUNG = (
    "SELECT e.transaction, e.sequence FROM events e WHERE e.at >= :before"
    " ORDER BY e.transaction, e.sequence LIMIT 1"
)
_FIRST_HELD = (
    "SELECT e.transaction, e.sequence FROM events e"
    " WHERE EXISTS (SELECT FROM proposals p WHERE p.id = e.proposal_id AND p.ended_at IS NULL)"
    " OR EXISTS (SELECT FROM deliveries d WHERE d.event_id = e.id AND d.status = 'pending')"
    " ORDER BY e.transaction, e.sequence LIMIT 1"
)
_LAST_WITHIN = (
    "WITH kept AS MATERIALIZED ({first})"
    f" SELECT {SEAL_COLUMNS} FROM seals WHERE NOT EXISTS (SELECT FROM kept k"
    " WHERE (k.transaction, k.sequence) < (end_transaction, end_sequence))"
    " ORDER BY number DESC LIMIT 1"
)
_EVENTS = text(
    "SELECT coalesce(sum(events), 0)::bigint FROM seals WHERE number > :after AND number <= :last"
)
_DELETE = (
    "DELETE FROM delivery_attempts a USING deliveries d, events e"
    f" WHERE a.delivery_id = d.id AND d.event_id = e.id AND {_BEFORE}",
    f"DELETE FROM deliveries d USING events e WHERE d.event_id = e.id AND {_BEFORE}",
    f"DELETE FROM events e WHERE {_BEFORE}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prunable:
    """The newest seal that may go, with all before it; None when there is none."""

    last: Seal | None
    events: int
    pruned_through: int
    held_back: bool
    user: str
    permitted: bool


class Retention:
    """Finds and deletes what is old."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def prunable(self, before: datetime) -> Prunable:
        """Return what may go: all of it written before, about nothing open, and sealed."""
        through = int((await self._sql.execute(_PRUNED_THROUGH)).scalar_one())
        old = await self._last_within(_FIRST_YOUNG, before)
        free = await self._last_within(_FIRST_HELD, before)
        last = min(old, free, key=lambda seal: seal.number) if old and free else None
        if last is not None and last.number <= through:
            last = None
        counted = {"after": through, "last": 0 if last is None else last.number}
        events = int((await self._sql.execute(_EVENTS, counted)).scalar_one())
        user, permitted = (await self._sql.execute(_USER)).one()
        return Prunable(
            last=last,
            events=events,
            pruned_through=through,
            held_back=old is not None and (free is None or free.number < old.number),
            user=user,
            permitted=permitted,
        )

    async def _last_within(self, first_kept: str, before: datetime) -> Seal | None:
        statement = text(_LAST_WITHIN.format(first=first_kept))
        named = {"before": before} if ":before" in first_kept else {}
        found = (await self._sql.execute(statement, named)).one_or_none()
        return None if found is None else seal_of(found)

    async def delete_through(self, last: Seal) -> None:
        """Delete every event up to the end of this seal, with what hangs on it."""
        name = text("SELECT set_config('tessera.prune_through', :number, true)")
        await self._sql.execute(name, {"number": str(last.number)})
        place = {"number": str(last.end.transaction), "sequence": last.end.sequence}
        for statement in _DELETE:
            await self._sql.execute(text(statement), place)
        gone = text("DELETE FROM seal_leaves WHERE seal <= :number")
        await self._sql.execute(gone, {"number": last.number})
