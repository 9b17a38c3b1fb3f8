"""`make bench`: measures on servers of its own, prints a table, keeps it beside the code.

The worker runs in a process of its own: in the event loop of what loads it it would starve. Figures
of different machines, or of different moments on a shared one, do not compare; lines of one run do.
"""

import asyncio
import os
import platform
import sys
import tempfile
from pathlib import Path

from bench import comparison, coordination
from bench.measure import HEADING, Figure
from embedded.foreground import OURS
from embedded.ports import free_port
from embedded.stack import StackOptions, start_stack
from embedded.supervisor import Command, Log, Supervisor
from record.comparison import Comparer
from store.database import Database
from store.migrate import migrate
from store.notifier import Notifier
from worker import connect
from workflows.namespace import ensure_search_attributes

RESULTS = Path(__file__).parent / "results.txt"


async def measured_on_servers(directory: Path) -> list[Figure]:
    """Start Postgres, Temporal and a worker in a directory that is thrown away, and measure."""
    log = Log(sys.stderr)
    options = StackOptions(
        data_dir=directory,
        temporal_port=free_port(),
        temporal_ui_port=free_port(),
        progress=lambda line: log.write(OURS, line),
    )
    async with start_stack(options) as stack, Supervisor(log, stack.pids) as supervisor:
        await asyncio.to_thread(migrate, stack.database_url)
        client = await connect(stack.temporal_address, namespace="default")
        await ensure_search_attributes(client)
        environment = {
            "DATABASE_URL": stack.database_url,
            "TEMPORAL_ADDRESS": stack.temporal_address,
            "ENVIRONMENT": "development",
        }
        await supervisor.start(
            Command(
                "worker",
                (sys.executable, "-m", "tessera_sdk", "server", "worker"),
                env=environment,
                ready_line="worker polls",
            )
        )
        async with (
            Notifier(stack.database_url) as notifier,
            Database.connect(stack.database_url, notifier=notifier).closing() as database,
            Comparer(1) as comparer,
        ):
            load = coordination.Load(database, comparer)
            return [figure async for figure in load.figures()]


def main() -> None:
    """Measure everything and print the table."""
    figures = list(comparison.figures())
    with tempfile.TemporaryDirectory() as directory:
        figures += asyncio.run(measured_on_servers(Path(directory)))
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
    lines = [machine + f"Python {platform.python_version()}", "", HEADING]
    lines += [figure.row() for figure in figures]
    table = "\n".join(lines)
    print(table)
    RESULTS.write_text(table + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
