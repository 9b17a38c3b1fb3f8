"""What assets that only observe would have asked, as people see it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pydantic import JsonValue
from rich.console import RenderableType
from rich.text import Text

from tessera_sdk.cli.screen import indented, plain_grid, prose
from tessera_sdk.cli.times import relative
from tessera_sdk.models import Event


def observation_list(events: Sequence[Event], present: datetime) -> Iterator[RenderableType]:
    if not events:
        yield "Nothing was observed that would have asked anybody."
        return
    for event in events:
        ago = relative(event.at, present) if event.at else ""
        yield Text.assemble(prose(event.sentence or ""), (f"  {ago}", "dim"))
        grid = plain_grid()
        for team in members(event.payload, "would_ask"):
            if isinstance(team, dict):
                grid.add_row(str(team.get("name") or ""), prose(str(team.get("reason")), "dim"))
        for sentence in members(event.payload, "breaking"):
            grid.add_row(Text("✗", "red"), prose(str(sentence)))
        yield indented(grid, below=1)


def members(payload: JsonValue, name: str) -> list[JsonValue]:
    found = payload.get(name) if isinstance(payload, dict) else None
    return found if isinstance(found, list) else []
