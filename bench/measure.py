"""Timing and telling: every figure is a distribution, never a single run."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Seconds of CPU of each repetition of one thing."""

    name: str
    seconds: tuple[float, ...]

    def at(self, share: float) -> float:
        """Return the value below which this share of the repetitions lies."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def row(self) -> tuple[str, ...]:
        """Return the figure as one line of a table, in milliseconds."""
        shares = (self.at(0), self.at(0.5), self.at(0.95))
        return (self.name, f"{len(self.seconds)}", *(f"{share * 1000:.2f}" for share in shares))


COLUMNS = ("comparison", "runs", "min CPU ms", "p50 CPU ms", "p95 CPU ms")


def timed(name: str, work: Callable[[], object], runs: int) -> Figure:
    """Run it once to warm up, then `runs` times; what else the machine does is not counted.

    The time of this thread, since Linux counts that of a process with a limit only by its ticks.
    """
    work()
    seconds = []
    for _ in range(runs):
        started = time.thread_time()
        work()
        seconds.append(time.thread_time() - started)
    return Figure(name=name, seconds=tuple(seconds))
