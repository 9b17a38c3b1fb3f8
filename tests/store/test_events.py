"""The log: nothing in it is ever changed, and a follower never skips what commits late."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.errors import InvalidCursor
from domain.events import ASKED, UPSTREAM, Cursor, Event, EventFilter, EventType, NewEvent
from domain.pages import PageRequest
from store.database import Database
from store.events import format_cursor, parsed_cursor
from store.transaction import Transaction
from tests.support.facts import CALLER


def event(summary: str) -> NewEvent:
    return NewEvent(type=EventType.TEAM_CREATED, caller=CALLER, summary=summary)


async def append(database: Database, summary: str) -> None:
    async def work(tx: Transaction) -> None:
        tx.events.append(event(summary))

    await database.run(work)


async def following(database: Database, cursor: Cursor | None) -> tuple[Event, ...]:
    async def work(tx: Transaction) -> tuple[Event, ...]:
        return await tx.events.after(cursor, 100)

    return await database.run(work)


async def latest(database: Database) -> Cursor:
    async def work(tx: Transaction) -> Cursor:
        return await tx.events.latest()

    return await database.run(work)


def summaries(events: Sequence[Event]) -> list[str]:
    return [each.summary for each in events]


class Held:
    """A transaction that has appended its event and waits before its commit."""

    def __init__(self, database: Database, summary: str) -> None:
        self._written, self._may_commit = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._run(database, summary))

    async def _run(self, database: Database, summary: str) -> None:
        async def work(tx: Transaction) -> None:
            tx.events.append(event(summary))
            await tx.finish()
            self._written.set()
            await self._may_commit.wait()

        await database.run(work)

    async def written(self) -> None:
        await self._written.wait()

    async def commit(self) -> None:
        self._may_commit.set()
        await self._task


async def caught_up(database: Database, cursor: Cursor, count: int) -> list[str]:
    """Follow until so many were read: other databases' transactions hold up this one's feed."""
    read: list[str] = []
    async with asyncio.timeout(60):
        while len(read) < count:
            found = await following(database, cursor)
            read += summaries(found)
            cursor = found[-1].cursor if found else cursor
            await asyncio.sleep(0 if found else 0.02)
    return read


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET summary = 'never happened'",
        "DELETE FROM events",
        "TRUNCATE events CASCADE",
    ],
)
async def test_the_log_cannot_be_rewritten(lonely: Database, statement: str) -> None:
    async def work(tx: Transaction) -> None:
        await tx.sql.execute(text(statement))

    await append(lonely, "it happened")
    with pytest.raises(DBAPIError, match="append-only"):
        await lonely.run(work)
    assert await caught_up(lonely, Cursor(0, -1), 1) == ["it happened"]


async def test_an_event_that_commits_late_is_not_skipped(lonely: Database) -> None:
    start = await latest(lonely)
    slow = Held(lonely, "begun first, committed last")
    await slow.written()
    await append(lonely, "begun last, committed first")
    assert await following(lonely, start) == ()  # else the slow one would be behind the cursor
    await slow.commit()
    assert await caught_up(lonely, start, 2) == [
        "begun first, committed last",
        "begun last, committed first",
    ]


async def test_a_follower_misses_nothing_of_many_writers_and_sees_nothing_twice(
    lonely: Database,
) -> None:
    start = await latest(lonely)

    async def write(writer: int) -> None:
        for number in range(20):
            held = Held(lonely, f"{writer}-{number}")
            await asyncio.sleep((writer * 7 + number * 3) % 5 / 500)
            await held.commit()

    writers = asyncio.gather(*(write(writer) for writer in range(6)))
    read = await caught_up(lonely, start, 120)
    await writers
    assert sorted(read) == sorted(f"{w}-{n}" for w in range(6) for n in range(20))


async def test_a_new_follower_starts_behind_what_is_settled(lonely: Database) -> None:
    await append(lonely, "long ago")
    assert await caught_up(lonely, Cursor(0, -1), 1) == ["long ago"]
    start = await latest(lonely)
    await append(lonely, "new")
    assert await caught_up(lonely, start, 1) == ["new"]


async def test_filters_and_pages_newest_first(database: Database) -> None:
    asset, team = uuid4(), uuid4()

    async def write(tx: Transaction) -> None:
        for number in range(5):
            new = NewEvent(
                type=EventType.ASSET_CREATED if number % 2 else EventType.TEAM_CREATED,
                caller=CALLER,
                summary=str(number),
                asset_id=asset,
                team_id=team if number < 3 else None,
            )
            tx.events.append(new)

    async def read(tx: Transaction) -> list[list[str]]:
        pages, cursor = [], None
        while True:
            request = PageRequest(limit=2, cursor=cursor)
            page = await tx.events.page(request, EventFilter(asset_id=asset))
            pages.append(summaries(page.items))
            if page.next is None:
                return pages
            cursor = page.next

    async def filtered(tx: Transaction) -> list[str]:
        wanted = EventFilter(
            asset_id=asset, team_id=team, types=frozenset({EventType.TEAM_CREATED})
        )
        return summaries((await tx.events.page(PageRequest(), wanted)).items)

    await database.run(write)
    assert await database.run(read) == [["4", "3"], ["2", "1"], ["0"]]
    assert await database.run(filtered) == ["2", "0"]


async def test_what_is_about_something_is_found_in_the_log_as_in_the_feed(
    database: Database,
) -> None:
    one, other, upstream, asked = uuid4(), uuid4(), uuid4(), uuid4()
    edge = {UPSTREAM: str(upstream)}
    abouts: list[dict[str, Any]] = [
        {"asset_id": one},
        {"proposal_id": one},
        {"team_id": other},
        {"asset_id": other, "payload": {"before": None, "after": edge}},
        {"asset_id": other, "payload": {"before": edge, "after": None}},
        {"asset_id": other, "payload": {"after": "said"}},
        {"payload": {ASKED: [str(uuid4()), str(asked)]}},
        {"payload": {ASKED: "said"}},
    ]

    async def write(tx: Transaction) -> None:
        for number, about in enumerate(abouts):
            kind = EventType.DEPENDENCY_ADDED
            tx.events.append(NewEvent(type=kind, caller=CALLER, summary=str(number), **about))

    async def read(tx: Transaction) -> list[tuple[list[str], list[str]]]:
        every = (await tx.events.page(PageRequest(), EventFilter(about=all_of_them))).items
        return [
            (
                summaries((await tx.events.page(PageRequest(), wanted)).items),
                summaries([each for each in every if wanted.wants(each)]),
            )
            for wanted in (EventFilter(about=frozenset(each)) for each in wishes)
        ]

    all_of_them = frozenset({one, other, upstream, asked})
    wishes = ({one}, {other}, {upstream}, {one, upstream}, {asked}, {uuid4()})
    await database.run(write)
    found = await database.run(read)
    assert [in_log for in_log, _ in found] == [in_feed for _, in_feed in found]
    expected = [["1", "0"], ["5", "4", "3", "2"], ["4", "3"], ["4", "3", "1", "0"], ["6"], []]
    assert [in_log for in_log, _ in found] == expected


def test_a_cursor_is_read_as_it_is_written() -> None:
    cursor = Cursor(2**62, 17)
    assert parsed_cursor(format_cursor(cursor)) == cursor
    assert parsed_cursor("700--1") == Cursor(700, -1)


@pytest.mark.parametrize("written", ["", "17", "a-b", "1-2-3", "-1-2", f"{2**63}-1", f"1-{2**63}"])
def test_a_cursor_that_nobody_wrote_is_refused(written: str) -> None:
    with pytest.raises(InvalidCursor):
        parsed_cursor(written)
