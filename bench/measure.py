"""Timing and telling: every figure is a distribution, never a single run."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Seconds of each repetition of one thing."""

    group: str
    name: str
    seconds: tuple[float, ...]
    per_second: float | None = None
    """Throughput, where repetitions ran side by side."""

    def at(self, share: float) -> float:
        """Return the value below which this share of the repetitions lies."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def row(self) -> str:
        """Return the figure as one line of a table, in milliseconds."""
        rate = "" if self.per_second is None else f"{self.per_second:9.0f}"
        return (
            f"{self.group:<12} {self.name:<44} {len(self.seconds):>5} {self.at(0) * 1000:10.2f} "
            f"{self.at(0.5) * 1000:10.2f} {self.at(0.95) * 1000:10.2f} {rate}"
        )


HEADING = (
    f"{'group':<12} {'what':<44} {'runs':>5} {'min ms':>10} {'p50 ms':>10} {'p95 ms':>10} "
    f"{'per second':>9}"
)


def timed(group: str, name: str, work: Callable[[], object], runs: int) -> Figure:
    """Run it once to warm up, then `runs` times."""
    work()
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return Figure(group=group, name=name, seconds=tuple(seconds))


async def timed_async(
    group: str, name: str, works: Sequence[Callable[[], Awaitable[object]]], at_once: int
) -> Figure:
    """Run each of `works` once, `at_once` side by side; the first is a warm-up."""
    import asyncio

    first, *rest = works
    await first()
    seconds: list[float] = []
    turns = asyncio.Semaphore(at_once)

    async def one(work: Callable[[], Awaitable[object]]) -> None:
        async with turns:
            started = time.perf_counter()
            await work()
            seconds.append(time.perf_counter() - started)

    began = time.perf_counter()
    await asyncio.gather(*(one(work) for work in rest))
    elapsed = time.perf_counter() - began
    return Figure(group=group, name=name, seconds=tuple(seconds), per_second=len(seconds) / elapsed)
