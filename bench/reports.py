"""The reports and the proof over a year of a large organisation: seconds, and CPU seconds."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from bench.log import Clock, analyzed, database_in
from bench.tables import table
from domain.pages import PageRequest
from domain.periods import Period
from domain.response_times import Asked, By
from record import proofs
from record.seals import seal_next
from store.database import Database
from store.transaction import Transaction

TEAMS, ASSETS, PROPOSALS, PARTIES, OBSERVED = 300, 2000, 10_000, 3, 10_000
RUNS = 5
COLUMNS = ("seconds", "our cpu s", "postgres cpu s")
_CALLER = """'{"actor": {"kind": "workflow", "name": "tessera"}, "origin": "temporal"}'"""
_TIMELINE = """'{"mode": "backward", "content_model": "closed", "semver_mode": "auto",
  "timeline": {"deadline": "P14D"}}'"""
_FILL = (
    "INSERT INTO teams (id, name) SELECT md5('team' || n)::uuid, 'team ' || n"
    " FROM generate_series(1, :teams) n",
    "INSERT INTO assets (id, fqn, environment, kind, tags, owner_team_id, mode, content_model,"
    " semver_mode, timeline) SELECT md5('asset' || n)::uuid, 'orders.table_' || n, 'production',"
    " 'table', '[]', md5('team' || 1 + n % :teams)::uuid, 'backward', 'closed', 'auto', '{}'"
    " FROM generate_series(1, :assets) n",
    "INSERT INTO proposals (id, asset_id, producer_team_id, status, cause, revision, base_version,"
    " version, schema, guarantees, content_hash, changes, policy, proposed_by, opened_at,"
    " base_moved, ended_at) SELECT md5('proposal' || n)::uuid,"
    " md5('asset' || 1 + n % :assets)::uuid, md5('team' || 1 + n % :teams)::uuid,"
    " 'published', 'all_approved', 1, '1.0.0', '2.0.0',"
    """ '{"format": "json_schema", "documents": {"": {"type": "object"}}, "root": ""}', '{}',"""
    f" md5(n::text), '[]', {_TIMELINE}, "
    """'{"kind": "bot", "name": "ci"}', now() - interval '1 year' * n / :proposals,"""
    " false, now() FROM generate_series(1, :proposals) n",
    "INSERT INTO parties (proposal_id, team_id, revision, reason, fields, changes_hash)"
    " SELECT md5('proposal' || n)::uuid, md5('team' || 1 + (n * 7 + p) % :teams)::uuid, 1,"
    " 'reads `email`', '[\"email\"]', 'hash' FROM generate_series(1, :proposals) n,"
    " generate_series(1, :parties) p",
    "INSERT INTO events (id, type, caller, summary, asset_id, proposal_id, team_id, payload)"
    " SELECT md5('event' || q.proposal_id || q.team_id)::uuid, 'proposal.asked',"
    f" {_CALLER}, 'A team is asked.', r.asset_id, q.proposal_id, q.team_id,"
    " jsonb_build_object('reason', q.reason, 'breaking', '[\"`email` is removed.\"]'::jsonb,"
    " 'due_at', r.opened_at + interval '14 days')"
    " FROM parties q JOIN proposals r ON r.id = q.proposal_id",
    "INSERT INTO notices (proposal_id, revision, team_id, kind, ordinal, event_id, noted_at,"
    " delivered_at, created_at, due_at, reminders, closed_at)"
    " SELECT q.proposal_id, 1, q.team_id, kind, ordinal,"
    " CASE WHEN kind = 'ask' THEN md5('event' || q.proposal_id || q.team_id)::uuid END,"
    " r.opened_at + ordinal * interval '2 days', r.opened_at + ordinal * interval '2 days',"
    " r.opened_at + ordinal * interval '2 days', CASE WHEN kind = 'ask' THEN"
    " r.opened_at + interval '14 days' END, CASE WHEN kind = 'ask' THEN 2 ELSE 0 END, r.ended_at"
    " FROM parties q JOIN proposals r ON r.id = q.proposal_id,"
    " (VALUES ('ask', 0), ('remind', 1), ('remind', 2)) k(kind, ordinal)",
    "INSERT INTO acknowledgments (id, proposal_id, team_id, revision, changes_hash, response,"
    " caller, recorded_at) SELECT gen_random_uuid(), q.proposal_id, q.team_id, 1, 'hash',"
    f" 'approved', {_CALLER}, r.opened_at + interval '16 days' * random()"
    " FROM parties q JOIN proposals r ON r.id = q.proposal_id WHERE random() < 0.95",
    "UPDATE notices n SET answered_at = a.recorded_at, closed_at = NULL FROM acknowledgments a"
    " WHERE n.kind = 'ask' AND a.proposal_id = n.proposal_id AND a.team_id = n.team_id",
    "INSERT INTO events (id, type, caller, summary, asset_id, team_id, payload, at)"
    " SELECT gen_random_uuid(), 'contract.observed',"
    f" {_CALLER}, 'It would have asked.', md5('asset' || 1 + n % :assets)::uuid,"
    " md5('team' || 1 + n % :teams)::uuid, jsonb_build_object('version', '2.0.0', 'would_ask',"
    " (SELECT jsonb_agg(jsonb_build_object('team_id',"
    " md5('team' || 1 + (n * 11 + p) % :teams)::uuid,"
    " 'name', 'team', 'reason', 'reads `email`', 'breaking', '[\"`email` is removed.\"]'::jsonb))"
    " FROM generate_series(1, :parties) p)), now() - interval '1 year' * n / :observed"
    " FROM generate_series(1, :observed) n",
)
_COUNTS = {
    "teams": TEAMS,
    "assets": ASSETS,
    "proposals": PROPOSALS,
    "parties": PARTIES,
    "observed": OBSERVED,
}


