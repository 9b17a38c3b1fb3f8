"""The stand: servers and processes of their own, in a directory that is thrown away.

Whoever loads them does so from another process. Postgres keeps its default durability.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bench.processes import Measured
from embedded.foreground import OURS
from embedded.ports import free_port
from embedded.processes import Child, Program
from embedded.stack import StackOptions, start_stack
from embedded.supervisor import Log
from store.migrate import migrate
from worker import connect
from workflows.namespace import ensure_search_attributes

_SERVER = (sys.executable, "-m", "tessera_sdk", "server")
_API = (*_SERVER, "api")
_BARE = (sys.executable, "-m", "bench.bare")
_POLL = 0.01
STARTS = 5
"""How often each of them is started to time it."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where everything runs. `start_up` are the seconds until new processes were ready, by name."""

    database_url: str
    api: str
    bare: str
    measured: Measured
    start_up: Mapping[str, Sequence[float]]


@asynccontextmanager
async def stand(directory: Path) -> AsyncIterator[Stand]:
    """Start everything; stop it at the end. Logs go to files: reading them costs the load time."""
    log = Log(sys.stderr)
    options = StackOptions(
        data_dir=directory,
        temporal_port=free_port(),
        temporal_ui_port=free_port(),
        progress=lambda line: log.write(OURS, line),
    )
    async with start_stack(options) as servers, AsyncExitStack() as running:
        await asyncio.to_thread(migrate, servers.database_url)
        client = await connect(servers.temporal_address, namespace="default")
        await ensure_search_attributes(client)
        processes = Processes(
            directory / "logs",
            {
                **os.environ,
                "DATABASE_URL": servers.database_url,
                "TEMPORAL_ADDRESS": servers.temporal_address,
                "ENVIRONMENT": "development",
                "TESSERA_LOG_FORMAT": "json",
            },
            running,
        )
        start_up = await processes.start_up({"api": _API, "bare": _BARE})
        await processes.worker()
        api = await processes.served("api", _API)
        bare = await processes.served("bare", _BARE)
        children = (*servers.children, *processes.started)
        pids = {child.program.name: child.pid for child in children}
        yield Stand(servers.database_url, api, bare, Measured(pids), start_up)


@dataclass(slots=True)
class Processes:
    """Starts programs and waits until they are ready; `running` stops them."""

    logs: Path
    environment: Mapping[str, str]
    running: AsyncExitStack
    started: list[Child] = field(default_factory=list)

    async def served(self, name: str, argv: tuple[str, ...]) -> str:
        """Start what serves HTTP; return its address once it is ready."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        await self._start(name, argv, {"TESSERA_PORT": str(port)})
        while not await _ready(url):  # noqa: ASYNC110  # another process
            await asyncio.sleep(_POLL)
        return url

    async def worker(self) -> None:
        """Start the worker; return once it polls."""
        child = await self._start("worker", (*_SERVER, "worker"), {})
        while "worker polls" not in child.log_tail():  # noqa: ASYNC110  # another process
            await asyncio.sleep(_POLL)

    async def start_up(self, programs: Mapping[str, tuple[str, ...]]) -> dict[str, list[float]]:
        """Return the seconds from starting each process until it is ready; they take turns."""
        seconds: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(STARTS):
            for name, argv in programs.items():
                started = time.perf_counter()
                await self.served("starting", argv)
                seconds[name].append(time.perf_counter() - started)
                await self.started.pop().stop()
        return seconds

    async def _start(
        self, name: str, argv: tuple[str, ...], environment: Mapping[str, str]
    ) -> Child:
        environment = {**self.environment, **environment}
        child = await Child.start(Program(name, argv, environment, log=self.logs / f"{name}.log"))
        self.running.push_async_callback(child.stop)
        self.started.append(child)
        return child


async def _ready(url: str) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{url}/health/ready") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
