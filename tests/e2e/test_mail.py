"""Being told by mail on a whole server: asked, answered by a link, and a hundred times at once."""

import asyncio
import base64
import re
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select, update
from temporalio.client import Client
from tessera_sdk import AsyncClient
from tessera_sdk.models import Asset, Team

from domain.actors import SERVER
from domain.deliveries import DeliveryStatus
from domain.destinations import Channels, DestinationKind, Pace
from domain.events import EventType, NewEvent
from record import destinations, events
from record.destinations import Wanted
from store.database import Database
from store.deliveries import DeliveryRow
from store.destinations import Owner
from store.transaction import Transaction
from tests.e2e.stack import Stack, Story, eventually, running
from tests.support.api_client import client_at, table, unique
from tests.support.smtp_server import Letter, MailServer
from workflows import digests
from workflows.execution import DATA_CONVERTER

KEY = "a-key-for-tests-0123456789"
CHANGES = 100
CHANNELS = Channels(kinds=frozenset({DestinationKind.WEBHOOK, DestinationKind.EMAIL}))


@dataclass
class Mailing:
    """A server that sends mail, and the mail server that takes it."""

    stack: Stack
    client: AsyncClient
    http: httpx.AsyncClient
    database: Database
    server: MailServer

    async def member(self, team: Team, name: str = "ada") -> dict[str, str]:
        """Somebody in a team, told as every new person is."""
        email = f"{unique(name)}@example.com"
        made = await self.http.post("/api/v1/users", json={"name": name, "email": email})
        user: dict[str, str] = made.json()
        path = f"/api/v1/teams/{team.id}/members/{user['id']}"
        assert (await self.http.put(path, json={"role": "member"})).status_code == 200
        return user

    def letters_to(self, user: dict[str, str]) -> list[Letter]:
        return [letter for letter in self.server.letters if letter.to == [user["email"]]]

    async def letter_to(self, user: dict[str, str], said: str) -> Letter:
        """Wait for a mail with this in its subject."""

        async def found() -> list[Letter]:
            return [each for each in self.letters_to(user) if said in each.subject]

        return (await eventually(found, bool))[0]


@pytest.fixture(scope="module")
async def mailing(
    module_database_url: str, temporal_address: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mailing]:
    temporal = await Client.connect(temporal_address, data_converter=DATA_CONVERTER)
    directory = tmp_path_factory.mktemp("mail")
    async with MailServer.running() as server:
        more = {
            "BOOTSTRAP_API_KEY": KEY,
            "TESSERA_ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
            "SMTP_URL": server.url,
            "SMTP_FROM": "Tessera <tessera@example.com>",
            "TESSERA_RATE_LIMIT": "1000000",
        }
        async with (
            running(module_database_url, temporal_address, temporal, directory, more) as stack,
            AsyncClient(stack.address, KEY, timeout=60) as client,
            client_at(stack.address, headers={"Authorization": f"Bearer {KEY}"}) as http,
            Database.connect(module_database_url, channels=CHANNELS).closing() as database,
        ):
            yield Mailing(stack, client, http, database, server)


async def test_who_is_asked_by_mail_answers_by_its_link_and_that_publishes(
    mailing: Mailing,
) -> None:
    story = await Story.begun(mailing.client, "growth")
    user = await mailing.member(story.readers[0])
    proposal = await story.proposed()
    letter = await mailing.letter_to(user, "answer by")
    assert f" {proposal.version} " in letter.subject
    (link,) = re.findall(r"Ready: +(\S+)", letter.body())
    async with client_at(mailing.stack.address) as browser:
        address = httpx.URL(link)
        for _ in range(3):  # whoever looks through mail opens it
            assert (await browser.get(address.raw_path.decode())).status_code == 200
        asked = await story.asked(proposal)
        assert [party.state for party in asked.parties] == ["pending"]
        form = {"link": address.params["link"], "say": address.params["say"]}
        assert (await browser.post("/answer", data=form)).status_code == 303
    ended = await story.ended(proposal)
    assert (ended.status, ended.cause) == ("published", "all_approved")


