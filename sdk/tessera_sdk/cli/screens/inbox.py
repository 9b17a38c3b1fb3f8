"""The inbox, as people see it: the most urgent first, each with the line to answer it."""

import shlex
from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tessera_sdk.cli.screen import CommandLine, heading, prose, table
from tessera_sdk.cli.screens.assets import name_of
from tessera_sdk.cli.times import DAY, counted, now, when
from tessera_sdk.inbox import InboxCounts, InboxItem, InboxPage, OwnProposal, ProposalRef

SENTENCES = 3
"""What breaks, at a glance; the proposal says all."""
LEFT_TO_DO = {"confirm": "tessera proposal confirm", "publish": "tessera proposal publish"}


def inbox_shown(found: InboxPage) -> Iterator[RenderableType]:
    present = now()
    yield from _head(found)
    for item in found.items:
        yield Text()
        yield _item(item, present)
    if found.items:
        yield Text()
        yield from _next_steps(found)
    if found.next:
        yield Text(f"  More: --cursor {found.next}", style="dim")
    yield from _moves(found, present)
    yield from _own(found, present)


def _head(found: InboxPage) -> Iterator[RenderableType]:
    names = ", ".join(team.name for team in found.teams)
    counts = found.counts
    waiting = sum((counts.answer, counts.confirm, counts.publish, counts.move))
    if not waiting:
        yield Text.assemble("Nothing waits for ", (names or "these teams", "bold"), ".")
        return
    yield Text.assemble(
        (f"{counted(waiting, 'thing')} {'waits' if waiting == 1 else 'wait'} for ", ""),
        (names, "bold"),
        _pressing(found.counts),
    )


def _pressing(counts: InboxCounts) -> Text:
    text = Text()
    if counts.overdue:
        text.append(f"  {counts.overdue} overdue", style="bold red")
    if counts.due_soon:
        text.append(f"  {counts.due_soon} due within a day", style="yellow")
    return text


def _item(item: InboxItem, present: datetime) -> RenderableType:
    proposal = item.proposal
    first = Text.assemble(
        _due(item, present),
        "  ",
        (f"{name_of(proposal.asset)}  {_versions(proposal)}", "bold"),
        f"  for {item.team.name} to {item.task}",
    )
    lines: list[Text] = [prose(sentence) for sentence in item.breaking[:SENTENCES]]
    more = item.breaking_count - len(lines)
    if more > 0:
        lines.append(Text(f"and {more} more", style="dim"))
    if item.reason:
        lines.append(prose(f"{item.reason}; proposed by {proposal.producer.name}", "dim"))
    if item.delegate is not None:
        lines.append(Text(f"handed to {item.delegate.name}"))
    if item.answer is not None:
        lines.append(Text(f"● needs time until {when(item.answer.until, present)}", "yellow"))
    return Group(first, Padding(Group(*lines), (0, 0, 0, 4), expand=False))


def _due(item: InboxItem, present: datetime) -> Text:
    if item.due_at is None:
        return Text("· not asked yet" if item.task == "answer" else "· at once", style="dim")
    if item.overdue:
        return Text(f"✗ {when(item.due_at, present)}", style="bold red")
    soon = (item.due_at - present).total_seconds() < DAY
    return Text(f"● {when(item.due_at, present)}", style="yellow" if soon else "cyan")


def _next_steps(found: InboxPage) -> Iterator[RenderableType]:
    item = next((each for each in found.items if each.permitted), None)
    if item is None:
        return
    name = name_of(item.proposal.asset)
    yield Text("Look, then answer" if item.task == "answer" else "Look, then", style="bold")
    yield CommandLine(f"tessera proposal show {name}")
    if item.task in LEFT_TO_DO:
        yield CommandLine(f"{LEFT_TO_DO[item.task]} {name}")
        return
    team = shlex.quote(item.team.name)
    for words in ("ready", "needs-time --until +7d", "blocked --note WHY"):
        yield CommandLine(f"tessera proposal acknowledge {name} --team {team} {words}")


def _moves(found: InboxPage, present: datetime) -> Iterator[RenderableType]:
    if not found.moves:
        return
    yield Text()
    yield heading(f"Old versions to move off ({found.counts.move})")
    grid = table("Asset", "Version", "Team", "Until", "Why")
    for each in found.moves:
        until = when(each.due_at, present)
        why = prose(each.reason or "", "dim")
        grid.add_row(name_of(each.asset), each.version, each.team.name, until, why)
    yield grid
    first = next((each for each in found.moves if each.permitted), None)
    if first is not None:
        end = f"{name_of(first.asset)} {first.version} --team {shlex.quote(first.team.name)}"
        yield CommandLine(f"tessera retirement moved {end}")
        yield CommandLine(f"tessera retirement extend {end} --until +30d")


def _own(found: InboxPage, present: datetime) -> Iterator[RenderableType]:
    if not found.own:
        return
    yield Text()
    yield heading(f"Their own proposals ({found.counts.own})")
    grid = table("Asset", "Version", "Waits for", "Until")
    for each in found.own:
        grid.add_row(
            name_of(each.proposal.asset),
            _versions(each.proposal),
            _waits_for(each),
            when(each.deadline_at, present),
        )
    yield grid


def _waits_for(own: OwnProposal) -> str:
    names = ", ".join(each.team.name for each in own.pending)
    total = own.answered + len(own.pending)
    return f"{names} ({own.answered} of {total} answered)" if names else own.proposal.status


def _versions(proposal: ProposalRef) -> str:
    target = proposal.version or "?"
    return f"{proposal.base_version} → {target}" if proposal.base_version else target
