"""The ends of old versions, as people see them."""

import shlex
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from tessera_sdk.cli.screen import CommandLine, done, facts, heading, indented, prose, state, table
from tessera_sdk.cli.screens.assets import name_of
from tessera_sdk.cli.times import now, when
from tessera_sdk.ends import Mover, Retirement


def retirement_list(listed: Sequence[Retirement]) -> Iterator[RenderableType]:
    if not listed:
        yield "No old version has an end here."
        return
    grid = table("Asset", "Version", "Status", "Ends", "Still on it", names_in="Asset")
    present = now()
    for each in listed:
        still_on = ", ".join(each.pending) or "nobody"
        ends = when(each.ends_at, present)
        grid.add_row(name_of(each.asset), each.version, state(each.status), ends, still_on)
    yield grid


def retirement_shown(retirement: Retirement) -> Iterator[RenderableType]:
    present = now()
    title = f"{name_of(retirement.asset)}  {retirement.version}  "
    yield Text.assemble((title, "bold"), state(retirement.status))
    is_open = retirement.status == "open"
    yield facts(
        ("Sunset", when(retirement.sunset_at, present)),
        ("Retired", when(retirement.ends_at, present) if is_open else None),
        ("Ended", when(retirement.ended_at, present) if retirement.ended_at else None),
        ("Furthest", when(retirement.latest_until, present) if is_open else None),
        ("Set by", retirement.set_by),
        ("Because", retirement.reason),
    )
    yield from _movers(retirement)
    if retirement.stuck:
        yield Text(f"! It is stuck: {retirement.stuck}", style="bold red")
    if is_open and retirement.pending:
        name, team = name_of(retirement.asset), shlex.quote(retirement.pending[0])
        yield Text("Answer with", style="bold")
        end = f"{name} {retirement.version} --team {team}"
        yield CommandLine(f"tessera retirement moved {end}")
        yield CommandLine(f"tessera retirement extend {end} --until +30d")


def _movers(retirement: Retirement) -> Iterator[RenderableType]:
    if not retirement.movers:
        yield "  Nobody is known to be on it."
        return
    yield heading("To move")
    grid = table("Team", "Where it is", "Until", "Why and what they say")
    present = now()
    for mover in retirement.movers:
        until = "" if mover.moved else when(mover.due_at, present)
        grid.add_row(mover.team.name, _place(mover), until, _words(mover))
    yield indented(grid, below=1)


def _place(mover: Mover) -> str:
    if mover.moved:
        return "has moved"
    return "needs longer" if mover.extended_until else "still on it"


def _words(mover: Mover) -> Text:
    text = prose(mover.reason or "", "dim")
    if mover.note:
        text.append("\n" if text else "").append(f"“{mover.note}”")
    return text


def retirement_said(sentence: str, retirement: Retirement) -> Iterator[RenderableType]:
    yield done(sentence)
    yield facts(
        ("Version", f"{name_of(retirement.asset)} {retirement.version}"),
        ("Status", state(retirement.status)),
        ("Retired", when(retirement.ends_at, now()) if retirement.status == "open" else None),
        ("Still on it", ", ".join(retirement.pending) or "nobody"),
    )
