"""Commands that other installed packages add, through the entry-point group `tessera.commands`.

An entry point names a callable `register(app: typer.Typer) -> None`. It runs at every start, so it
should import what is heavy inside its commands. One that is named like a command that it brings is
all that is loaded where that is the first word: a process that runs for weeks then keeps no other.
"""

from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points

import typer

from tessera_sdk.cli.root import bare_app

GROUP = "tessera.commands"


def installed() -> Sequence[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda point: point.name)


def alone(points: Iterable[EntryPoint], arguments: Sequence[str]) -> typer.Typer | None:
    """Return an application of the extension that is named by the first word and brings it.

    None if there is no such: what only adds to a group of ours needs the group.
    """
    word = next(iter(arguments), None)
    named = [point for point in points if point.name == word]
    if not named:
        return None
    app = bare_app()
    load(app, named)
    brought = [each.name for each in app.registered_commands]
    brought += [each.name for each in app.registered_groups]
    return app if word in brought else None


def load(app: typer.Typer, points: Iterable[EntryPoint]) -> None:
    """Let each extension add its commands; one that fails costs its own commands and a warning."""
    for point in points:
        try:
            point.load()(app)
        except Exception as error:  # noqa: BLE001 - foreign code: whatever it raises is its own affair
            from tessera_sdk.cli.screen import err

            err().print(
                f"Warning: the commands of {point.name!r} ({point.value}) are missing: "
                f"{type(error).__name__}: {error}",
                style="yellow",
                markup=False,
            )
