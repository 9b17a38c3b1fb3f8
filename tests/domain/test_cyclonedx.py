"""Real schemas: the CycloneDX BOM 1.4 to 1.7, recursive bundles of 70 to 315 kB."""

import json
from copy import deepcopy
from importlib.resources import files
from time import process_time

import pytest

from domain.compatibility import Diff, Mode, diff
from domain.json_values import JSON, as_object
from domain.schemas import JSON_SCHEMA, Schema, field_tree, parse
from domain.versioning import Bump, bump_for

SIBLINGS = ("spdx", "jsf-0.82", "cryptography-defs")


def document(name: str) -> JSON:
    path = files("cyclonedx.schema._res") / f"{name}.SNAPSHOT.schema.json"
    loaded: JSON = json.loads(path.read_text())
    return loaded


def bundle(root: JSON) -> Schema:
    documents = {f"{name}.SNAPSHOT.schema.json": document(name) for name in SIBLINGS}
    return parse(JSON_SCHEMA, documents={"bom.json": root, **documents}, root="bom.json")


@pytest.fixture(scope="module", name="boms")
def all_versions() -> dict[str, Schema]:
    return {v: bundle(document(f"bom-{v}")) for v in ("1.4", "1.5", "1.6", "1.7")}


def timed(old: Schema, new: Schema) -> Diff:
    started = process_time()
    found = diff(old, new)
    assert process_time() - started < 5  # a busy machine; about half a second on a quiet one
    return found


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("1.4", "1.5", "`version` now must be at least 1."),
        ("1.5", "1.6", "`properties[].name` is now required."),
    ],
)
def test_a_version_breaks_the_one_before(
    old: str, new: str, sentence: str, boms: dict[str, Schema]
) -> None:
    found = timed(boms[old], boms[new])
    assert sentence in [c.sentence for c in found.changes if c.breaks_backward]
    assert found.breaks_forward
    assert bump_for(found, Mode.BACKWARD) is Bump.MAJOR


def test_version_1_7_reads_what_1_6_wrote_and_not_the_reverse(boms: dict[str, Schema]) -> None:
    found = timed(boms["1.6"], boms["1.7"])
    assert not found.breaks_backward
    assert found.breaks_forward
    assert bump_for(found, Mode.FULL) is Bump.MAJOR


def test_citations_added_to_1_6_are_a_compatible_change(boms: dict[str, Schema]) -> None:
    root = deepcopy(as_object(boms["1.6"].document))
    newer = as_object(boms["1.7"].document)
    as_object(root["properties"])["citations"] = as_object(newer["properties"])["citations"]
    definitions = as_object(root["definitions"])
    definitions["citation"] = as_object(newer["definitions"])["citation"]
    found = timed(boms["1.6"], bundle(root))
    assert [c.sentence for c in found.changes] == ["`citations` is added."]
    assert not found.breaks_backward
    assert bump_for(found, Mode.BACKWARD) is Bump.MINOR


def test_the_field_tree_of_a_bom_has_its_upper_levels_whole(boms: dict[str, Schema]) -> None:
    paths = {field.path for field in field_tree(boms["1.7"])}
    assert {"bomFormat", "metadata.component.name", "components[].licenses", "citations"} <= paths
    assert len(paths) <= 5000
