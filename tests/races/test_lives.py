"""Teams and assets come and go while others work with them; nothing is left half way."""

import asyncio
import random

import httpx
from sqlalchemy import text

from domain.assets import Asset
from domain.events import EventType
from domain.json_types import JsonObject
from domain.teams import Team
from store.transaction import Transaction
from tests.races.arena import Arena, Racer, is_problem, read, repeat
from tests.races.grounds import Ground
from tests.support.facts import table


async def proposed(arena: Arena, *readers: Team) -> Ground:
    """A proposal to drop `email`, which these teams read."""
    facts = arena.facts
    asset = await arena.grounds.asset("id", "email")
    registered = [await facts.register(asset, team, ["email"]) for team in readers]
    proposal = await facts.proposed(asset, table("id"))
    return Ground(asset, proposal, readers, tuple(each.id for each in registered))


def deletes(arena: Arena, what: str, it: Team | Asset, query: str = "") -> Racer:
    return lambda: arena.send("DELETE", f"/{what}/{it.id}{query}")


def merges(arena: Arena, team: Team, into: Team) -> Racer:
    return lambda: arena.post(f"/teams/{team.id}/merge", {"into": str(into.id)})


async def readers_of(arena: Arena, asset: Asset) -> set[str]:
    page = await arena.got(f"/registrations?asset_id={asset.id}")
    return {each["consumer_team_id"] for each in page["items"]}


async def test_a_team_is_deleted_while_it_registers(arena: Arena) -> None:
    async def once() -> str:
        asset, team = await arena.grounds.asset("id", "email"), await arena.facts.team("leaver")
        gone, registered = await arena.at_once(
            deletes(arena, "teams", team), arena.register(asset, team)
        )
        assert gone.status_code == 204
        assert await readers_of(arena, asset) == set(), "no deleted team reads"
        if registered.status_code == 201:
            back = await arena.post(f"/teams/{team.id}/restore", {})
            assert back.status_code == 200
            assert await readers_of(arena, asset) == {str(team.id)}
            return "in time"
        assert is_problem(registered, "not_found")
        return "too late"

    await repeat(once, "in time", "too late")


async def test_a_team_is_deleted_while_it_gets_an_asset(arena: Arena) -> None:
    async def once() -> str:
        team = await arena.facts.team("owner")
        body = {"fqn": f"of.{team.id.hex}", "owner_team_id": str(team.id)}
        gone, made = await arena.at_once(
            deletes(arena, "teams", team), lambda: arena.post("/assets", body)
        )
        if made.status_code == 201:
            assert is_problem(gone, "team_owns_assets"), gone.text
            return "it owns an asset"
        assert is_problem(made, "not_found")
        assert gone.status_code == 204
        return "it is deleted"

    await repeat(once, "it owns an asset", "it is deleted")


async def test_a_team_is_deleted_while_its_asset_is_published(arena: Arena) -> None:
    """The heir has the asset and the proposal, whichever comes first."""

    async def once() -> str:
        team, heir = await arena.facts.team("owner"), arena.grounds.owner
        asset = await arena.facts.asset(team)
        await arena.facts.publish(asset, table("id", "email"))
        gone, published = await arena.at_once(
            deletes(arena, "teams", team, f"?reassign_to={heir.id}"),
            arena.publish(asset, table("id")),
        )
        assert gone.status_code == 204, gone.text
        assert published.status_code == 202, published.text
        proposal = await arena.got(f"/proposals/{read(published)['proposal']['id']}")
        assert proposal["producer"]["id"] == str(heir.id)
        assert (await arena.got(f"/assets/{asset.id}"))["owner_team_id"] == str(heir.id)
        return "handed over"

    await repeat(once, "handed over")


async def test_a_merger_against_an_answer_of_the_merged_team(arena: Arena) -> None:
    async def once() -> str:
        team, into = await arena.facts.team("source"), await arena.facts.team("target")
        ground = await proposed(arena, team)
        merged, answered = await arena.at_once(
            merges(arena, team, into), arena.answer(ground, 0, "blocked")
        )
        assert merged.status_code == 200, merged.text
        books = await arena.books(ground.asset)
        if answered.is_success:
            assert books.proposal["asked"] == {into.name: "blocked"}
            return "in time"
        assert answered.status_code in (404, 409), answered.text
        assert books.proposal["asked"] == {into.name: None}
        return "too late"

    await repeat(once, "in time", "too late")


async def test_two_mergers_into_each_other(arena: Arena) -> None:
    async def once() -> str:
        one, other = await arena.facts.team("one"), await arena.facts.team("other")
        ground = await proposed(arena, one, other)
        answers = await arena.at_once(merges(arena, one, other), merges(arena, other, one))
        assert sorted(each.is_success for each in answers) == [False, True]
        (left,) = (await arena.books(ground.asset)).proposal["asked"]
        assert left == (other if answers[0].is_success else one).name
        return "one is left"

    await repeat(once, "one is left")


