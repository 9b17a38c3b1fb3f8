"""From nothing to the newest tables, back and again; and what the models say is what is there."""

import asyncio
import os
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from domain.errors import SetupFailed
from store.database import Database
from store.migrate import migrate
from store.revisions import HEAD, current_revision
from store.transaction import Transaction
from tests.support.servers import ROOT

NAME = re.compile(r"\d{4}_\d\d_\d\d_\d{4}_[a-z0-9_]+")


def config(url: str | None = None) -> Config:
    """The configuration that the `alembic` command finds in pyproject.toml."""
    found = Config(toml_file=ROOT / "pyproject.toml")
    found.attributes["url"] = url
    return found


async def left_in(url: str) -> set[str]:
    """Tables, functions and sequences of the public schema, but for those of extensions."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT relname AS name FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE nspname = 'public' AND relkind IN ('r', 'S', 'v') "
            "UNION ALL SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace "
            "WHERE nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend d "
            "WHERE d.objid = p.oid AND d.deptype = 'e')"
        )
    finally:
        await connection.close()
    return {row["name"] for row in rows}


async def alembic(url: str | None, *arguments: str) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if "DATABASE_URL" not in name}
    if url is not None:
        environment["DATABASE_URL"] = url
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "alembic", *arguments),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


def test_there_is_one_head_and_names_follow_the_convention() -> None:
    script = ScriptDirectory.from_config(config())
    assert script.get_heads() == [HEAD]
    for revision in script.walk_revisions():
        assert NAME.fullmatch(Path(revision.path).stem), revision.path


async def test_up_down_and_up_again_and_the_models_agree(empty_database_url: str) -> None:
    url = empty_database_url
    await asyncio.to_thread(migrate, url)
    await asyncio.to_thread(command.check, config(url))
    await asyncio.to_thread(command.downgrade, config(url), "base")
    assert await left_in(url) == {"alembic_version"}
    await asyncio.to_thread(migrate, url)
    await asyncio.to_thread(command.check, config(url))


async def test_a_migrated_database_knows_its_revision(
    database_url: str, empty_database_url: str
) -> None:
    async def work(tx: Transaction) -> str | None:
        return await current_revision(tx.sql)

    async with Database.connect(database_url).closing() as database:
        assert await database.run(work) == HEAD
    async with Database.connect(empty_database_url).closing() as database:
        assert await database.run(work) is None


async def test_the_alembic_command_works_and_two_at_once_do_not_disturb_each_other(
    empty_database_url: str,
) -> None:
    ends = await asyncio.gather(*(alembic(empty_database_url, "upgrade", "head") for _ in range(2)))
    assert [code for code, _ in ends] == [0, 0], ends
    assert {"teams", "events", "outbox"} <= await left_in(empty_database_url)


async def test_the_alembic_command_without_a_database_says_what_to_set() -> None:
    code, output = await alembic(None, "upgrade", "head")
    assert code != 0
    assert "Set DATABASE_URL" in output
    assert "Traceback" not in output


async def test_who_may_not_create_the_extension_is_told_who_may(empty_database_url: str) -> None:
    """Its own schema is all that this user has: Postgres trusts owners of databases with more."""
    address = urlsplit(empty_database_url)
    name = f"migrating_{uuid4().hex}"
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'own'")
        await connection.execute(f"GRANT ALL ON SCHEMA public TO {name}")
        theirs = address._replace(netloc=f"{name}:own@{address.hostname}:{address.port}").geturl()
        with pytest.raises(SetupFailed, match=r"pg_trgm: .*permission denied") as refusal:
            await asyncio.to_thread(migrate, theirs)
        assert "let a superuser run `CREATE EXTENSION pg_trgm`" in str(refusal.value.extra["hint"])
        assert await left_in(empty_database_url) == set(), "nothing is half migrated"
        await connection.execute("CREATE EXTENSION pg_trgm")
        await asyncio.to_thread(migrate, theirs)
        await connection.execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER")
        await connection.execute(f"DROP OWNED BY {name}")
        await connection.execute(f"DROP ROLE {name}")
    finally:
        await connection.close()
