"""A retirement told in words, for Temporal's UI."""

from collections.abc import Sequence
from datetime import datetime

from domain.parties import NoticeKind
from domain.retirements import Mover, Retirement, RetirementStep, Window
from domain.steps import StepKind

_SHOWN = 100


def details(
    *,
    asset: str,
    retirement: Retirement,
    window: Window,
    step: RetirementStep,
    now: datetime,
    notes: Sequence[str] = (),
) -> str:
    """Return markdown: when it ends, who has moved, who is still on it, what happens next."""
    lines = [
        f"### {asset} {retirement.version} is retired on {_when(retirement.sunset_at)}",
        "",
        f"**Next:** {upcoming(step)}",
        "",
        *(f"> {note}\n" for note in notes),
        f"**Who is to move** ({len(window.movers)})",
        "",
        *(f"- {_line(window, mover, now)}" for mover in window.movers[:_SHOWN]),
    ]
    if len(window.movers) > _SHOWN:
        lines.append(f"- and {len(window.movers) - _SHOWN} more")
    return "\n".join(lines if window.movers else [*lines, "- nobody"])


def upcoming(step: RetirementStep) -> str:
    """Return what happens next in one sentence."""
    if step.kind is StepKind.SETTLE and step.outcome:
        return f"settle as {step.outcome.value}."
    if step.kind is StepKind.WAIT and step.until:
        return f"wait; look again at {_when(step.until)}."
    if step.kind is StepKind.ENDED:
        return "nothing; it has ended."
    count = f"{len(step.notes)} team{'' if len(step.notes) == 1 else 's'}"
    return {
        StepKind.ASK: f"ask {count} to move.",
        StepKind.REMIND: f"remind {count}.",
        StepKind.ESCALATE: f"escalate about {count}.",
        StepKind.UNREACHABLE: f"tell the owner that {count} cannot be reached.",
    }.get(step.kind, "wait.")


def _line(window: Window, mover: Mover, now: datetime) -> str:
    if mover.moved_at is not None:
        return f"**{mover.name}**: **moved** on {_when(mover.moved_at)}"
    due = window.due_at(mover, now)
    until = "" if due is None else f", until {_when(due)}"
    if mover.asked_at is None:
        return f"**{mover.name}**: not asked yet"
    reminders = mover.count(NoticeKind.REMIND)
    return f"**{mover.name}**: still on it{until}, {reminders} reminders"


def _when(at: datetime) -> str:
    return f"{at:%-d %b %Y, %H:%M:%S} UTC"
