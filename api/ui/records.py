"""A record as people read JSON, with the part of it that a change is about standing out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from domain.fields import index_step, join_path, name_step, split_path, touches

_INDENT = "  "
_LONGEST_TEXT = 120


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    steps: tuple[str, ...]


def marked(record: object, path: str) -> Markup:
    """Return the record on indented lines; those of the field at `path` are marked."""
    depth = len(split_path(path))
    return Markup("\n").join(
        Markup("<mark>{}</mark>").format(line.text)
        if depth and len(line.steps) >= depth and touches(path, join_path(line.steps[:depth]))
        else line.text
        for line in _lines(record, "", "", ())
    )


def pretty(value: object) -> str:
    """Return JSON on indented lines."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _lines(value: object, lead: str, end: str, steps: tuple[str, ...]) -> Iterator[_Line]:
    """`lead` stands before the value on its first line, `end` behind it on its last."""
    indent = lead[: len(lead) - len(lead.lstrip())]
    if isinstance(value, dict) and value:
        yield _Line(f"{lead}{{", steps)
        last = list(value)[-1]
        for name, member in value.items():
            inner = f"{indent}{_INDENT}{json.dumps(name, ensure_ascii=False)}: "
            comma = "" if name == last else ","
            yield from _lines(member, inner, comma, (*steps, name_step(name)))
        yield _Line(f"{indent}}}{end}", steps)
    elif isinstance(value, list) and value:
        yield _Line(f"{lead}[", steps)
        for place, member in enumerate(value):
            comma = "" if place == len(value) - 1 else ","
            yield from _lines(member, indent + _INDENT, comma, (*steps, index_step(place)))
        yield _Line(f"{indent}]{end}", steps)
    else:
        yield _Line(f"{lead}{json.dumps(_shortened(value), ensure_ascii=False)}{end}", steps)


def _shortened(value: object) -> object:
    """A long text is cut: a record that is too long by one character is as long as the bound."""
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{value[: _LONGEST_TEXT // 2]}… ({len(value)} characters)"
    return value
