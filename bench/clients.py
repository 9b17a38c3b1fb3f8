"""A closed loop of clients: each sends its next request when the last one was answered."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

JsonBody = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request, and what must be true of its answer: a wrong one ends the measurement."""

    method: str
    url: str
    status: int
    body: JsonBody | None = None
    headers: dict[str, str] | None = None
    seen: Callable[[JsonBody], bool] | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """What came of a closed loop: seconds of each request, and of all of them."""

    seconds: tuple[float, ...]
    elapsed: float
    answers: tuple[bytes, ...]

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed

    def at(self, share: float) -> float:
        """Return the seconds within which this share of the requests was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def closed_loop(requests: Sequence[Sent], clients: int) -> Loop:
    """Send these requests from so many clients, each with a connection of its own."""
    waiting, seconds = iter(list(requests)), list[float]()
    answers: list[bytes] = []
    connector = aiohttp.TCPConnector(limit=clients)
    async with aiohttp.ClientSession(connector=connector) as session:
        began = time.perf_counter()
        await asyncio.gather(*(_client(session, waiting, seconds, answers) for _ in range(clients)))
        elapsed = time.perf_counter() - began
    return Loop(tuple(seconds), elapsed, tuple(answers))


async def _client(
    session: aiohttp.ClientSession,
    waiting: Iterator[Sent],
    seconds: list[float],
    answers: list[bytes],
) -> None:
    for request in waiting:
        started = time.perf_counter()
        async with session.request(
            request.method, request.url, json=request.body, headers=request.headers
        ) as answer:
            body = await answer.read()
        seconds.append(time.perf_counter() - started)
        if answer.status != request.status:
            raise AssertionError(f"{request.method} {request.url}: {answer.status} {body[:500]!r}")
        if request.seen is not None and not request.seen(await answer.json()):
            raise AssertionError(f"{request.method} {request.url} shows {body[:500]!r}")
        answers.append(body)
