"""JSON columns come back as they were written."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.json_values import JSON
from domain.timeline import Timeline
from store.json_columns import read_json
from store.proposal_rows import policy_from

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


def test_what_a_later_version_keeps_of_a_policy_besides_is_not_read() -> None:
    kept = {"mode": "full", "content_model": "closed", "semver_mode": "auto"}
    timeline = {"deadline": "P9D", "siesta": "PT2H"}
    policy = policy_from({**kept, "timeline": timeline, "horoscope": "fine"})
    assert policy.timeline == Timeline(deadline=timedelta(days=9))
    assert policy.fallback is None
