"""Events, as people see them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from tessera_sdk.cli.screen import prose, table
from tessera_sdk.cli.times import relative
from tessera_sdk.models import Event

ENDINGS = {
    "published": "green",
    "approved": "green",
    "rejected": "red",
    "blocked": "red",
    "expired": "magenta",
    "forced": "magenta",
    "escalated": "yellow",
    "reminded": "yellow",
}


def type_of(event: Event) -> Text:
    ending = event.type.rpartition(".")[2]
    return Text(event.type, style=ENDINGS.get(ending, "cyan"), no_wrap=True)


def actor_of(event: Event) -> str:
    if isinstance(event.actor, dict):
        name = event.actor.get("name") or event.actor.get("kind")
        return str(name) if name else ""
    return str(event.actor) if event.actor else ""


def event_list(events: Sequence[Event], present: datetime) -> Iterator[RenderableType]:
    if not events:
        yield "No event here."
        return
    grid = table("When", "Event", "What")
    for event in events:
        ago = relative(event.at, present) if event.at else ""
        grid.add_row(Text(ago, style="dim", no_wrap=True), type_of(event), what(event))
    yield grid


def event_line(event: Event) -> Text:
    """One line of the live feed."""
    clock = event.at.astimezone().strftime("%H:%M:%S") if event.at else "        "
    return Text.assemble((f"{clock}  ", "dim"), type_of(event), "  ", what(event))


def what(event: Event) -> Text:
    text = prose(event.sentence or "")
    if actor := actor_of(event):
        text.append(f"{'  ' if text else ''}by {actor}", style="dim")
    return text
