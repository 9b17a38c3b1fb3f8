"""That the laws of what is at rest notice a breach: real records and processes, one thing changed.

The record is made as the workflows make it. Three proposals ended: one that everybody approved, one
that somebody blocked, one of which nobody heard. What the first one replaced has been retired; of
its readers one has moved, the other was silent.
"""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen
from types import SimpleNamespace
from uuid import uuid4

import asyncpg
import pytest

from domain.acknowledgments import Response
from record.comparison import Comparer
from store.database import Database
from tests.faults.findings import Findings, Law
from tests.faults.judgement import (
    decided_again,
    nothing_is_left_running,
    nothing_waits,
    questions_are_kept,
)
from tests.faults.records_by_hand import ByHand
from tests.faults.rest import come_to_rest
from tests.faults.servers import Servers
from tests.support.conductor import DAY, breaking
from tests.support.facts import Facts
from tests.support.servers import Run, create_database, drop_database, migrated_template
from tests.support.window_keeper import replaced

DECISIONS, QUESTIONS = 3, 6
CHANGED = (
    *("events", "notices", "mover_notices", "acknowledgments", "movers"),
    *("proposals", "retirements", "releases", "deliveries", "outbox"),
)


async def play(facts: Facts) -> None:
    blocked = await breaking(facts, "blocker")
    await blocked.carry_on()
    (party,) = (await facts.detail(blocked.proposal.id)).parties
    await facts.answer(blocked.proposal, party.team, Response.BLOCKED)
    await blocked.carry_on()
    silent = await breaking(facts, "silent")
    for days in (0, 3, 40):
        await silent.carry_on(days * DAY)
    keeper = await replaced(facts, "moved", "stayed")
    await keeper.carry_on()
    await keeper.moved()
    for days in (20, 60):
        await keeper.carry_on(timedelta(days=days))


@pytest.fixture(scope="module")
async def sound_url(postgres_admin_url: str) -> AsyncIterator[str]:
    """A database with the record, and beside it what is put back after a change."""
    name = f"tessera_sound_{uuid4().hex}"
    template = migrated_template(Run.of_this_process(), postgres_admin_url)
    url = create_database(postgres_admin_url, name, template)
    async with Comparer(1) as comparer, Database.connect(url).closing() as database:
        await play(Facts(database, comparer))
    await changed(url, "DELETE FROM outbox")
    await changed(url, "CREATE SCHEMA sound")
    for table in CHANGED:
        await changed(url, f"CREATE TABLE sound.{table} AS TABLE {table}")
    yield url
    drop_database(postgres_admin_url, name)


@pytest.fixture
async def record_url(sound_url: str) -> AsyncIterator[str]:
    """The sound record, for one test to change."""
    yield sound_url
    everything = (
        f"DELETE FROM {table};"
        f" INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM sound.{table};"
        for table in CHANGED
    )
    await changed(sound_url, " ".join(everything))


