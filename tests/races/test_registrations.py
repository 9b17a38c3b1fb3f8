"""Whoever declares in time is asked; whoever comes too late hears that the field is gone."""

from uuid import UUID

import httpx

from domain.events import EventType
from tests.races.arena import OF_A_VARIANT, Arena, Ground, Racer, is_problem, read, repeat
from tests.races.books import check_books
from tests.support.facts import table


async def test_a_registration_against_a_breaking_publication(arena: Arena) -> None:
    """Nobody else reads it, so the workflow publishes at once unless the reader was in time."""

    async def once() -> str:
        asset = await arena.asset("id", "email")
        reader = arena.readers[0]

        async def propose_and_settle() -> httpx.Response:
            response = await arena.publish(asset, table("id"))()
            await arena.carry_on(UUID(read(response)["proposal"]["id"]))
            return response

        registered, proposed = await arena.at_once(
            arena.register(asset, reader), propose_and_settle
        )
        assert proposed.status_code == 202, proposed.text
        shown = await arena.got(f"/proposals/{read(proposed)['proposal']['id']}")
        books = await check_books(arena, asset)
        if registered.status_code == 201:
            assert shown["status"] == "pending"
            assert shown["pending"] == [reader.name]
            assert books.versions == ["1.0.0"]
            return "in time"
        assert is_problem(registered, "unknown_fields"), registered.text
        assert shown["status"] == "published"
        assert books.count(EventType.REGISTRATION_CREATED) == 0
        return "too late"

    await repeat(once, "in time", "too late")


async def test_a_registration_during_an_open_proposal_against_its_last_approval(
    arena: Arena,
) -> None:
    async def once() -> str:
        ground = await arena.ground(1)
        newcomer = arena.readers[1]
        registered, approval = await arena.race(
            ground, arena.register(ground.asset, newcomer), arena.answer(ground, 0, "approved")
        )
        assert approval.is_success, approval.text
        shown = await arena.got(ground.path)
        books = await check_books(arena, ground.asset)
        if registered.status_code == 201:
            assert shown["status"] == "pending"
            assert shown["pending"] == [newcomer.name]
            assert books.versions == ["1.0.0"]
            return "in time"
        assert is_problem(registered, "unknown_fields"), registered.text
        assert shown["status"] == "published"
        assert [party["team"]["name"] for party in shown["parties"]] == [ground.readers[0].name]
        return "too late"

    await repeat(once, "in time", "too late")


async def test_the_last_pending_reader_leaves_while_another_one_blocks(arena: Arena) -> None:
    def leave(registration_id: UUID) -> Racer:
        return lambda: arena.send("DELETE", f"/registrations/{registration_id}")

    async def once() -> str:
        asset = await arena.asset("id", "email")
        one = await arena.facts.register(asset, arena.readers[0], ["email"])
        await arena.facts.register(asset, arena.readers[1], ["email"])
        proposal = await arena.facts.proposed(asset, table("id"))
        ground = Ground(asset, proposal, arena.readers[:2])
        assert (await arena.answer(ground, 1, "approved")()).is_success
        left, block = await arena.race(ground, leave(one.id), arena.answer(ground, 1, "blocked"))
        assert left.status_code == 204, left.text
        shown = await arena.got(ground.path)
        assert shown["status"] == ("rejected" if block.is_success else "published")
        books = await check_books(arena, asset)
        assert books.count(EventType.ACKNOWLEDGED) == 1 + block.is_success
        return str(shown["status"])

    await repeat(once, "rejected", "published", times=OF_A_VARIANT)


async def test_many_declarations_of_one_team_at_once_are_united(arena: Arena) -> None:
    columns = ["id", "email", "phone", "street"]

    def declare(asset_id: UUID, column: str) -> Racer:
        body = {
            "asset_id": str(asset_id),
            "consumer_team_id": str(arena.readers[0].id),
            "fields": [column],
        }
        return lambda: arena.post("/registrations", body)

    async def once() -> str:
        asset = await arena.asset(*columns)
        responses = await arena.at_once(*(declare(asset.id, column) for column in columns))
        statuses = sorted(response.status_code for response in responses)
        assert statuses == [200, 200, 200, 201]
        page = await arena.got(f"/registrations?asset_id={asset.id}")
        (registration,) = page["items"]
        assert registration["fields"] == sorted(columns)
        return "united"

    await repeat(once, "united", times=OF_A_VARIANT)
