"""A record on the page: JSON with what a change is about marked, and nothing let through."""

import json
import re

import pytest

from api.ui.records import marked, pretty
from domain.json_values import JSON

RECORD: JSON = {
    "id": 1,
    "address": {"city": "Ulm", "zip": None},
    "lines": [{"sku": "a"}, {"sku": "b"}],
    "none": {},
    "a.b": [],
    "pair": ["x", "y"],
}


def marks(path: str, record: JSON = RECORD) -> list[str]:
    return [found.strip() for found in re.findall("<mark>(.*?)</mark>", str(marked(record, path)))]


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("id", ['"id": 1,']),
        ("address.city", ['"city": "Ulm",']),
        ("address", ['"address": {', '"city": "Ulm",', '"zip": null', "},"]),
        ("lines[].sku", ['"sku": "a"', '"sku": "b"']),
        ('"a.b"', ['"a.b": [],']),
        ("pair[1]", ['"y"']),
        ("*", None),
        ("", []),
        ("address.street", []),
        ("nowhere", []),
    ],
)
def test_the_lines_of_the_field_are_marked(path: str, lines: list[str] | None) -> None:
    found = marks(path)
    if lines is None:
        assert len(found) > 10
    else:
        assert [line.replace("&#34;", '"') for line in found] == lines


@pytest.mark.parametrize("record", [RECORD, [], {}, None, "text", 1.5, [[1, [2]], {"a": [{}]}]])
def test_it_is_the_same_json_as_without_marks(record: JSON) -> None:
    text = str(marked(record, "")).replace("&#34;", '"')
    assert text == pretty(record)
    assert json.loads(text) == record


def test_a_long_text_is_cut_and_says_how_long_it_is() -> None:
    text = str(marked({"name": "a" * 5000}, "name"))
    assert "… (5000 characters)" in text
    assert len(text) < 200


def test_what_stands_in_a_record_is_escaped() -> None:
    hostile: JSON = {"<b>": "</mark><script>alert(1)</script>", "<i>": "<script>"}
    text = str(marked(hostile, '"<b>"'))
    assert "<script>" not in text
    assert "<i>" not in text
    assert text.count("</mark>") == 1
