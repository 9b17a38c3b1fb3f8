"""The parts of the documentation that are written from the code.

`python -m tests.docs.generated` writes them anew between their marks; a test says when that is due.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import typer.main
from fastapi import FastAPI
from pydantic import SecretStr
from rich.console import Console
from tessera_sdk.cli.app import build_app
from tessera_sdk.cli.extensions import installed, load
from tessera_sdk.cli.screen import write as write_part
from tessera_sdk.cli.screens.changes import comparison_shown
from tessera_sdk.models import Comparison
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from api.app import create_app
from api.auth import Authenticator
from api.call import May
from api.resources import Resources
from documents import read_schema
from domain.assets import PRESETS
from domain.permissions import RULES, Action
from domain.comparison import Question, compare
from domain.compatibility import ContentModel
from domain.errors import InvalidPolicy
from domain.event_kinds import SENT
from domain.schemas import JSON_SCHEMA
from domain.severity import SEVERITIES
from domain.timeline import Timeline, format_duration
from notify.event_examples import digest_example, example_of
from record.comparison import Comparer
from settings import Settings
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from tests.docs.change_examples import DIRECTIONS, EXAMPLES, Example, verdict
from tests.support.api_client import every_route

DOCS = Path(__file__).resolve().parents[2] / "docs"


# --- settings ---------------------------------------------------------------------------------


def settings() -> str:
    """A heading per environment variable, in the order of the settings."""
    parts = []
    for name, given in Settings.model_fields.items():
        variable = str(given.validation_alias or name.upper())
        words = given.description or ""
        default = "" if "Default:" in words or "Not set:" in words else _default(given.default)
        parts.append("\n\n".join(part for part in (f"### {variable}", words, default) if part))
    return "\n\n".join(parts)


def _default(value: object) -> str:
    if value is None or isinstance(value, SecretStr):
        return "Not set by default."
    if isinstance(value, bool):
        return f"Default: `{'true' if value else 'false'}`."
    if isinstance(value, timedelta):
        return f"Default: `{format_duration(value)}`."
    return f"Default: `{value}`."


# --- commands ---------------------------------------------------------------------------------


def commands() -> str:
    """A heading per command with its arguments and options."""
    app = build_app()
    load(app, installed())
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    return "\n\n".join(_command(path, command) for path, command in _leaves("tessera", root))


def _leaves(path: str, group: TyperGroup) -> Iterator[tuple[str, TyperCommand]]:
    for name, member in group.commands.items():
        if isinstance(member, TyperGroup):
            yield from _leaves(f"{path} {name}", member)
        elif isinstance(member, TyperCommand) and not member.hidden:
            yield f"{path} {name}", member


def _command(path: str, command: TyperCommand) -> str:
    words, examples = _help(command.help or "")
    parts = [f"### `{path}`", words]
    rows = [row for each in command.params if (row := _parameter(each))]
    if rows:
        parts.append("\n".join(["| argument or option | |", "|---|---|", *rows]))
    if examples:
        parts.append("\n".join(["```text", *examples, "```"]))
    return "\n\n".join(part for part in parts if part)


def _help(text: str) -> tuple[str, list[str]]:
    paragraphs = [" ".join(each.split()) for each in re.split(r"\n\s*\n", text.strip())]
    examples = [each.removeprefix("Example:").strip() for each in paragraphs if _is_example(each)]
    return "\n\n".join(each for each in paragraphs if not _is_example(each)), examples


def _is_example(paragraph: str) -> bool:
    return paragraph.startswith("Example:")


def _parameter(parameter: object) -> str:
    if isinstance(parameter, TyperArgument) and not parameter.hidden:
        return f"| `{parameter.metavar or str(parameter.name).upper()}` | {_cell(parameter.help)} |"
    if isinstance(parameter, TyperOption) and not parameter.hidden:
        names = ", ".join(f"`{option}`" for option in parameter.opts)
        metavar = "" if parameter.metavar is None else f" `{parameter.metavar}`"
        required = " Required." if parameter.required else ""
        return f"| {names}{metavar} | {_cell((parameter.help or '') + required)} |"
    return ""


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


# --- routes -----------------------------------------------------------------------------------


def routes() -> str:
    """Every route of the API by its path, with what its own summary says."""
    lines = ["| method | path | |", "|---|---|---|"]
    for path, operations in _described_api()["paths"].items():
        for method, operation in operations.items():
            lines.append(f"| {method.upper()} | `{path}` | {_cell(operation['summary'])} |")
    return "\n".join(lines)


def _described_api() -> dict[str, Any]:
    """The OpenAPI document."""
    return _app().openapi()


def _app() -> FastAPI:
    """The application; nothing of what it is made with is ever dialled."""
    url = "postgresql://nobody@localhost/none"
    database = Database.connect(url)
    resources = Resources(
        database=database,
        comparer=Comparer(processes=1),
        feed=Feed(database, Listener(url, [])),
        authenticator=Authenticator(bootstrap_key=None, anonymous_allowed=False),
    )
    return create_app(resources)


# --- permissions ------------------------------------------------------------------------------


def permissions() -> str:
    """Who may do what, and by which routes it is asked for."""
    routes = _routes_by_action()
    lines = ["| action | scope | for whom | asked by |", "|---|---|---|---|"]
    for action, rule in RULES.items():
        by = "<br>".join(f"`{route}`" for route in routes.get(action, ()))
        if action is Action.READ:
            by = "every `GET` but of keys"
        lines.append(f"| {rule.says} | `{rule.scope}` | {rule.who} | {by} |")
    return "\n".join(lines)


def _routes_by_action() -> Mapping[Action, list[str]]:
    found: dict[Action, list[str]] = {
        Action.LOOSEN_POLICY: ["PATCH …/policy, by what is sent"],
        Action.ASSIGN_ASSET: ["PATCH /api/v1/assets/{asset_id}, by what is sent"],
        Action.RECEIVE_ASSET: ["the same, for the team that gets it"],
        Action.GRANT_ADMIN: ["POST /api/v1/api-keys and …/rotate, by the scope"],
    }
    for route in every_route(_app()):
        dependant = getattr(route, "dependant", None)
        for dependency in () if dependant is None else dependant.dependencies:
            if isinstance(dependency.call, May):
                (method,) = (route.methods or set()) - {"HEAD"}
                found.setdefault(dependency.call.action, []).append(f"{method} {route.path}")
    return {action: sorted(routes) for action, routes in found.items()}


# --- the timeline -----------------------------------------------------------------------------


def timeline_bounds() -> str:
    """Default and bounds of every timeline setting; the words stand in the page itself."""
    lines = ["| setting | default | least | most |", "|---|---|---|---|"]
    for name, default in Timeline().to_wire().items():
        value = getattr(Timeline(), name)
        if isinstance(value, timedelta):
            least, most = _bounds(name)
            lines.append(f"| `{name}` | `{default}` | `{least}` | `{most}` |")
        else:
            choices = ", ".join(f"`{choice.value}`" for choice in type(value))
            lines.append(f"| `{name}` | `{default}` | one of {choices} | |")
    return "\n".join(lines)


def _bounds(name: str) -> tuple[str, str]:
    """As the refusal of an impossible value names them."""
    try:
        Timeline().overlaid({name: timedelta(days=100_000)})
    except InvalidPolicy as refusal:
        least, most = re.findall(r"\bP\w+", refusal.detail)
        return least, most
    raise AssertionError(f"{name} has no upper bound")


# --- compatibility ----------------------------------------------------------------------------


def presets() -> str:
    """What each preset sets."""
    lines = ["| preset | mode | content model | semver mode |", "|---|---|---|---|"]
    for preset, values in PRESETS.items():
        lines.append(f"| `{preset}` | {' | '.join(f'`{value}`' for value in values)} |")
    return "\n".join(lines)


def compatibility() -> str:
    """What each mode does about each kind of change, with the closed content model."""
    return _table(EXAMPLES, ContentModel.CLOSED)


def compatibility_open() -> str:
    """The rows in which the open content model differs."""
    return _table(
        [e for e in EXAMPLES if _row(e, ContentModel.OPEN) != _row(e, ContentModel.CLOSED)],
        ContentModel.OPEN,
    )


def _table(examples: Sequence[Example], model: ContentModel) -> str:
    heads = " | ".join(f"`{mode}`" for mode in DIRECTIONS)
    lines = [f"| change | kind | {heads} |", "|---|---|" + "---|" * len(DIRECTIONS)]
    return "\n".join([*lines, *(_row(example, model) for example in examples)])


def _row(example: Example, model: ContentModel) -> str:
    change = example.change(model)
    words = ["–"] * len(DIRECTIONS)
    if change is not None:
        words = [verdict(mode, change) for mode in DIRECTIONS]
    return f"| {example.words} | `{example.kind}` | {' | '.join(words)} |"


# --- a comparison -----------------------------------------------------------------------------


def comparison() -> str:
    """What the first command of the walkthrough prints."""
    before, after = (f"examples/contracts/customers/{name}.json" for name in ("1.1.0", "2.0.0"))
    old, new = (
        read_schema(str(DOCS.parent / name), format=JSON_SCHEMA, root=None, draft=None)
        for name in (before, after)
    )
    asked = Question(with_witnesses=True, with_suggestions=True)
    shown = Comparison.model_validate(compare(old, new, asked).to_wire())
    printed = StringIO()
    console = Console(file=printed, width=100, no_color=True, highlight=False)
    for part in comparison_shown(before, after, shown):
        write_part(console, part)
    lines = [line.rstrip() for line in printed.getvalue().splitlines()]
    return "\n".join(["```text", *lines, "```"])


# --- events -----------------------------------------------------------------------------------


def event_types() -> str:
    """Every kind of event that is sent."""
    lines = ["| type | severity | version | says | reaches |", "|---|---|---|---|---|"]
    for type_, kind in SENT.items():
        name = f"[`{type_.value}`](#{type_.value.replace('.', '')})"
        lines.append(
            f"| {name} | `{SEVERITIES[type_]}` | {kind.version} | {kind.says} | {kind.reaches} |"
        )
    return "\n".join(lines)


def event_examples() -> str:
    """A body of each of them."""
    parts = []
    for type_ in SENT:
        body = json.dumps(example_of(type_, "https://tessera.example.com"), indent=2)
        parts.append(f"### {type_.value}\n\n```json\n{body}\n```")
    return "\n\n".join(parts)


def digest_body() -> str:
    """The body of a digest."""
    body = json.dumps(digest_example("https://tessera.example.com"), indent=2)
    return f"```json\n{body}\n```"


# --- writing ----------------------------------------------------------------------------------

Section = Callable[[], str]

SECTIONS: Mapping[str, tuple[str, Section]] = {
    "settings": ("reference/settings.md", settings),
    "commands": ("reference/cli.md", commands),
    "routes": ("reference/http-api.md", routes),
    "permissions": ("concepts/permissions.md", permissions),
    "timeline": ("concepts/timeline.md", timeline_bounds),
    "diff": ("walkthroughs/diff.md", comparison),
    "presets": ("concepts/compatibility.md", presets),
    "compatibility": ("concepts/compatibility.md", compatibility),
    "event-types": ("reference/event-types.md", event_types),
    "event-examples": ("reference/event-types.md", event_examples),
    "digest-example": ("reference/event-types.md", digest_body),
    "compatibility-open": ("concepts/compatibility.md", compatibility_open),
}


def marked(name: str, text: str) -> "re.Match[str] | None":
    """The part of a page between `<!-- generated: name -->` and `<!-- end -->`."""
    return re.search(
        rf"(<!-- generated: {name} -->\n\n)(.*?)(\n\n<!-- end -->)", text, flags=re.DOTALL
    )


def written(name: str) -> str:
    """What stands in the documentation now."""
    page, _ = SECTIONS[name]
    found = marked(name, (DOCS / page).read_text(encoding="utf-8"))
    assert found, f"{page} has no mark for {name}"
    return found.group(2)


def write() -> None:
    """Write every section anew."""
    for name, (page, section) in SECTIONS.items():
        path = DOCS / page
        text = path.read_text(encoding="utf-8")
        found = marked(name, text)
        assert found, f"{page} has no mark for {name}"
        path.write_text(text[: found.start(2)] + section() + text[found.end(2) :], encoding="utf-8")


if __name__ == "__main__":
    write()