async def test_an_asset_is_deleted_while_it_is_published(arena: Arena) -> None:
    async def once() -> str:
        ground = await arena.grounds.proposed(0)
        gone, settled = await arena.at_once(
            deletes(arena, "assets", ground.asset), lambda: _settled(arena, ground)
        )
        assert (gone.status_code, settled.status_code) == (204, 200)
        await arena.carry_on(ground.proposal.id)
        books = await arena.books(ground.asset)
        assert books.end in {("published", "no_parties"), ("rejected", "asset_deleted")}
        assert books.versions == ["1.0.0", "2.0.0"][: 1 + (books.end[0] == "published")]
        return books.end[0]

    await repeat(once, "published", "rejected")


async def _settled(arena: Arena, ground: Ground) -> httpx.Response:
    await arena.carry_on(ground.proposal.id)
    return await arena.send("GET", ground.path)


async def test_two_restorations_of_a_team(arena: Arena) -> None:
    async def once() -> str:
        team = await arena.facts.team("back")
        ground = await proposed(arena, team)
        await deletes(arena, "teams", team)()
        path = f"/teams/{team.id}/restore"
        both = await arena.at_once(*[lambda: arena.post(path, {})] * 2)
        assert [each.status_code for each in both] == [200, 200]
        books = await arena.books(ground.asset)
        assert books.count(EventType.REGISTRATION_CREATED) == 2, "the first time, and once again"
        assert set(books.proposal["asked"]) == {team.name}
        return "once"

    await repeat(once, "once")


async def test_a_restoration_against_another_asset_of_the_name(arena: Arena) -> None:
    async def once() -> str:
        asset = await arena.facts.asset(arena.grounds.owner)
        await deletes(arena, "assets", asset)()
        body = {"fqn": asset.fqn, "owner_team_id": str(asset.owner_team_id)}
        back, made = await arena.at_once(
            lambda: arena.post(f"/assets/{asset.id}/restore", {}),
            lambda: arena.post("/assets", body),
        )
        assert (back.is_success, made.is_success) in {(True, False), (False, True)}
        refused = made if back.is_success else back
        assert is_problem(refused, "conflict"), refused.text
        return "it is back" if back.is_success else "another one is there"

    await repeat(once, "it is back", "another one is there")


async def test_whatever_happens_at_once_nobody_waits_in_a_circle(arena: Arena) -> None:
    """Everything that locks teams, assets and proposals, on a few of each: no deadlock at all."""
    facts = arena.facts
    before = await _deadlocks(arena)
    for _ in range(8):
        teams = [await facts.team(f"storm-{number}") for number in range(5)]
        grounds = [await proposed(arena, *random.sample(teams, 3)) for _ in range(4)]
        racers = [_any_of(arena, teams, grounds) for _ in range(40)]
        await asyncio.gather(*(racer() for racer in racers))
        for ground in grounds:
            await arena.carry_on(ground.proposal.id)
            await arena.books(ground.asset)
    await asyncio.sleep(1.5)  # Postgres counts a little later
    assert await _deadlocks(arena) == before


def _any_of(arena: Arena, teams: list[Team], grounds: list[Ground]) -> Racer:
    one, other = random.sample(teams, 2)
    ground = random.choice(grounds)
    ids = [str(each.asset.id) for each in random.sample(grounds, 3)]
    to: JsonObject = {"asset_ids": ids, "owner_team_id": str(random.choice(teams).id)}
    body = {"consumer_team_id": str(one.id), "response": random.choice(["approved", "blocked"])}
    return random.choice(
        [
            merges(arena, one, other),
            deletes(arena, "teams", one, f"?reassign_to={other.id}"),
            lambda: arena.post(f"/teams/{one.id}/restore", {}),
            lambda: arena.post("/assets/bulk/assign", to),
            lambda: arena.post("/assets/bulk/tags", {"asset_ids": ids, "add": [one.name[:20]]}),
            deletes(arena, "assets", ground.asset),
            lambda: arena.post(f"/assets/{ground.asset.id}/restore", {}),
            arena.register(ground.asset, one),
            arena.publish(ground.asset, table("id", "email", one.name[:12].replace("-", "_"))),
            lambda: arena.post(f"{ground.path}/acknowledge", body),
            lambda: arena.send(
                "PATCH", f"/assets/{ground.asset.id}", {"owner_team_id": str(other.id)}
            ),
        ]
    )


async def _deadlocks(arena: Arena) -> int:
    async def work(tx: Transaction) -> int:
        found = await tx.sql.execute(
            text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        )
        return int(found.scalar_one())

    return await arena.facts.database.run(work)
