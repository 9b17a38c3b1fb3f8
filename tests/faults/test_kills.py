"""SIGKILL to API, worker, Temporal and Postgres under load, and the laws that must hold after it.

`make faults` kills at least two hundred times; `make test` plays a short version of it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.conftest import KILLS, World
from tests.faults.findings import Law
from tests.faults.judgement import at_rest
from tests.faults.killer import Killer
from tests.faults.report import Run, report
from tests.faults.scenarios import keep_telling
from tests.faults.servers import Target
from tests.faults.windows import install
from tests.support.figures import FIGURES

SHORT = 10 + len(Target)
"""Each server once at any moment, and ten times in windows: what two minutes allow."""
INSIDE = 5
"""Kills inside windows, at the least: half of those that a short run aims there."""
SELDOM = {Law.RETIRED}
"""What a short run may not come to: one story in fifteen goes on until an old version ends."""
TELLERS = 4
LONGEST_REST = 900.0
KEPT = Path(__file__).parents[2] / "bench" / "results" / "faults.txt"
"""The report of the last long run."""

pytestmark = pytest.mark.timeout(3600 if KILLS else 900)


@asynccontextmanager
async def under_load(world: World) -> AsyncIterator[None]:
    """Stories are told while the block runs, and told to their end after it.

    If it fails there is nothing to come to an end for: they are left off, where they are.
    """
    stop = asyncio.Event()
    tellers = [
        asyncio.create_task(keep_telling(world.caller, world.people, stop, pause=1.0))
        for _ in range(TELLERS)
    ]
    try:
        yield
        stop.set()
        await asyncio.gather(*tellers)
    finally:
        for teller in tellers:
            teller.cancel()
        await asyncio.gather(*tellers, return_exceptions=True)


async def test_nothing_is_lost_doubled_or_passed_over_when_anything_is_killed(
    world: World,
    record_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    started = time.monotonic()
    await install(world.servers.postgres.url)

    def tell(line: str) -> None:
        if KILLS:
            with capsys.disabled():
                print(f"{time.monotonic() - started:6.0f} s  {line}", flush=True)

    killer = Killer(world.servers, world.receivers, pace=0.8, tell=tell)
    async with under_load(world):
        await killer.kill(KILLS or SHORT)
    tell("killing is over; what is open comes to its end")
    _, findings = await at_rest(world, LONGEST_REST)
    run = Run(world.servers, killer, world.caller, findings, time.monotonic() - started)
    told = report(run)
    record_property(FIGURES, told)
    if KILLS >= 200:
        KEPT.write_text(f"{told}\n", encoding="utf-8")
    assert findings.broken == []
    assert len(world.servers.kills) >= (KILLS or SHORT)
    assert set(world.servers.counts) == set(Target)
    assert killer.windows.total() >= INSIDE
    not_looked_at = {law for law in Law if not findings.looked_at[law]}
    assert not_looked_at <= SELDOM
    if KILLS >= 200:
        assert killer.too_few() == []
        assert not_looked_at == set()