async def changed(url: str, statement: str) -> str:
    """Do what no part of the product does, past triggers and keys; return what it came to."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        return str(await connection.execute(statement))
    finally:
        await connection.close()


async def change_one(url: str, table: str, where: str, change: str | None) -> None:
    """Change one of the rows that are meant, or take it away."""
    one = f"WHERE ctid = (SELECT ctid FROM {table} WHERE {where} LIMIT 1)"
    verb = f"DELETE FROM {table}" if change is None else f"UPDATE {table} SET {change}"
    assert (await changed(url, f"{verb} {one}")).split()[1:] == ["1"], f"no {table} where {where}"


async def judge(url: str) -> Findings:
    findings = Findings()
    nothing_waits(findings, await come_to_rest(url, 0))
    async with Database.connect(url).closing() as database:
        await decided_again(findings, database)
        await questions_are_kept(findings, database)
    return findings


async def broken(url: str) -> set[Law]:
    return {law for law, _ in (await judge(url)).broken}


async def test_a_sound_record_breaks_none(record_url: str) -> None:
    findings = await judge(record_url)
    assert findings.broken == []
    assert findings.looked_at == {
        Law.ENDED: 1,
        Law.SAME: DECISIONS + 1,
        Law.TOLD_RIGHT: QUESTIONS,
    }


def decision(place: str, value: str) -> str:
    return f"payload = jsonb_set(payload, '{{decision,{place}}}', '{value}', false)"


@pytest.mark.parametrize(
    ("type_", "change"),
    [
        ("proposal.published", "type = 'proposal.expired'"),
        ("proposal.rejected", "type = 'proposal.withdrawn'"),
        ("proposal.expired", "type = 'proposal.approved'"),
        ("proposal.published", decision("cause", '"no_parties"')),
        ("proposal.rejected", decision("outcome", '"withdrawn"')),
        ("proposal.expired", decision("cause", '"silence"')),
        ("proposal.published", decision("round,parties,1,answer,response", '"blocked"')),
        ("proposal.published", decision("round,parties", "[]")),
        ("proposal.rejected", decision("round,parties,0,answer,response", '"approved"')),
        ("proposal.rejected", decision("round,withdrawn", "true")),
        ("proposal.expired", decision("round,forced", "true")),
        ("proposal.expired", decision("round,timeline,deadline", '"90d"')),
        ("proposal.expired", decision("now", '"2026-01-01T00:00:00Z"')),
        ("proposal.expired", decision("now", '"soon"')),
        ("proposal.rejected", "payload = payload - 'decision'"),
    ],
)
async def test_a_decision_that_comes_out_otherwise_is_noticed(
    record_url: str, type_: str, change: str
) -> None:
    await change_one(record_url, "events", f"type = '{type_}'", change)
    findings = await judge(record_url)
    assert [law for law, _ in findings.broken] == [Law.SAME]


ASKED = "kind = 'ask'"
REMINDED = "kind = 'remind'"


@pytest.mark.parametrize("table", ["notices", "mover_notices"])
@pytest.mark.parametrize(
    ("where", "change"),
    [
        (ASKED, "due_at = due_at - interval '1 hour'"),
        (ASKED, "reminders = reminders + 1"),
        (f"{ASKED} AND reminders > 0", "reminders = 0"),
        (f"{ASKED} AND answered_at IS NOT NULL", "answered_at = NULL"),
        (
            f"{ASKED} AND answered_at IS NOT NULL",
            "answered_at = answered_at + interval '1 second'",
        ),
        (f"{ASKED} AND answered_at IS NULL", "answered_at = created_at"),
        (f"{ASKED} AND answered_at IS NOT NULL", "closed_at = answered_at"),
        (f"{ASKED} AND closed_at IS NOT NULL", "closed_at = NULL"),
        (REMINDED, None),
        (REMINDED, "revision = revision + 1"),
    ],
)
async def test_what_is_kept_beside_a_question_and_is_not_so_is_noticed(
    record_url: str, table: str, where: str, change: str | None
) -> None:
    await change_one(record_url, table, where, change)
    findings = await judge(record_url)
    assert [law for law, _ in findings.broken] == [Law.TOLD_RIGHT]


@pytest.mark.parametrize(
    ("table", "where", "change"),
    [
        ("acknowledgments", "true", None),
        ("acknowledgments", "true", "recorded_at = recorded_at + interval '1 second'"),
        ("acknowledgments", "true", "carried_from = proposal_id"),
        ("movers", "moved IS NOT NULL", "moved = NULL"),
        ("proposals", "status = 'expired'", "ended_at = NULL"),
        ("retirements", "status = 'retired'", "ended_at = NULL"),
    ],
)
async def test_a_fact_behind_a_question_that_is_another_is_noticed(
    record_url: str, table: str, where: str, change: str | None
) -> None:
    await change_one(record_url, table, where, change)
    assert await broken(record_url) == {Law.TOLD_RIGHT}


@pytest.mark.parametrize(
    "waits",
    [
        "UPDATE proposals SET status = 'pending' WHERE status = 'expired'",
        "UPDATE proposals SET status = 'approved' WHERE status = 'published'",
        "UPDATE retirements SET status = 'open'",
        "INSERT INTO releases (id, name, status, opened_by)"
        " VALUES (gen_random_uuid(), 'one', 'open', '{}')",
        "INSERT INTO deliveries (id, event_id, destination_id, status, attempts)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'pending', 0)",
        "INSERT INTO outbox (kind, subject_id, payload) VALUES ('one', gen_random_uuid(), '{}')",
    ],
)
async def test_what_waits_still_is_noticed(record_url: str, waits: str) -> None:
    assert (await changed(record_url, waits)).split()[-1] == "1"
    assert await broken(record_url) == {Law.ENDED}


# --- processes ------------------------------------------------------------------------------------

FAMILY = "exec 3<&0; cat <&3 & echo $!; wait"
"""A process with a child, which says who that is; it ends by itself with whoever started both."""


@contextmanager
def family(directory: Path) -> Iterator[Popen[bytes]]:
    """Processes of the run of this directory: a parent, which may be killed, and its child."""
    environment = {"PATH": os.environ["PATH"], "TESSERA_DATA_DIR": str(directory)}
    with Popen(["sh", "-c", FAMILY], stdin=PIPE, stdout=PIPE, env=environment) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        try:
            parent.stdin.write(b"there\n")
            parent.stdin.flush()
            assert parent.stdout.readline() == b"there\n"  # `cat` it is by now
            yield parent
        finally:
            os.kill(child, signal.SIGKILL)


def kill(parent: Popen[bytes]) -> None:
    parent.kill()
    parent.wait()


async def left_running(directory: Path) -> list[tuple[Law, str]]:
    servers: Servers = ByHand().servers
    servers.directory = directory
    findings = Findings()
    await nothing_is_left_running(findings, servers)
    assert findings.looked_at == {Law.ALONE: 1}
    return findings.broken


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute is over at each look at the clock."""
    minutes = count(step=61)
    clock = SimpleNamespace(monotonic=lambda: next(minutes))
    monkeypatch.setattr("tests.faults.servers.time", clock)


@pytest.mark.usefixtures("impatient")
async def test_what_outlives_its_killed_parent_is_noticed(tmp_path: Path) -> None:
    with family(tmp_path) as parent:
        kill(parent)
        assert await left_running(tmp_path) == [(Law.ALONE, "still there: ['cat ']")]


@pytest.mark.usefixtures("impatient")
async def test_whose_parent_lives_is_left_by_nobody(tmp_path: Path) -> None:
    with family(tmp_path):
        assert await left_running(tmp_path) == []


@pytest.mark.usefixtures("impatient")
async def test_what_another_run_left_is_not_of_this_one(tmp_path: Path) -> None:
    with family(tmp_path / "another") as parent:
        kill(parent)
        assert await left_running(tmp_path) == []
        assert len(await left_running(tmp_path / "another")) == 1


async def test_what_ends_a_moment_after_its_parent_is_no_breach(tmp_path: Path) -> None:
    """It is waited for, by the real clock."""
    with family(tmp_path) as parent:
        kill(parent)
    assert await left_running(tmp_path) == []
