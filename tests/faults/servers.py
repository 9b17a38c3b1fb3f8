"""A whole server to be killed: Postgres, Temporal, two API and two worker processes, all its own.

Postgres runs with `fsync` and `synchronous_commit` on, as it does for people: without them a killed
Postgres forgets commits that it has answered, and the test would blame the wrong side.
"""

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from embedded.ports import free_port
from embedded.postgres import EmbeddedPostgres
from embedded.processes import Child, Program, stat_fields
from embedded.temporal import DevServer
from store.migrate import migrate
from tests.support.servers import ROOT

STARTS_WITHIN = 240.0
LONGEST_ABSENCE = 1.0  # seconds until whoever watches over the processes starts a dead one again
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
QUEUE = "faults"


class Target(StrEnum):
    """What can be killed."""

    API = "api"
    WORKER = "worker"
    TEMPORAL = "temporal"
    POSTGRES = "postgres"


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill; `window` if it was aimed at one."""

    at: float
    target: Target
    pid: int
    window: str | None


@dataclass
class Command:
    """One `tessera server …` process, started again whenever it is gone, as a supervisor would."""

    name: str
    target: Target
    ready_line: str
    environment: Mapping[str, str]
    log: Path
    child: Child | None = None
    killed: bool = False
    ended_by_itself: int = 0
    keeping: asyncio.Task[None] | None = None
    stopping: bool = False

    @property
    def pid(self) -> int | None:
        alive = self.child is not None and self.child.returncode is None
        return self.child.pid if self.child is not None and alive else None

    def keep(self) -> None:
        self.keeping = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        while not self.stopping:
            self.killed = False
            self.child = await Child.start(
                Program(
                    self.name,
                    (sys.executable, "-m", "tessera_sdk", "server", self.target.value),
                    self.environment,
                    cwd=ROOT,
                    log=self.log,
                    stop_within=30.0,
                )
            )
            await self.child.wait()
            if not self.killed and not self.stopping:
                self.ended_by_itself += 1
            await asyncio.sleep(random.uniform(0.0, LONGEST_ABSENCE))

    def kill(self) -> None:
        """SIGKILL to the one process; what it started must notice by itself."""
        if self.pid is not None:
            self.killed = True
            _signal(self.pid, signal.SIGKILL)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Nothing of it moves while the block runs; it may be killed in it."""
        pid = self.pid
        if pid is not None:
            _signal(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            if pid is not None and pid == self.pid:
                _signal(pid, signal.SIGCONT)

    async def stop(self) -> None:
        self.stopping = True
        if self.child is not None:
            await self.child.stop()
        if self.keeping is not None:
            self.keeping.cancel()
            await asyncio.gather(self.keeping, return_exceptions=True)

    async def until_ready(self) -> None:
        await _until(lambda: self.log.exists() and self.ready_line in self.log.read_text())


@dataclass
class Servers:
    """All of them; `kills` counts what was killed, with the times for the laws."""

    directory: Path
    postgres: EmbeddedPostgres
    temporal: DevServer
    temporal_file: Path
    urls: tuple[str, ...]
    commands: tuple[Command, ...]
    kills: list[Kill] = field(default_factory=list)
    repair: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def counts(self) -> Counter[Target]:
        return Counter(kill.target for kill in self.kills)

    def alive(self, target: Target) -> list[Command]:
        return [each for each in self.commands if each.target is target and each.pid is not None]

    def owner(self, pid: int) -> Command | None:
        return next((each for each in self.commands if each.pid == pid), None)

    def note_kill(self, target: Target, pid: int, window: str | None = None) -> None:
        self.kills.append(Kill(time.time(), target, pid, window))

    async def kill_command(self, command: Command, window: str | None = None) -> None:
        if command.pid is not None:
            self.note_kill(command.target, command.pid, window)
            command.kill()

    async def kill_postgres(
        self, window: str | None = None, *, absent: float = LONGEST_ABSENCE
    ) -> None:
        """Kill the postmaster; its sessions end by themselves when they notice."""
        async with self.repair:
            self.note_kill(Target.POSTGRES, self.postgres.child.pid, window)
            os.kill(self.postgres.child.pid, signal.SIGKILL)
            await self.postgres.child.wait()
            await asyncio.sleep(random.uniform(absent / 2, absent))
            await self.postgres.start()

    async def kill_session(self, pid: int, window: str | None = None) -> None:
        """Kill the one session that stands in a window: Postgres then restarts all of itself."""
        self.note_kill(Target.POSTGRES, pid, window)
        _signal(pid, signal.SIGKILL)

    async def kill_temporal(self, *, wipe: bool = False) -> None:
        """Kill it; it is back after a while drawn by lot."""
        async with self.without_temporal(wipe=wipe):
            await asyncio.sleep(random.uniform(LONGEST_ABSENCE / 2, LONGEST_ABSENCE))

    @asynccontextmanager
    async def without_temporal(
        self, window: str | None = None, *, wipe: bool = False
    ) -> AsyncIterator[None]:
        """It is killed before the block begins, and back when the block is over."""
        async with self.repair:
            self.note_kill(Target.TEMPORAL, self.temporal.child.pid, window)
            os.kill(self.temporal.child.pid, signal.SIGKILL)
            await self.temporal.child.wait()
            try:
                yield
            finally:
                if wipe:
                    for path in self.directory.glob(self.temporal_file.name + "*"):
                        path.unlink()
                await self.temporal.start()

    async def orphans(self) -> list[str]:
        """Processes that a killed one started and that outlived it, after a moment."""
        deadline = time.monotonic() + 60
        while found := _without_parent(self.directory):
            if time.monotonic() > deadline:
                return found
            await asyncio.sleep(0.5)
        return []


@asynccontextmanager
async def running(program: Path, directory: Path, hook: str) -> AsyncIterator[Servers]:
    """Start everything, all ready when the block begins; `hook` receives every event."""
    postgres = EmbeddedPostgres(directory / "postgres")
    file = directory / "temporal.db"
    temporal = DevServer(
        program, log=directory / "temporal.log", port=free_port(), ui_port=None, database=file
    )
    commands: tuple[Command, ...] = ()
    try:
        await postgres.start()
        await temporal.start()
        await asyncio.to_thread(migrate, postgres.url)
        ports = (free_port(), free_port())
        commands = _commands(directory, postgres, temporal, ports, hook)
        for command in commands:
            command.keep()
        await asyncio.gather(*(command.until_ready() for command in commands))
        yield Servers(
            directory=directory,
            postgres=postgres,
            temporal=temporal,
            temporal_file=file,
            urls=tuple(f"http://127.0.0.1:{port}" for port in ports),
            commands=commands,
        )
    finally:
        await asyncio.gather(*(command.stop() for command in commands))
        await temporal.stop()
        await postgres.stop()


def _commands(
    directory: Path,
    postgres: EmbeddedPostgres,
    temporal: DevServer,
    ports: tuple[int, ...],
    hook: str,
) -> tuple[Command, ...]:
    common = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TESSERA_")},
        "DATABASE_URL": postgres.url,
        "TEMPORAL_ADDRESS": temporal.address,
        "TEMPORAL_TASK_QUEUE": QUEUE,
        "ENVIRONMENT": "development",
        "WEBHOOK_URL": hook,
        "WEBHOOK_SECRET": SECRET,
        "TESSERA_WEBHOOK_ALLOW_PRIVATE": "true",
        "TESSERA_LOG_FORMAT": "json",
        "TESSERA_DATA_DIR": str(directory),  # by which the processes of this run are known
    }
    apis = [
        Command(
            f"api-{number}",
            Target.API,
            "api serves",
            {**common, "TESSERA_PORT": str(port)},
            directory / f"api-{number}.log",
        )
        for number, port in enumerate(ports, 1)
    ]
    workers = [
        Command(name, Target.WORKER, "worker polls", common, directory / f"{name}.log")
        for name in ("worker-1", "worker-2")
    ]
    return (*apis, *workers)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it has ended, and nobody has noticed yet
        os.kill(pid, number)


def _without_parent(directory: Path) -> list[str]:
    """Command lines of this run's processes whose parent is gone."""
    mark = f"TESSERA_DATA_DIR={directory}".encode()
    ours = {
        int(process.name): process
        for process in Path("/proc").iterdir()
        if process.name.isdigit() and mark in _read(process / "environ").split(b"\0")
    }
    return [
        _read(process / "cmdline").replace(b"\0", b" ").decode(errors="replace")
        for pid, process in ours.items()
        if (fields := stat_fields(pid)) is not None and int(fields[1]) not in {*ours, os.getpid()}
    ]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it ended meanwhile


async def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while not holds():
        assert time.monotonic() < deadline, "a process did not start in time"
        await asyncio.sleep(0.05)
