"""A proposal told in words: for Temporal's UI, for log lines, for people who open it at night."""

from collections.abc import Sequence
from datetime import datetime

from domain.changes import Change
from domain.coordination import Round
from domain.parties import NoticeKind, Party
from domain.steps import Step, StepKind

_DETAILS_LIMIT = 15_000
"""Temporal refuses details beyond 20,000 bytes."""
_CHANGES_SHOWN = 20
_FOOT = "\n\n\N{NO-BREAK SPACE}\n\n\N{NO-BREAK SPACE}\n"
"""Room at the end: the UI's frame cuts off the last lines of what it shows."""


def details(
    *,
    asset: str,
    base_version: str | None,
    version: str,
    producer: str,
    gating: Sequence[Change],
    round_: Round,
    step: Step,
    now: datetime,
    page: str,
    notes: Sequence[str] = (),
) -> str:
    """Return markdown: what breaks, who answered, who is pending, what happens next and when."""
    lines = [
        f"### {asset} {base_version or '(nothing)'} → {version}",
        "",
        f"Proposed by **{producer}**. [Open the page]({page})",
        "",
        f"**Next:** {upcoming(step)}",
        "",
        *(f"> {note}\n" for note in notes),
        f"**What breaks** ({len(gating)})",
        "",
        *(f"- {change.sentence}" for change in gating[:_CHANGES_SHOWN]),
    ]
    if len(gating) > _CHANGES_SHOWN:
        lines.append(f"- and {len(gating) - _CHANGES_SHOWN} more")
    lines += ["", f"**Who is asked** ({len(round_.parties)})", ""]
    lines += [f"- {_party_line(round_, party, now)}" for party in round_.parties] or ["- nobody"]
    encoded = "\n".join(lines).encode()
    cut = "" if len(encoded) <= _DETAILS_LIMIT else "\n…"
    return encoded[:_DETAILS_LIMIT].decode(errors="ignore") + cut + _FOOT


def upcoming(step: Step) -> str:
    """Return what happens next in one sentence."""
    if step.kind is StepKind.SETTLE and step.outcome and step.cause:
        return f"settle as {step.outcome.value} ({step.cause.value.replace('_', ' ')})."
    if step.kind is StepKind.WAIT and step.until:
        return f"wait for answers; look again at {_when(step.until)}."
    count = f"{len(step.notes)} part{'y' if len(step.notes) == 1 else 'ies'}"
    return {
        StepKind.ASK: f"ask {count}.",
        StepKind.REMIND: f"remind {count}.",
        StepKind.ESCALATE: f"escalate about {count}.",
        StepKind.ESCALATE_OWNERS: f"escalate about {count} to their owners.",
        StepKind.ESCALATE_FALLBACK: f"escalate about {count} to the fallback.",
        StepKind.UNREACHABLE: f"tell the owner that {count} cannot be reached.",
        StepKind.REBASE: "compare again, since something else was published.",
        StepKind.PUBLISH: "publish.",
        StepKind.ENDED: "nothing; it has ended.",
    }.get(step.kind, "wait.")


def _party_line(round_: Round, party: Party, now: datetime) -> str:
    """No signs but words: the font of who reads this may lack them."""
    if party.answer is None:
        asked = "not asked yet" if party.asked_at is None else _silence(party)
        due = round_.due_at(party, now)
        return f"**{party.name}**: {asked}" + (f", due {_when(due)}" if due else "")
    until = f" until {_when(party.answer.until)}" if party.answer.until else ""
    return f"**{party.name}**: **{party.answer.response.plain}**{until}"


def _silence(party: Party) -> str:
    reminders = party.count(NoticeKind.REMIND)
    if not reminders:
        return "asked, no answer yet"
    return f"no answer after {reminders} reminder{'' if reminders == 1 else 's'}"


def _when(at: datetime) -> str:
    return f"{at:%-d %b %Y, %H:%M:%S} UTC"
