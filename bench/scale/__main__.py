"""`make scale`: how many open proposals one installation holds, and how it takes a rush.

Everything runs on this machine, load included, so the figures are those of all parts together.
"""

import asyncio
import os
import platform
import tempfile
from datetime import timedelta
from pathlib import Path

import typer

from bench.scale import report
from bench.scale.course import SPREAD, Course
from bench.scale.ground import Ground
from bench.scale.record import Record
from bench.scale.stand import stand
from record.comparison import Comparer
from store.database import Database
from store.notifier import Notifier
from tests.support.facts import Facts

RESULTS = Path(__file__).resolve().parents[1] / "results"
ANSWERED = 0.1
"""The share of them, besides, that is answered at once."""
LONGER = 1.5
"""Waking all of them may take so many times as long as opening them."""


def main(
    proposals: int = typer.Option(10_000, help="How many stay open."),
    parties: int = typer.Option(500, help="How many teams answer one proposal."),
    workers: int = typer.Option(1, help="How many worker processes run."),
) -> None:
    """Measure, print the tables, and keep them in `bench/results/scale.txt`."""
    with tempfile.TemporaryDirectory(prefix="tessera-scale-") as directory:
        lines = asyncio.run(_measured(Path(directory), proposals, parties, workers))
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
    text = "\n".join([machine + f"Python {platform.python_version()}", "", *lines, ""])
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "scale.txt").write_text(text, encoding="utf-8")


async def _measured(directory: Path, proposals: int, parties: int, workers: int) -> list[str]:
    async with (
        stand(directory, workers) as servers,
        Notifier(servers.database_url) as notifier,
        Database.connect(servers.database_url, notifier=notifier).closing() as database,
        Comparer(1) as comparer,
    ):
        ground = await Ground.made(Facts(database, comparer))
        course = Course(servers, ground, Record(database))
        prepared = await ground.prepare(proposals + int(proposals * ANSWERED))
        servers.say(f"{len(prepared)} proposals are in the record")
        stages = []
        steps = [proposals // 10, proposals // 2, proposals]
        async for stage in course.opening(prepared[:proposals], steps):
            servers.say(f"{stage.open} wait, the last {stage.opened} after {stage.seconds:.0f} s")
            stages.append(stage)
        answered = prepared[proposals:]
        async for _ in course.opening(answered, [len(answered)]):
            pass
        burst = await course.burst(answered)
        servers.say(f"{len(answered)} answers settled after {burst.seconds:.0f} s")
        crowd = await course.crowd(parties, seconds=10)
        servers.say(f"{parties} parties of one proposal have answered")
        lead = timedelta(seconds=20 + LONGER * sum(stage.seconds for stage in stages)) + SPREAD
        reminders = await course.reminders(prepared[:proposals], lead)
    return [
        *report.opening(stages),
        *report.burst(burst),
        *report.crowd(crowd),
        *report.reminders(reminders),
    ]


if __name__ == "__main__":
    typer.run(main)
