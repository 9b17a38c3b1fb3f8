"""The contract files of a directory: which asset each is of, and what it says."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tessera_sdk.cli.files import read_json, read_object

if TYPE_CHECKING:
    from pydantic import JsonValue

_ENDING = ".json"
_GUARANTEES = ".guarantees.json"
_SAID = frozenset({"version", "guarantees", "documents", "root", "format", "environment"})


@dataclass(frozen=True, slots=True)
class ContractFile:
    """One contract as it is sent, and the file that it stands in."""

    place: str
    contract: "dict[str, JsonValue]"

    @property
    def size(self) -> int:
        return len(json.dumps(self.contract))


def contract_files(names: list[str], environment: str | None) -> list[ContractFile]:
    """Read every contract of these files and directories, in the order of their paths.

    A file that says `asset` is a contract with what belongs to it. Any other is a schema, whose
    place below the directory is its asset's name: `orders/customers.json` is `orders.customers`,
    and `orders/customers.guarantees.json` beside it has its guarantees.
    """
    found = [_contract(path, fqn, environment) for path, fqn in _paths(names)]
    if not found:
        raise typer.BadParameter("There is no contract file.", param_hint="DIR")
    return found


def _paths(names: list[str]) -> Iterator[tuple[Path, str]]:
    for name in names:
        given = Path(name)
        if not given.is_dir():
            yield given, _fqn(Path(given.name))
            continue
        for path in sorted(given.rglob(f"*{_ENDING}")):
            below = path.relative_to(given)
            hidden = any(part.startswith(".") for part in below.parts)
            if not hidden and not path.name.endswith(_GUARANTEES):
                yield path, _fqn(below)


def _fqn(below: Path) -> str:
    return ".".join(below.parts).removesuffix(_ENDING)


def _contract(path: Path, fqn: str, environment: str | None) -> ContractFile:
    document = read_json(str(path))
    contract: dict[str, JsonValue]
    if isinstance(document, dict) and isinstance(document.get("asset"), str):
        contract = _said(path, document)
    else:
        contract = {"fqn": fqn, "schema": document}
        beside = path.with_name(path.name.removesuffix(_ENDING) + _GUARANTEES)
        if beside.exists():
            contract["guarantees"] = read_object(str(beside))
    if environment is not None:
        contract["environment"] = environment
    return ContractFile(str(path), contract)


def _said(path: Path, document: "dict[str, JsonValue]") -> "dict[str, JsonValue]":
    unknown = sorted(document.keys() - _SAID - {"asset", "schema"})
    if unknown:
        raise typer.BadParameter(f"{path} says {', '.join(unknown)}, which no contract file does.")
    if ("schema" in document) == ("documents" in document):
        raise typer.BadParameter(f"{path} needs either `schema` or `documents`.")
    return {"fqn": document["asset"], **{k: v for k, v in document.items() if k != "asset"}}
