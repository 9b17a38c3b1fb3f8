"""Asked and answered in Slack: real commands, Postgres and Temporal, a Slack on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from temporalio.client import Client
from tessera_sdk import AsyncClient
from tessera_sdk.models import Proposal, Team

from domain.destinations import Channels, DestinationKind
from domain.json_types import JsonObject
from record import destinations
from record.destinations import Wanted
from store.database import Database
from store.destinations import Owner
from tests.e2e.stack import Stack, Story, eventually, running
from tests.support.api_client import client_at, unique
from tests.support.facts import CALLER
from tests.support.slack_server import (
    APP_TOKEN,
    BOT_TOKEN,
    SIGNING_SECRET,
    Posted,
    SlackServer,
    interacted,
    sent_by_slack,
)
from workflows.execution import DATA_CONVERTER


@dataclass
class Office:
    """A server that speaks Slack, and the people who use it."""

    slack: SlackServer
    stack: Stack
    client: AsyncClient
    http: httpx.AsyncClient
    database: Database
    rooms: dict[str, str] = field(default_factory=dict)
    """The channel of each team, by the team's id."""

    async def person(self, team: Team | None, role: str = "member") -> str:
        """Somebody who is a user in Tessera and in Slack under one address; their id in Slack."""
        email = f"{unique('person')}@example.com"
        made = await self.http.post("/api/v1/users", json={"name": email, "email": email})
        assert made.status_code == 201, made.text
        if team is not None:
            path = f"/api/v1/teams/{team.id}/members/{made.json()['id']}"
            assert (await self.http.put(path, json={"role": role})).status_code == 200
        return self.slack.person(email)

    async def room(self, team_id: str) -> str:
        """Give a team a channel."""
        channel = self.slack.channel()
        wanted = Wanted(kind=DestinationKind.SLACK, address=channel)
        await destinations.put(self.database, CALLER, Owner(UUID(team_id)), "slack", wanted)
        self.rooms[team_id] = channel
        return channel

    async def story(self, *readers: str) -> Story:
        story = await Story.begun(self.client, *readers)
        for team in story.readers:
            await self.room(team.id)
        return story

    async def message(self, team: Team, number: int = 1) -> Posted:
        """The message in a team's channel, once so many are there."""
        channel = self.rooms[team.id]

        async def read() -> list[Posted]:
            return self.slack.in_channel(channel)

        return (await eventually(read, lambda found: len(found) >= number))[number - 1]

    async def says(self, message: Posted, words: str) -> None:
        """Wait until a message says this, which it did not when it was posted."""
        assert words not in message.first_words

        async def read() -> str:
            return message.words

        await eventually(read, lambda found: words in found)

    async def whisper(self, user_id: str) -> str:
        """What somebody is told alone, as soon as they are."""

        async def read() -> list[str]:
            return [each["text"] for each in self.slack.whispers if each["user"] == user_id]

        return (await eventually(read, bool))[-1]

    async def form(self, user_id: str, message: Posted, button: str) -> JsonObject:
        """Press a button that opens a form, and return the form."""
        before = len(self.slack.views)
        answer = await interacted(self.http, self.slack.click(user_id, message, button))
        assert (answer.status_code, answer.text) == (200, "")

        async def read() -> int:
            return len(self.slack.views)

        await eventually(read, lambda found: found > before)
        view: JsonObject = self.slack.views[-1]
        return view


@pytest.fixture(scope="module")
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer.running() as slack:
        yield slack


@pytest.fixture(scope="module")
async def office(
    module_database_url: str,
    temporal_address: str,
    tmp_path_factory: pytest.TempPathFactory,
    slack: SlackServer,
) -> AsyncIterator[Office]:
    temporal = await Client.connect(temporal_address, data_converter=DATA_CONVERTER)
    directory: Path = tmp_path_factory.mktemp("slack")
    more = {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "TESSERA_SLACK_API_URL": slack.url,
        "TESSERA_RATE_LIMIT_FAILURES": "1000",
    }
    channels = Channels(kinds=frozenset({DestinationKind.WEBHOOK, DestinationKind.SLACK}))
    async with (
        running(module_database_url, temporal_address, temporal, directory, more) as stack,
        AsyncClient(stack.address) as client,
        client_at(stack.address) as http,
        Database.connect(module_database_url, channels=channels).closing() as database,
    ):
        yield Office(slack, stack, client, http, database)


async def asked(office: Office, *readers: str) -> tuple[Story, Proposal]:
    story = await office.story(*readers)
    return story, await story.asked(await story.proposed())


async def test_ready_in_slack_publishes_and_the_message_says_so(office: Office) -> None:
    story, proposal = await asked(office, "billing")
    message = await office.message(story.readers[0])
    assert "`email` is removed." in message.words
    assert story.readers[0].name in message.words
    assert "A record that" in message.words  # a witness
    assert "nothing is published, and the proposal expires" in message.words
    ada = await office.person(story.readers[0])
    click = office.slack.click(ada, message, "Ready")
    answer = await interacted(office.http, click)
    assert (answer.status_code, answer.text) == (200, "")
    ended = await story.ended(proposal)
    assert (ended.status, ended.cause) == ("published", "all_approved")
    assert ended.parties[0].state == "approved"
    await office.says(message, "2.0.0 is published")
    assert message.button("Ready") is None
    assert message.button("Details") is not None
    assert not office.slack.whispers
    log = await office.http.get(
        "/api/v1/events", params={"proposal_id": proposal.id, "type": "proposal.acknowledged"}
    )
    (event,) = log.json()["items"]
    assert event["origin"] == "slack"
    assert event["actor"]["kind"] == "person"


