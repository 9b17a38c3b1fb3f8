"""What the processes under measurement cost: CPU seconds and memory, with their children."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass

import psutil

MIB = 1024 * 1024
LOOKED_AT_EVERY = 3.0
"""Seconds between two looks at what the parts hold."""


@dataclass(frozen=True, slots=True)
class Memory:
    """MiB: resident in the process itself, and with all its children, shared pages counted once."""

    resident: float
    with_children: float


@dataclass(frozen=True, slots=True)
class Measured:
    """Processes by the name of their part; each stands for itself and its children."""

    pids: Mapping[str, int]

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds that each part has used so far, ended children included."""
        return {name: sum(map(_cpu, _family(pid))) for name, pid in self.pids.items()}

    @contextlib.contextmanager
    def held(self, name: str | None) -> Iterator[None]:
        """Let a part and its children stand still while the block runs; None holds nobody."""
        family = [] if name is None else list(_family(self.pids[name]))
        for process in family:
            process.suspend()
        try:
            yield
        finally:
            for process in family:
                process.resume()

    def memory(self) -> dict[str, Memory]:
        """Return what each part holds now."""
        return {
            name: Memory(
                psutil.Process(pid).memory_info().rss / MIB,
                sum(map(_proportional, _family(pid))) / MIB,
            )
            for name, pid in self.pids.items()
        }

    @contextlib.asynccontextmanager
    async def most(self) -> AsyncIterator[dict[str, float]]:
        """Yield MiB by part: the most that each held, with children, while the block ran."""
        found: dict[str, float] = {}

        async def look() -> None:
            for name, memory in (await asyncio.to_thread(self.memory)).items():
                found[name] = max(found.get(name, 0.0), memory.with_children)

        async def keep_looking() -> None:
            while True:
                await look()
                await asyncio.sleep(LOOKED_AT_EVERY)

        looking = asyncio.create_task(keep_looking())
        try:
            yield found
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking
        await look()


def _family(pid: int) -> Iterator[psutil.Process]:
    parent = psutil.Process(pid)
    yield parent
    yield from parent.children(recursive=True)


def _cpu(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        ended: float = getattr(times, "children_user", 0) + getattr(times, "children_system", 0)
        return float(times.user + times.system + ended)
    return 0.0


def _proportional(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        full = process.memory_full_info()
        return float(getattr(full, "pss", full.rss))
    return 0.0
