"""One `Idempotency-Key` fifty times at once: one effect, fifty equal answers."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx

from domain.events import EventType
from tests.races.arena import OF_A_VARIANT, Arena, Racer, is_problem, read, repeat
from tests.support.facts import table

AT_ONCE = 50
KEYS_PER_KIND = 2
Request = tuple[str, object]
Kind = Callable[[Arena], Awaitable[Request]]
"""Makes what the request needs, and returns its path and body."""


async def a_team(arena: Arena) -> Request:
    return "/teams", {"name": f"team-{uuid4().hex}"}


async def an_asset(arena: Arena) -> Request:
    return "/assets", {"fqn": f"race.{uuid4().hex}", "owner_team_id": str(arena.owner.id)}


async def a_first_contract(arena: Arena) -> Request:
    asset = await arena.asset()
    return f"/assets/{asset.id}/contracts", {"schema": table("id")}


async def a_breaking_contract(arena: Arena) -> Request:
    asset = await arena.asset("id", "email")
    return f"/assets/{asset.id}/contracts", {"schema": table("id")}


async def a_registration(arena: Arena) -> Request:
    asset = await arena.asset("id", "email")
    reader = str(arena.readers[0].id)
    return "/registrations", {"asset_id": str(asset.id), "consumer_team_id": reader}


async def an_answer(arena: Arena) -> Request:
    ground = await arena.ground(1)
    body = {"consumer_team_id": str(ground.readers[0].id), "response": "blocked"}
    return f"{ground.path}/acknowledge", body


async def a_withdrawal(arena: Arena) -> Request:
    return f"{(await arena.ground(1)).path}/withdraw", {"reason": "Not yet."}


async def a_force(arena: Arena) -> Request:
    return f"{(await arena.ground(1)).path}/force", {"reason": "Agreed by telephone."}


async def a_wish_to_publish(arena: Arena) -> Request:
    ground = await arena.ground(0, publish="on_demand")
    await arena.carry_on(ground.proposal.id)
    return f"{ground.path}/publish", {}


async def a_confirmation(arena: Arena) -> Request:
    ground = await arena.ground(1)
    await arena.facts.publish(ground.asset, table("id", "email", "phone"))
    await arena.carry_on(ground.proposal.id)
    return f"{ground.path}/confirm", {}


KINDS: dict[Kind, EventType] = {
    a_team: EventType.TEAM_CREATED,
    an_asset: EventType.ASSET_CREATED,
    a_first_contract: EventType.CONTRACT_PUBLISHED,
    a_breaking_contract: EventType.PROPOSAL_OPENED,
    a_registration: EventType.REGISTRATION_CREATED,
    an_answer: EventType.ACKNOWLEDGED,
    a_withdrawal: EventType.WITHDRAWAL_RECORDED,
    a_force: EventType.FORCE_RECORDED,
    a_wish_to_publish: EventType.PUBLICATION_REQUESTED,
    a_confirmation: EventType.CONFIRMED,
}


async def test_one_key_fifty_times_at_once_has_one_effect_and_one_answer(arena: Arena) -> None:
    for kind, event in KEYS_PER_KIND * list(KINDS.items()):
        path, body = await kind(arena)
        before = await arena.count(event)
        responses = await fifty_times(arena, path, body)
        assert len({response.content for response in responses}) == 1, path
        assert len({response.status_code for response in responses}) == 1
        assert responses[0].is_success, responses[0].text
        replayed = [response.headers.get("Idempotent-Replayed") for response in responses]
        assert (replayed.count(None), replayed.count("true")) == (1, AT_ONCE - 1)
        assert await arena.count(event) == before + 1, path


async def fifty_times(arena: Arena, path: str, body: object) -> list[httpx.Response]:
    key = uuid4().hex
    return list(await asyncio.gather(*(arena.post(path, body, key) for _ in range(AT_ONCE))))


async def test_one_key_for_two_bodies_at_once_takes_one_of_them(arena: Arena) -> None:
    async def once() -> str:
        key = uuid4().hex
        names = [f"{key}-{number}" for number in range(2)]
        responses = await arena.at_once(*(_create_team(arena, name, key) for name in names))
        (taken,) = [response for response in responses if response.status_code == 201]
        (refused,) = [response for response in responses if response is not taken]
        assert is_problem(refused, "idempotency_key_reused"), refused.text
        pages = [await arena.got(f"/teams?name={name}") for name in names]
        there = [team["name"] for page in pages for team in page["items"]]
        assert there == [read(taken)["name"]]
        return str(there[0][-1])

    await repeat(once, "0", "1", times=OF_A_VARIANT)


def _create_team(arena: Arena, name: str, key: str) -> Racer:
    return lambda: arena.post("/teams", {"name": name}, key)
