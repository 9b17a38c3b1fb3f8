"""The measurements as tables."""

from collections.abc import Mapping, Sequence

from bench.scale.course import Burst, Crowd, Reminders, Stage
from bench.tables import table

BARS = 12
WIDEST = 50


def opening(stages: Sequence[Stage]) -> list[str]:
    """How long it took until they waited, and what the processes hold."""
    parts = list(stages[0].memory)
    return [
        "open proposals, each with its workflow",
        "",
        *table(
            ("open", "s", "per second", *(f"{part} cpu ms" for part in parts)),
            [
                (
                    f"{stage.open}",
                    f"{stage.seconds:.0f}",
                    f"{stage.opened / stage.seconds:.0f}",
                    *_each(stage.cpu, stage.opened),
                )
                for stage in stages
                if stage.opened
            ],
        ),
        "",
        "memory, MiB, with children, shared pages once",
        "",
        *table(
            ("open", *parts),
            [
                (f"{stage.open}", *(f"{stage.memory[part].with_children:.0f}" for part in parts))
                for stage in stages
            ],
        ),
        "",
    ]


def burst(measured: Burst) -> list[str]:
    """From an answer to its publication."""
    count = len(measured.settled_after)
    return [
        f"{count} last answers at once: all published after {measured.seconds:.1f} s",
        "",
        *table(
            ("", "p50 s", "p99 s", "longest s"),
            [
                ("an answer's request", *_shares(measured.loop.seconds)),
                ("from answer to published", *_shares(measured.settled_after)),
            ],
        ),
        "",
        *_cost(measured.cpu, measured.most, count),
    ]


def crowd(measured: Crowd) -> list[str]:
    """Many parties of one proposal."""
    return [
        f"{measured.parties} parties of one proposal answer within 10 s: no error, all counted, "
        "published once",
        "",
        *table(("", "p50 s", "p99 s", "longest s"), [("request", *_shares(measured.seconds))]),
        "",
        f"published {measured.published_after:.1f} s after the last request was answered",
        "",
        *_cost(measured.cpu, measured.most, measured.parties),
    ]


def reminders(measured: Reminders) -> list[str]:
    """How late they are, as a picture too."""
    count = len(measured.lateness)
    return [
        f"{count} reminders fall due within a minute: all recorded after {measured.seconds:.0f} s,",
        "each of them once",
        f"(before that, all were woken, and waited again after {measured.woken:.0f} s)",
        "",
        *table(("", "p50 s", "p99 s", "longest s"), [("late by", *_shares(measured.lateness))]),
        "",
        *_histogram(measured.lateness),
        "",
        *_cost(measured.cpu, measured.most, count),
    ]


def _cost(cpu: Mapping[str, float], most: Mapping[str, float], count: int) -> list[str]:
    return [
        *table(
            ("", *cpu),
            [
                ("cpu ms of each", *_each(cpu, count)),
                ("MiB at the most", *(f"{most[part]:.0f}" for part in cpu)),
            ],
        ),
        "",
    ]


def _each(cpu: Mapping[str, float], count: int) -> list[str]:
    return [f"{seconds / count * 1000:.1f}" for seconds in cpu.values()]


def _shares(seconds: Sequence[float]) -> tuple[str, ...]:
    ordered = sorted(seconds)
    places = (len(ordered) // 2, min(len(ordered) - 1, int(0.99 * len(ordered))), -1)
    return tuple(f"{ordered[place]:.2f}" for place in places)


def _histogram(seconds: Sequence[float]) -> list[str]:
    width = max(seconds) / BARS or 1.0
    counts = [0] * BARS
    for each in seconds:
        counts[min(BARS - 1, max(0, int(each / width)))] += 1
    return [
        f"{place * width:7.1f} s {'#' * round(count / max(counts) * WIDEST)} {count}"
        for place, count in enumerate(counts)
    ]
