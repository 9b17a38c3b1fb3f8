"""The commands for users, members and keys against the real API."""

import asyncio
import json
import re
from collections.abc import AsyncIterator

import pytest
from tessera_sdk.cli.app import build_app
from typer.testing import CliRunner

from domain.json_types import JsonObject
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS
from tests.support.api_client import KEY, LOCKED, app_over, client_at, unique
from tests.support.live_api import live


class Shell:
    """Somebody at a command line, known by a key."""

    def __init__(self, address: str, key: str) -> None:
        self.address = address
        self.environment = {"TESSERA_URL": address, "TESSERA_API_KEY": key, "COLUMNS": "200"}

    async def tessera(self, *words: str, exit_code: int = 0) -> str:
        app = build_app()
        runner = CliRunner()
        result = await asyncio.to_thread(runner.invoke, app, list(words), env=self.environment)
        assert result.exit_code == exit_code, result.output
        return result.output

    async def told(self, *words: str) -> JsonObject:
        """What is printed for scripts; the server of this process prints its log beside it."""
        found = re.search(r"^\{$.*^\}$", await self.tessera(*words, "--json"), re.S | re.M)
        assert found
        document: JsonObject = json.loads(found.group())
        return document


@pytest.fixture
async def admin(database_url: str, database: Database, comparer: Comparer) -> AsyncIterator[Shell]:
    async with (
        Listener(database_url, [EVENTS]) as listener,
        Feed(database, listener) as feed,
        live(app_over(database, comparer, feed, authenticator=LOCKED), feed) as address,
    ):
        yield Shell(address, KEY)


async def test_the_story_of_the_page_on_keys(admin: Shell) -> None:
    team, name = unique("checkout"), unique("ada")
    address = f"{name}@example.com"
    await admin.tessera("team", "create", team)
    assert "is there" in await admin.tessera("user", "create", name, "--email", address)
    await admin.tessera("team", "add", team, address, "--role", "owner")
    assert "owner" in await admin.tessera("team", "members", team)

    made = await admin.tessera("keys", "create", "laptop", "--user", address)
    found = re.search(r"tsr_[0-9a-f]{12}_[0-9a-f]{64}", made)
    assert found, made
    ada = Shell(admin.address, found.group())
    asset = unique("orders")
    await ada.tessera("asset", "create", asset, "--owner", team)
    key = await ada.told("keys", "create", "ci", "--team", team, "--expires", "+90d")
    assert key["key"] not in await ada.tessera("keys", "list", "--team", team)
    new = await ada.told("keys", "rotate", key["id"], "--overlap", "7d")
    assert "retiring" in await ada.tessera("keys", "show", key["id"])
    assert "opens nothing" in await ada.tessera("keys", "revoke", new["id"])

    await admin.tessera("team", "remove", team, address)
    assert "administrators" in await ada.tessera("team", "create", unique("x"), exit_code=1)
    await ada.tessera("keys", "list", "--team", team, "--all")
    assert "no, since" not in await admin.tessera("user", "show", address)
    await admin.tessera("user", "deactivate", address)
    assert "deactivated" in await ada.tessera("team", "list", exit_code=1)
    await admin.tessera("user", "reactivate", address)
    await ada.tessera("team", "list")
    changed = await admin.tessera("user", "change", address, "--administrator")
    assert re.search(r"Administrator\s+yes", changed)
    bot = unique("bot")
    await admin.tessera("user", "create", bot, "--bot")
    assert bot in await admin.tessera("user", "list")
    assert re.search(r"Kind\s+bot", await admin.tessera("user", "show", bot))


async def test_the_story_of_the_page_on_signing_in(admin: Shell) -> None:
    name = unique("ada")
    address = f"{name}@example.com"
    await admin.tessera("user", "create", name, "--email", address, "--administrator")
    assert "bootstrap key" in await admin.tessera("whoami")
    key = await admin.told("keys", "create", "laptop", "--user", address)
    ada = Shell(admin.address, key["key"])
    assert re.search(rf"Address\s+{address}", await ada.tessera("whoami"))
    assert re.search(rf"laptop\s+{name}\s+write", await ada.tessera("keys", "list"))
    assert re.search(rf"Of user\s+{name}", await ada.tessera("keys", "show", key["id"]))

    assert "Signed in nowhere" in await ada.tessera("user", "sessions", address)
    printed = await admin.tessera("user", "password-link", address)
    found = re.search(r"set-password\?link=([0-9a-f]{64})", re.sub(r"\s", "", printed))
    assert found, printed
    password = "a fine morning for sailing"
    async with client_at(admin.address) as browser:
        form = {"link": found.group(1), "password": password, "again": password}
        assert (await browser.post("/set-password", data=form)).status_code == 303
        for _ in range(2):
            browser.cookies.pop("tessera_session", None)
            await browser.post("/sign-in", data={"email": address, "password": password})
        listed = await ada.tessera("user", "sessions", address)
        assert listed.count("active") == 2
        page = await ada.told("user", "sessions", address)
        only = page["items"][1]["id"]
        assert "there" in await ada.tessera("user", "sign-out", address, "--session", only)
        assert (await browser.get("/account")).status_code == 200
        assert "everywhere: 1 ended" in await ada.tessera("user", "sign-out", address)
        assert (await browser.get("/account")).status_code == 401


async def test_a_key_is_for_one_of_both(admin: Shell) -> None:
    await admin.tessera("keys", "create", "ci", exit_code=2)
    await admin.tessera("keys", "create", "ci", "--team", "a", "--expires", "never", exit_code=2)
