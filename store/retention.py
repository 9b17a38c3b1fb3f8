"""What of the log may go, and its deletion: the one exception from append-only.

The triggers let a row go only when the transaction itself has named the last seal that goes, and
the row lies within it; Postgres lets only the owner of the tables delete at all.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import TextClause, text
from sqlalchemy.exc import IntegrityError

from domain.errors import Conflict
from domain.events import Cursor
from domain.flaws import of_chain
from domain.prunings import Reached, checked
from domain.seals import Seal
from store.seals import MARKS, SEAL_COLUMNS, mark_of, seal_of
from store.sql import Sql

_BEFORE = "(e.transaction, e.sequence) < (CAST(CAST(:number AS text) AS xid8), :sequence)"
_SEALS = text(f"SELECT {SEAL_COLUMNS} FROM seals WHERE number > :after ORDER BY number LIMIT :most")
_AT_ONCE = 2000
_USER = text(
    "SELECT current_user, has_table_privilege('events', 'DELETE')"
    " AND has_table_privilege('seal_leaves', 'DELETE')"
)
_PLACE = "SELECT CAST(e.transaction AS text), e.sequence FROM events e"
_IN_ORDER = " ORDER BY e.transaction, e.sequence LIMIT 1"
_FIRST = text(_PLACE + _IN_ORDER)
_FIRST_YOUNG = text(f"{_PLACE} WHERE e.at >= :before{_IN_ORDER}")
_FIRST_HELD = text(
    f"{_PLACE} WHERE EXISTS (SELECT FROM proposals p WHERE p.id = e.proposal_id"
    " AND p.ended_at IS NULL) OR EXISTS (SELECT FROM deliveries d WHERE d.event_id = e.id"
    f" AND d.status IN ('pending', 'gathered')){_IN_ORDER}"
)
_END = Cursor(2**64, 0)
"""Behind every event."""
_DELETE = (
    "DELETE FROM delivery_attempts a USING deliveries d, events e"
    " WHERE a.delivery_id = d.id AND d.event_id = e.id"
    f" AND d.status NOT IN ('pending', 'gathered') AND {_BEFORE}",
    "DELETE FROM deliveries d USING events e"
    f" WHERE d.event_id = e.id AND d.status NOT IN ('pending', 'gathered') AND {_BEFORE}",
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
        """Return what may go: all of it written before, about nothing open, and sealed.

        Raises `Conflict` when events are gone already and no pruning tells of it.
        """
        first = await self._first(_FIRST)
        young = await self._first(_FIRST_YOUNG, {"before": before})
        kept = min(young, await self._first(_FIRST_HELD))
        through, events, held_back = 0, 0, False
        last: Seal | None = None
        async with aclosing(self._chain()) as chain:
            async for seal in chain:
                if seal.end <= first < _END:
                    through = seal.number
                elif seal.end <= kept:
                    last, events = seal, events + seal.events
                else:
                    held_back = seal.end <= young
                    break
        await self._refuse_untold(through)
        user, permitted = (await self._sql.execute(_USER)).one()
        return Prunable(
            last=last,
            events=events,
            pruned_through=through,
            held_back=held_back,
            user=user,
            permitted=permitted,
        )

    async def _first(
        self, statement: TextClause, named: Mapping[str, object] | None = None
    ) -> Cursor:
        """Return where the first such event stands, and where there is none, the end."""
        found = (await self._sql.execute(statement, named)).one_or_none()
        return _END if found is None else Cursor(int(found[0]), found[1])

    async def _chain(self) -> AsyncGenerator[Seal, None]:
        """Yield the seals from the first on, as far as each follows the one before it."""
        before: Seal | None = None
        while True:
            page = {"after": 0 if before is None else before.number, "most": _AT_ONCE}
            rows = (await self._sql.execute(_SEALS, page)).all()
            for row in rows:
                if None in tuple(row) or of_chain(before, seal_of(row)):
                    return
                before = seal_of(row)
                yield before
            if not rows:
                return

    async def _refuse_untold(self, through: int) -> None:
        if not through:
            return
        marks = [mark_of(row) for row in await self._sql.execute(text(MARKS))]
        wanted = {number for mark in marks for number in mark.rests_on}
        reached: dict[int, Reached] = {}
        events = 0
        async with aclosing(self._chain()) as chain:
            async for seal in chain:
                events += seal.events
                if seal.number in wanted:
                    reached[seal.number] = Reached(seal.hash, events)
        if checked(marks, reached).through < through:
            raise Conflict(
                f"The events up to seal {through} are gone, and no pruning tells of it: see "
                "`tessera events verify`."
            )

    async def delete_through(self, last: Seal, events: int) -> None:
        """Delete so many events, up to the end of this seal, with what hangs on them.

        Raises `Conflict` when the seals count others than there are, and when something was hung
        on one of them meanwhile.
        """
        name = text("SELECT set_config('tessera.prune_through', :number, true)")
        await self._sql.execute(name, {"number": str(last.number)})
        place = {"number": str(last.end.transaction), "sequence": last.end.sequence}
        try:
            for statement in _DELETE:
                deleted = await self._sql.touched(text(statement), place)
        except IntegrityError as error:
            raise Conflict("An old event is being delivered at this moment; try again.") from error
        if deleted != events:
            raise Conflict(
                f"The seals count {events} events, and there are {deleted}: see "
                "`tessera events verify`."
            )
        gone = text("DELETE FROM seal_leaves WHERE seal <= :number")
        await self._sql.execute(gone, {"number": last.number})
