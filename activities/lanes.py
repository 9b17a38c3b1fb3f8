"""A lane for each destination: one that does not answer takes nobody else's place in the worker."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

WIDTH = 16
"""So many attempts to one destination a worker makes at the same time."""
PATIENCE = 2.0
"""Seconds after which an answer that has not come is slow."""
LONGEST = 8.0
"""Seconds that somebody waits for a place, at the most."""
AGAIN_AFTER = timedelta(minutes=1)
"""How long an attempt is put off, at the least, while its destination is slow."""
_LOOK = 0.25


@dataclass(slots=True, eq=False)
class Place:
    """One attempt in the lane of a destination."""

    destination_id: UUID
    sent_at: float | None = None
    """When the receiver got it: what we do ourselves before that says nothing of the receiver."""

    def sends(self) -> None:
        """Note that from now on the receiver is waited for."""
        self.sent_at = time.monotonic()


class Lanes:
    """Counts the attempts under way, by destination; those of one process."""

    def __init__(
        self, width: int = WIDTH, patience: float = PATIENCE, longest: float = LONGEST
    ) -> None:
        self._width = width
        self._patience = patience
        self._longest = longest
        self._lanes: dict[UUID, set[Place]] = {}
        self._left = asyncio.Condition()

    async def enter(self, destination_id: UUID) -> Place | None:
        """Return a place, to be left again; None where the lane is full and half of it is slow.

        One that is full of quick ones is waited for, a while.
        """
        until = time.monotonic() + self._longest
        async with self._left:
            while len(lane := self._lanes.setdefault(destination_id, set())) >= self._width:
                now = time.monotonic()
                if self._is_slow(lane, now) or now > until:
                    return None
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(_LOOK, self._patience / 2)):
                        await self._left.wait()
            place = Place(destination_id)
            lane.add(place)
            return place

    def _is_slow(self, lane: set[Place], now: float) -> bool:
        sent = (each.sent_at for each in lane if each.sent_at is not None)
        return 2 * sum(now - at >= self._patience for at in sent) >= self._width

    async def leave(self, place: Place) -> None:
        """Give a place back."""
        async with self._left:
            lane = self._lanes[place.destination_id]
            lane.discard(place)
            if not lane:
                del self._lanes[place.destination_id]
            self._left.notify_all()