async def test_time_is_asked_for_with_a_date(office: Office) -> None:
    story, proposal = await asked(office, "billing", "search")
    message, other = [await office.message(team) for team in story.readers]
    ada = await office.person(story.readers[0])
    form = await office.form(ada, message, "Need time")
    far = office.slack.submission(ada, form, until={"selected_date": "2093-01-01"})
    refused = await interacted(office.http, far)
    assert "no later than" in refused.json()["errors"]["until"]
    day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    given = office.slack.submission(
        ada, form, until={"selected_date": day}, note={"value": "after the release"}
    )
    assert (await interacted(office.http, given)).text == ""
    answered = await story.until(
        proposal, lambda found: any(party.state == "migrating" for party in found.parties)
    )
    party = next(each for each in answered.parties if each.state == "migrating")
    assert str(party.until).startswith(day)
    assert party.note == "after the release"
    for each in (message, other):
        await office.says(each, "needs time until")
        assert each.button("Ready") is not None
    details = await office.form(ada, message, "Details")
    assert "needs time" in json.dumps(details)


async def test_a_block_wants_a_reason_and_rejects(office: Office) -> None:
    story, proposal = await asked(office, "billing")
    message = await office.message(story.readers[0])
    ada = await office.person(story.readers[0])
    form = await office.form(ada, message, "Block")
    given = office.slack.submission(ada, form, note={"value": "the <invoices> & more need it"})
    assert (await interacted(office.http, given)).text == ""
    ended = await story.ended(proposal)
    assert (ended.status, ended.cause) == ("rejected", "blocked")
    assert ended.parties[0].note == "the <invoices> & more need it"
    await office.says(message, "is rejected")
    again = office.slack.submission(ada, form, note={"value": "too late"})
    refused = (await interacted(office.http, again)).json()
    assert refused["response_action"] == "errors"
    assert "has ended" in refused["errors"]["note"]


async def test_a_stranger_is_refused_alone(office: Office) -> None:
    story, proposal = await asked(office, "billing")
    message = await office.message(story.readers[0])
    viewer = await office.person(story.readers[0], "viewer")
    unknown = office.slack.person(f"{unique('who')}@elsewhere.example")
    email = f"{unique('guest')}@example.com"
    made = await office.http.post("/api/v1/users", json={"name": email, "email": email})
    path = f"/api/v1/teams/{story.readers[0].id}/members/{made.json()['id']}"
    assert (await office.http.put(path, json={"role": "member"})).status_code == 200
    foreign = office.slack.person(email, team_id="T0OTHERS", is_stranger=True)
    for user, words in (
        (await office.person(None), "may not answer a proposal"),
        (viewer, "may not answer a proposal"),
        (unknown, "Nobody in Tessera"),
        (foreign, "own Slack workspace"),
    ):
        answer = await interacted(office.http, office.slack.click(user, message, "Ready"))
        assert (answer.status_code, answer.text) == (200, "")
        assert words in await office.whisper(user)
        await interacted(office.http, office.slack.click(user, message, "Block"))
    found = await office.client.proposals.get(proposal.id)
    assert [party.state for party in found.parties] == ["pending"]
    assert len(message.versions) == 1
    assert len(office.slack.in_channel(message.channel)) == 1


async def test_only_slack_is_believed_and_only_once(office: Office) -> None:
    story, proposal = await asked(office, "billing", "search")
    message = await office.message(story.readers[0])
    ada = await office.person(story.readers[0])
    fields = {"payload": json.dumps(office.slack.click(ada, message, "Ready"))}
    path, now = "/slack/interactions", datetime.now(UTC).timestamp()
    for wrong in (
        {"secret": "another"},
        {"at": now - 301},
        {"at": now + 301},
        {"tampered": True},
    ):
        answer = await sent_by_slack(office.http, path, fields, **wrong)
        assert answer.status_code == 401, wrong
    unsigned = await office.http.post(path, data=fields)
    assert unsigned.status_code == 401
    found = await office.client.proposals.get(proposal.id)
    assert found.parties[0].state == found.parties[1].state == "pending"
    taken = await sent_by_slack(office.http, path, fields, at=now)
    again = await sent_by_slack(office.http, path, fields, at=now)
    assert (taken.status_code, again.status_code) == (200, 409)
    twice = await interacted(office.http, office.slack.click(ada, message, "Ready"))
    assert (twice.status_code, twice.text) == (200, "")
    assert await answers(office, proposal) == ["approved"]


