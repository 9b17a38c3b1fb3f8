"""Copies of an asset with everything about it: made once through the record, then row by row.

Races need hundreds of assets that have come equally far, and measurements ten thousand; a copy
takes a tenth of the time, one of many made at once a hundredth.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from store.rows import Row, new_id
from store.transaction import Transaction

_OF_ITS_PROPOSALS = "proposal_id IN (SELECT id FROM proposals WHERE asset_id = :asset)"
WHOSE = {
    "assets": "id = :asset",
    "contracts": "asset_id = :asset",
    "registrations": "asset_id = :asset",
    "proposals": "asset_id = :asset",
    "parties": _OF_ITS_PROPOSALS,
    "acknowledgments": _OF_ITS_PROPOSALS,
    "notices": _OF_ITS_PROPOSALS,
    "events": "asset_id = :asset",
}
"""Each after those that it refers to."""
ANEW = frozenset({"sequence", "transaction"})
"""What the database gives to each event itself."""


@dataclass(frozen=True, slots=True)
class Copied:
    """Which id stands for which in the copy."""

    ids: Mapping[UUID, UUID]
    fqn: str
    others: Mapping[str, str]
    """What stands for what in the text of its rows."""


@dataclass(frozen=True, slots=True)
class Original:
    """The rows of an asset as JSON, by table."""

    fqn: str
    ids: tuple[UUID, ...]
    rows: Mapping[str, str]

    @classmethod
    async def of(cls, tx: Transaction, asset_id: UUID, fqn: str) -> "Original":
        rows, ids = {}, []
        for table, whose in WHOSE.items():
            found = await tx.sql.execute(
                text(
                    f"SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]')::text,"
                    f" array_agg(to_jsonb(t) ->> 'id') FROM {table} t WHERE {whose}"
                ),
                {"asset": asset_id},
            )
            rows[table], those = found.one()
            ids += [UUID(each) for each in those or () if each]
        return cls(fqn, tuple(ids), rows)

    async def copy(self, tx: Transaction) -> Copied:
        return (await self.copies(tx, 1))[0]

    async def copies(self, tx: Transaction, count: int) -> Sequence[Copied]:
        made = [self._renamed() for _ in range(count)]
        for table, rows in self.rows.items():
            copied = ",".join(_replaced(rows, copy.others)[1:-1] for copy in made if rows != "[]")
            await tx.sql.execute(text(_INSERT[table]), {"rows": f"[{copied}]"})
        return made

    def _renamed(self) -> Copied:
        ids = {old: new_id() for old in self.ids}
        fqn = f"{self.fqn}_{ids[self.ids[0]].hex}"
        others = {str(old): str(new) for old, new in ids.items()} | {self.fqn: fqn}
        return Copied(ids, fqn, others)


def _replaced(rows: str, others: Mapping[str, str]) -> str:
    named = re.compile("|".join(map(re.escape, others)))
    return named.sub(lambda found: others[found[0]], rows)


def _insert(table: str) -> str:
    names = [each.name for each in Row.metadata.tables[table].columns if each.name not in ANEW]
    columns = ", ".join(f'"{name}"' for name in names)
    order = "ORDER BY sequence" if table == "events" else ""
    return (
        f"INSERT INTO {table} ({columns}) SELECT {columns}"
        f" FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb)) {order}"
    )


_INSERT = {table: _insert(table) for table in WHOSE}