async def figures(directory: Path) -> list[str]:
    """Return the table: of each question the median of some runs."""
    async with database_in(directory) as (_, database, postgres):
        await database.run(_filled)
        await database.run(analyzed)
        while await seal_next(database):
            pass
        rows = []
        for name, work in _questions().items():
            await _asked(database, work)  # once, so that its pages are in memory
            runs = []
            for _ in range(RUNS):
                clock = Clock(postgres)
                await _asked(database, work)
                runs.append(clock.spent())
            wall, own, server = sorted(runs)[RUNS // 2]
            rows.append((name, f"{wall:.3f}", f"{own:.3f}", f"{server:.2f}"))
        head = f"{PROPOSALS * PARTIES:,} questions, {OBSERVED:,} observed"
        return table((head, *COLUMNS), rows)


Work = Callable[[Transaction], Awaitable[int]]


def _questions() -> dict[str, Work]:
    now = datetime.now(UTC) + timedelta(hours=1)
    periods = {
        "90 days": Period(since=now - timedelta(days=90), until=now),
        "a year": Period(since=now - timedelta(days=400), until=now),
    }
    return {
        **{
            f"response times by {by.value}, {name}": _response_times(period, by)
            for name, period in periods.items()
            for by in By
        },
        **{
            f"observed by {by.value}, {name}": _observed(period, by)
            for name, period in periods.items()
            for by in By
        },
        "proof of one proposal": _proof,
    }


def _response_times(period: Period, by: By) -> Work:
    async def work(tx: Transaction) -> int:
        return (await tx.reports.response_times.of(period, by, Asked(), PageRequest())).total.asked

    return work


def _observed(period: Period, by: By) -> Work:
    async def work(tx: Transaction) -> int:
        report = await tx.reports.observed.of(
            period, by, team_id=None, asset_id=None, owner_team_id=None, request=PageRequest()
        )
        return report.asks

    return work


async def _proof(tx: Transaction) -> int:
    found = (await tx.sql.execute(text("SELECT md5('proposal1')::uuid"))).scalar_one()
    proof = await proofs.read(tx, UUID(str(found)))
    assert not proof.unsealed
    return len(proof.events)


async def _asked(database: Database, work: Work) -> None:
    assert await database.read(work), "there is something to find"


async def _filled(tx: Transaction) -> None:
    for statement in _FILL:
        named = {name: count for name, count in _COUNTS.items() if f":{name}" in statement}
        await tx.sql.execute(text(statement), named)
