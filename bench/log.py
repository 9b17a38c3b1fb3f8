"""Sealing and verifying a long log: rows a second, and the CPU seconds that they take."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from sqlalchemy import text

from bench.tables import table
from embedded.postgres import EmbeddedPostgres
from record.seals import seal_next
from record.verification import verify
from store.database import Database
from store.migrate import migrate
from store.transaction import Transaction

EVENTS = 100_000
_AT_ONCE = 20_000
_COLUMNS = ("seconds", "our cpu s", "postgres cpu s", "rows a second", "per cpu second")
_FILL = """
INSERT INTO events (id, type, caller, summary, asset_id, proposal_id, team_id, payload)
SELECT gen_random_uuid(), 'proposal.acknowledged',
  jsonb_build_object('actor', jsonb_build_object('kind', 'key', 'name', 'checkout', 'id',
    gen_random_uuid(), 'acting_for', NULL), 'origin', 'api', 'request_id', gen_random_uuid()),
  'checkout answers ready to orders.customers ' || n || '.0.0.',
  gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
  jsonb_build_object('response', 'approved', 'before', NULL, 'note', 'fine – since ' || n,
    'until', NULL, 'revision', n, 'after', jsonb_build_object('response', 'approved'))
FROM generate_series(1, :count) n
"""


async def figures(directory: Path) -> list[str]:
    """Return the table."""
    async with database_in(directory) as (url, database, postgres):
        for _ in range(EVENTS // _AT_ONCE):
            await database.run(_filled)
        await database.run(analyzed)
        sealing = Clock(postgres)
        while await seal_next(database):
            pass
        sealed = sealing.row("seal")
        await verify(url)  # once, so that both readings below find the pages in memory
        verifying = Clock(postgres)
        outcome = await verify(url)
        row = verifying.row("verify")
        assert (outcome.sound, outcome.sealed) == (True, EVENTS), outcome
        return table((f"of {EVENTS:,} events", *_COLUMNS), [sealed, row])


class Clock:
    """Seconds that pass, and CPU seconds of this process and of Postgres."""

    def __init__(self, postgres: psutil.Process) -> None:
        self._postgres = postgres
        self._began = self._read()

    def _read(self) -> tuple[float, float, float]:
        processes = [self._postgres, *self._postgres.children()]
        ended = self._postgres.cpu_times()
        spent = ended.children_user + ended.children_system
        for process in processes:
            times = process.cpu_times()
            spent += times.user + times.system
        return time.perf_counter(), time.process_time(), spent

    def spent(self) -> tuple[float, float, float]:
        """Return what has passed: seconds, own CPU seconds, and those of Postgres."""
        wall, own, postgres = (
            now - before for now, before in zip(self._read(), self._began, strict=True)
        )
        return wall, own, postgres

    def row(self, name: str) -> tuple[str, ...]:
        wall, own, postgres = self.spent()
        cpu = own + postgres
        figures = (f"{wall:.1f}", f"{own:.1f}", f"{postgres:.1f}")
        return name, *figures, f"{EVENTS / wall:.0f}", f"{EVENTS / cpu:.0f}"


@asynccontextmanager
async def database_in(directory: Path) -> AsyncIterator[tuple[str, Database, psutil.Process]]:
    """Yield a migrated database of its own, its URL first, and the server's process."""
    server = EmbeddedPostgres(directory / "postgres")
    await server.start()
    try:
        await asyncio.to_thread(migrate, server.url)
        async with Database.connect(server.url).closing() as database:
            yield server.url, database, psutil.Process(server.child.pid)
    finally:
        await server.stop()


async def _filled(tx: Transaction) -> None:
    await tx.sql.execute(text(_FILL), {"count": _AT_ONCE})


async def analyzed(tx: Transaction) -> None:
    """What autovacuum does by itself a minute later."""
    await tx.sql.execute(text("ANALYZE"))
