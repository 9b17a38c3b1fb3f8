"""The log as the doctor sees it: who guards it, and whether it is sealed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from temporalio.client import Client

from domain.errors import SetupFailed
from domain.health import Check, Finding, LogSeen, State
from domain.log_diagnosis import of_log
from record import health
from record.verification import verify
from store.database import Database
from store.grants import grant
from tests.doctor.test_record import said
from tests.support.facts import Facts
from tests.support.sealing import sealed_up_to_now
from tests.support.servers import ROOT
from worker import WorkerOptions, running
from workflows.namespace import SEAL_SCHEDULE, ensure_ready, ensure_search_attributes

WELL = LogSeen(
    user="app",
    may_rewrite=False,
    may_say_where=False,
    may_create=False,
    missing_triggers=(),
    odd_tables=(),
    seals=3,
    oldest_unsealed=timedelta(seconds=50),
    from_elsewhere=False,
)


def judged(seen: LogSeen, check: Check, *, development: bool = False) -> Finding:
    found = of_log(seen, development=development)
    return next(finding for finding in found if finding.check is check)


@pytest.mark.parametrize(
    ("change", "check", "state"),
    [
        ({}, Check.LOG, State.OK),
        ({"may_rewrite": True}, Check.LOG, State.WARNING),
        ({"missing_triggers": ("events_are_append_only",)}, Check.LOG, State.FAILURE),
        ({"odd_tables": ("events has rules",)}, Check.LOG, State.FAILURE),
        ({"may_say_where": True}, Check.LOG, State.WARNING),
        ({"may_create": True}, Check.LOG, State.WARNING),
        ({}, Check.SEALS, State.OK),
        ({"oldest_unsealed": None}, Check.SEALS, State.OK),
        ({"oldest_unsealed": timedelta(minutes=5)}, Check.SEALS, State.WARNING),
        ({"oldest_unsealed": timedelta(hours=1)}, Check.SEALS, State.FAILURE),
        ({"from_elsewhere": True}, Check.SEALS, State.FAILURE),
    ],
)
def test_what_is_seen_is_judged(change: dict[str, object], check: Check, state: State) -> None:
    seen = replace(WELL, **change)  # type: ignore[arg-type]  # named above
    assert judged(seen, check).state is state


def test_on_a_development_server_the_triggers_are_enough_and_it_is_said() -> None:
    found = judged(replace(WELL, may_rewrite=True), Check.LOG, development=True)
    assert found.state is State.OK
    assert "only triggers guard it" in found.found


async def seen(database: Database) -> LogSeen:
    return (await health.look(database)).log


async def test_with_one_url_the_owner_could_rewrite_the_log(facts: Facts) -> None:
    found = await seen(facts.database)
    assert found.may_rewrite
    assert found.missing_triggers == ()
    await said(facts, "ALTER TABLE events DISABLE TRIGGER events_are_append_only")
    assert (await seen(facts.database)).missing_triggers == ("events_are_append_only",)


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        (
            "CREATE OR REPLACE FUNCTION refuse_to_rewrite_the_log() RETURNS trigger LANGUAGE"
            " plpgsql AS $$ BEGIN RETURN NEW; END $$",
            6,
        ),
        (
            "CREATE OR REPLACE FUNCTION refuse_to_delete_events() RETURNS trigger LANGUAGE"
            " plpgsql AS $$ BEGIN RETURN OLD; END $$",
            1,
        ),
        (
            "ALTER FUNCTION refuse_to_delete_leaves() SET tessera.prune_through = '999'",
            1,
        ),
        (
            "CREATE FUNCTION let() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW;"
            " END $$; CREATE OR REPLACE TRIGGER seals_are_append_only BEFORE UPDATE OR DELETE"
            " ON seals FOR EACH ROW EXECUTE FUNCTION let()",
            1,
        ),
        (
            "CREATE OR REPLACE TRIGGER events_are_append_only BEFORE UPDATE ON events"
            " FOR EACH ROW WHEN (false) EXECUTE FUNCTION refuse_to_rewrite_the_log()",
            1,
        ),
        (
            "CREATE OR REPLACE TRIGGER events_are_append_only BEFORE UPDATE OF id ON events"
            " FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_the_log()",
            1,
        ),
        ("ALTER TABLE events ENABLE REPLICA TRIGGER events_are_not_truncated", 1),
    ],
)
async def test_a_trigger_that_refuses_nothing_guards_nothing(
    facts: Facts, fresh_database_url: str, statement: str, missing: int
) -> None:
    connection = await asyncpg.connect(fresh_database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
    assert len((await seen(facts.database)).missing_triggers) == missing


async def test_what_hides_rows_from_who_reads_is_seen(facts: Facts) -> None:
    assert (await seen(facts.database)).odd_tables == ()
    await said(facts, "CREATE RULE quiet AS ON INSERT TO events DO INSTEAD NOTHING")
    assert (await seen(facts.database)).odd_tables == ("events has rules",)


async def test_seals_of_transactions_still_to_come_are_seen(facts: Facts) -> None:
    """Nothing would ever be sealed behind such a one."""
    await facts.team("one")
    await sealed_up_to_now(facts.database, 1, 10)
    await said(
        facts,
        "INSERT INTO seals SELECT number + 1, form, end_transaction, end_sequence, '999999999', 0,"
        " 0, root, numbers_digest, hash, hash, at FROM seals",
    )
    assert (await seen(facts.database)).from_elsewhere


async def test_what_waits_for_its_seal_is_seen(facts: Facts) -> None:
    await facts.team("one")
    waiting = await seen(facts.database)
    assert waiting.oldest_unsealed is None or waiting.oldest_unsealed < timedelta(minutes=1)
    await sealed_up_to_now(facts.database, 1, 10)
    found = await seen(facts.database)
    assert (found.seals, found.oldest_unsealed) == (1, None)
    assert not found.from_elsewhere
    await said(
        facts,
        "INSERT INTO events (id, transaction, type, caller, summary, payload, at) SELECT "
        "gen_random_uuid(), '999999999', type, caller, summary, payload, at FROM events LIMIT 1",
    )
    assert (await seen(facts.database)).from_elsewhere


async def test_a_user_of_its_own_may_work_and_only_add_to_the_log(
    facts: Facts, fresh_database_url: str
) -> None:
    await said(facts, "CREATE ROLE log_application LOGIN PASSWORD 'own'")
    parts = urlsplit(fresh_database_url)
    own = urlunsplit(parts._replace(netloc=f"log_application:own@127.0.0.1:{parts.port}"))
    try:
        await said(facts, "GRANT ALL ON events TO log_application")  # from before
        for _ in range(2):
            assert await grant(fresh_database_url, own) == "log_application"
        async with Database.connect(own).closing() as database:
            application = Facts(database, facts.comparer)
            await application.asset(await application.team("one"), remind_after=1)
            await sealed_up_to_now(database, 3, 10)
            found = await seen(database)
            assert not found.may_rewrite
            assert not found.may_say_where
            assert not found.may_create
            await said(facts, "GRANT INSERT (at) ON events TO log_application")
            await said(facts, "GRANT CREATE ON SCHEMA public TO PUBLIC")
            found = await seen(database)
            assert found.may_say_where
            assert found.may_create
        connection = await asyncpg.connect(own)
        try:
            for table in ("events", "seals", "seal_leaves"):
                for statement in ("DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET {} = {}"):
                    column = {"events": "summary", "seals": "events", "seal_leaves": "seal"}[table]
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await connection.execute(statement.format(table, column, column))
        finally:
            await connection.close()
    finally:
        await said(facts, "DROP OWNED BY log_application", "DROP ROLE log_application")


async def test_who_may_become_the_owner_may_rewrite_the_log(
    facts: Facts, fresh_database_url: str
) -> None:
    await said(
        facts,
        "CREATE ROLE log_owner",
        "CREATE ROLE log_member LOGIN NOINHERIT PASSWORD 'own'",
    )
    parts = urlsplit(fresh_database_url)
    own = urlunsplit(parts._replace(netloc=f"log_member:own@127.0.0.1:{parts.port}"))
    try:
        await grant(fresh_database_url, own)
        await said(facts, "ALTER TABLE seals OWNER TO log_owner")
        async with Database.connect(own).closing() as database:
            assert not (await seen(database)).may_rewrite
            await said(facts, "GRANT log_owner TO log_member")
            assert (await seen(database)).may_rewrite
    finally:
        await said(
            facts,
            "ALTER TABLE seals OWNER TO tessera",
            "DROP OWNED BY log_owner, log_member",
            "DROP ROLE log_owner, log_member",
        )


async def test_the_same_user_needs_no_grants_and_an_unknown_one_is_told(
    fresh_database_url: str,
) -> None:
    assert await grant(fresh_database_url, fresh_database_url) is None
    parts = urlsplit(fresh_database_url)
    nobody = urlunsplit(parts._replace(netloc=f"no_such_user@127.0.0.1:{parts.port}"))
    with pytest.raises(SetupFailed, match="no user no_such_user"):
        await grant(fresh_database_url, nobody)


async def test_the_schedule_that_the_worker_ensures_seals_the_log(
    facts: Facts, fresh_database_url: str, bare: Client
) -> None:
    await facts.team("one")
    await ensure_search_attributes(bare)
    options = WorkerOptions(
        database_url=fresh_database_url,
        task_queue="sealing",
        public_url="http://localhost",
        direct_signals=False,
        allow_private_webhooks=True,
    )
    await ensure_ready(bare, options.task_queue)
    async with running(bare, options), asyncio.timeout(120):
        schedule = bare.get_schedule_handle(SEAL_SCHEDULE)
        while not (await seen(facts.database)).seals:
            await schedule.trigger()
            await asyncio.sleep(0.5)
    assert (await verify(fresh_database_url)).sealed == 1


async def test_the_way_back_after_a_restore_works(facts: Facts, fresh_database_url: str) -> None:
    """The statement of the documentation, on a log that is 2,000 transactions ahead."""
    page = (ROOT / "docs/operations/log.md").read_text(encoding="utf-8")
    section = page.partition("## After a restore")[2]
    statement = section.partition("```sql\n")[2].partition("```")[0]
    await facts.team("before")
    await sealed_up_to_now(facts.database, 1, 10)
    connection = await asyncpg.connect(fresh_database_url)
    try:
        await connection.execute(
            "INSERT INTO events (id, transaction, type, caller, summary, payload) SELECT"
            " gen_random_uuid(), (pg_current_xact_id()::text::bigint + 2000)::text::xid8, type,"
            " caller, summary, payload FROM events"
        )
        assert (await seen(facts.database)).from_elsewhere
        await connection.execute(statement)
    finally:
        await connection.close()
    assert not (await seen(facts.database)).from_elsewhere
    await facts.team("after")
    await sealed_up_to_now(facts.database, 2, 10)
    assert (await facts.log())[-1].summary.startswith("Team after")
    assert (await verify(fresh_database_url)).sound
