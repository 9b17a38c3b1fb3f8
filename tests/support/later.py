"""Things that are asked for at a time to come, of a server that may take its time to hear of it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from tessera_sdk import ProblemError

T = TypeVar("T")


async def in_time(seconds: float, ask: Callable[[datetime], Awaitable[T]]) -> T:
    """Ask for something so many seconds from now, and if it came too late, for twice as many."""
    while True:
        try:
            return await ask(datetime.now(UTC) + timedelta(seconds=seconds))
        except ProblemError as refusal:
            if "in the past" not in refusal.detail:
                raise
            seconds *= 2
