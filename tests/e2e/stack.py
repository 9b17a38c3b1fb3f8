"""A whole server: the real commands as processes, over the run's Postgres and Temporal."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from temporalio.client import Client
from tessera_sdk import AsyncClient
from tessera_sdk.models import Asset, Proposal, PublishResult, Team

from domain.json_types import JsonObject
from embedded.ports import free_port
from tests.support.api_client import table, unique
from tests.support.servers import ROOT

T = TypeVar("T")

STARTS_WITHIN = 150.0
ENDED = ("published", "rejected", "withdrawn", "expired")


class Process:
    """One `tessera server …` command and its log."""

    def __init__(
        self,
        command: str,
        ready_line: str,
        environment: dict[str, str],
        log: Path,
        checkout: Path = ROOT,
    ):
        self._checkout = checkout
        self._command = command
        self._ready_line = ready_line
        self._environment = environment
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self._log.open("ab") as output:
            begin = output.tell()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tessera_sdk", "server", self._command),
                cwd=self._checkout,
                env=self._environment,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + STARTS_WITHIN
        while self._ready_line not in self._written(begin):
            if self._process.returncode is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self._command} did not start:\n{self._written(begin)}")
            await asyncio.sleep(0.05)

    @property
    def pid(self) -> int:
        """Of the process that runs."""
        assert self._process is not None
        return self._process.pid

    async def stop(self) -> int:
        """Ask it to end as an orchestrator does, and return its exit code."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(process.wait(), 90)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise

    def _written(self, begin: int) -> str:
        return self._log.read_bytes()[begin:].decode(errors="replace")


@dataclass(frozen=True)
class Stack:
    """API and worker as people run them; tests speak to it over HTTP only."""

    address: str
    api: Process
    worker: Process
    temporal: Client
    queue: str

    @asynccontextmanager
    async def worker_down(self) -> AsyncIterator[None]:
        """As long as the block lasts, nothing carries the outbox and no workflow moves."""
        await self.worker.stop()
        try:
            yield
        finally:
            await self.worker.start()


@asynccontextmanager
async def running(
    database_url: str,
    temporal_address: str,
    temporal: Client,
    directory: Path,
    more: Mapping[str, str] | None = None,
) -> AsyncIterator[Stack]:
    """Run API and worker while the block lasts; `more` are settings of this stack."""
    port, queue = free_port(), f"e2e-{uuid4()}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TESSERA_")},
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal_address,
        "TEMPORAL_TASK_QUEUE": queue,
        "TEMPORAL_DIRECT_SIGNALS": "true",
        "ENVIRONMENT": "development",
        "TESSERA_PORT": str(port),
        "TESSERA_WEBHOOK_ALLOW_PRIVATE": "true",
        "TESSERA_LOG_FORMAT": "json",
        **(more or {}),
    }
    stack = Stack(
        address=f"http://127.0.0.1:{port}",
        api=Process("api", "api serves", environment, directory / "api.log"),
        worker=Process("worker", "worker polls", environment, directory / "worker.log"),
        temporal=temporal,
        queue=queue,
    )
    try:
        await asyncio.gather(stack.api.start(), stack.worker.start())
        yield stack
    finally:
        await asyncio.gather(stack.api.stop(), stack.worker.stop())


async def eventually(read: Callable[[], Awaitable[T]], holds: Callable[[T], bool]) -> T:
    """Read again and again until it holds; what it was when time is up is in the failure."""
    deadline = time.monotonic() + 90
    while not holds(found := await read()):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)
    return found


@dataclass
class Story:
    """An asset that loses `email`, told over HTTP."""

    client: AsyncClient
    asset: Asset
    readers: list[Team] = field(default_factory=list)

    @classmethod
    async def begun(
        cls, client: AsyncClient, *readers: str, hook: str | None = None, **timeline: object
    ) -> "Story":
        owner = await client.teams.create(unique("owner"))
        asset = await client.assets.create(unique("orders.customers"), owner.id)
        if timeline:
            changes: JsonObject = {"timeline": timeline}
            await client.assets.set_policy(asset.id, changes)
        await client.contracts.publish(asset.id, schema=table("id", "email"))
        story = cls(client, asset)
        for name in readers:
            team = await client.teams.create(unique(name))
            await client.registrations.create(asset.id, team.id, fields=["email"])
            if hook is not None:
                await client.destinations.set(hook, team_id=team.id, secret=SECRET)
            story.readers.append(team)
        return story

    async def drop_email(self, wait: float | None = None) -> PublishResult:
        return await self.client.contracts.publish(self.asset.id, schema=table("id"), wait=wait)

    async def proposed(self) -> Proposal:
        proposal = (await self.drop_email()).proposal
        assert proposal is not None
        return proposal

    async def until(self, proposal: Proposal, holds: Callable[[Proposal], bool]) -> Proposal:
        return await eventually(lambda: self.client.proposals.get(proposal.id), holds)

    async def ended(self, proposal: Proposal) -> Proposal:
        return await self.until(proposal, lambda found: found.status in ENDED)

    async def asked(self, proposal: Proposal) -> Proposal:
        return await self.until(
            proposal, lambda found: all(party.asked_at for party in found.parties)
        )

    async def active_version(self) -> str | None:
        page = await self.client.contracts.list(self.asset.id, status="active").page()
        return page.items[0].version if page.items else None


SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
