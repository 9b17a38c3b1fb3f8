"""What the processes under measurement cost: CPU seconds and memory, with their children."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psutil

MIB = 1024 * 1024


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
