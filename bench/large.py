"""A large organisation, by copying: a few rows are made by real requests, Postgres does the rest.

Teams, assets with a contract of 20 fields and readers, proposals open and ended with their events,
and some lineage.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from uuid import UUID

import httpx
from sqlalchemy import text

from store.assets import AssetRow
from store.contracts import ContractRow
from store.proposals import ProposalRow
from store.rows import Row, table_of
from store.teams import TeamRow
from store.transaction import Transaction

FIELDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many there are of each; `readers` are those of one asset, `lineage` are edges."""

    teams: int = 300
    assets: int = 10_000
    open: int = 1_000
    ended: int = 10_000
    readers: int = 3
    lineage: int = 499


def numbered(noun: str, number: str = "n") -> str:
    """Return the SQL of the id of the n-th of a noun."""
    return f"md5('{noun}' || ({number}))::uuid"


def _team(number: str) -> str:
    return numbered("team", f"1 + ({number}) % :teams")


_ASSET_OF_PROPOSAL = "1 + n % :assets"
_BASE = {
    "asset_id": numbered("asset", _ASSET_OF_PROPOSAL),
    "producer_team_id": _team(_ASSET_OF_PROPOSAL),
    "base_contract_id": numbered("contract", _ASSET_OF_PROPOSAL),
}


def _copied(row: type[Row], key: str, count: str, changes: Mapping[str, str]) -> str:
    """Return the statement that copies one row so often, with some columns changed."""
    table = table_of(row)
    names = [column.name for column in table.columns if column.computed is None]
    values = ", ".join(changes.get(name, f'r."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    return (
        f"INSERT INTO {table.name} ({columns}) SELECT {values} FROM {table.name} r,"
        f" generate_series(1, {count}) n WHERE r.id = :{key}"
    )


_STATEMENTS = (
    _copied(TeamRow, "team", ":teams", {"id": numbered("team"), "name": "'team ' || n"}),
    _copied(
        AssetRow,
        "asset",
        ":assets",
        {
            "id": numbered("asset"),
            "fqn": "'area_' || n % 200 || '.table_' || n",
            "owner_team_id": _team("n"),
            "tags": "jsonb_build_array('tag-' || n % 20)",
            "environment": "CASE WHEN n % 5 = 0 THEN 'staging' ELSE 'production' END",
        },
    ),
    _copied(
        ContractRow,
        "contract",
        ":assets",
        {"id": numbered("contract"), "asset_id": numbered("asset"), "proposal_id": "NULL"},
    ),
    "INSERT INTO registrations (id, asset_id, consumer_team_id, fields, used_by)"
    f" SELECT gen_random_uuid(), {numbered('asset')}, {_team('n * 7 + p')},"
    " '[\"column_1\", \"column_2\"]', '[]'"
    " FROM generate_series(1, :assets) n, generate_series(1, :readers) p",
    _copied(
        ProposalRow,
        "proposal",
        ":open",
        {
            **_BASE,
            "id": numbered("proposal"),
            "opened_at": "now() - n * interval '13 days' / :open",
        },
    ),
    _copied(
        ProposalRow,
        "proposal",
        ":ended",
        {
            **_BASE,
            "id": numbered("proposal", ":open + n"),
            "status": "'rejected'",
            "cause": "'blocked'",
            "opened_at": "now() - n * interval '300 days' / :ended - interval '5 days'",
            "ended_at": "now() - n * interval '300 days' / :ended",
            "next_review_at": "NULL",
        },
    ),
    "INSERT INTO parties (proposal_id, team_id, revision, reason, fields, changes_hash)"
    f" SELECT {numbered('proposal')}, {_team(f'({_ASSET_OF_PROPOSAL}) * 7 + p')}, q.revision,"
    " q.reason, q.fields, q.changes_hash FROM parties q, generate_series(1, :open + :ended) n,"
    " generate_series(1, :readers) p WHERE q.proposal_id = :proposal",
    "INSERT INTO notices (proposal_id, revision, team_id, kind, ordinal, noted_at, delivered_at,"
    " created_at, due_at, reach_by, answered_at, closed_at)"
    " SELECT q.proposal_id, q.revision, q.team_id, 'ask', 1, r.opened_at,"
    " r.opened_at + interval '1 minute' * random(), r.opened_at,"
    " r.opened_at + interval '14 days', r.opened_at + interval '13 days',"
    " CASE WHEN random() < 0.9 THEN r.opened_at + interval '5 days' * random() END, r.ended_at"
    " FROM parties q JOIN proposals r ON r.id = q.proposal_id",
    "INSERT INTO events (id, type, caller, summary, asset_id, proposal_id, team_id, payload, at)"
    " SELECT gen_random_uuid(), e.type, e.caller, e.summary,"
    f" {numbered('asset', _ASSET_OF_PROPOSAL)}, {numbered('proposal')},"
    f" {_team(_ASSET_OF_PROPOSAL)}, e.payload, now() - n * interval '300 days' / (:open + :ended)"
    " FROM events e, generate_series(1, :open + :ended) n WHERE e.proposal_id = :proposal",
    "INSERT INTO dependencies (id, upstream_asset_id, downstream_asset_id, declared_by)"
    f" SELECT gen_random_uuid(), {numbered('asset', '1 + n / 3')}, {numbered('asset', 'n + 1')},"
    " 'bench' FROM generate_series(1, :lineage) n",
)


async def example(client: httpx.AsyncClient) -> Mapping[str, UUID]:
    """Make one of everything on a development server; return the ids of what is copied."""

    async def made(path: str, body: dict[str, object], key: str = "id") -> UUID:
        answer = await client.post(f"/api/v1{path}", json=body)
        answer.raise_for_status()
        found = answer.json()
        for each in key.split("."):
            found = found[each]
        return UUID(found)

    def schema(*missing: int) -> dict[str, object]:
        columns = [f"column_{n}" for n in range(FIELDS) if n not in missing]
        properties = {
            name: {"type": "string", "description": f"What stands in {name}."} for name in columns
        }
        return {"schema": {"type": "object", "properties": properties, "required": columns}}

    team = await made("/teams", {"name": "the first team"})
    reader = await made("/teams", {"name": "the first reader"})
    asset = await made("/assets", {"fqn": "bench.first", "owner_team_id": str(team)})
    contract = await made(f"/assets/{asset}/contracts", schema(), "contract.id")
    registration = {"asset_id": str(asset), "consumer_team_id": str(reader)}
    await made("/registrations", {**registration, "fields": ["column_1", "column_2"]})
    proposal = await made(f"/assets/{asset}/contracts", schema(1), "proposal.id")
    return {"team": team, "asset": asset, "contract": contract, "proposal": proposal}


async def filled(tx: Transaction, ids: Mapping[str, UUID], size: Size) -> None:
    """Copy what `example` made."""
    for statement in (_counted(each, size) for each in _STATEMENTS):
        wanted = {name: value for name, value in ids.items() if f":{name}" in statement}
        await tx.sql.execute(text(statement), wanted)


def _counted(statement: str, size: Size) -> str:
    """Write the counts out: Postgres cannot tell the type of a sum of parameters."""
    for name, count in asdict(size).items():
        statement = statement.replace(f":{name}", str(count))
    return statement
