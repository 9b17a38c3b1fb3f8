"""The servers that the product needs, started for one person: Postgres, then Temporal.

Either may be somebody else's: an address given in the options is used as it is and nothing is
started for it. A data directory is used by one stack at a time.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from embedded.addresses import Addresses, written_down
from embedded.directories import DirectoryLock, cache_directory, prepare_data_directory
from embedded.ports import require_free
from embedded.postgres import EmbeddedPostgres
from embedded.processes import Child, PidFiles
from embedded.temporal import DevServer
from embedded.temporal_binary import find_temporal

API_PORT_SETTING = "TESSERA_PORT"


def _say_nothing(_: str) -> None:
    """The default for who wants no progress."""


@dataclass(frozen=True, slots=True)
class StackOptions:
    """What to start and where. `api_port` is only checked, early: the API itself comes last."""

    data_dir: Path = Path(".tessera")
    database_url: str | None = None
    postgres_port: int | None = None
    temporal_address: str | None = None
    temporal_ui_url: str | None = None
    temporal_binary: str | None = None
    temporal_port: int = 7233
    temporal_ui_port: int = 8233
    api_port: int | None = None
    progress: Callable[[str], None] = _say_nothing


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs now. `children` are the servers that we started, the last one last."""

    data_dir: Path
    database_url: str
    temporal_address: str
    temporal_ui_url: str | None
    pids: PidFiles
    children: tuple[Child, ...]

    def force(self) -> None:
        """End our servers at once; safe for what they keep, as a crash is."""
        for child in reversed(self.children):
            child.force()


@asynccontextmanager
async def start_stack(options: StackOptions) -> AsyncIterator[Stack]:
    """Start what is missing; stop it at the end, the last one first.

    Raises `SetupFailed` with a hint. What an earlier run left behind when it was killed is ended
    first, so that it holds neither port nor file.
    """
    data_dir = prepare_data_directory(options.data_dir)
    logs = data_dir / "logs"
    logs.mkdir(exist_ok=True)
    async with AsyncExitStack() as running:
        running.enter_context(DirectoryLock(data_dir))
        pids = PidFiles(data_dir / "run")
        await pids.stop_orphans(options.progress)
        if options.api_port:
            require_free(options.api_port, "the API", API_PORT_SETTING)
        children: list[Child] = []
        database_url = options.database_url
        if database_url is None:
            postgres = await _postgres(options, data_dir, pids, running)
            children.append(postgres.child)
            database_url = postgres.url
        address, ui_url = options.temporal_address, options.temporal_ui_url
        if address is None:
            temporal = await _temporal(options, data_dir, pids, running)
            children.append(temporal.child)
            address, ui_url = temporal.address, temporal.ui_url
        ours = database_url if options.database_url is None else None
        running.enter_context(written_down(data_dir, Addresses(ours, address)))
        yield Stack(data_dir, database_url, address, ui_url, pids, tuple(children))


async def _postgres(
    options: StackOptions, data_dir: Path, pids: PidFiles, running: AsyncExitStack
) -> EmbeddedPostgres:
    options.progress("Starting Postgres.")
    postgres = EmbeddedPostgres(
        data_dir / "postgres",
        port=options.postgres_port,
        log=data_dir / "logs" / "postgres.log",
        pids=pids,
    )
    running.push_async_callback(postgres.stop)
    await postgres.start()
    return postgres


async def _temporal(
    options: StackOptions, data_dir: Path, pids: PidFiles, running: AsyncExitStack
) -> DevServer:
    cache = cache_directory(data_dir / "cache")
    program = await find_temporal(options.temporal_binary, cache, options.progress)
    options.progress("Starting Temporal.")
    server = DevServer(
        program,
        log=data_dir / "logs" / "temporal.log",
        port=options.temporal_port,
        ui_port=options.temporal_ui_port,
        database=data_dir / "temporal" / "temporal.db",
        pids=pids,
    )
    running.push_async_callback(server.stop)
    await server.start()
    return server
