"""`tessera doctor`: the command, where it finds the system, and how it shows what was found."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from domain.amounts import counted
from domain.health import Check, Finding, State, failure, not_checked
from domain.json_types import JsonObject
from starting import PANEL, leave

if TYPE_CHECKING:
    from rich.console import RenderableType

    from examination import Repair

GROUPS: Mapping[str, Sequence[Check]] = {
    "Settings": (Check.SETTINGS,),
    "Postgres": (Check.DATABASE, Check.MIGRATIONS, Check.CLOCK, Check.NOTIFICATIONS),
    "Temporal": (Check.TEMPORAL, Check.SEARCH_ATTRIBUTES, Check.WATCH, Check.WORKER),
    "Outbox": (Check.RELAY, Check.PARKED),
    "Proposals": (Check.OVERDUE, Check.STUCK, Check.WORKFLOWS),
    "Old versions": (Check.RETIREMENTS,),
    "Escalation": (Check.FALLBACKS,),
    "Webhooks": (Check.SERVER_WEBHOOK, Check.WEBHOOKS, Check.DELIVERIES),
    "Secrets": (Check.SECRETS,),
    "Log": (Check.LOG, Check.SEALS),
}
TITLES = {
    Check.SETTINGS: "environment",
    Check.DATABASE: "server",
    Check.NOTIFICATIONS: "LISTEN/NOTIFY",
    Check.TEMPORAL: "server",
    Check.SEARCH_ATTRIBUTES: "attributes",
    Check.PARKED: "parked rows",
    Check.OVERDUE: "overdue",
    Check.STUCK: "stuck",
    Check.SERVER_WEBHOOK: "the server's",
    Check.WEBHOOKS: "the teams'",
    Check.SECRETS: "encryption",
    Check.LOG: "append-only",
}
"""Where the name of the check is not what people read under the heading of its group."""
STATE_WIDTH, TITLE_WIDTH = 9, 14
LOOKS = {
    State.OK: ("✓", "green"),
    State.WARNING: ("!", "yellow"),
    State.FAILURE: ("✗", "bold red"),
    State.NOT_CHECKED: ("–", "dim"),
}


def commands(app: typer.Typer) -> None:
    """Add our command to `tessera`; found through its entry point, as those of others are."""
    app.command("doctor", rich_help_panel=PANEL)(doctor)


def doctor(
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Send parked rows again, and wake proposals, retirements and deliveries that are "
            "overdue, stuck or without a workflow. Safe to repeat.",
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON and nothing else, for scripts.")
    ] = False,
) -> None:
    """Look at everything a Tessera server needs, say what is wrong and what to do about it.

    Settings come from the environment, as for the server; without DATABASE_URL it looks at the
    `tessera up` that runs on TESSERA_DATA_DIR. The exit code is 1 when a check fails.

    Example:  tessera doctor --repair
    """
    import asyncio

    from domain.errors import SetupFailed

    try:
        from examination import consult
        from patient import Patient

        findings, repairs = asyncio.run(consult(Patient.found(), repair=repair))
    except SetupFailed as problem:
        findings, repairs = unreadable_settings(problem), None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if as_json:
        sys.stdout.write(json.dumps(document(findings, repairs), indent=2) + "\n")
    else:
        show(findings, repairs)
    leave(0 if healthy(findings) else 1)


def unreadable_settings(problem: Exception) -> tuple[Finding, ...]:
    """Return the findings when not even the settings can be used."""
    hint = getattr(problem, "extra", {}).get("hint")
    found = failure(Check.SETTINGS, str(problem), hint)
    rest = [check for check in Check if check is not Check.SETTINGS]
    return (found, *not_checked(rest, "the settings cannot be used"))


def document(findings: Sequence[Finding], repairs: "Sequence[Repair] | None") -> JsonObject:
    """Return the JSON for scripts; `repaired` is null when nobody asked for it."""
    return {
        "healthy": healthy(findings),
        "checks": [finding.to_wire() for finding in findings],
        "repaired": None
        if repairs is None
        else [{"done": repair.done, "number": repair.number} for repair in repairs],
    }


def healthy(findings: Sequence[Finding]) -> bool:
    """Whether nothing failed; warnings are allowed."""
    return all(finding.state is not State.FAILURE for finding in findings)


# --- the screen -----------------------------------------------------------------------------------


def show(findings: Sequence[Finding], repairs: "Sequence[Repair] | None") -> None:
    """Print what was found by groups, then what was repaired, then the sum."""
    from rich.text import Text
    from tessera_sdk.cli.screen import done, heading, out

    console = out()
    for title, checks in GROUPS.items():
        console.print(heading(title))
        for part in group(
            [finding for check in checks for finding in findings if finding.check is check]
        ):
            console.print(part)
        console.print()
    if repairs is not None:
        console.print(heading("Repaired"))
        for repair in repairs:
            console.print("  ", done(repair.done), sep="")
        if not repairs:
            console.print("  nothing")
        console.print()
    sign, style = LOOKS[State.OK if healthy(findings) else State.FAILURE]
    console.print(Text.assemble((f"{sign} {summary(findings)}", style)))


def group(findings: Sequence[Finding]) -> "Iterator[RenderableType]":
    """One finding after the other; what was not checked for the same reason is one line."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text
    from tessera_sdk.cli.screen import prose

    for finding in findings:
        if finding.state is State.NOT_CHECKED:
            continue
        sign, style = LOOKS[finding.state]
        row = Table.grid(padding=(0, 2))
        for width in (STATE_WIDTH, TITLE_WIDTH, None):
            row.add_column(width=width, overflow="fold")
        row.add_row(Text(f"{sign} {finding.state}", style), title(finding), prose(finding.found))
        yield Padding(row, (0, 0, 0, 2), expand=False)
        if finding.advice:
            advice = Text("→ ", "bold").append_text(prose(finding.advice))
            yield Padding(advice, (0, 0, 0, 2 + STATE_WIDTH + 2), expand=False)
    left = [finding for finding in findings if finding.state is State.NOT_CHECKED]
    sign, style = LOOKS[State.NOT_CHECKED]
    for reason in dict.fromkeys(finding.found for finding in left):
        titles = ", ".join(title(finding) for finding in left if finding.found == reason)
        yield Padding(Text(f"{sign} not checked: {titles} ({reason})", style), (0, 0, 0, 2))


def title(finding: Finding) -> str:
    """What stands before a finding, under the heading of its group."""
    return TITLES.get(finding.check, finding.check.value)


def summary(findings: Sequence[Finding]) -> str:
    """`2 failures, 1 warning, 10 ok, 3 not checked.`"""
    numbers = Counter(finding.state for finding in findings)
    if set(numbers) == {State.OK}:
        return f"All {len(findings)} checks are well."
    failures, warnings = numbers[State.FAILURE], numbers[State.WARNING]
    parts = {
        counted(failures, "failure"): failures,
        counted(warnings, "warning"): warnings,
        f"{numbers[State.OK]} ok": numbers[State.OK],
        f"{numbers[State.NOT_CHECKED]} not checked": numbers[State.NOT_CHECKED],
    }
    return ", ".join(part for part, number in parts.items() if number) + "."
