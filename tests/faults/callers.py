"""A client that never gives up: the same key until it is answered, at whichever API is there."""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import uuid4

from tessera_sdk import AsyncClient, ProblemError, UnreachableError
from tessera_sdk.exchange import Retries

T = TypeVar("T")
Ask = Callable[[AsyncClient, str], Awaitable[T]]

GIVES_UP_AFTER = 120.0
PASSING = frozenset({502, 503, 504})


class Kind:
    """What can be acknowledged with 2xx."""

    TEAM = "team"
    ASSET = "asset"
    REGISTRATION = "registration"
    PUBLISHED = "published"
    PROPOSED = "proposed"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    FORCED = "forced"
    CONFIRMED = "confirmed"
    ON_DEMAND = "publication asked"
    REVISED = "revised"
    COMMENTED = "commented"
    LENGTHENED = "given more time"
    CANCELLED = "cancelled"
    FORCE_REQUESTED = "force requested"
    RELEASE = "release"
    RELEASE_CANCELLED = "release cancelled"
    SUNSET = "sunset set"
    MOVED = "moved"
    KEPT_LONGER = "old version kept longer"
    SUNSET_CANCELLED = "sunset cancelled"


@dataclass(frozen=True, slots=True)
class Accepted:
    """One 2xx: what was said, about what, and the mark by which it is found in the record."""

    kind: str
    subject: str
    mark: str
    proposal: str | None = None


@dataclass
class Caller:
    """Two clients, one per API process, of nobody and of each person; counts what it sent."""

    clients: tuple[AsyncClient, ...]
    urls: tuple[str, ...]
    persons: list[tuple[AsyncClient, ...]] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    requests: int = 0
    retries: int = 0
    refused: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    """Answers that no fault excuses: a 500, or no answer at all for two minutes."""

    @classmethod
    def of(cls, urls: tuple[str, ...]) -> "Caller":
        return cls(_clients(urls), urls)

    async def close(self) -> None:
        for client in (*self.clients, *(each for person in self.persons for each in person)):
            await client.close()

    def introduce(self, key: str) -> None:
        """Know one more person, by an API key."""
        self.persons.append(_clients(self.urls, key))

    async def ask(self, ask: Ask[T], clients: Sequence[AsyncClient] = ()) -> T:
        """Return the answer, to a person's clients if those are given.

        Raises `ProblemError` for what the domain refuses.
        """
        key, deadline = str(uuid4()), time.monotonic() + GIVES_UP_AFTER
        self.requests += 1
        for tried in itertools.count():
            try:
                return await ask(random.choice(clients or self.clients), key)
            except UnreachableError as gone:
                problem = str(gone)
            except ProblemError as refusal:
                problem = f"{refusal.status} {refusal.code}: {refusal.detail}"
                if refusal.status == 500:
                    self.defects.append(problem)
                elif refusal.status not in PASSING:
                    self.refused.append(problem)
                    raise
            if time.monotonic() > deadline:
                self.defects.append(f"not answered within {GIVES_UP_AFTER:.0f} s: {problem}")
                raise TimeoutError(problem)
            self.retries += 1
            await asyncio.sleep(random.uniform(0.05, min(0.2 + 0.1 * tried, 1.0)))
        raise AssertionError("unreachable: it is answered or gives up")

    def accept(self, kind: str, subject: str, mark: str, proposal: str | None = None) -> None:
        self.accepted.append(Accepted(kind, subject, mark, proposal))


def _clients(urls: tuple[str, ...], key: str | None = None) -> tuple[AsyncClient, ...]:
    once = Retries(attempts=1)
    return tuple(AsyncClient(url, api_key=key, timeout=15.0, retries=once) for url in urls)
