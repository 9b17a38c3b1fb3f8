"""`tessera server api` and `tessera server worker` as real processes over one database."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from embedded.ports import free_port
from embedded.supervisor import Command, Log, Supervisor
from tests.support.api_client import client_at

COMMAND = (sys.executable, "-m", "tessera_sdk", "server")
READY_WITHIN = 150.0  # seconds; on a busy machine several start at once
OPEN_TO_ALL = {"ENVIRONMENT": "development", "BOOTSTRAP_API_KEY": "", "AUTH_DISABLED": ""}


@dataclass(frozen=True, slots=True)
class Programs:
    """Processes that run; what they print is in `log`."""

    supervisor: Supervisor
    database_url: str
    log: Path
    environment: Mapping[str, str]
    """Who may come in."""
    command: tuple[str, ...] = COMMAND

    async def apis(self, count: int) -> list[str]:
        """Start so many API processes at once; their addresses."""
        return list(await asyncio.gather(*(self._api(f"api-{number}") for number in range(count))))

    async def _api(self, name: str) -> str:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        environment = {
            **OPEN_TO_ALL,
            **self.environment,
            "DATABASE_URL": self.database_url,
            "TESSERA_PORT": str(port),
        }
        async with client_at(timeout=5) as client:
            await self.supervisor.start(
                Command(
                    name,
                    (*self.command, "api"),
                    environment,
                    ready=lambda: _answers(client, url),
                    ready_within=READY_WITHIN,
                )
            )
        return url

    async def worker(self, temporal_address: str, task_queue: str) -> None:
        """Start a worker that may send webhooks to this machine; returns when it polls."""
        environment = {
            **OPEN_TO_ALL,
            "DATABASE_URL": self.database_url,
            "TEMPORAL_ADDRESS": temporal_address,
            "TEMPORAL_TASK_QUEUE": task_queue,
            "TESSERA_WEBHOOK_ALLOW_PRIVATE": "true",
        }
        await self.supervisor.start(
            Command(
                "worker",
                (*self.command, "worker"),
                environment,
                ready_line="worker polls",
                ready_within=READY_WITHIN,
            )
        )

    def defects(self) -> list[str]:
        """Lines that no process may print whatever happens."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if "Traceback" in line or '"level": "error"' in line]


@asynccontextmanager
async def programs(
    database_url: str,
    directory: Path,
    environment: Mapping[str, str] | None = None,
    command: tuple[str, ...] = COMMAND,
) -> AsyncIterator[Programs]:
    """Stop them all when the block ends."""
    log = directory / "programs.log"
    with log.open("w", encoding="utf-8") as output:
        async with Supervisor(Log(output)) as supervisor:
            yield Programs(supervisor, database_url, log, environment or {}, command)


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/health/ready")).status_code == 200
    except httpx.TransportError:
        return False
