"""`tessera events verify`, `recompute` and `prune` as people call them."""

import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from domain.events import EventType, NewEvent
from event_log import _progress
from record.comparison import Comparer
from store.database import Database
from store.transaction import Transaction
from tests.support.conductor import breaking
from tests.support.facts import CALLER, Facts
from tests.support.sealing import sealed_up_to_now
from tests.support.servers import ROOT


def tessera(directory: Path, *args: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    shown = {"COLUMNS": "80", "TERM": "dumb", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "tessera_sdk", "events", *args],
        env=kept | shown | environment,
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


async def write(url: str, count: int, per_seal: int) -> None:
    async with Database.connect(url).closing() as database:

        async def work(tx: Transaction) -> None:
            for number in range(count):
                tx.events.append(
                    NewEvent(type=EventType.TEAM_CREATED, caller=CALLER, summary=str(number))
                )

        await database.run(work)
        await sealed_up_to_now(database, count, per_seal)


async def done(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_sound_log_a_pinned_head_and_a_bad_event(
    tmp_path: Path, fresh_database_url: str
) -> None:
    url = fresh_database_url
    await write(url, 5, 2)
    sound = tessera(tmp_path, "verify", "--json", DATABASE_URL=url)
    told = json.loads(sound.stdout)
    assert (sound.returncode, sound.stderr) == (0, "")
    assert (told["sound"], told["events_sealed"], told["events_not_sealed"]) == (True, 5, 0)
    pinned = tessera(tmp_path, "verify", "--expect-head", told["head"], DATABASE_URL=url)
    assert pinned.returncode == 0
    assert "The expected head is in the chain." in pinned.stdout
    other = tessera(tmp_path, "verify", "--expect-head", "00" * 32, DATABASE_URL=url)
    assert other.returncode == 1
    assert "First bad: No seal has the hash 000000" in other.stdout

    await done(
        url,
        "SET session_replication_role = replica",
        "UPDATE events SET summary = 'never' WHERE sequence = 3",
    )
    bad = tessera(tmp_path, "verify", DATABASE_URL=url)
    assert bad.returncode == 1
    assert "First bad: Event 3 was changed after it was sealed." in bad.stdout


async def test_pruning_is_said_first_and_done_with_yes(
    tmp_path: Path, fresh_database_url: str
) -> None:
    url = fresh_database_url
    await write(url, 5, 2)
    said = tessera(tmp_path, "prune", "--before", "2999-01-01", DATABASE_URL=url)
    assert said.returncode == 0
    assert (
        "Would go: 5 events in seals 1 to 3. Nothing was changed; `--yes` does it." in said.stdout
    )
    gone = tessera(
        tmp_path,
        *("prune", "--before", "2999-01-01", "--yes", "--json"),
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/none",
        MIGRATION_DATABASE_URL=url,
    )
    assert json.loads(gone.stdout)["events"] == 5
    assert json.loads(gone.stdout)["done"] is True
    verified = tessera(tmp_path, "verify", DATABASE_URL=url)
    assert verified.returncode == 0
    assert "Pruned: 5 events, up to seal 3." in verified.stdout
    nothing = tessera(tmp_path, "prune", "--before", "2001-01-01", "--yes", DATABASE_URL=url)
    assert "Nothing of before 2001-01-01 can go." in nothing.stdout


async def test_decisions_are_taken_again(tmp_path: Path, fresh_database_url: str) -> None:
    url = fresh_database_url
    async with Database.connect(url).closing() as database, Comparer(1) as comparer:
        facts = Facts(database, comparer)
        await (await breaking(facts)).carry_on()
        silent = await breaking(facts, "silent", deadline="1d", max_extension="0s")
        await silent.carry_on()
        await silent.carry_on(after=timedelta(days=30))
    same = tessera(tmp_path, "recompute", DATABASE_URL=url)
    assert (same.returncode, same.stderr) == (0, "")
    assert "2 decisions taken again." in same.stdout
    assert "✓ Every one came out as it did then." in same.stdout

    await done(
        url,
        "SET session_replication_role = replica",
        "UPDATE events SET payload = jsonb_set(payload,"
        " '{decision,round,timeline,deadline}', '\"P90D\"') WHERE type = 'proposal.expired'",
        "UPDATE events SET payload = payload - 'decision' WHERE type = 'proposal.published'",
    )
    other = tessera(tmp_path, "recompute", DATABASE_URL=url)
    assert other.returncode == 1
    said = " ".join(other.stdout.split())
    assert "1 decision of before the log kept what was known: not taken again." in said
    assert f"Proposal {silent.proposal.id}," in said
    assert "today's rules say" in said
    assert "the log says settle expired (unreachable)." in said
    assert "✗ 1 decision would be another one by today's rules." in said
    as_json = tessera(tmp_path, "recompute", "--json", DATABASE_URL=url)
    told = json.loads(as_json.stdout)
    assert as_json.returncode == 1
    assert (told["sound"], told["same"], told["different"]) == (False, 0, 1)
    assert told["differing"][0]["proposal_id"] == str(silent.proposal.id)


def test_who_looks_at_the_log_waits_for_no_temporal(tmp_path: Path) -> None:
    away = {"DATABASE_URL": "postgresql://a@127.0.0.1:1/b", "PYTHONPROFILEIMPORTTIME": "1"}
    loaded = tessera(tmp_path, "verify", **away).stderr
    assert " record.verification\n" in loaded
    assert "temporalio" not in loaded


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "words"),
    [
        (("verify",), {}, 1, "DATABASE_URL is not set"),
        (("verify",), {"DATABASE_URL": "postgresql://a@127.0.0.1:1/b"}, 3, "cannot be reached"),
        (("recompute",), {}, 1, "DATABASE_URL is not set"),
        (("recompute",), {"DATABASE_URL": "postgresql://a@127.0.0.1:1/b"}, 3, "does not answer"),
        (("prune", "--before", "soon"), {}, 2, "is not a date"),
        (("prune",), {}, 2, "--before"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(
    tmp_path: Path,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    code: int,
    words: str,
) -> None:
    ended = tessera(tmp_path, *arguments, **environment)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert words in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr


def test_the_bar_needs_no_thread_that_the_end_would_have_to_wait_for(
    capfd: pytest.CaptureFixture[str],
) -> None:
    before = threading.active_count()
    with _progress(shown=True) as progress:
        progress(1, 2)
        assert threading.active_count() == before
    assert capfd.readouterr().out == ""


async def test_trouble_with_postgres_is_no_tampering(
    tmp_path: Path, fresh_database_url: str, postgres_admin_url: str
) -> None:
    """A statement that takes too long is ended by Postgres; that says nothing about the log."""
    await write(fresh_database_url, 3, 2)
    name = fresh_database_url.rpartition("/")[2]
    await done(postgres_admin_url, f"ALTER DATABASE {name} SET statement_timeout = 1")
    await done(
        postgres_admin_url.rpartition("/")[0] + f"/{name}",
        "SET statement_timeout = 0",
        "SET session_replication_role = replica",
        f"INSERT INTO events (id, type, caller, summary, payload) SELECT gen_random_uuid(),"
        f" '{EventType.LOG_PRUNED.value}', '{{}}', repeat('x', 100), '{{}}'"
        " FROM generate_series(1, 20000)",
    )
    ended = tessera(tmp_path, "verify", DATABASE_URL=fresh_database_url)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "statement timeout" in ended.stderr
    assert "migrate" not in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_a_log_that_nobody_sealed_is_not_called_sound(
    tmp_path: Path, fresh_database_url: str
) -> None:
    url = fresh_database_url
    await write(url, 5, 2)
    await done(
        url,
        "SET session_replication_role = replica",
        "DELETE FROM seal_leaves",
        "DELETE FROM seals",
        "UPDATE events SET at = at - interval '2 hours'",
    )
    ended = tessera(tmp_path, "verify", DATABASE_URL=url)
    assert ended.returncode == 1
    assert "There is no seal, and the oldest event is 2 h old: nothing can be compared" in " ".join(
        ended.stdout.split()
    )
    assert "✗ The log is not sealed." in ended.stdout


async def test_a_database_without_tables_is_told(tmp_path: Path, empty_database_url: str) -> None:
    ended = tessera(tmp_path, "verify", DATABASE_URL=empty_database_url)
    assert ended.returncode == 1
    assert "The log cannot be read" in ended.stderr
    assert "Traceback" not in ended.stderr
