"""Every page over a large organisation: milliseconds, CPU, and its size as it is and compressed."""

import asyncio
import gzip
import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from uuid import UUID

import httpx
import psutil

from bench import large
from bench.log import analyzed, database_in
from bench.stand import Processes
from bench.tables import table
from record.seals import seal_next

RUNS = 9
COLUMNS = ("page", "ms, median", "ms, worst", "API cpu ms", "kB", "kB compressed", "with files")
_FILES = re.compile(r'(?:href|src)="(/static/[^"]+)"')


def _id(noun: str, number: int) -> UUID:
    """Return the id that `large.numbered` gives."""
    return UUID(md5(f"{noun}{number}".encode(), usedforsecurity=False).hexdigest())


def _paths() -> dict[str, str]:
    asset, proposal, team = _id("asset", 1), _id("proposal", 500), _id("team", 7)
    return {
        "inbox, or all that is open": "/",
        "proposals": "/proposals",
        "proposals that ended": "/ended",
        "one proposal": f"/proposals/{proposal}",
        "its proof": f"/proposals/{proposal}/proof",
        "catalogue": "/assets",
        "catalogue, searched": "/assets?q=table_77",
        "one asset": f"/assets/{asset}",
        "its dependencies, 500 nodes": f"/assets/{asset}/dependencies?depth=20",
        "teams": "/teams",
        "one team": f"/teams/{team}",
        "overview": "/overview",
        "response times": "/reports/response-times",
        "propose": f"/propose?asset={asset}",
        "administration": "/administration",
        "keys": "/administration/keys",
        "users": "/administration/users",
        "destinations": "/administration/destinations",
        "log": "/administration/log",
    }


async def figures(directory: Path) -> list[str]:
    """Return the table."""
    async with database_in(directory) as (url, database, _), AsyncExitStack() as running:
        environment = {**os.environ, "DATABASE_URL": url, "ENVIRONMENT": "development"}
        logs = directory / "logs"
        logs.mkdir()
        processes = Processes(logs, environment, running)
        api = await processes.served("api", (sys.executable, "-m", "tessera_sdk", "server", "api"))
        async with httpx.AsyncClient(base_url=api) as client:
            ids = await large.example(client)
        await database.run(lambda tx: large.filled(tx, ids, large.Size()))
        await database.run(analyzed)
        while await seal_next(database):
            pass
        process = psutil.Process(processes.started[-1].pid)
        headers = {"Accept": "text/html"}
        async with httpx.AsyncClient(base_url=api, headers=headers, timeout=60) as client:
            looks = [await _look(client, process, *each) for each in _paths().items()]
    return table(COLUMNS, [look.row() for look in looks])


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one page cost. Sizes in bytes; `files` are those of its styles and its module."""

    name: str
    status: int
    seconds: tuple[float, ...]
    cpu: float
    size: int
    compressed: int
    files: int

    def row(self) -> tuple[str, ...]:
        name = self.name if self.status == 200 else f"{self.name} ({self.status})"
        times = (statistics.median(self.seconds), max(self.seconds), self.cpu)
        sizes = (self.size, self.compressed, self.compressed + self.files)
        return (
            name,
            *(f"{each * 1000:.0f}" for each in times),
            *(f"{each / 1000:.1f}" for each in sizes),
        )


async def _look(client: httpx.AsyncClient, process: psutil.Process, name: str, path: str) -> Look:
    first = await client.get(path, follow_redirects=True)
    if "data-soon" in first.text:
        await asyncio.sleep(5)
    seconds = []
    before = sum(process.cpu_times()[:2])
    for _ in range(RUNS):
        began = time.perf_counter()
        first = await client.get(path, follow_redirects=True)
        seconds.append(time.perf_counter() - began)
    spent = sum(process.cpu_times()[:2]) - before
    files = [await _compressed(client, address) for address in _addresses(first.text)]
    return Look(
        name=name,
        status=first.status_code,
        seconds=tuple(seconds),
        cpu=spent / RUNS,
        size=len(first.content),
        compressed=len(gzip.compress(first.content)),
        files=sum(files),
    )


def _addresses(page: str) -> Iterator[str]:
    yield from dict.fromkeys(each.replace("&amp;", "&") for each in _FILES.findall(page))


async def _compressed(client: httpx.AsyncClient, address: str) -> int:
    return len(gzip.compress((await client.get(address)).content))
