"""Reading the JSON files that a command names; what is wrong with them is a usage error."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import typer

if TYPE_CHECKING:
    from pydantic import JsonValue

STDIN = "-"


class Content(TypedDict, total=False):
    """The part of a publish that says what is published."""

    schema: "JsonValue"
    documents: "dict[str, JsonValue]"
    root: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """The documents by file name, in the order given."""

    documents: "dict[str, JsonValue]"

    def as_content(self) -> Content:
        root = next(iter(self.documents))
        if len(self.documents) == 1:
            return {"schema": self.documents[root]}
        return {"documents": self.documents, "root": root}


def read_bundle(names: list[str]) -> Bundle:
    documents: dict[str, JsonValue] = {}
    for name in names:
        key = Path(name).name
        if key in documents:
            raise typer.BadParameter(f"Two files of a bundle are called {key!r}.")
        documents[key] = read_json(name)
    if STDIN in documents and len(documents) > 1:
        raise typer.BadParameter("A bundle needs file names, so `-` cannot be part of it.")
    return Bundle(documents)


def read_object(name: str) -> "dict[str, JsonValue]":
    document = read_json(name)
    if not isinstance(document, dict):
        raise typer.BadParameter(f"{name} does not hold a JSON object.")
    return document


def read_json(name: str) -> "JsonValue":
    try:
        text = sys.stdin.read() if name == STDIN else Path(name).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise typer.BadParameter(f"Cannot read {name}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{name} is not UTF-8 text.") from None
    try:
        document: JsonValue = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise typer.BadParameter(f"{name} is not JSON: {error.msg} ({place}).") from None
    return document


def write_json(path: Path, document: "JsonValue") -> None:
    text = json.dumps(document, indent=2, ensure_ascii=False)
    try:
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"Cannot write {path}: {error.strerror}.") from None