async def answers(office: Office, proposal: Proposal) -> list[str]:
    """What was answered, as the log has it."""
    log = await office.http.get(
        "/api/v1/events", params={"proposal_id": proposal.id, "type": "proposal.acknowledged"}
    )
    return [event["payload"]["response"] for event in log.json()["items"]]


async def test_two_who_press_at_once_are_both_served(office: Office) -> None:
    story, proposal = await asked(office, "billing", "search")
    message = await office.message(story.readers[0])
    ada, bob = [await office.person(story.readers[0]) for _ in range(2)]
    clicks = [office.slack.click(who, message, "Ready") for who in (ada, bob) for _ in range(3)]
    served = await asyncio.gather(*(interacted(office.http, click) for click in clicks))
    assert [answer.status_code for answer in served] == [200] * 6
    assert await answers(office, proposal) == ["approved"]
    await office.says(message, f"{story.readers[0].name}*: ready")


async def test_what_is_answered_elsewhere_stands_in_slack_for_everybody(office: Office) -> None:
    story, proposal = await asked(office, "billing", "search")
    messages = [await office.message(team) for team in story.readers]
    await office.client.proposals.acknowledge(proposal.id, story.readers[0].id, "ready")
    for message in messages:
        await office.says(message, f"{story.readers[0].name}*: ready")
    assert messages[0].button("Ready") is None
    assert messages[1].button("Ready") is not None
    await office.client.proposals.withdraw(proposal.id, reason="not needed", wait=60)
    for message in messages:
        await office.says(message, "is withdrawn")
        assert message.button("Ready") is None


async def test_what_is_pressed_while_temporal_rests_is_taken_and_settles_later(
    office: Office,
) -> None:
    story, proposal = await asked(office, "billing")
    message = await office.message(story.readers[0])
    ada = await office.person(story.readers[0])
    async with office.stack.worker_down():
        answer = await interacted(office.http, office.slack.click(ada, message, "Ready"))
        assert answer.status_code == 200
        found = await office.client.proposals.get(proposal.id)
        assert found.parties[0].state == "approved"
    assert (await story.ended(proposal)).status == "published"
    await office.says(message, "2.0.0 is published")


async def test_the_socket_does_what_http_does(office: Office) -> None:
    story, proposal = await asked(office, "billing")
    message = await office.message(story.readers[0])
    ada, stranger = await office.person(story.readers[0]), await office.person(None)
    refused = office.slack.click(stranger, message, "Ready")
    await office.slack.envelope("interactive", refused)
    assert "may not answer" in await office.whisper(stranger)
    click = office.slack.click(ada, message, "Ready")
    first = await office.slack.envelope("interactive", click)
    await office.slack.envelope("interactive", click, first)
    asks = {"user_id": ada, "team_id": "T0TESSERA", "text": "help"}
    command = await office.slack.envelope("slash_commands", asks)

    async def acknowledged() -> bool:
        return {first, command} <= set(office.slack.acknowledged)

    await eventually(acknowledged, bool)
    assert "/tessera my" in json.dumps(office.slack.acknowledged[command])
    assert (await story.ended(proposal)).status == "published"
    assert await answers(office, proposal) == ["approved"]


async def test_a_person_is_told_directly_by_their_address(office: Office) -> None:
    story = await Story.begun(office.client, "billing")
    email = f"{unique('direct')}@example.com"
    made = await office.http.post("/api/v1/users", json={"name": email, "email": email})
    user_id = made.json()["id"]
    path = f"/api/v1/teams/{story.readers[0].id}/members/{user_id}"
    assert (await office.http.put(path, json={"role": "member"})).status_code == 200
    wanted = Wanted(kind=DestinationKind.SLACK)
    owner = Owner(user_id=UUID(user_id))
    await destinations.put(office.database, CALLER, owner, "slack", wanted)
    ada = office.slack.person(email)
    proposal = await story.asked(await story.proposed())
    office.rooms[story.readers[0].id] = f"D{ada.removeprefix('U')}"
    message = await office.message(story.readers[0])
    await interacted(office.http, office.slack.click(ada, message, "Ready"))
    assert (await story.ended(proposal)).status == "published"
    await office.says(message, "2.0.0 is published")


async def test_the_command_lists_what_waits_and_finds_assets(office: Office) -> None:
    story, proposal = await asked(office, "billing")
    ada, stranger = await office.person(story.readers[0]), office.slack.person("x@else.example")

    async def said(user: str, text: str) -> str:
        fields = {"user_id": user, "team_id": "T0TESSERA", "command": "/tessera", "text": text}
        answer = await sent_by_slack(office.http, "/slack/commands", fields)
        assert answer.status_code == 200
        assert answer.json()["response_type"] == "ephemeral"
        return str(answer.json()["text"])

    mine = await said(ada, "my")
    assert f"/proposals/{proposal.id}" in mine
    assert story.asset.fqn in mine
    assert story.asset.fqn in await said(ada, f"search {story.asset.fqn}")
    assert "No asset" in await said(ada, "search <nothing> & nobody")
    assert "/tessera search" in await said(ada, "")
    assert "Nobody in Tessera" in await said(stranger, "my")
    assert "Nothing waits for you" in await said(await office.person(None), "my")
