"""Who receives an event, on real Postgres: teams, their members, the server."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from domain.deliveries import DeliveryStatus
from domain.destinations import Channels, DestinationKind, Pace, Subscription
from domain.events import EventType, NewEvent
from domain.members import TeamRole
from domain.teams import Team
from domain.users import User
from record import destinations, events, members, users
from record.destinations import Wanted
from record.users import NewUser
from store.database import Database
from store.destinations import Owner
from store.outbox import OutboxKind, OutboxRow
from store.transaction import Transaction
from tests.support.conductor import DAY, breaking
from tests.support.facts import CALLER, Facts

SLACK = Wanted(kind=DestinationKind.SLACK, address="C024BE91L")


@pytest.fixture
async def everywhere(database_url: str) -> AsyncIterator[Database]:
    """A server that can send by every channel."""
    channels = Channels(kinds=frozenset(DestinationKind))
    async with Database.connect(database_url, channels=channels).closing() as database:
        yield database


async def person(facts: Facts, name: str, team: Team, role: TeamRole = TeamRole.MEMBER) -> User:
    new = NewUser(name=name, email=f"{name}-{team.id}@example.com")
    user = await users.create(facts.database, CALLER, new)
    await members.put(facts.database, CALLER, team.id, user.id, role)
    return user


async def asked(database: Database, *teams: Team, urgent: bool = False) -> dict[str, str]:
    """Append an event for these teams; return how each destination's delivery stands, by name."""

    async def append(tx: Transaction) -> UUID:
        return await events.append(
            tx,
            NewEvent(
                type=EventType.PROPOSAL_ASKED,
                caller=CALLER,
                summary="They are asked.",
                audience=tuple(team.id for team in teams),
                notifies=True,
                urgent=urgent,
            ),
        )

    async def read(tx: Transaction) -> dict[str, str]:
        found = {}
        for each in await tx.deliveries.of_event(event_id):
            destination = await tx.destinations.get(each.destination_id)
            assert destination is not None
            user = None if destination.user_id is None else await tx.users.get(destination.user_id)
            found[destination.name if user is None else user.name] = each.status.value
        return found

    event_id = await database.run(append)
    return await database.run(read)


async def test_a_new_team_is_reachable_at_once_by_its_people(
    facts: Facts, everywhere: Database
) -> None:
    team = await facts.team("readers")
    await person(facts, "ada", team)
    await person(facts, "bob", team, TeamRole.OWNER)
    await person(facts, "looks-on", team, TeamRole.VIEWER)
    assert await asked(everywhere, team) == {"ada": "pending", "bob": "pending"}


async def test_a_server_that_sends_no_mail_writes_no_deliveries_by_mail(facts: Facts) -> None:
    team = await facts.team("readers")
    await person(facts, "ada", team)
    assert await asked(facts.database, team) == {}


async def test_a_channel_of_the_team_leaves_its_people_the_digest(
    facts: Facts, everywhere: Database
) -> None:
    team = await facts.team("readers")
    await person(facts, "ada", team)
    await destinations.put(facts.database, CALLER, Owner(team.id), "alerts", SLACK)
    assert await asked(everywhere, team) == {"alerts": "pending", "ada": "gathered"}
    assert await asked(everywhere, team, urgent=True) == {"alerts": "pending", "ada": "pending"}


async def test_who_is_in_two_teams_is_told_once(facts: Facts, everywhere: Database) -> None:
    team, other = await facts.team("readers"), await facts.team("others")
    ada = await person(facts, "ada", team)
    await members.put(facts.database, CALLER, other.id, ada.id, TeamRole.MEMBER)
    assert await asked(everywhere, team, other) == {"ada": "pending"}


async def test_who_is_deactivated_is_told_nothing(facts: Facts, everywhere: Database) -> None:
    team = await facts.team("readers")
    ada = await person(facts, "ada", team)
    await users.deactivate(facts.database, CALLER, ada.id)
    assert await asked(everywhere, team) == {}


async def test_subscriptions_filter_by_the_asset_s_name(facts: Facts) -> None:
    team = await facts.team("readers")
    asset = await facts.asset(team)
    for name, pattern in (("wants", asset.fqn), ("wants-not", "other.*")):
        wanted = Wanted(
            address=f"https://hooks.example/{name}", subscription=Subscription(assets=(pattern,))
        )
        await destinations.put(facts.database, CALLER, Owner(team.id), name, wanted)
    event_ids: list[UUID] = []

    async def append(tx: Transaction) -> None:
        event_ids.append(
            await events.append(
                tx,
                NewEvent(
                    type=EventType.CONSUMERS_TOLD,
                    caller=CALLER,
                    summary="They are told.",
                    asset_id=asset.id,
                    audience=(team.id,),
                    notifies=True,
                ),
            )
        )

    await facts.database.run(append)

    async def names(tx: Transaction) -> list[str]:
        found = [
            await tx.destinations.get(each.destination_id)
            for each in await tx.deliveries.of_event(event_ids[0])
        ]
        return [each.name for each in found if each]

    assert await facts.database.run(names) == ["wants"]


async def test_what_waits_for_a_digest_starts_no_workflow(
    facts: Facts, everywhere: Database
) -> None:
    team = await facts.team("readers")
    slack = Wanted(kind=DestinationKind.SLACK, address="C024BE91L", pace=Pace.DIGEST)
    await destinations.put(facts.database, CALLER, Owner(team.id), "alerts", slack)
    before = await to_be_carried(facts)
    assert await asked(everywhere, team) == {"alerts": DeliveryStatus.GATHERED.value}
    assert await to_be_carried(facts) == before


async def to_be_carried(facts: Facts) -> int:
    async def work(tx: Transaction) -> int:
        count = select(func.count()).where(OutboxRow.kind == OutboxKind.DELIVERY)
        return await tx.sql.one_value(count)

    return await facts.database.run(work)


async def test_only_the_reminder_near_the_deadline_waits_for_no_digest(
    facts: Facts, everywhere: Database
) -> None:
    world = Facts(everywhere, facts.comparer)
    conductor = await breaking(world, "readers")
    (party,) = (await world.detail(conductor.proposal.id)).parties
    slack = Wanted(kind=DestinationKind.SLACK, address="C024BE91L", pace=Pace.DIGEST)
    await destinations.put(everywhere, CALLER, Owner(party.team.id), "alerts", slack)
    await conductor.carry_on()
    for _ in range(7):
        await conductor.carry_on(2 * DAY - timedelta(hours=3))
    stood = await told_in_order(world, conductor.proposal.id)
    assert stood[0] == (EventType.PROPOSAL_ASKED, DeliveryStatus.GATHERED)
    *others, last = [how for type_, how in stood if type_ == EventType.PROPOSAL_REMINDED]
    assert set(others) == {DeliveryStatus.GATHERED}
    assert last == DeliveryStatus.PENDING


async def told_in_order(facts: Facts, proposal_id: UUID) -> list[tuple[str, DeliveryStatus]]:
    """Each delivery of what a proposal's party is asked and reminded of, oldest first."""
    types = (EventType.PROPOSAL_ASKED, EventType.PROPOSAL_REMINDED)
    log = [each for each in await facts.log(proposal_id=proposal_id) if each.type in types]

    async def read(tx: Transaction) -> list[tuple[str, DeliveryStatus]]:
        return [
            (event.type, each.status)
            for event in log
            for each in await tx.deliveries.of_event(event.id)
        ]

    return await facts.database.run(read)
