"""A worker whose Temporal was reached and goes away, or is not set up yet, waits and says why."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from temporalio.client import Client

from embedded.ports import free_port
from embedded.processes import Child, Program
from embedded.temporal import DevServer
from tests.support.namespaces import register
from tests.support.servers import ROOT
from workflows.namespace import WATCH_SCHEDULE, ensure_search_attributes

NAMESPACE = "another"


@asynccontextmanager
async def worker(database_url: str, temporal: DevServer, log: Path) -> AsyncIterator[Child]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TESSERA_")},
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal.address,
        "TEMPORAL_NAMESPACE": NAMESPACE,
        "ENVIRONMENT": "development",
        "TESSERA_LOG_FORMAT": "json",
    }
    command = (sys.executable, "-m", "tessera_sdk", "server", "worker")
    child = await Child.start(Program("worker", command, environment, cwd=ROOT, log=log))
    try:
        yield child
    finally:
        await child.stop()


async def said(log: Path, holds: Callable[[dict[str, str]], bool]) -> None:
    async with asyncio.timeout(60):
        while not any(holds(line) for line in lines(log)):  # noqa: ASYNC110  # a log wakes nobody
            await asyncio.sleep(0.1)


def lines(log: Path) -> list[dict[str, str]]:
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


async def waits_for(log: Path, what: str) -> None:
    await said(log, lambda line: line["event"] == "waiting" and what in line["reason"])


async def test_a_worker_waits_for_a_temporal_that_goes_away_or_is_not_set_up(
    temporal: Path, fresh_database_url: str, tmp_path: Path
) -> None:
    log, database = tmp_path / "worker.log", tmp_path / "temporal.db"
    async with AsyncExitStack() as stack:
        server = DevServer(
            temporal,
            log=tmp_path / "temporal.log",
            port=free_port(),
            ui_port=None,
            database=database,
        )
        stack.push_async_callback(server.stop)
        await server.start()
        child = await stack.enter_async_context(worker(fresh_database_url, server, log))
        await waits_for(log, f"Namespace {NAMESPACE} is not found")
        os.kill(server.child.pid, signal.SIGKILL)
        await server.child.wait()
        await waits_for(log, "Temporal does not answer: ")
        await server.start()
        client = await Client.connect(server.address, namespace=NAMESPACE)
        await register(client)
        await waits_for(log, "has no search attribute TesseraAsset, ")
        await ensure_search_attributes(client)
        await said(log, lambda line: line["event"] == "worker polls")
        assert (await client.get_schedule_handle(WATCH_SCHEDULE).describe()).id == WATCH_SCHEDULE
        assert child.returncode is None


async def test_a_worker_that_waits_ends_at_once_when_it_is_asked_to(
    temporal: Path, fresh_database_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    async with AsyncExitStack() as stack:
        server = DevServer(temporal, log=tmp_path / "temporal.log", port=None, ui_port=None)
        stack.push_async_callback(server.stop)
        await server.start()
        child = await stack.enter_async_context(worker(fresh_database_url, server, log))
        await waits_for(log, f"Namespace {NAMESPACE} is not found")
        os.kill(child.pid, signal.SIGTERM)
        async with asyncio.timeout(5):
            await child.wait()
