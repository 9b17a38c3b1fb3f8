"""How much a team has to do with: what it owns, reads, is asked and has proposed, and no more."""

from dataclasses import replace

from domain.acknowledgments import Response
from domain.pages import PageRequest
from domain.teams import Team, TeamCounts
from record import asset_lives, proposals, registrations, team_lives
from store.team_listing import Consumed
from store.transaction import Transaction
from tests.record.test_audiences import person
from tests.record.test_team_lives import party_of
from tests.support import webhooks
from tests.support.conductor import DAY, breaking
from tests.support.facts import CALLER, Facts

NOTHING = TeamCounts(members=0, owned=0, consumed=0, waits=0, proposed=0)


async def counts(facts: Facts, team: Team) -> TeamCounts:
    return await facts.database.read(lambda tx: tx.team_listing.counts(team.id))


async def read_by(facts: Facts, team: Team) -> list[Consumed]:
    async def work(tx: Transaction) -> list[Consumed]:
        return list((await tx.team_listing.consumed(team.id, PageRequest(limit=9))).items)

    return await facts.database.read(work)


async def test_what_waits_is_what_a_team_has_not_answered_for_good(facts: Facts) -> None:
    conductor = await breaking(facts, "reader", "leaver", "silent")
    await conductor.carry_on()
    reader, leaver, silent = [
        await party_of(conductor, name) for name in ("reader", "leaver", "silent")
    ]
    owner = (await facts.detail(conductor.proposal.id)).producer
    assert await counts(facts, reader) == replace(NOTHING, consumed=1, waits=1)
    assert await counts(facts, owner) == replace(NOTHING, owned=1, proposed=1)
    await facts.answer(
        conductor.proposal, reader, Response.MIGRATING, until=conductor.now + 3 * DAY
    )
    assert (await counts(facts, reader)).waits == 1
    await facts.answer(conductor.proposal, reader, Response.APPROVED)
    assert (await counts(facts, reader)).waits == 0
    (left,) = await read_by(facts, leaver)
    await registrations.unregister(facts.database, CALLER, left.registration.id)
    assert await counts(facts, leaver) == NOTHING
    await proposals.withdraw(facts.database, CALLER, conductor.proposal.id, None)
    await conductor.carry_on()
    assert (await counts(facts, silent)).waits == 0
    assert (await counts(facts, owner)).proposed == 0


async def test_what_is_gone_is_neither_owned_nor_read(facts: Facts) -> None:
    conductor = await breaking(facts, "reader", "deleted")
    reader, deleted = await party_of(conductor, "reader"), await party_of(conductor, "deleted")
    asset = (await facts.detail(conductor.proposal.id)).asset
    owner = (await facts.detail(conductor.proposal.id)).producer
    await team_lives.delete(facts.database, CALLER, deleted.id, None)
    assert ((await counts(facts, deleted)).consumed, await read_by(facts, deleted)) == (0, [])
    assert [each.asset.id for each in await read_by(facts, reader)] == [asset.id]
    await asset_lives.delete(facts.database, CALLER, asset.id)
    assert await read_by(facts, reader) == []
    assert (await counts(facts, owner)).owned == 0


async def test_people_and_destinations_are_the_teams_own(facts: Facts) -> None:
    team, other = await facts.team("team"), await facts.team("other")
    for name, of in (("ann", team), ("bob", other), ("eve", other)):
        await person(facts, name, of)
    assert [(await counts(facts, each)).members for each in (team, other)] == [1, 2]
    for each in (team, other):
        await webhooks.set_webhook(
            facts.database, CALLER, each.id, f"https://hooks.example.com/{each.name}", None
        )

    async def told(tx: Transaction) -> list[str]:
        return [each.name for each in await tx.team_listing.destinations(team.id)]

    assert await facts.database.read(told) == ["webhook"]
    await webhooks.remove_webhook(facts.database, CALLER, team.id)
    assert await facts.database.read(told) == []
