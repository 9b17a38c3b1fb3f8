"""Silence: to the team, then to its owners by what they have themselves, then to a fallback."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from domain.bounds import ServerPolicy
from domain.destinations import Channels, DestinationKind
from domain.events import EventType
from domain.members import TeamRole
from domain.parties import NoticeKind
from domain.team_policies import Fallback
from domain.upcoming import upcoming
from record import team_lives, users
from store.database import Database
from store.transaction import Transaction
from tests.record.test_audiences import person
from tests.record.test_team_policies import proposed, say
from tests.support.conductor import DAY, Conductor
from tests.support.facts import CALLER, Facts

OWNERS, FALLBACK = EventType.ESCALATED_TO_OWNERS, EventType.ESCALATED_TO_FALLBACK


@pytest.fixture
async def facts(facts: Facts, database_url: str) -> AsyncIterator[Facts]:
    """A server that can send by every channel, so that people are told in person."""
    channels = Channels(kinds=frozenset(DestinationKind))
    async with Database.connect(database_url, channels=channels).closing() as database:
        yield Facts(database, facts.comparer)


async def told(facts: Facts, conductor: Conductor, kind: EventType) -> list[str]:
    """Who received the events of a kind about a proposal, by name."""
    events = await facts.log(proposal_id=conductor.proposal.id, type=kind)

    async def read(tx: Transaction) -> list[str]:
        found = []
        for event in events:
            for each in await tx.deliveries.of_event(event.id):
                destination = await tx.destinations.get(each.destination_id)
                assert destination is not None
                if destination.user_id is not None:
                    user = await tx.users.get(destination.user_id)
                    found.append("" if user is None else user.name)
        return sorted(found)

    return await facts.database.run(read)


async def kinds(facts: Facts, conductor: Conductor) -> list[tuple[str, int]]:
    (party,) = (await facts.detail(conductor.proposal.id)).parties
    return [(notice.kind.value, notice.ordinal) for notice in party.party.notices]


async def test_each_step_tells_others_and_each_is_told_once(facts: Facts) -> None:
    owner, silent, platform = [await facts.team(name) for name in ("owner", "silent", "platform")]
    await person(facts, "boss", silent, TeamRole.OWNER)
    await person(facts, "worker", silent)
    await person(facts, "plumber", platform)
    await person(facts, "maker", owner)
    await say(facts, silent, fallback=Fallback(team_id=platform.id))
    helper = await person(facts, "helper", await facts.team("others"))
    server = ServerPolicy(fallback=f"user:{helper.email}")  # for teams that name none
    proposal = await proposed(facts, owner, silent, server=server, remind_every="1h")
    conductor = Conductor(facts, proposal)
    await conductor.carry_on()
    for _ in range(12):
        await conductor.carry_on(after=DAY)
    escalated = [each for each in await kinds(facts, conductor) if each[0].startswith("escalate")]
    assert escalated == [("escalate", 1), ("escalate_owners", 1), ("escalate_fallback", 1)]
    assert await told(facts, conductor, EventType.PROPOSAL_ESCALATED) == ["boss", "maker", "worker"]
    assert await told(facts, conductor, OWNERS) == ["boss"]
    assert await told(facts, conductor, FALLBACK) == ["plumber"]
    (event,) = await facts.log(proposal_id=conductor.proposal.id, type=FALLBACK)
    assert platform.name in event.summary


async def test_without_owners_and_a_fallback_there_is_nobody_to_escalate_to(facts: Facts) -> None:
    owner, silent = await facts.team("owner"), await facts.team("silent")
    await person(facts, "worker", silent)
    conductor = Conductor(facts, await proposed(facts, owner, silent))
    await conductor.carry_on()
    await conductor.carry_on(after=12 * DAY)
    assert {kind for kind, _ in await kinds(facts, conductor)} == {"ask", "remind", "escalate"}


async def test_a_fallback_that_is_gone_leaves_it_to_the_servers(facts: Facts) -> None:
    owner, silent, gone = [await facts.team(name) for name in ("owner", "silent", "gone")]
    helper = await person(facts, "helper", await facts.team("others"))
    await say(facts, silent, fallback=Fallback(team_id=gone.id))
    server = ServerPolicy(fallback=f"user:{helper.email}")
    proposal = await proposed(facts, owner, silent, server=server)
    assert proposal.policy.fallback == Fallback(user_id=helper.id)
    conductor = Conductor(facts, proposal)
    await conductor.carry_on()
    await team_lives.delete(facts.database, CALLER, gone.id)
    await conductor.carry_on(after=12 * DAY)
    assert await told(facts, conductor, FALLBACK) == ["helper"]


async def test_if_nobody_is_left_it_is_written_that_nobody_was_told(facts: Facts) -> None:
    owner, silent = await facts.team("owner"), await facts.team("silent")
    helper = await person(facts, "helper", await facts.team("others"))
    await say(facts, silent, fallback=Fallback(user_id=helper.id))
    conductor = Conductor(facts, await proposed(facts, owner, silent))
    await conductor.carry_on()
    await users.deactivate(facts.database, CALLER, helper.id)
    await conductor.carry_on(after=12 * DAY)
    (event,) = await facts.log(proposal_id=conductor.proposal.id, type=FALLBACK)
    assert "escalated to nobody" in event.summary
    assert await told(facts, conductor, FALLBACK) == []


async def test_a_server_fallback_that_nobody_knows_is_none(facts: Facts) -> None:
    owner, silent = await facts.team("owner"), await facts.team("silent")
    for name in ("team:nobody-of-that-name", "user:nobody@example.com"):
        proposal = await proposed(facts, owner, silent, server=ServerPolicy(fallback=name))
        assert proposal.policy.fallback is None


async def test_what_comes_next_is_what_then_comes(facts: Facts) -> None:
    owner, silent, platform = [await facts.team(name) for name in ("owner", "silent", "platform")]
    await person(facts, "boss", silent, TeamRole.OWNER)
    await say(facts, silent, fallback=Fallback(team_id=platform.id))
    proposal = await proposed(facts, owner, silent, days="working")
    conductor = Conductor(facts, proposal)
    await conductor.carry_on()
    for _ in range(40):
        detail = await facts.detail(proposal.id)
        coming = upcoming(
            detail.round,
            detail.parties[0].party,
            conductor.now,
            detail.round.deadline_at(conductor.now),
        )
        if not coming:
            break
        first = coming[0]
        conductor.now = first.at - timedelta(seconds=1)
        before = await kinds(facts, conductor)
        await conductor.carry_on()
        assert await kinds(facts, conductor) == before
        await conductor.carry_on(after=timedelta(seconds=1))
        new = [kind for kind, _ in await kinds(facts, conductor)][len(before) :]
        assert new[0] in {each.kind.value for each in coming if each.at == first.at}
    seen = {kind for kind, _ in await kinds(facts, conductor)}
    assert seen == {kind.value for kind in NoticeKind} - {"unreachable"}
