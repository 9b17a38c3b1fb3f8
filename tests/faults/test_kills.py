"""SIGKILL to API, worker, Temporal and Postgres under load, and the laws that must hold after it.

`make faults` kills at least two hundred times; `make test` plays a short version of it.
"""

import asyncio
import time
from pathlib import Path

import pytest

from tests.faults.conftest import KILLS, World
from tests.faults.killer import SHARE, Killer
from tests.faults.laws import Record, judged
from tests.faults.report import report
from tests.faults.rest import Left, come_to_rest
from tests.faults.servers import Target
from tests.faults.stories import keep_telling
from tests.faults.windows import SENT, WINDOWS, install

SHORT = len(WINDOWS) + 1 + len(Target)
"""Once in each window, and each server once at any moment."""
TELLERS = 4
LONGEST_REST = 900.0

pytestmark = pytest.mark.timeout(3600 if KILLS else 900)


async def test_nothing_is_lost_doubled_or_passed_over_when_anything_is_killed(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    await install(world.servers.postgres.url)
    killer = Killer(world.servers, world.receivers, pace=0.8)
    stop = asyncio.Event()
    tellers = [
        asyncio.create_task(keep_telling(world.caller, world.people, stop, pause=1.0))
        for _ in range(TELLERS)
    ]
    await killer.kill(KILLS or SHORT)
    stop.set()
    await asyncio.gather(*tellers)
    left = await come_to_rest(world.servers.postgres.url, LONGEST_REST)
    record = await Record.read(world.servers.postgres.url)
    findings = judged(record, world.caller, world.receivers, world.servers)
    told = report(world.servers, killer, world.caller, findings, time.monotonic() - started)
    (tmp_path / "report.txt").write_text(told, encoding="utf-8")
    with capsys.disabled():
        print(f"\n{told}\n")
    assert left == Left(0, 0, 0)
    assert findings.breaches == []
    assert await world.servers.orphans() == []
    if KILLS >= 200:
        names = (*(each.name for each in WINDOWS), SENT)
        assert [name for name in names if killer.windows[name] < SHARE] == []
