"""One effect and one answer per key, however many ask at once."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text

from store.database import Database
from store.idempotency import KeptAnswer, RequestKey
from store.transaction import Transaction


def key(body_hash: str = "abc") -> RequestKey:
    return RequestKey(
        principal="key:orders", route="POST /teams", key=uuid4().hex, body_hash=body_hash
    )


async def made(database: Database, request: RequestKey, body: str) -> KeptAnswer | None:
    """Do what a route does: reserve, make the effect, keep the answer."""

    async def work(tx: Transaction) -> KeptAnswer | None:
        kept = await tx.idempotency.reserve(request)
        if kept is None:
            await tx.idempotency.keep(request, 201, body)
        return kept

    return await database.run(work)


async def test_the_first_reserves_and_the_second_gets_its_answer(database: Database) -> None:
    request = key()
    assert await made(database, request, '{"id": 1}') is None
    assert await made(database, request, '{"id": 2}') == KeptAnswer(
        body_hash="abc", status=201, body='{"id": 1}'
    )


class First:
    """A request that has reserved its key and has not answered yet."""

    def __init__(self, database: Database, request: RequestKey) -> None:
        self._database, self._request = database, request
        self._reserved, self._go_on = asyncio.Event(), asyncio.Event()
        self._fails = False
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async def work(tx: Transaction) -> None:
            assert await tx.idempotency.reserve(self._request) is None
            self._reserved.set()
            await self._go_on.wait()
            if self._fails:
                raise LookupError
            await tx.idempotency.keep(self._request, 201, "first")

        await self._database.run(work)

    async def reserved(self) -> None:
        await self._reserved.wait()

    async def ends(self, *, well: bool) -> None:
        self._fails = not well
        self._go_on.set()
        if well:
            await self._task
        else:
            with pytest.raises(LookupError):
                await self._task


async def test_a_second_request_waits_for_the_first_and_gets_its_answer(
    database: Database,
) -> None:
    request = key()
    first = First(database, request)
    await first.reserved()
    second = asyncio.create_task(made(database, request, "second"))
    _, waiting = await asyncio.wait([second], timeout=0.3)
    assert waiting
    await first.ends(well=True)
    kept = await second
    assert kept is not None
    assert kept.body == "first"


async def test_if_the_first_fails_the_second_takes_its_place(database: Database) -> None:
    request = key()
    first = First(database, request)
    await first.reserved()
    second = asyncio.create_task(made(database, request, "second"))
    await asyncio.sleep(0.1)
    await first.ends(well=False)
    assert await second is None
    kept = await made(database, request, "third")
    assert kept is not None
    assert kept.body == "second"


async def test_many_at_once_have_one_effect_and_equal_answers(database: Database) -> None:
    request = key()
    answers = await asyncio.gather(*(made(database, request, f"{n}") for n in range(30)))
    assert answers.count(None) == 1
    assert len({answer.body for answer in answers if answer is not None}) == 1


async def test_keys_of_other_principals_and_routes_are_other_keys(database: Database) -> None:
    mine = key()
    other = RequestKey(
        principal="key:billing", route=mine.route, key=mine.key, body_hash=mine.body_hash
    )
    elsewhere = RequestKey(
        principal=mine.principal, route="POST /assets", key=mine.key, body_hash=mine.body_hash
    )
    answers = [await made(database, each, "made") for each in (mine, other, elsewhere)]
    assert answers == [None, None, None]


async def aged(database: Database, request: RequestKey, hours: int) -> None:
    async def work(tx: Transaction) -> None:
        await tx.sql.execute(
            text(
                "UPDATE idempotency_keys SET created_at = now() - make_interval(hours => :hours) "
                "WHERE key = :key"
            ),
            {"hours": hours, "key": request.key},
        )

    await database.run(work)


async def test_an_answer_is_kept_for_a_day(database: Database) -> None:
    request = key()
    await made(database, request, "yesterday")
    await aged(database, request, 23)
    assert await made(database, request, "today") is not None
    await aged(database, request, 25)
    assert await made(database, request, "today") is None


async def test_old_keys_are_swept_and_young_ones_stay(lonely: Database) -> None:
    old, young = key(), key()
    for request in (old, young):
        await made(lonely, request, "made")
    await aged(lonely, old, 25)

    async def work(tx: Transaction) -> list[str]:
        await tx.idempotency.forget_old()
        return list((await tx.sql.execute(text("SELECT key FROM idempotency_keys"))).scalars())

    assert await lonely.run(work) == [young.key]
