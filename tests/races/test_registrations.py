"""Whoever declares in time is asked; whoever comes too late hears that the field is gone."""

from uuid import UUID

import httpx

from domain.events import EventType
from tests.races.arena import Arena, is_problem, read, repeat
from tests.support.facts import table


async def test_a_registration_against_a_breaking_publication(arena: Arena) -> None:
    """Nobody else reads it, so the workflow publishes at once unless the reader was in time."""

    async def once() -> str:
        asset = await arena.grounds.asset("id", "email")
        reader = arena.readers[0]

        async def propose_and_settle() -> httpx.Response:
            response = await arena.publish(asset, table("id"))()
            await arena.carry_on(UUID(read(response)["proposal"]["id"]))
            return response

        registered, proposed = await arena.at_once(
            arena.register(asset, reader), propose_and_settle
        )
        assert proposed.status_code == 202, proposed.text
        books = await arena.books(asset)
        if registered.status_code == 201:
            assert books.end == ("pending", None)
            assert books.proposal["asked"] == {reader.name: None}
            assert books.versions == ["1.0.0"]
            return "in time"
        assert is_problem(registered, "unknown_fields"), registered.text
        assert books.end == ("published", "no_parties")
        assert books.count(EventType.REGISTRATION_CREATED) == 0
        return "too late"

    await repeat(once, "in time", "too late")


async def test_a_registration_during_an_open_proposal_against_its_last_approval(
    arena: Arena,
) -> None:
    async def once() -> str:
        ground = await arena.grounds.proposed(1)
        newcomer = arena.readers[1]
        registered, approval = await arena.race(
            ground, arena.register(ground.asset, newcomer), arena.answer(ground, 0, "approved")
        )
        assert approval.is_success, approval.text
        books, old = await arena.books(ground.asset), ground.readers[0]
        if registered.status_code == 201:
            assert books.end == ("pending", None)
            assert books.proposal["asked"] == {old.name: "approved", newcomer.name: None}
            assert books.versions == ["1.0.0"]
            return "in time"
        assert is_problem(registered, "unknown_fields"), registered.text
        assert books.end == ("published", "all_approved")
        assert books.proposal["asked"] == {old.name: "approved"}
        return "too late"

    await repeat(once, "in time", "too late")


async def test_the_last_pending_reader_leaves_while_another_one_blocks(arena: Arena) -> None:
    async def once() -> str:
        ground = await arena.grounds.proposed(2, ready=1)
        left, block = await arena.race(
            ground,
            lambda: arena.send("DELETE", f"/registrations/{ground.registrations[1]}"),
            arena.answer(ground, 0, "blocked"),
        )
        assert left.status_code == 204, left.text
        books = await arena.books(ground.asset)
        status, _ = books.end
        assert status == ("rejected" if block.is_success else "published")
        assert books.count(EventType.ACKNOWLEDGED) == 1 + block.is_success
        return status

    await repeat(once, "rejected", "published")


async def test_many_declarations_of_one_team_at_once_are_united(arena: Arena) -> None:
    columns = ["id", "email", "phone", "street"]

    async def once() -> str:
        asset = await arena.grounds.asset(*columns)
        responses = await arena.at_once(
            *(arena.register(asset, arena.readers[0], column) for column in columns)
        )
        statuses = sorted(response.status_code for response in responses)
        assert statuses == [200, 200, 200, 201]
        page = await arena.got(f"/registrations?asset_id={asset.id}")
        (registration,) = page["items"]
        assert registration["fields"] == sorted(columns)
        return "united"

    await repeat(once, "united")
