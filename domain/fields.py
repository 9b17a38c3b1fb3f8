"""Field paths: how a field of any schema language is named, and which paths touch one another.

`email`, `address.city`, `lines[].sku` for the items of a list, `pair[0]` for one place of a tuple,
`labels.*` for the values of a map. A name that would be misread is quoted like a JSON string:
`"a.b".c`. The empty path is the whole record.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.errors import InvalidRequest
from domain.json_values import JSON

ITEMS = "[]"
ANY_NAME = "*"

_BARE = re.compile(r'[^\s.\[\]"*\x00-\x1f\x7f]+')
_STEP = re.compile(
    r'(?P<bracket>\[\d*\])|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<any>\*)|(?P<bare>[^\s.\[\]"*]+)'
)


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a field tree. `type` is for people: `array<string>`, `number | string`."""

    path: str
    type: str
    nullable: bool
    required: bool
    description: str | None
    deprecated: bool


def name_step(name: str) -> str:
    """The path step of a property called `name`, quoted where it would be misread."""
    if name.isidentifier() or _BARE.fullmatch(name):
        return name
    return json.dumps(name, ensure_ascii=False)


def named_by(step: str) -> str:
    """The name that a step stands for: the reverse of `name_step`."""
    return str(json.loads(step)) if step.startswith('"') else step


def index_step(index: int) -> str:
    return f"[{index}]"


def join_path(steps: tuple[str, ...]) -> str:
    path = ""
    for step in steps:
        path += step if step.startswith("[") or not path else f".{step}"
    return path


def split_path(path: str) -> tuple[str, ...]:
    """The steps of a path; raises InvalidRequest for what is not one."""
    steps: list[str] = []
    at = 0
    while at < len(path):
        if steps and path[at] == ".":
            at += 1
        elif steps and path[at] != "[":
            raise InvalidRequest(f"`{path}` is not a field path.", path=path)
        match = _STEP.match(path, at)
        if match is None:
            raise InvalidRequest(f"`{path}` is not a field path.", path=path)
        quoted = match.group("quoted")
        steps.append(name_step(_unquoted(quoted, path)) if quoted else match.group())
        at = match.end()
    return tuple(steps)


def values_at(value: JSON, steps: tuple[str, ...]) -> Iterator[JSON]:
    """Every value that a record has at a path."""
    if not steps:
        yield value
        return
    step, *rest = steps
    members: list[JSON] = []
    if isinstance(value, list) and step.startswith("["):
        members = value if step == ITEMS else value[int(step[1:-1]) :][:1]
    elif isinstance(value, dict) and not step.startswith("["):
        names = list(value) if step == ANY_NAME else [named_by(step)]
        members = [value[name] for name in names if name in value]
    for member in members:
        yield from values_at(member, tuple(rest))


def touches(change_path: str, registered_field: str) -> bool:
    """Whether a change at one path reaches a field: the same, something above or below it."""
    pairs = zip(split_path(change_path), split_path(registered_field), strict=False)
    return all(_same_step(one, other) for one, other in pairs)


def _same_step(one: str, other: str) -> bool:
    if one == other:
        return True
    if one.startswith("[") and other.startswith("["):
        return ITEMS in (one, other)
    return ANY_NAME in (one, other) and not one.startswith("[") and not other.startswith("[")


def _unquoted(quoted: str, path: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        raise InvalidRequest(f"`{path}` is not a field path.", path=path) from None
