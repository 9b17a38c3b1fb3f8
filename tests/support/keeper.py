"""Keeps one server for a whole test run: `python -m tests.support.keeper KIND RUN_DIRECTORY`.

A process of its own, because the server is shared by all test workers and must outlive the one that
asked for it first. It ends when the run does, or when the process that leads the run is gone.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from domain.errors import SetupFailed
from embedded.postgres import EmbeddedPostgres
from embedded.temporal import DevServer
from tests.support.obtained import temporal_program
from tests.support.servers import Run


@asynccontextmanager
async def _postgres(directory: Path) -> AsyncIterator[str]:
    server = EmbeddedPostgres(directory / "postgres", fast=True)
    await server.start()
    try:
        yield server.url
    finally:
        await server.stop()


@asynccontextmanager
async def _temporal(directory: Path) -> AsyncIterator[str]:
    program = await asyncio.to_thread(temporal_program)
    server = DevServer(program, log=directory / "temporal-server.log", port=None, ui_port=None)
    await server.start()
    try:
        yield server.address
    finally:
        await server.stop()


KINDS: dict[str, Callable[[Path], AbstractAsyncContextManager[str]]] = {
    "postgres": _postgres,
    "temporal": _temporal,
}


async def keep(kind: str, run: Run) -> None:
    """Start, tell the address, stay as long as the run lasts."""
    try:
        async with KINDS[kind](run.directory) as address:
            run.tell(kind, {"address": address})
            await asyncio.to_thread(run.wait_until_over)
    except SetupFailed as problem:
        run.tell(kind, {"missing": f"{problem.detail} {problem.extra.get('hint', '')}"})


if __name__ == "__main__":
    joined = Run(Path(sys.argv[2]))
    asyncio.run(keep(sys.argv[1], joined))
    joined.clear_if_abandoned()
