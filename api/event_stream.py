"""Events as they happen, as server-sent events (HTML Living Standard, §9.2).

A stream first reads what its client has missed, then takes what the process-wide feed hands out.
It ends when the server stops, when the client is gone or takes nothing for too long, and soon after
the key that it came with works no more. Whoever connects again with `Last-Event-ID` misses nothing
and gets nothing twice.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.event_views import EventView
from domain.errors import Unavailable
from domain.events import EVERY_EVENT, Cursor, Event, EventFilter
from store.database import Database
from store.feed import Feed, Follower
from store.transaction import Transaction

HEARTBEAT_SECONDS = 15.0
PATIENCE_SECONDS = 30.0
"""A client that takes nothing for so long is let go."""
PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """What a stream reads from, and what of it."""

    database: Database
    feed: Feed
    admits: Callable[[], Awaitable[bool]]
    """Whether who follows may still come in."""
    wanted: EventFilter = EVERY_EVENT

    async def start(self, cursor: Cursor | None) -> Cursor:
        """Return where to begin: after what the client has seen, else now."""
        if cursor is not None:
            return cursor

        async def work(tx: Transaction) -> Cursor:
            return await tx.events.latest()

        return await self.database.read(work)

    async def events(self, cursor: Cursor) -> AsyncGenerator[Event | str, None]:
        """Yield events after `cursor`, and texts that are comments: signs of life, and the end."""
        async for event in self._missed(cursor):
            cursor = event.cursor
            yield event
        with self.feed.follow(cursor) as follower:
            async for event in self._missed(cursor):
                cursor = event.cursor
                yield event
            door = _Door(self.admits)
            while not follower.ended and await door.is_open():
                taken = await follower.take(HEARTBEAT_SECONDS)
                for event in taken:
                    if event.cursor > cursor and self.wanted.wants(event):
                        cursor = event.cursor
                        yield event
                if not taken and not follower.ended:
                    yield "still here"
            yield _farewell(follower)

    async def _missed(self, cursor: Cursor) -> AsyncIterator[Event]:
        """Yield what the log already has, page by page, each in a transaction of its own."""
        page: tuple[Event, ...] = ()

        async def work(tx: Transaction) -> tuple[Event, ...]:
            return await tx.events.after(cursor, PAGE, self.wanted)

        while not self.feed.ended:
            page = await self.database.read(work)
            for event in page:
                yield event
            if len(page) < PAGE:
                return
            cursor = page[-1].cursor


class _Door:
    """Asks now and then whether somebody may still come in, since a stream is one long request."""

    def __init__(self, admits: Callable[[], Awaitable[bool]]) -> None:
        self._admits = admits
        self._asked = time.monotonic()

    async def is_open(self) -> bool:
        if time.monotonic() - self._asked < HEARTBEAT_SECONDS:
            return True
        self._asked = time.monotonic()
        return await self._admits()


class EventStreamResponse(Response):
    """Sends events until they end, the client is gone, or it takes nothing."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[Event | str, None]) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream; the one of sending and hearing that ends first ends the other."""
        del scope
        sending = asyncio.create_task(self._send_all(send))
        hearing = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hearing.cancel()
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await sending

    async def _send_all(self, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        await _send(send, "retry: 2000\n: hello\n\n")
        async with contextlib.aclosing(self._events) as events:
            try:
                async for event in events:
                    await _send(send, _written(event))
            except Unavailable:
                await _send(send, ": the database does not answer; connect again\n\n")
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send(send: Send, text: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _written(event: Event | str) -> str:
    if isinstance(event, str):
        return f": {event}\n\n"
    view = EventView.of(event)
    return f"id: {view.cursor}\nevent: {view.type}\ndata: {view.model_dump_json()}\n\n"


def _farewell(follower: Follower) -> str:
    if not follower.ended:
        return "your key works no more"
    if follower.too_slow:
        return "too slow; connect again with the last id"
    return "the server stops; connect again with the last id"
