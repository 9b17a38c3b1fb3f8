"""The whole of `tessera doctor`: what rests on what, what it repairs, and what it prints."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from temporalio.client import Client

from doctor import document, healthy, show
from domain.health import Check, Finding, State
from embedded.addresses import Addresses, written_down
from embedded.directories import DirectoryLock
from examination import consult, examine, may_be_mended
from patient import Patient
from store.database import Database
from store.transaction import Transaction
from tests.doctor.test_record import CARRIED, LATE, OLD, claimed, parked, said
from tests.support.conductor import breaking
from tests.support.facts import Facts
from tests.support.servers import ROOT
from worker import WorkerOptions, running
from workflows.namespace import ensure_ready, ensure_search_attributes, ensure_watch_schedule

QUEUE = "tessera"


def states(findings: tuple[Finding, ...]) -> Mapping[Check, State]:
    assert [finding.check for finding in findings] == list(Check)
    return {finding.check: finding.state for finding in findings}


def of(findings: tuple[Finding, ...], check: Check) -> Finding:
    (found,) = [finding for finding in findings if finding.check is check]
    return found


def options(patient: Patient) -> WorkerOptions:
    assert patient.database_url
    return WorkerOptions(
        database_url=patient.database_url,
        task_queue=QUEUE,
        public_url="http://localhost",
        direct_signals=False,
        allow_private_webhooks=True,
    )


async def until_all_is_well(patient: Patient) -> None:
    """Temporal shows a worker that polls a moment later, and a busy Postgres answers slowly."""
    async with asyncio.timeout(90):
        while {*states((await consult(patient, repair=False))[0]).values()} != {State.OK}:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.2)


async def test_with_everything_running_repair_mends_what_was_lost(
    whole: Patient, bare: Client, facts: Facts
) -> None:
    await ensure_search_attributes(bare)
    set_aside = (await breaking(facts, "reader")).proposal
    await parked(facts)
    overdue = (await breaking(facts, "reader")).proposal
    await said(facts, LATE, OLD, "DELETE FROM outbox WHERE parked_at IS NULL")
    await ensure_ready(bare, QUEUE)
    async with running(bare, options(whole)):
        findings, repairs = await consult(whole, repair=False)
        assert repairs is None
        seen = states(findings)
        assert seen[Check.PARKED] is State.FAILURE
        assert seen[Check.OVERDUE] is State.WARNING
        assert seen[Check.WORKFLOWS] is State.FAILURE
        findings, repairs = await consult(whole, repair=True)
        assert [repair.number for repair in repairs or ()] == [1, 1]
        await until_all_is_well(whole)
        for proposal in (set_aside, overdue):
            handle = bare.get_workflow_handle(f"proposal-{proposal.id}")
            assert (await handle.describe()).close_time is None
        findings, repairs = await consult(whole, repair=True)
        assert repairs == ()
        assert healthy(findings)


async def test_repair_needs_no_temporal(whole: Patient, facts: Facts) -> None:
    await breaking(facts, "reader")
    await said(facts, LATE, OLD, CARRIED, "UPDATE proposals SET stuck = 'boom'")
    lonely = replace(whole, temporal_address="127.0.0.1:1")
    findings, repairs = await consult(lonely, repair=True)
    seen = states(findings)
    assert [seen[check] for check in (Check.TEMPORAL, Check.WATCH, Check.WORKFLOWS)] == [
        State.FAILURE,
        State.NOT_CHECKED,
        State.NOT_CHECKED,
    ]
    assert [repair.done for repair in repairs or ()] == [
        "1 proposal woken: its review was overdue."
    ]
    assert seen[Check.OVERDUE] is State.OK
    assert len(await claimed(facts)) == 1
    assert (await consult(lonely, repair=True))[1] == ()


async def test_what_takes_no_writes_is_not_repaired(
    whole: Patient, facts: Facts, fresh_database_url: str
) -> None:
    await breaking(facts, "reader")
    name = urlsplit(fresh_database_url).path.removeprefix("/")
    await said(
        facts,
        *(LATE, OLD, CARRIED),
        f"ALTER DATABASE {name} SET default_transaction_read_only = on",
    )
    findings, repairs = await consult(replace(whole, temporal_address="127.0.0.1:1"), repair=True)
    assert repairs == ()
    assert "takes no writes" in of(findings, Check.DATABASE).found
    assert states(findings)[Check.OVERDUE] is State.WARNING
    assert not may_be_mended(findings)
    assert await claimed(facts) == ()  # on a connection that was there before


async def test_what_may_not_be_written_is_a_failure_in_words(
    whole: Patient, facts: Facts, fresh_database_url: str
) -> None:
    """What was done before the refusal is told beside it."""
    await breaking(facts, "reader")
    await parked(facts)
    await breaking(facts, "reader")
    await said(
        facts,
        *(LATE, OLD, "DELETE FROM outbox WHERE parked_at IS NULL"),
        "CREATE ROLE doctor_reader LOGIN PASSWORD 'reader'",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO doctor_reader",
    )
    url = fresh_database_url.partition("@")
    reader = replace(
        whole,
        database_url=f"postgresql://doctor_reader:reader@{url[2]}",
        temporal_address="127.0.0.1:1",
    )
    try:
        nothing = await consult(reader, repair=True)
        await said(
            facts,
            "GRANT INSERT, UPDATE ON outbox TO doctor_reader",
            "GRANT INSERT ON events TO doctor_reader",
        )
        half = await consult(reader, repair=True)
    finally:
        await said(facts, "DROP OWNED BY doctor_reader", "DROP ROLE doctor_reader")
    assert nothing[1] == ()
    assert [repair.done for repair in half[1] or ()] == [
        "1 parked row will be sent to Temporal again.",
        "1 proposal woken: its review was overdue.",
    ]
    for findings, table in ((nothing[0], "outbox"), (half[0], "destinations")):
        refused = of(findings, Check.DATABASE)
        assert refused.state is State.FAILURE
        assert "the repair could not be finished: " in refused.found
        assert f"permission denied for table {table}" in refused.found
    assert states(nothing[0])[Check.PARKED] is State.FAILURE
    assert states(half[0])[Check.PARKED] is State.OK


async def test_a_postgres_that_goes_away_amid_the_repair_is_a_failure_in_words(
    whole: Patient, facts: Facts, fresh_database_url: str
) -> None:
    await breaking(facts, "reader")
    await parked(facts)
    await said(
        facts,
        "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
        " PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END$$",
        "CREATE TRIGGER gone AFTER UPDATE ON outbox EXECUTE FUNCTION gone()",
    )
    findings, repairs = await consult(replace(whole, temporal_address="127.0.0.1:1"), repair=True)
    assert repairs == ()
    refused = of(findings, Check.DATABASE)
    assert refused.found == "the repair could not be finished: The database does not answer."
    assert states(findings)[Check.PARKED] is State.FAILURE


async def test_without_postgres_the_rest_is_still_looked_at(whole: Patient, bare: Client) -> None:
    await ensure_search_attributes(bare)
    await ensure_watch_schedule(bare, QUEUE)
    gone = replace(whole, database_url="postgresql://nobody@127.0.0.1:1/none")
    findings, repairs = await consult(gone, repair=True)
    seen = states(findings)
    assert seen[Check.DATABASE] is State.FAILURE
    assert seen[Check.SEARCH_ATTRIBUTES] is seen[Check.WATCH] is State.OK
    assert seen[Check.RELAY] is seen[Check.WORKFLOWS] is State.NOT_CHECKED
    assert repairs == ()


async def test_tables_of_another_release_are_not_read(
    whole: Patient, empty_database_url: str, fresh_database_url: str
) -> None:
    async with Database.connect(empty_database_url).closing() as empty:
        seen = states(await examine(replace(whole, database_url=empty_database_url), empty))
    assert seen[Check.MIGRATIONS] is State.FAILURE
    assert seen[Check.PARKED] is seen[Check.WEBHOOKS] is State.NOT_CHECKED
    assert seen[Check.CLOCK] is State.OK

    async def newer(tx: Transaction) -> None:
        await tx.sql.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    async with Database.connect(fresh_database_url).closing() as database:
        await database.run(newer)
        findings = await examine(whole, database)
    assert "does not know" in next(
        finding.found for finding in findings if finding.check is Check.MIGRATIONS
    )


async def test_tables_that_may_not_be_read_are_a_failure_in_words(
    whole: Patient, facts: Facts, fresh_database_url: str
) -> None:
    await said(
        facts,
        "CREATE ROLE doctor_stranger LOGIN PASSWORD 'stranger'",
        "GRANT SELECT ON alembic_version TO doctor_stranger",
    )
    try:
        url = fresh_database_url.partition("@")
        stranger = f"postgresql://doctor_stranger:stranger@{url[2]}"
        findings, _ = await consult(replace(whole, database_url=stranger), repair=False)
    finally:
        await said(facts, "DROP OWNED BY doctor_stranger", "DROP ROLE doctor_stranger")
    found = next(finding for finding in findings if finding.check is Check.MIGRATIONS)
    assert found.state is State.FAILURE
    assert "permission denied" in found.found


# --- the command --------------------------------------------------------------------------------


def run(directory: Path, *args: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    shown = {"COLUMNS": "80", "TERM": "dumb", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "tessera_sdk", "doctor", *args],
        env=kept | shown | environment,
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def test_where_nothing_is_configured_it_says_what_to_set(tmp_path: Path) -> None:
    ended = run(tmp_path, TEMPORAL_ADDRESS="127.0.0.1:1")
    words = " ".join(ended.stdout.split())
    assert ended.returncode == 1
    assert ended.stderr == ""
    assert "✗ failure server DATABASE_URL is not set" in words
    assert "Set DATABASE_URL as for the server" in words
    assert "not checked: overdue, stuck (nobody says where Postgres is)" in words
    assert max(len(line.rstrip()) for line in ended.stdout.splitlines()) <= 80


def test_settings_that_cannot_be_used_are_a_finding(tmp_path: Path) -> None:
    ended = run(tmp_path, "--json", DATABASE_URL="sqlite:///x.db")
    told = json.loads(ended.stdout)
    assert ended.returncode == 1
    assert not told["healthy"]
    assert told["checks"][0]["state"] == "failure"
    assert "SQLite" in told["checks"][0]["found"]
    assert {check["state"] for check in told["checks"][1:]} == {"not_checked"}


def test_a_running_up_is_found_by_its_data_directory(
    tmp_path: Path, fresh_database_url: str, bare: Client
) -> None:
    address = bare.service_client.config.target_host
    here = Addresses(fresh_database_url, address)
    with DirectoryLock(tmp_path), written_down(tmp_path, here):
        ended = run(
            tmp_path,
            *("--json", "--repair"),
            TESSERA_DATA_DIR=str(tmp_path),
            TEMPORAL_NAMESPACE=bare.namespace,
        )
    told = json.loads(ended.stdout)
    found = {check["check"]: check["state"] for check in told["checks"]}
    assert ended.returncode == 1
    assert found["settings"] == found["temporal"] == found["relay"] == "ok"
    assert found["database"] in ("ok", "warning")  # it answers, though slowly on a busy machine
    assert found["worker"] == "failure"
    assert told["repaired"] == []


async def test_a_healthy_system_is_shown_in_80_columns(
    whole: Patient, bare: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    await ensure_search_attributes(bare)
    await ensure_ready(bare, QUEUE)
    async with running(bare, options(whole)):
        while True:
            await until_all_is_well(whole)
            findings, repairs = await consult(whole, repair=True)
            if {*states(findings).values()} == {State.OK}:
                break
    show(findings, repairs)
    shown = capsys.readouterr().out
    assert f"All {len(Check)} checks are well." in shown
    assert document(findings, repairs)["healthy"] is True
    assert "Repaired\n  nothing" in shown
