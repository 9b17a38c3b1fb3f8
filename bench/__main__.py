"""`make bench`: measures on servers of its own, prints tables, keeps them beside the code.

Figures of different machines, or of different moments on a shared one, do not compare; lines of one
run do, so the bare routes stand in the same table.
"""

import asyncio
import os
import platform
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path

import typer
from sqlalchemy import text

from bench import bulk, comparison, deliveries, hotspots, log, measure, operations, pages, reports
from bench.processes import Memory
from bench.stand import Stand, stand
from bench.tables import table
from bench.world import World
from store.database import Database
from store.transaction import Transaction

RESULTS = Path(__file__).parent / "results"
FIGURES: Mapping[str, Callable[[Path], Coroutine[None, None, Sequence[str]]]] = {
    "deliveries": deliveries.figures,
    "log": log.figures,
    "reports": reports.figures,
    "pages": pages.figures,
    "bulk": bulk.figures,
    "hotspots": hotspots.figures,
}
"""What makes the lines of each, in a directory of its own."""


def main(
    part: str = typer.Argument(
        "all",
        help="`comparison`, `deliveries`, `log`, `reports`, `pages`, `bulk`, `operations`, `all`; "
        "or `hotspots`, where an API spends its CPU.",
    ),
) -> None:
    """Measure, print the tables, and keep each in `bench/results/`."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody serves without compiled modules
    if part in ("comparison", "all"):
        keep("comparison", table(measure.COLUMNS, [each.row() for each in comparison.figures()]))
    for name, figures in FIGURES.items():
        if part == name or (part == "all" and name != "hotspots"):
            with tempfile.TemporaryDirectory() as directory:
                keep(name, asyncio.run(figures(Path(directory))))
    if part in ("operations", "all"):
        with tempfile.TemporaryDirectory() as directory:
            asyncio.run(_operations(Path(directory)))


async def _operations(directory: Path) -> None:
    async with stand(directory) as servers:
        rest = list(_at_rest(servers, servers.measured.memory()))
        database = Database.connect(servers.database_url, pool_size=1)
        async with database.closing():
            world = await World.made(f"{servers.api}/api/v1")
            await database.run(_analyzed)
            course = operations.Course(servers, database, world)
            rows = []
            async for operation in course.operations():
                rows.append(operation.row())
                print("  ".join(operation.row()), flush=True)
        loaded = list(_memory(servers.measured.memory()))
    keep("operations", [*table(operations.COLUMN_NAMES, rows), "", *rest, "", "after it", *loaded])


async def _analyzed(tx: Transaction) -> None:
    """What autovacuum does by itself a minute later: else all plans are those of empty tables."""
    await tx.sql.execute(text("ANALYZE"))


def _at_rest(servers: Stand, memory: dict[str, Memory]) -> Iterator[str]:
    for name, seconds in servers.start_up.items():
        ordered = sorted(seconds)
        yield (
            f"{name} ready after {ordered[len(ordered) // 2]:.2f} s "
            f"(median of {len(ordered)}; {ordered[0]:.2f} to {ordered[-1]:.2f})"
        )
    yield ""
    yield "at rest"
    yield from _memory(memory)


def _memory(memory: dict[str, Memory]) -> Sequence[str]:
    return table(
        ("process", "resident MiB", "with children, shared once, MiB"),
        [
            (name, f"{each.resident:.0f}", f"{each.with_children:.0f}")
            for name, each in memory.items()
        ],
    )


def keep(name: str, lines: Sequence[str]) -> None:
    """Print a table under the machine's name and write it down."""
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
    text = "\n".join([machine + f"Python {platform.python_version()}", "", *lines, ""])
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
