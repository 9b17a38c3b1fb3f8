"""Reports, as people see them."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from tessera_sdk.cli.screen import heading, indented, plain_grid, prose, table
from tessera_sdk.cli.screens.assets import name_of
from tessera_sdk.cli.times import counted, now, when
from tessera_sdk.models import AssetRef, TeamRef
from tessera_sdk.reports import ObservedReport, ResponseTimesReport

SENTENCES = 3
_UNITS = (("d", 86_400.0), ("h", 3600.0), ("min", 60.0))


def response_times_shown(report: ResponseTimesReport) -> Iterator[RenderableType]:
    total = report.total
    if not total.asked:
        yield "Nobody was asked anything in this period."
        return
    yield Text.assemble(
        (f"{total.answered} of {counted(total.asked, 'question')} answered", "bold"),
        f", half of them within {took(total.median_seconds)}, "
        f"nine of ten within {took(total.p90_seconds)}",
    )
    yield Text()
    grid = table(report.by.capitalize(), "Asked", "Answered", "Median", "90 %", "Overdue", "Open")
    for line in report.items:
        times = line.times
        grid.add_row(
            called(line.team, line.asset),
            str(times.asked),
            str(times.answered),
            took(times.median_seconds),
            took(times.p90_seconds),
            Text(str(times.overdue), style="red" if times.overdue else ""),
            str(times.open),
        )
    yield grid


def observed_shown(report: ObservedReport) -> Iterator[RenderableType]:
    if not report.publications:
        yield "Nothing was observed that would have asked anybody."
        return
    yield Text.assemble(
        (counted(report.asks, "question"), "bold"),
        f" would have been asked about {counted(report.publications, 'breaking publication')}; "
        f"{report.nobody} of them have no reader.",
    )
    present = now()
    for line in report.items:
        yield Text()
        yield heading(f"{called(line.team, line.asset)}  {counted(line.would.asks, 'question')}")
        grid = plain_grid()
        for part in line.parts:
            last = f"{counted(part.would.asks, 'time')}, last {when(part.would.last_at, present)}"
            grid.add_row(called(part.team, part.asset), Text(last, style="dim"))
            for sentence in part.would.sentences[:SENTENCES]:
                grid.add_row("", prose(sentence))
        yield indented(grid)


def called(team: TeamRef | None, asset: AssetRef | None) -> str:
    return team.name if team is not None else "" if asset is None else name_of(asset)


def took(seconds: float | None) -> str:
    """A length of time in one unit: `45 s`, `3.5 h`, `2 d`."""
    if seconds is None:
        return "–"
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} s"
