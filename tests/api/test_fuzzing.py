"""Schemathesis over the whole description: no 5xx, and no answer that breaks the description.

The cases are the same in every run; `TESSERA_EXAMPLES` makes more of them for each operation.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS
from tests.support.api_client import KEY, LOCKED, Api, app_over, client_of, table
from tests.support.credentials import Credentials
from tests.support.live_api import live

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
REFUSED = (400, 401, 403, 404, 405, 409, 413, 415, 422)
ENDLESS = "/api/v1/events/stream"
"""Answers without end, so no tool can look at the whole of it; tests/api/test_events.py does."""


@pytest.mark.timeout(600)
async def test_no_request_breaks_the_server_and_no_answer_the_description(
    fresh_database_url: str, comparer: Comparer, tmp_path: Path
) -> None:
    url = fresh_database_url
    async with (
        Database.connect(url).closing() as database,
        Listener(url, [EVENTS]) as listener,
        Feed(database, listener) as feed,
    ):
        app = app_over(
            database, comparer, feed, authenticator=LOCKED, max_body_bytes=10 * 1024 * 1024
        )
        async with client_of(app, KEY) as client:
            named = await identifiers(client, database)
            await written_description(client)
        async with live(app, feed) as address:
            said = await fuzzed(address, named, tmp_path)
    assert said["exit"] == 0, said["told"]


async def written_description(client: httpx.AsyncClient) -> None:
    """Have the description written: the tool waits for it ten seconds and no longer."""
    assert (await client.get("/openapi.json")).status_code == 200


async def identifiers(client: httpx.AsyncClient, database: Database) -> dict[str, str]:
    """Make one of everything; return the parameters of paths that lead to it."""
    api, credentials = Api(client, database), Credentials(client, database)
    proposal = await api.proposal(reader := await api.team("reader"))
    asset = await api.asset()
    await api.publish(asset, table("id"))
    contracts = await api.got(f"/api/v1/assets/{asset['id']}/contracts")
    hook = await client.put(
        f"/api/v1/teams/{reader['id']}/destinations/webhook",
        json={"address": "https://hooks.example.com/x"},
    )
    ping = await client.post(f"/api/v1/destinations/{hook.json()['id']}/ping")
    made = {
        "destination_id": hook.json()["id"],
        "delivery_id": ping.json()["id"],
        "type": "proposal.asked",
        "asset_id": asset["id"],
        "contract_id": contracts["items"][0]["id"],
        "key_id": (await credentials.team_key(reader))["id"],
        "proposal_id": proposal["id"],
        "registration_id": (await api.register(asset, reader))["id"],
        "team_id": reader["id"],
        "user_id": (await credentials.member(reader, "member"))["id"],
    }
    return {f"path.{name}": str(made[name]) for name in made}


async def fuzzed(address: str, named: dict[str, str], directory: Path) -> dict[str, object]:
    """Run the tool as people run it; return its exit code and what it says."""
    config = directory / "schemathesis.toml"
    lines = [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in named.items()]
    refused = ", ".join(str(status) for status in REFUSED)
    config.write_text(
        f"[checks.negative_data_rejection]\nexpected-statuses = [{refused}]\n"
        "[parameters]\n" + "\n".join(lines) + "\n",
        encoding="utf-8",
    )
    assert urlsplit(address).hostname == "127.0.0.1"
    tool = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
        *("run", f"{address}/openapi.json", "--header", f"Authorization: Bearer {KEY}"),
        *("--exclude-path", ENDLESS, "--checks", ",".join(CHECKS)),
        *("--phases", "examples,coverage,fuzzing", "--generation-deterministic"),
        *("--max-examples", os.environ.get("TESSERA_EXAMPLES", "3")),
        *("--continue-on-failure", "--request-timeout", "60", "--no-color"),
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await tool.communicate()
    return {"exit": tool.returncode, "told": told.decode()}
