"""Evidence on demand: records that break and ways round, kept while they may be asked for again.

It follows from contents that never change, so it is neither stored nor made before somebody looks.
A page is looked at again and again, and a webhook goes to several: the last few searches are kept,
and whoever asks while one runs waits for that one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence

from domain.budget import Budget
from domain.changes import Change
from domain.comparison import Evidence, Question, evidence
from domain.errors import ComparisonTooLarge
from domain.schemas import Schema

SEARCH_LASTS = 3.0
"""Seconds: what is not found by then is not shown; who looks at a page waits no longer."""
_KEPT = 256


class Searches:
    """The searches of one process; at most `at_once` of them run at a time."""

    def __init__(self, at_once: int) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._known: dict[Hashable, asyncio.Task[Evidence]] = {}

    async def of(self, key: Hashable | None, search: Callable[[], Awaitable[Evidence]]) -> Evidence:
        """Return what was found for this key, or search; one who stops waiting stops nothing.

        Without a key nothing is kept.
        """
        task = None if key is None else self._known.get(key)
        if task is None:
            task = asyncio.create_task(self._search(search))
            if key is not None:
                self._keep(key, task)
        return await asyncio.shield(task)

    def _keep(self, key: Hashable, task: "asyncio.Task[Evidence]") -> None:
        self._known[key] = task
        task.add_done_callback(lambda done: self._forget_failed(key, done))
        while len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]  # the oldest

    async def _search(self, search: Callable[[], Awaitable[Evidence]]) -> Evidence:
        async with self._turn:
            try:
                return await search()
            except ComparisonTooLarge:
                return Evidence()

    def _forget_failed(self, key: Hashable, done: "asyncio.Task[Evidence]") -> None:
        if done.cancelled() or done.exception() is not None:
            self._known.pop(key, None)


def searched(old: Schema, new: Schema, changes: Sequence[Change], question: Question) -> Evidence:
    """Search, in a child process, and stop when the time is over."""
    # The validators are no part of the time of a search.
    import domain.schemas.json_schema.witnessing  # noqa: F401

    ends = time.monotonic() + SEARCH_LASTS
    return evidence(old, new, changes, question, Budget(is_over=lambda: time.monotonic() > ends))
