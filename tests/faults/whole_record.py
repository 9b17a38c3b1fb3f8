"""All of the record, read once."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import asyncpg

Row: TypeAlias = Mapping[str, Any]
"""A row as the driver gives it: here the types end, the tables are read by name."""

WITH_ID = ("teams", "assets", "registrations", "contracts", "proposals")


class Record:
    """All of the record, read once."""

    def __init__(self, tables: Mapping[str, Sequence[Row]]) -> None:
        self.proposals = {row["id"]: row for row in tables["proposals"]}
        self.contracts = {row["id"]: row for row in tables["contracts"]}
        self.ids = {name: {str(row["id"]) for row in tables[name]} for name in WITH_ID}
        self.events = tables["events"]
        self.parties = _grouped(tables["parties"], "proposal_id")
        self.answers = _grouped(tables["acknowledgments"], "proposal_id")
        self.notices = _grouped(tables["notices"], "proposal_id")
        self.deliveries = tables["deliveries"]
        self.attempts = _grouped(tables["delivery_attempts"], "delivery_id")
        self.destinations = {row["id"]: row for row in tables["destinations"]}
        self.log = _grouped(self.events, "proposal_id")
        self.outbox = tables["outbox"]

    @classmethod
    async def read(cls, url: str) -> "Record":
        connection = await asyncpg.connect(url)
        try:
            await connection.set_type_codec(
                "jsonb", schema="pg_catalog", encoder=str, decoder=_decoded
            )
            return cls({name: await connection.fetch(_TABLES[name]) for name in _TABLES})
        finally:
            await connection.close()


def _grouped(rows: Iterable[Row], name: str) -> dict[object, list[Row]]:
    groups: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[name]].append(row)
    return groups


def _decoded(text: str) -> object:
    decoded: object = json.loads(text)
    return decoded


_TABLES = {
    **{name: f"SELECT id FROM {name}" for name in ("teams", "assets", "registrations")},
    "contracts": "SELECT id, asset_id, version, status, proposal_id FROM contracts",
    "proposals": "SELECT id, status, cause, policy, withdrawn, forced, stuck, ended_at "
    "FROM proposals",
    "events": "SELECT id, type, proposal_id, team_id, payload FROM events ORDER BY sequence",
    "parties": "SELECT * FROM parties WHERE released_at IS NULL",
    "acknowledgments": "SELECT proposal_id, team_id, note, changes_hash FROM acknowledgments",
    "notices": "SELECT proposal_id, team_id, delivered_at FROM notices",
    "deliveries": "SELECT id, event_id, destination_id, status, last_error FROM deliveries",
    "delivery_attempts": "SELECT delivery_id, number, status FROM delivery_attempts",
    "destinations": "SELECT id, team_id, address FROM destinations",
    "outbox": "SELECT id FROM outbox",
}
