"""`tessera server rotate-secrets` as people run it."""

import asyncio
import base64
import os
import sys

import pytest
from sqlalchemy import text

from record import teams
from store.database import Database
from store.encryption import Encryption
from store.transaction import Transaction
from tests.support import webhooks
from tests.support.facts import CALLER
from tests.support.servers import ROOT

KEY = b"k" * 32
OTHER = "".join(
    f"{column}: 0 encrypted with the first key.\n"
    for column in ("destinations.previous_secret", "slack_installations.token")
)
URL = "https://hooks.example.com/tessera"


async def rotate(url: str, keys: str | None) -> tuple[int, str, str]:
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": url, "BOOTSTRAP_API_KEY": "k" * 32}
    if keys is not None:
        environment["TESSERA_ENCRYPTION_KEYS"] = keys
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tessera_sdk", "server", "rotate-secrets"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
def keys() -> str:
    return base64.b64encode(KEY).decode()


async def test_it_says_how_many_and_may_be_repeated(fresh_database_url: str, keys: str) -> None:
    async with Database.connect(fresh_database_url).closing() as plain:
        team = await teams.create(plain, CALLER, "marketing")
        await webhooks.set_webhook(plain, CALLER, team.id, URL, None)
    code, out, err = await rotate(fresh_database_url, keys)
    assert (code, out) == (0, "destinations.secret: 1 encrypted with the first key.\n" + OTHER), err
    code, out, _ = await rotate(fresh_database_url, keys)
    assert (code, out) == (0, "destinations.secret: 0 encrypted with the first key.\n" + OTHER)


async def test_it_names_what_no_key_decrypts(fresh_database_url: str, keys: str) -> None:
    encryption = Encryption([b"another key of thirty-two bytes.."[:32]])
    connecting = Database.connect(fresh_database_url, encryption=encryption)
    async with connecting.closing() as database:
        team = await teams.create(database, CALLER, "marketing")
        made = await webhooks.set_webhook(database, CALLER, team.id, URL, None)
        code, out, err = await rotate(fresh_database_url, keys)
        assert code == 1
        assert str(made.id) in out
        assert "1 cannot be read" in err

        async def work(tx: Transaction) -> str:
            found = await tx.sql.execute(text("SELECT secret FROM destinations"))
            return str(found.scalar_one())

        kept = await database.run(work)
    assert kept.startswith(encryption.current)


async def test_without_a_key_it_says_how_to_make_one(fresh_database_url: str) -> None:
    code, _, err = await rotate(fresh_database_url, None)
    assert code == 1
    assert "openssl rand -base64 32" in err
