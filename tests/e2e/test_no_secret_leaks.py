"""A whole story with known secrets; then every place is read where one could have been left."""

import base64
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import httpx
import pytest
from temporalio.client import Client
from tessera_sdk import AsyncClient, ProblemError

from domain.destinations import Channels, DestinationKind
from domain.json_types import JsonObject
from record import destinations
from record.destinations import Wanted
from store.database import Database
from store.destinations import Owner
from tests.e2e.stack import Stack, Story, eventually, running
from tests.support.api_client import client_at
from tests.support.facts import CALLER
from tests.support.receiver import Receiver
from tests.support.slack_server import (
    APP_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    SIGNING_SECRET,
    TICKET,
    SlackServer,
    sent_by_slack,
)
from tests.support.smtp_server import PASSWORD, Letter, MailServer
from workflows.execution import DATA_CONVERTER

BOOTSTRAP = "bootstrap-" + secrets.token_hex(24)
ENCRYPTION = base64.b64encode(secrets.token_bytes(32)).decode()
SERVER_HOOK = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
SLACK_TOKEN = "xoxb-" + secrets.token_hex(24)
TEAM_HOOK = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
OTHER_HOOK = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
SHOWN = (
    *("/api/v1/teams", "/api/v1/events?limit=200", "/api/v1/api-keys", "/api/v1/users"),
    *("/api/v1/proposals", "/api/v1/events?format=csv", "/", "/health/ready", "/openapi.json"),
)


@dataclass
class Played:
    """A server on which something happened, and what nobody may find there."""

    stack: Stack
    database_url: str
    directory: Path
    http: httpx.AsyncClient
    story: Story
    workflow_id: str
    secrets: dict[str, str]

    def check(self, where: str, text: str | bytes) -> None:
        """Fail if a secret, or the part of it that counts, stands in the text."""
        read = text if isinstance(text, bytes) else text.encode()
        found = [
            name
            for name, secret in self.secrets.items()
            if secret.removeprefix("whsec_").encode() in read
        ]
        assert not found, f"{where} holds the {' and the '.join(found)}"


@pytest.fixture(scope="module")
async def played(
    module_database_url: str, temporal_address: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Played]:
    temporal = await Client.connect(temporal_address, data_converter=DATA_CONVERTER)
    directory = tmp_path_factory.mktemp("secrets")
    async with (
        Receiver.running(lambda _received: 500) as receiver,
        MailServer.running(password=True) as mail_server,
        SlackServer.running() as slack,
    ):
        more = {
            "SMTP_URL": mail_server.url_with_password,
            "SMTP_FROM": "tessera@example.com",
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_CLIENT_ID": CLIENT_ID,
            "SLACK_CLIENT_SECRET": CLIENT_SECRET,
            "TESSERA_SLACK_API_URL": slack.url,
            "BOOTSTRAP_API_KEY": BOOTSTRAP,
            "TESSERA_ENCRYPTION_KEYS": ENCRYPTION,
            "WEBHOOK_URL": receiver.url,
            "WEBHOOK_SECRET": SERVER_HOOK,
            "TESSERA_RATE_LIMIT": "100000",
            "TESSERA_RATE_LIMIT_FAILURES": "2",
        }
        async with (
            running(module_database_url, temporal_address, temporal, directory, more) as stack,
            AsyncClient(stack.address, BOOTSTRAP) as client,
            client_at(stack.address, headers={"Authorization": f"Bearer {BOOTSTRAP}"}) as http,
        ):
            story = await Story.begun(client, "marketing", "growth")
            reader = story.readers[0]
            await client.destinations.set(receiver.url, team_id=reader.id, secret=TEAM_HOOK)
            owner = story.asset.owner_team_id or ""
            made = await client.destinations.set(receiver.url, team_id=owner)
            hook = await client.destinations.set(
                receiver.url, team_id=owner, name="turned", secret=OTHER_HOOK
            )
            turned = await client.destinations.rotate_secret(hook.id)
            key = await client.api_keys.create("pipeline", scope="write", team_id=reader.id)
            rotated = await client.api_keys.rotate(key.id)
            await speak_slack(slack, http, module_database_url, reader.id)
            await join(http, story.readers[1].id)
            proposal = await story.asked(await story.proposed())
            await eventually(lambda: posts_of(slack), bool)
            link = await answered_by_mail(mail_server, http)
            await eventually(lambda: several(receiver), lambda number: number >= 3)
            await fail_in_many_ways(http, key.key or "")
            yield Played(
                stack,
                module_database_url,
                directory,
                http,
                story,
                f"proposal-{proposal.id}",
                {
                    "bootstrap key": BOOTSTRAP,
                    "token of Slack": SLACK_TOKEN,
                    "app token of Slack": APP_TOKEN,
                    "client secret of Slack": CLIENT_SECRET,
                    "signing secret of Slack": SIGNING_SECRET,
                    "ticket of Slack's socket": TICKET,
                    "encryption key": ENCRYPTION,
                    "server's webhook secret": SERVER_HOOK,
                    "team's webhook secret": TEAM_HOOK,
                    "secret that was made": made.secret or "none was shown",
                    "mail server's password": PASSWORD,
                    "link in a mail": link,
                    "secret before the rotation": OTHER_HOOK,
                    "secret after the rotation": turned.secret or "none was shown",
                    "API key": secret_part(key.key),
                    "API key that followed": secret_part(rotated.key),
                },
            )