async def test_a_hundred_changes_at_once_are_two_mails(mailing: Mailing) -> None:
    team = await mailing.client.teams.create(unique("growth"))
    user = await mailing.member(team)
    assets = await asyncio.gather(*(begun(mailing, team) for _ in range(CHANGES)))
    await asyncio.gather(
        *(mailing.client.contracts.publish(each.id, schema=table("id")) for each in assets)
    )

    async def standings() -> Counter[str]:
        return await deliveries_of(mailing.database, UUID(user["id"]))

    def is_told_or_waits(found: Counter[str]) -> bool:
        return found.total() == CHANGES and found["pending"] == 0

    deadline = asyncio.get_running_loop().time() + 120
    while not is_told_or_waits(found := await standings()):
        assert asyncio.get_running_loop().time() < deadline, found
        await asyncio.sleep(0.2)
    first = len(mailing.letters_to(user))
    assert 1 <= first <= CHANNELS.few
    await due_now(mailing.database)
    handle = await mailing.stack.temporal.start_workflow(
        digests.NAME, id=f"digests-{uuid4()}", task_queue=mailing.stack.queue
    )
    await handle.result()

    def is_delivered(found: Counter[str]) -> bool:
        return found["delivered"] == CHANGES

    await eventually(standings, is_delivered)
    letters = mailing.letters_to(user)
    assert len(letters) <= first + 1
    assert named(letters, assets) == {each.fqn for each in assets}
    proposals = [await mailing.client.proposals.list(asset_id=each.id).page() for each in assets]
    reached = [party.asked_at for page in proposals for party in page.items[0].parties]
    assert len(reached) == CHANGES
    assert all(reached)
    print(f"\n{CHANGES} changes at once: {len(letters)} mails, {[x.subject for x in letters]}")


async def test_near_a_deadline_a_reminder_goes_out_to_who_wants_no_mail(
    mailing: Mailing,
) -> None:
    story = await Story.begun(mailing.client, "growth")
    team = story.readers[0]
    user = await mailing.member(team)
    await story.asked(await story.proposed())
    await mailing.letter_to(user, "answer by")
    await off(mailing.database, UUID(user["id"]))
    await remind(mailing.database, UUID(team.id), urgent=False)
    await remind(mailing.database, UUID(team.id), urgent=True)
    await mailing.letter_to(user, "Time is nearly up, urgent True")
    await asyncio.sleep(4)
    assert not [each for each in mailing.letters_to(user) if "urgent False" in each.subject]


async def begun(mailing: Mailing, reader: Team) -> Asset:
    """An asset whose `email` a team reads."""
    owner = await mailing.client.teams.create(unique("owner"))
    asset = await mailing.client.assets.create(unique("lake.table"), owner.id)
    await mailing.client.contracts.publish(asset.id, schema=table("id", "email"))
    await mailing.client.registrations.create(asset.id, reader.id, fields=["email"])
    return asset


def named(letters: Sequence[Letter], assets: Sequence[Asset]) -> set[str]:
    texts = "\n".join(each.body() for each in letters)
    return {each.fqn for each in assets if each.fqn in texts}


async def deliveries_of(database: Database, user_id: UUID) -> Counter[str]:
    """How the deliveries to a person stand; what is carried stands as its carrier."""

    async def work(tx: Transaction) -> Counter[str]:
        found = await tx.sql.execute(
            select(DeliveryRow.status, func.count().label("number"))
            .where(DeliveryRow.destination_id.in_(await own(tx, user_id)))
            .group_by(DeliveryRow.status)
        )
        return Counter({row.status: row.number for row in found})

    return await database.run(work)


async def own(tx: Transaction, user_id: UUID) -> list[UUID]:
    return [each.id for each in await tx.destinations.of_owner(Owner(user_id=user_id))]


async def due_now(database: Database) -> None:
    async def work(tx: Transaction) -> None:
        await tx.sql.execute(
            update(DeliveryRow)
            .where(DeliveryRow.status == DeliveryStatus.GATHERED, DeliveryRow.carried_by.is_(None))
            .values(due_at=func.clock_timestamp() - timedelta(seconds=1))
        )

    await database.run(work)


async def off(database: Database, user_id: UUID) -> None:
    wanted = Wanted(kind=DestinationKind.EMAIL, pace=Pace.OFF)
    await destinations.put(database, SERVER, Owner(user_id=user_id), "email", wanted)


async def remind(database: Database, team_id: UUID, *, urgent: bool) -> None:
    async def work(tx: Transaction) -> None:
        await events.append(
            tx,
            NewEvent(
                type=EventType.PROPOSAL_REMINDED,
                caller=SERVER,
                summary=f"Time is nearly up, urgent {urgent}.",
                team_id=team_id,
                audience=(team_id,),
                notifies=True,
                urgent=urgent,
            ),
        )

    await database.run(work)
