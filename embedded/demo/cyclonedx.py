"""Real schemas: the CycloneDX bills of materials as `cyclonedx-python-lib` carries them.

They are read from the installed package. Each refers to sibling files, for the SPDX licence names
and for signatures, so what is published is a bundle of all that the root refers to.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from urllib.parse import urldefrag, urljoin

from pydantic import JsonValue

from embedded.demo.expectations import StoryFailed

PACKAGE = "cyclonedx.schema._res"
DEFINITIONS = "#/definitions/"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Documents by their addresses, and which of them is the schema."""

    documents: dict[str, JsonValue]
    root: str

    @property
    def schema(self) -> dict[str, JsonValue]:
        """The root document."""
        return _object(self.documents[self.root])


def bill_of_materials(version: str) -> Bundle:
    """Return the schema of a version such as `1.6` with everything that it refers to."""
    folder = _folder()
    name = f"bom-{version}.SNAPSHOT.schema.json"
    base = str(_read(folder, name)["$id"])
    root = urljoin(base, name)
    documents: dict[str, JsonValue] = {}
    waiting = [root]
    while waiting:
        address = waiting.pop()
        if address in documents:
            continue
        document = _read(folder, address.rpartition("/")[2])
        documents[address] = document
        waiting += [
            urldefrag(urljoin(address, reference)).url for reference in _references(document)
        ]
    return Bundle(documents, root)


def with_citations(older: Bundle, newer: Bundle) -> Bundle:
    """Return `older` with the optional `citations` of `newer` and the definitions they need."""
    citations = _object(newer.schema["properties"])["citations"]
    theirs = _object(newer.schema["definitions"])
    definitions = dict(_object(older.schema["definitions"]))
    waiting = list(_references(citations))
    while waiting:
        name = waiting.pop().removeprefix(DEFINITIONS)
        if name not in definitions:
            definitions[name] = theirs[name]
            waiting += _references(theirs[name])
    properties = {**_object(older.schema["properties"]), "citations": citations}
    schema: JsonValue = {**older.schema, "properties": properties, "definitions": definitions}
    return Bundle({**older.documents, older.root: schema}, older.root)


def _references(document: JsonValue) -> Iterator[str]:
    """Yield every `$ref` below; in these schemas no property is called so."""
    if isinstance(document, dict):
        reference = document.get("$ref")
        if isinstance(reference, str):
            yield reference
    members: Iterable[JsonValue] = ()
    if isinstance(document, dict):
        members = document.values()
    elif isinstance(document, list):
        members = document
    for member in members:
        yield from _references(member)


def _folder() -> Traversable:
    try:
        return files(PACKAGE)
    except ModuleNotFoundError:
        raise StoryFailed(
            "The real schemas come with the package `cyclonedx-python-lib`, which is missing. "
            "`pip install 'tessera-server[embedded]'` or `make demo` installs it."
        ) from None


def _read(folder: Traversable, name: str) -> dict[str, JsonValue]:
    return _object(json.loads((folder / name).read_text(encoding="utf-8")))


def _object(value: JsonValue) -> dict[str, JsonValue]:
    assert isinstance(value, dict)
    return value