async def speak_slack(
    slack: SlackServer, http: httpx.AsyncClient, database_url: str, team_id: str
) -> None:
    """Install the app, and let everything go wrong once; then a channel is told."""
    slack.codes["code"] = SLACK_TOKEN
    for method in ("chat.postMessage", "apps.connections.open", "users.info"):
        slack.refuse(method, "invalid_auth")
    gone = await http.get("/slack/install")
    (state,) = parse_qs(urlsplit(gone.headers["location"]).query)["state"]
    for code in ("wrong", "code"):
        await http.get("/slack/oauth", params={"code": code, "state": state})
    command = {"user_id": "U1", "text": "my"}
    assert (await sent_by_slack(http, "/slack/commands", command)).status_code == 200
    wrong = await sent_by_slack(http, "/slack/commands", command, tampered=True)
    assert wrong.status_code in (401, 429)
    channels = Channels(kinds=frozenset(DestinationKind))
    wanted = Wanted(kind=DestinationKind.SLACK, address=slack.channel())
    async with Database.connect(database_url, channels=channels).closing() as database:
        await destinations.put(database, CALLER, Owner(UUID(team_id)), "slack", wanted)
    await slack.connected()
    await slack.sockets[-1].close()
    await slack.connected()


async def posts_of(slack: SlackServer) -> int:
    return len(slack.posts)


def secret_part(key: str | None) -> str:
    """All but the lookup prefix, which is no secret."""
    assert key is not None
    return key.rpartition("_")[2]


async def join(http: httpx.AsyncClient, team_id: str) -> None:
    """Somebody whom a team's questions reach by mail."""
    person = {"name": "Ada", "email": "ada@example.com"}
    user = (await http.post("/api/v1/users", json=person)).json()
    path = f"/api/v1/teams/{team_id}/members/{user['id']}"
    assert (await http.put(path, json={"role": "member"})).status_code == 200


async def answered_by_mail(server: MailServer, http: httpx.AsyncClient) -> str:
    """Use the link of the first mail, rightly and wrongly, and return it."""

    async def arrived() -> list[Letter]:
        return [each for each in server.letters if "/answer?" in each.body()]

    letter = (await eventually(arrived, bool))[0]
    link = str(re.findall(r"link=([\w-]+)", letter.body())[0])
    for text, status in ((link, 200), (f"{link[:-2]}xx", 410)):
        page = await http.get("/answer", params={"link": text, "say": "migrating"})
        assert page.status_code == status
    form = {"link": link, "say": "migrating", "until": "never", "note": "soon"}
    assert (await http.post("/answer", data=form)).status_code == 422
    until = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    assert (await http.post("/answer", data={**form, "until": until})).status_code == 303
    return link


async def several(receiver: Receiver) -> int:
    return len(receiver.requests)


