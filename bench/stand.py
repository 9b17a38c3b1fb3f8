"""The stand: servers and processes of their own, in a directory that is thrown away.

Whoever loads them does so from another process. Postgres keeps its default durability.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench.processes import Measured
from embedded.foreground import OURS
from embedded.ports import free_port
from embedded.stack import StackOptions, start_stack
from embedded.supervisor import Command, Log, Supervisor
from store.migrate import migrate
from worker import connect
from workflows.namespace import ensure_search_attributes

_SERVER = (sys.executable, "-m", "tessera_sdk", "server")
_POLL = 0.01
STARTS = 5
"""How often the API is started to time it."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where everything runs. `start_up` are the seconds until a new API process was ready."""

    database_url: str
    api: str
    bare: str
    measured: Measured
    start_up: tuple[float, ...]


@asynccontextmanager
async def stand(directory: Path) -> AsyncIterator[Stand]:
    """Start everything; stop it at the end."""
    log = Log(sys.stderr)
    options = StackOptions(
        data_dir=directory,
        temporal_port=free_port(),
        temporal_ui_port=free_port(),
        progress=lambda line: log.write(OURS, line),
    )
    async with start_stack(options) as servers, Supervisor(log, servers.pids) as supervisor:
        await asyncio.to_thread(migrate, servers.database_url)
        client = await connect(servers.temporal_address, namespace="default")
        await ensure_search_attributes(client)
        environment = {
            "DATABASE_URL": servers.database_url,
            "TEMPORAL_ADDRESS": servers.temporal_address,
            "ENVIRONMENT": "development",
            "TESSERA_LOG_FORMAT": "json",
        }
        start_up = [
            await _start_up({**environment, "TESSERA_PORT": str(free_port())})
            for _ in range(STARTS)
        ]
        worker = Command("worker", (*_SERVER, "worker"), environment, ready_line="worker polls")
        await supervisor.start(worker)
        api = await _served(supervisor, "api", (*_SERVER, "api"), environment)
        bare = await _served(supervisor, "bare", (sys.executable, "-m", "bench.bare"), environment)
        children = (*servers.children, *supervisor.children)
        pids = {child.program.name: child.pid for child in children}
        yield Stand(servers.database_url, api, bare, Measured(pids), tuple(start_up))


async def _served(
    supervisor: Supervisor, name: str, argv: tuple[str, ...], environment: dict[str, str]
) -> str:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = Command(name, argv, {**environment, "TESSERA_PORT": str(port)}, ready=_ready(url))
    await supervisor.start(command)
    return url


async def _start_up(environment: dict[str, str]) -> float:
    """Return the seconds from starting the command until it is ready for requests."""
    ready = _ready(f"http://127.0.0.1:{environment['TESSERA_PORT']}")
    async with Supervisor(Log(sys.stderr)) as alone:
        started = time.perf_counter()
        starting = asyncio.create_task(
            alone.start(Command("starting", (*_SERVER, "api"), environment))
        )
        while not await ready():  # noqa: ASYNC110  # another process
            await asyncio.sleep(_POLL)
        elapsed = time.perf_counter() - started
        await starting
        return elapsed


def _ready(url: str) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{url}/health/ready") as answer,
            ):
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    return ready
