"""All of the record, read once."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import asyncpg

Row: TypeAlias = Mapping[str, Any]
"""A row as the driver gives it: here the types end, the tables are read by name."""

WITH_ID = ("teams", "assets", "registrations", "contracts", "proposals", "releases")
_OF_ENDS = ("retirement.set", "retirement.retired", "retirement.cancelled")


class Record:
    """All of the record, read once."""

    def __init__(self, tables: Mapping[str, Sequence[Row]]) -> None:
        self.proposals = {row["id"]: row for row in tables["proposals"]}
        self.contracts = {row["id"]: row for row in tables["contracts"]}
        self.ids = {name: {str(row["id"]) for row in tables[name]} for name in WITH_ID}
        self.events = tables["events"]
        self.registrations = _grouped(tables["registrations"], "asset_id")
        self.parties = _grouped(tables["parties"], "proposal_id")
        self.answers = _grouped(tables["acknowledgments"], "proposal_id")
        self.notices = _grouped(tables["notices"], "proposal_id")
        self.deliveries = tables["deliveries"]
        self.attempts = _grouped(tables["delivery_attempts"], "delivery_id")
        self.destinations = {row["id"]: row for row in tables["destinations"]}
        self.log = _grouped(self.events, "proposal_id")
        self.outbox = tables["outbox"]
        self.comments = tables["comments"]
        self.releases = {row["id"]: row for row in tables["releases"]}
        self.members = _grouped(tables["proposals"], "release_id")
        self.owners = {row["id"]: row["owner_team_id"] for row in tables["assets"]}
        self.retirements = {row["contract_id"]: row for row in tables["retirements"]}
        self.movers = _grouped(tables["movers"], "contract_id")
        self.words_on: dict[str, list[str]] = defaultdict(list)
        """By contract, the events that set or end its end, in order."""
        for row in self.events:
            if row["type"] in _OF_ENDS:
                self.words_on[row["payload"]["contract_id"]].append(row["type"])

    @classmethod
    async def read(cls, url: str) -> "Record":
        connection = await asyncpg.connect(url)
        try:
            await connection.set_type_codec(
                "jsonb", schema="pg_catalog", encoder=str, decoder=_decoded
            )
            return cls({name: await connection.fetch(TABLES[name]) for name in TABLES})
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


_SCHEMA = "schema -> 'documents' -> (schema ->> 'root') AS schema"
TABLES = {
    "teams": "SELECT id FROM teams",
    "registrations": "SELECT id, asset_id, consumer_team_id, fields, ended_at FROM registrations",
    "assets": "SELECT id, owner_team_id FROM assets",
    "contracts": "SELECT id, asset_id, version, status, proposal_id, content_hash, "
    f"{_SCHEMA} FROM contracts",
    "proposals": "SELECT id, status, cause, policy, content_hash, release_id, withdrawn, "
    "cancelled, forced, force_requested, publish_requested, stuck, ended_at, publish_at, "
    f"extended_by, producer_team_id, asset_id, base_contract_id, {_SCHEMA} FROM proposals",
    "events": "SELECT id, type, transaction, asset_id, proposal_id, team_id, payload "
    "FROM events ORDER BY sequence",
    "parties": "SELECT * FROM parties WHERE released_at IS NULL",
    "acknowledgments": "SELECT proposal_id, team_id, note, changes_hash, carried_from "
    "FROM acknowledgments",
    "notices": "SELECT proposal_id, team_id, delivered_at FROM notices",
    "deliveries": "SELECT id, event_id, destination_id, status, last_error FROM deliveries",
    "delivery_attempts": """
    SELECT delivery_id, number, status, error, started_at FROM delivery_attempts ORDER BY number
    """,
    "destinations": "SELECT id, team_id, user_id, address FROM destinations",
    "outbox": "SELECT id FROM outbox",
    "comments": "SELECT id, text FROM comments",
    "releases": "SELECT id, status, failed_proposal_id, ended_at, cancelled FROM releases",
    "retirements": "SELECT contract_id, status, sunset_at, reason, stuck, ended_at "
    "FROM retirements",
    "movers": "SELECT contract_id, team_id, moved, extension FROM movers WHERE released_at IS NULL",
}
