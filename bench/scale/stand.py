"""The stand: Postgres, Temporal over it, API processes and workers, each a process of its own.

Both kinds of databases stand on one Postgres, which keeps its default durability.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client

from bench.processes import Measured
from bench.scale import temporal
from embedded.directories import cache_directory
from embedded.foreground import OURS
from embedded.ports import LOOPBACK, free_port
from embedded.postgres import EmbeddedPostgres
from embedded.processes import PidFiles
from embedded.supervisor import Command, Log, Supervisor
from embedded.temporal_binary import find_temporal
from store.migrate import migrate
from worker import connect
from workflows.namespace import ensure_search_attributes

_SERVER = (sys.executable, "-m", "tessera_sdk", "server")
APIS = 2


@dataclass(frozen=True, slots=True)
class Stand:
    """Where everything runs."""

    database_url: str
    temporal: Client
    apis: tuple[str, ...]
    measured: Measured
    log: Log

    def say(self, line: str) -> None:
        """Tell whoever waits how far it is."""
        self.log.write(OURS, line)


@asynccontextmanager
async def stand(directory: Path, workers: int) -> AsyncIterator[Stand]:
    """Start everything; stop it at the end. What the processes say goes to files."""
    log = Log(sys.stderr)
    pids = PidFiles(directory / "run")
    cache = cache_directory(directory / "cache")
    cli = await find_temporal(None, cache, lambda line: log.write(OURS, line))
    await asyncio.to_thread(temporal.build)
    postgres = EmbeddedPostgres(directory / "postgres", log=directory / "postgres.log", pids=pids)
    await postgres.start()
    try:
        with (directory / "programs.log").open("w", encoding="utf-8") as output:
            async with Supervisor(Log(output), pids) as supervisor:
                address, server = temporal.server(postgres.url, cli)
                await supervisor.start(server)
                await asyncio.to_thread(migrate, postgres.url)
                client = await connect(address, namespace="default")
                await ensure_search_attributes(client)
                apis = await _tessera(supervisor, postgres.url, address, workers)
                children = (postgres.child, *supervisor.children)
                pids_by_name = {child.program.name: child.pid for child in children}
                yield Stand(postgres.url, client, apis, Measured(pids_by_name), log)
    finally:
        await postgres.stop()


async def _tessera(
    supervisor: Supervisor, database_url: str, address: str, workers: int
) -> tuple[str, ...]:
    environment = {
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": address,
        "ENVIRONMENT": "development",
        "TESSERA_LOG_FORMAT": "json",
    }
    apis = []
    for number in range(APIS):
        port = free_port()
        apis.append(f"http://{LOOPBACK}:{port}")
        of_api = {**environment, "TESSERA_PORT": str(port)}
        await supervisor.start(
            Command(f"api-{number}", (*_SERVER, "api"), of_api, ready_line="api serves")
        )
    for number in range(workers):
        await supervisor.start(
            Command(
                f"worker-{number}", (*_SERVER, "worker"), environment, ready_line="worker polls"
            )
        )
    return tuple(apis)
