"""The schema files that `tessera diff` is given: JSON or YAML, one, or a directory of several."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import typer

from domain.errors import InvalidSchema
from domain.json_values import JSON
from domain.schemas import Schema, parse
from domain.schemas.json_schema import assume_draft
from domain.yaml_texts import from_yaml

STDIN = "-"
SINGLE = ""
"""Under what name a document stands that is no part of a bundle."""
YAML_ENDINGS = (".yaml", ".yml")
ENDINGS = (".json", *YAML_ENDINGS)


def read_schema(name: str, *, format: str, root: str | None, draft: str | None) -> Schema:  # noqa: A002
    """Return the checked schema; one that is not valid is an `InvalidSchema` with its file."""
    documents = read_documents(name)
    if draft is not None:
        documents = {each: assume_draft(read, draft) for each, read in documents.items()}
    try:
        return parse(format, documents=documents, root=_root(name, documents, root))
    except InvalidSchema as refusal:
        document = refusal.extra.get("document")
        place = f"{name}/{document}" if document else name
        raise InvalidSchema(f"{place}: {refusal.detail}", **dict(refusal.extra)) from None


def read_documents(name: str) -> dict[str, JSON]:
    """Return the documents by their name: of a directory all, by their path within it."""
    if name != STDIN and Path(name).is_dir():
        found = sorted(each for each in Path(name).rglob("*") if each.suffix.lower() in ENDINGS)
        if not found:
            raise typer.BadParameter(f"{name} has no {', '.join(ENDINGS)} file in it.")
        return {each.relative_to(name).as_posix(): _read(str(each)) for each in found}
    return {SINGLE: _read(name)}


def _root(name: str, documents: Mapping[str, JSON], root: str | None) -> str:
    if len(documents) == 1:
        return next(iter(documents))
    if root is None:
        raise typer.BadParameter(f"{name} has {len(documents)} documents; name one with --root.")
    if root not in documents:
        raise typer.BadParameter(f"{name} has no {root} in it.", param_hint="--root")
    return root


def _read(name: str) -> JSON:
    text = _text(name)
    if Path(name).suffix.lower() in YAML_ENDINGS:
        return _yaml(name, text)
    try:
        document: JSON = json.loads(text)
    except (ValueError, RecursionError) as error:
        if name == STDIN:  # it has no ending to go by
            return _yaml(name, text)
        raise typer.BadParameter(f"{name} is not JSON: {error}.") from None
    return document


def _text(name: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise typer.BadParameter(f"Cannot read {name}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{name} is not UTF-8 text.") from None


def _yaml(name: str, text: str) -> JSON:
    try:
        return from_yaml(text)
    except (ValueError, RecursionError) as error:
        kind = "neither JSON nor YAML" if name == STDIN else "not YAML that JSON can hold"
        raise typer.BadParameter(f"{name} is {kind}: {error}.") from None