async def fail_in_many_ways(http: httpx.AsyncClient, key: str) -> None:
    """What goes wrong is logged: with the secrets, if somebody is careless."""
    wrong = {"Authorization": f"Bearer {key[:-1]}x"}
    for _ in range(4):
        assert (await http.get("/api/v1/teams", headers=wrong)).status_code in (401, 429)
    form = {"key": BOOTSTRAP, "next": "/"}
    own = {"Sec-Fetch-Site": "same-origin"}
    assert (await http.post("/sign-in", data=form, headers=own)).status_code == 303
    bad: JsonObject = {"address": "ftp://nowhere", "secret": TEAM_HOOK}
    path = "/api/v1/teams/00000000-0000-7000-8000-000000000000/destinations/webhook"
    assert (await http.put(path, json=bad)).status_code == 422
    assert (await http.put(path, json={**bad, "more": 1})).status_code == 422
    assert (await http.put(path, json={"secret": TEAM_HOOK})).status_code == 422
    with pytest.raises(ProblemError):
        async with AsyncClient(str(http.base_url), key[:-1] + "x") as client:
            await client.teams.create("never")


async def test_the_logs_hold_none(played: Played) -> None:
    logs = {path.name: path.read_text(encoding="utf-8") for path in played.directory.glob("*.log")}
    assert set(logs) == {"api.log", "worker.log"}
    assert "/sign-in" in logs["api.log"]
    assert "was not signed by slack" in logs["api.log"]
    for name, text in logs.items():
        played.check(name, text)


async def test_no_table_holds_any(played: Played) -> None:
    """Events, kept answers, deliveries, destinations and all others, as they stand on the disk."""
    connection = await asyncpg.connect(played.database_url)
    try:
        names = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace"
        )
        tables = {
            row["relname"]: [
                found[0]
                for found in await connection.fetch(f'SELECT t::text FROM "{row["relname"]}" AS t')
            ]
            for row in names
        }
    finally:
        await connection.close()
    for wanted in ("events", "idempotency_keys", "destinations", "deliveries", "api_keys"):
        assert tables[wanted], wanted
    assert sum("enc1:" in row for row in tables["destinations"]) >= 3
    (installation,) = tables["slack_installations"]
    assert "enc1:" in installation
    for name, rows in tables.items():
        played.check(name, "\n".join(rows))


async def test_no_workflow_holds_any(played: Played) -> None:
    query = f'TaskQueue = "{played.stack.queue}"'

    async def listed() -> list[str]:
        return [each.id async for each in played.stack.temporal.list_workflows(query)]

    ids = await eventually(listed, lambda found: played.workflow_id in found and len(found) > 1)
    for workflow_id in ids:
        handle = played.stack.temporal.get_workflow_handle(workflow_id)
        history = await handle.fetch_history()
        assert history.events
        for event in history.events:
            played.check(f"{workflow_id}, event {event.event_id}", event.SerializeToString())
        description = await handle.describe()
        played.check(workflow_id, description.raw_description.SerializeToString())


@pytest.mark.parametrize("path", SHOWN)
async def test_no_answer_shows_any(played: Played, path: str) -> None:
    answer = await played.http.get(path, headers={"Accept": "*/*"})
    assert answer.status_code == 200
    played.check(path, answer.text)
    played.check(path, str(answer.headers))


async def test_neither_does_a_webhook_nor_a_repeated_request(played: Played) -> None:
    for team in (played.story.readers[0].id, played.story.asset.owner_team_id):
        answer = await played.http.get(f"/api/v1/teams/{team}/destinations/webhook")
        assert answer.json()["secret"] is None
        played.check(answer.url.path, answer.text)
    body = {"name": "again", "scope": "read", "team_id": played.story.readers[0].id}
    headers = {"Idempotency-Key": "the-same"}
    first = await played.http.post("/api/v1/api-keys", json=body, headers=headers)
    again = await played.http.post("/api/v1/api-keys", json=body, headers=headers)
    assert first.json()["key"] is not None
    assert secret_part(first.json()["key"]) not in again.text
