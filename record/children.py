"""A few children at work for an event loop: nothing slow on it, and nothing that never ends."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from domain.errors import ComparisonTooLarge, Unavailable
from record.child import Child, Died, Overrun

T = TypeVar("T")

_TRIES = 2


class Children:
    """So many processes, each watched by a thread that waits for it.

    `within` is the time of one piece of work in seconds, `memory` what it may take in MiB.
    """

    def __init__(
        self, number: int, prepare: Callable[[], None], *, within: float, memory: int
    ) -> None:
        self._within = within
        self._children = [Child(prepare, memory=memory) for _ in range(number)]
        self._idle: SimpleQueue[Child] = SimpleQueue()
        for child in self._children:
            self._idle.put(child)
        self._watchers = ThreadPoolExecutor(number, thread_name_prefix="child")
        self._closed = False

    @property
    def pids(self) -> list[int]:
        """The processes there are now."""
        return [child.pid for child in self._children if child.pid is not None]

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Return what the function returns; it has no effects, so a lost one is done again.

        Raises `ComparisonTooLarge` for what takes too much, `Unavailable` if it was killed twice.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._watchers, self._watched, function, arguments)

    def close(self) -> None:
        """End the processes, also those that are at work."""
        self._closed = True
        for child in self._children:
            child.interrupt()
        self._watchers.shutdown(cancel_futures=True)
        for child in self._children:
            child.kill()

    def _watched(self, function: Callable[..., T], arguments: tuple[object, ...]) -> T:
        child = self._idle.get()
        try:
            return self._done(child, function, arguments)
        finally:
            self._idle.put(child)

    def _done(self, child: Child, function: Callable[..., T], arguments: tuple[object, ...]) -> T:
        by_itself = False
        for _ in range(_TRIES):
            if self._closed:
                break
            try:
                return child.do(function, *arguments, within=self._within)
            except Overrun as overrun:
                raise ComparisonTooLarge(
                    f"This is too large or too entangled: it {overrun}.", limit=overrun.limit
                ) from None
            except Died as end:
                by_itself = end.by_itself
        if by_itself and not self._closed:
            raise ComparisonTooLarge(
                "This is too large or too entangled: its process ended twice in the middle of it.",
                limit="child",
            )
        raise Unavailable("The comparison was ended from outside; try again in a moment.")
