"""JSON columns come back as they were written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.json_values import JSON
from store.json_columns import read_json

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(ANY_JSON)
def test_it_reads_what_the_standard_reader_reads(value: JSON) -> None:
    text = json.dumps(value)
    read = read_json(text)
    assert read == json.loads(text)
    assert json.dumps(read) == text  # so 1, 1.0 and true are told apart too


@pytest.mark.parametrize("depth", [199, 200, 201, 900])
def test_it_reads_what_is_nested_deeply(depth: int) -> None:
    text = "[" * depth + "]" * depth
    assert json.dumps(read_json(text)) == text
