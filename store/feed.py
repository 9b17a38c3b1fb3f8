"""The feed of one process: one reader follows the log and hands events to everybody who waits.

However many streams and waiting requests there are, the log is read once per wake, and while there
are none it is not read at all. Waiting holds no session and no connection.
"""

import asyncio
import contextlib
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Self
from uuid import UUID

import structlog

from domain.events import Cursor, Event
from store.database import READ_FAILED, Database
from store.listener import Listener
from store.transaction import Transaction

POLL_SECONDS = 1.0
PAUSE = 0.02
"""Seconds between two reads of the log; the first one after a while is done at once."""
SOON_SECONDS = 0.1
"""After a notification that showed nothing: its event waits for an older transaction to end."""
BATCH = 500
BACKLOG = 2000
"""Events that may wait for one slow follower; one more and it is dropped, to resume by id."""

_log = structlog.get_logger(__name__)


class Follower:
    """What the feed has handed out and one stream has not taken yet."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._ready = asyncio.Event()
        self.ended = False
        self.too_slow = False

    def offer(self, events: Sequence[Event]) -> None:
        """Add events; a follower whose backlog is full is ended instead."""
        if len(self._waiting) + len(events) > BACKLOG:
            self._waiting.clear()
            self.too_slow = True
            self.end()
            return
        self._waiting.extend(events)
        self._ready.set()

    def end(self) -> None:
        """Let the stream end."""
        self.ended = True
        self._ready.set()

    async def take(self, seconds: float) -> tuple[Event, ...]:
        """Return what came, as soon as something did; nothing after `seconds` or at the end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ready.wait()
        taken = tuple(self._waiting)
        self._waiting.clear()
        if not self.ended:
            self._ready.clear()
        return taken


class Feed:
    """Start it with `async with`; `end` lets every stream and every waiting request go."""

    def __init__(self, database: Database, listener: Listener) -> None:
        self._database = database
        self._listener = listener
        self._followers: set[Follower] = set()
        self._watches: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._position: Cursor | None = None
        self._wanted = asyncio.Event()
        """Set while somebody waits, or the feed is to end."""
        self._task: asyncio.Task[None] | None = None
        self.ended = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow_for_ever(), name="feed")
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self.end()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def end(self) -> None:
        """End all streams and waits now, so that a server that stops waits for none of them."""
        self.ended = True
        self._wanted.set()
        for follower in self._followers:
            follower.end()
        for watches in self._watches.values():
            for watch in watches:
                watch.set()

    @contextlib.contextmanager
    def follow(self, after: Cursor) -> Iterator[Follower]:
        """Hand a follower what comes, as long as the block lasts.

        What stands between its own place in the log and the one where the feed is by now, it must
        read itself.
        """
        follower = Follower()
        self._followers.add(follower)
        if self._position is None:
            self._position = after
        self._wanted.set()
        if self.ended:
            follower.end()
        try:
            yield follower
        finally:
            self._followers.discard(follower)
            self._rest_if_nobody_waits()

    @contextlib.contextmanager
    def watch(self, proposal_id: UUID) -> Iterator[asyncio.Event]:
        """Set the event whenever something happens to a proposal, as long as the block lasts.

        And once when the feed begins to read: whatever came before that is in the record.
        """
        happened = asyncio.Event()
        self._watches[proposal_id].add(happened)
        self._wanted.set()
        if self.ended:
            happened.set()
        try:
            yield happened
        finally:
            self._watches[proposal_id].discard(happened)
            if not self._watches[proposal_id]:
                del self._watches[proposal_id]
            self._rest_if_nobody_waits()

    def _rest_if_nobody_waits(self) -> None:
        if not self._followers and not self._watches and not self.ended:
            self._wanted.clear()

    async def _follow_for_ever(self) -> None:
        pause, failing = POLL_SECONDS, False
        while not self.ended:
            if not self._wanted.is_set():
                self._position = None
                await self._wanted.wait()
            try:
                count = await self._read()
            except READ_FAILED as error:
                if not failing:
                    _log.warning("feed cannot read the log, trying on", error=str(error)[:300])
                count, failing = 0, True
            else:
                failing = False
            if count < BATCH:
                await asyncio.sleep(PAUSE)
                pause = await self._wait(POLL_SECONDS if count else pause)

    async def _wait(self, seconds: float) -> float:
        """Wait for a notification or so long; return how long to wait next if nothing is found."""
        clock = asyncio.get_running_loop().time
        started = clock()
        await self._listener.wait(seconds)
        heard = clock() - started < seconds * 0.9
        return SOON_SECONDS if heard else POLL_SECONDS

    async def _read(self) -> int:
        """Hand out what is new; return how much it was."""

        async def first(tx: Transaction) -> Cursor:
            return await tx.events.latest()

        async def later(tx: Transaction) -> tuple[Event, ...]:
            return await tx.events.after(self._position, BATCH)

        if self._position is None:
            self._begin_at(await self._database.read(first))
            return 0
        events = await self._database.read(later)
        if events:
            self._position = events[-1].cursor
            self._hand_out(events)
        return len(events)

    def _begin_at(self, newest: Cursor) -> None:
        """Go on from here, unless a follower came meanwhile, who knows better."""
        if self._position is None:
            self._position = newest
        for watches in self._watches.values():
            for watch in watches:
                watch.set()

    def _hand_out(self, events: Sequence[Event]) -> None:
        for follower in self._followers:
            follower.offer(events)
        for event in events:
            if event.proposal_id is not None:
                for watch in self._watches.get(event.proposal_id, ()):
                    watch.set()
