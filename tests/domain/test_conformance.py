"""The engine against verdicts of known tools, from the folder that `TESSERA_CONFORMANCE` names.

Calling a breaking change compatible is dangerous and must not happen at all; calling a compatible
one breaking is noise, and its share may only go down.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from domain.compatibility import ContentModel, diff
from domain.json_values import JSON, as_list, as_object
from domain.schemas import JSON_SCHEMA, Schema, parse
from domain.schemas.json_schema import assume_draft

# The share of verdicts of a file that may be noise, in thousandths; measured, then rounded up.
NOISE = {
    "jsonsubschema-json_schema.json": 17,
    "karapace-json_schema.json": 0,
    "sentry-json_schema.json": 0,
}


@pytest.fixture(name="folder")
def conformance_folder() -> Path:
    named = os.environ.get("TESSERA_CONFORMANCE")
    if not named:
        pytest.skip("TESSERA_CONFORMANCE is not set: no cases of known tools to compare with")
    return Path(named)


@pytest.mark.parametrize("name", NOISE)
def test_no_breaking_change_of_a_known_suite_is_called_compatible(name: str, folder: Path) -> None:
    counted: Counter[str] = Counter()
    wrong = []
    cases = as_list(as_object(json.loads((folder / name).read_text()))["cases"])
    for case in map(as_object, cases):
        found = diff(_parsed(case["old"]), _parsed(case["new"]), ContentModel.OPEN)
        expected = as_object(case["compatible"])
        for direction, breaks in (
            ("backward", found.breaks_backward),
            ("forward", found.breaks_forward),
        ):
            if isinstance(expected[direction], bool):
                counted["verdicts"] += 1
                counted["noise"] += breaks and expected[direction] is True
                if not breaks and expected[direction] is False:
                    wrong.append(f"{case['id']} {direction}")
    assert not wrong
    assert counted["verdicts"] > 50
    assert counted["noise"] * 1000 <= NOISE[name] * counted["verdicts"]


def _parsed(document: JSON) -> Schema:
    return parse(JSON_SCHEMA, schema=assume_draft(document))
