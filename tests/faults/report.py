"""The report: what was killed, where, and what came of it."""

from collections.abc import Mapping

from tests.faults.callers import Caller
from tests.faults.killer import Killer
from tests.faults.laws import Findings
from tests.faults.servers import Servers, Target
from tests.faults.windows import SENT, WINDOWS

WIDTH = 44


def report(
    servers: Servers, killer: Killer, caller: Caller, findings: Findings, seconds: float
) -> str:
    """Return it as lines of text."""
    by_themselves = sum(command.ended_by_itself for command in servers.commands)
    parts = [
        _part("killed", {**_named(servers.counts), "in all": len(servers.kills)}),
        _part(
            "kills inside a window",
            {name: killer.windows[name] for name in (*(each.name for each in WINDOWS), SENT)},
        ),
        _part(
            "requests",
            {
                "sent": caller.requests,
                "sent again with the same key": caller.retries,
                "accepted facts": len(caller.accepted),
                "refused by the rules": len(caller.refused),
                "answered 500, or never": len(caller.defects),
            },
        ),
        _part("proposals", {**dict(sorted(findings.ends.items())), "events": findings.events}),
        _part(
            "deliveries",
            {
                **dict(sorted(findings.deliveries.items())),
                **{f"came {n} times": count for n, count in sorted(findings.copies.items())},
            },
        ),
        _part(
            "in the end",
            {
                "processes that ended by themselves": by_themselves,
                "breaches of a law": len(findings.breaches),
                "seconds": round(seconds),
            },
        ),
    ]
    return "\n\n".join([*parts, *findings.breaches[:20]])


def _named(counts: Mapping[Target, int]) -> dict[str, int]:
    return {target.value: counts[target] for target in Target}


def _part(title: str, counts: dict[str, int]) -> str:
    lines = [f"{name:<{WIDTH}} {count:>7,}" for name, count in counts.items()]
    return "\n".join([f"{title:-<{WIDTH + 8}}", *lines])
