"""The report, for who reads it in a terminal: what was killed, where, and what came of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tests.faults.callers import Caller
from tests.faults.findings import Findings, Law
from tests.faults.killer import Killer
from tests.faults.servers import Servers, Target
from tests.faults.windows import SENT, WINDOWS

NAME = 62
FIGURE = 9
LONGEST_BAR = 40
SHOWN = 20
"""So many breaches are shown in full."""


@dataclass(frozen=True)
class Run:
    """A run of faults that is over."""

    servers: Servers
    killer: Killer
    caller: Caller
    findings: Findings
    seconds: float


def report(run: Run) -> str:
    """Return it as lines of text."""
    minutes, seconds = divmod(round(run.seconds), 60)
    kills, inside = len(run.servers.kills), run.killer.windows.total()
    parts = [
        [f"Killed under load: {kills} processes in {minutes} min {seconds:02} s", *_killed(run)],
        [f"Inside a window: {inside}", *_windows(run.killer.windows)],
        ["Asked meanwhile", *_asked(run.caller)],
        ["What became of it", *_outcomes(run)],
        [f"{'The laws':<{NAME}}{'looked at':>{FIGURE}}{'broken':>{FIGURE}}", *_laws(run.findings)],
        *([_breaches(run.findings)] if run.findings.broken else []),
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def _killed(run: Run) -> list[str]:
    return _bars({target.value: run.servers.counts[target] for target in Target})


def _windows(windows: Counter[str]) -> list[str]:
    return _bars({name: windows[name] for name in (*(each.name for each in WINDOWS), SENT)})


def _bars(counts: Mapping[str, int]) -> list[str]:
    """One line each, with a bar as long as the count, or all of them shorter in proportion."""
    unit = max(1.0, max(counts.values()) / LONGEST_BAR)
    name = max(map(len, counts)) + 2
    return [
        f"  {each:<{name}}{count:>5,}  {'█' * round(count / unit)}".rstrip()
        for each, count in counts.items()
    ]


def _asked(caller: Caller) -> list[str]:
    return [
        _line("requests", caller.requests),
        _line("sent again with the same key, to no answer or a 503", caller.retries),
        _line("facts that were accepted", len(caller.accepted)),
        _line("refused by the rules: too late, or already so", len(caller.refused)),
    ]


def _outcomes(run: Run) -> list[str]:
    findings, copies = run.findings, run.findings.copies
    by_themselves = sum(command.ended_by_itself for command in run.servers.commands)
    more = sum(count for came, count in copies.items() if came > 2)
    return [
        _line("proposals, all of which had to end", findings.ends.total()),
        *(_line(f"  {end}", count) for end, count in sorted(findings.ends.items())),
        _line("releases", findings.releases.total()),
        *(_line(f"  {end}", count) for end, count in sorted(findings.releases.items())),
        _line("ends of old versions", findings.retirements.total()),
        *(_line(f"  {end}", count) for end, count in sorted(findings.retirements.items())),
        _line("events in the log", findings.events),
        _line("deliveries", findings.deliveries.total()),
        *(_line(f"  {status}", count) for status, count in sorted(findings.deliveries.items())),
        _line("  came twice: the first sender was killed before it told", copies[2]),
        _line("  came more often", more),
        _line("processes that ended without being killed", by_themselves),
    ]


def _laws(findings: Findings) -> list[str]:
    return [
        f"{_line(f'{number}  {law.value}', findings.looked_at[law])}"
        f"{findings.count_broken(law):>{FIGURE},}"
        for number, law in enumerate(Law, 1)
    ]


def _breaches(findings: Findings) -> list[str]:
    shown = [f"  {law.name.lower()}: {breach}" for law, breach in findings.broken[:SHOWN]]
    left = len(findings.broken) - len(shown)
    return [f"Broken: {len(findings.broken)}", *shown, *([f"  and {left} more"] if left else [])]


def _line(name: str, count: int) -> str:
    return f"{'  ' + name:<{NAME}}{count:>{FIGURE},}"
