"""Every kind of event that is sent has a schema, and an example that meets it."""

import json
from typing import Any

import jsonschema
import pytest

from domain.event_kinds import SENT
from domain.events import EventType
from domain.severity import SEVERITIES
from notify.event_examples import EXAMPLES, digest_example, example_of
from notify.event_schemas import DETAILS, digest_schema, schema_of
from tests.support.event_bodies import faults_of

URL = "https://tessera.example.com"


def test_each_kind_has_all_that_is_documented() -> None:
    assert set(DETAILS) == set(EXAMPLES) == set(SENT)
    assert set(SENT) <= set(SEVERITIES)


@pytest.mark.parametrize("type_", SENT)
def test_the_schema_is_one_and_its_example_meets_it(type_: EventType) -> None:
    schema, example = schema_of(type_), example_of(type_, URL)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(example, schema, cls=jsonschema.Draft202012Validator)
    assert faults_of(json.dumps(example).encode()) == []
    assert example["version"] == SENT[type_].version


def test_a_digest_has_a_schema_and_its_example_meets_it() -> None:
    schema, example = digest_schema(), digest_example(URL)
    jsonschema.validate(example, schema, cls=jsonschema.Draft202012Validator)
    assert faults_of(json.dumps(example).encode()) == []
    first, other = example["data"]["events"]
    assert first == example_of(EventType.PROPOSAL_ASKED, URL)
    assert other == example_of(EventType.CONSUMERS_TOLD, URL)


@pytest.mark.parametrize(
    "path", [("version",), ("data", "events"), ("data", "events", 0, "data", "details", "due_at")]
)
def test_what_a_digest_lacks_is_a_fault(path: tuple[str, ...]) -> None:
    example = digest_example(URL)
    _without(example, *path)
    assert faults_of(json.dumps(example).encode()) != []


def test_a_digest_of_an_event_that_is_not_sent_is_a_fault() -> None:
    example = digest_example(URL)
    example["data"]["events"][1]["type"] = "nothing"
    assert faults_of(json.dumps(example).encode()) != []


def test_a_receiver_passes_over_what_is_added_later() -> None:
    example = example_of(EventType.PROPOSAL_ASKED, URL)
    example["data"]["details"]["later"] = 1
    jsonschema.validate(example, schema_of(EventType.PROPOSAL_ASKED))


def _without(body: Any, *path: str | int) -> None:
    *way, last = path
    for name in way:
        body = body[name]
    del body[last]


@pytest.mark.parametrize(
    "path",
    [("version",), ("data", "sequence"), ("data", "details", "due_at"), ("data", "asset", "fqn")],
)
def test_what_is_missing_is_a_fault(path: tuple[str, ...]) -> None:
    example = example_of(EventType.PROPOSAL_ASKED, URL)
    _without(example, *path)
    assert faults_of(json.dumps(example).encode()) != []


@pytest.mark.parametrize("where", [(), ("data",), ("data", "details"), ("data", "asset")])
def test_what_is_not_documented_is_a_fault(where: tuple[str, ...]) -> None:
    example = example_of(EventType.PROPOSAL_ASKED, URL)
    inner = example
    for name in where:
        inner = inner[name]
    inner["new"] = 1
    assert faults_of(json.dumps(example).encode()) != []


def test_details_may_be_missing_only_where_the_body_says_so() -> None:
    example = example_of(EventType.PROPOSAL_ASKED, URL)
    example["data"]["details"] = {}
    assert faults_of(json.dumps(example).encode()) != []
    example["data"]["left_out"] = ["details"]
    assert faults_of(json.dumps(example).encode()) == []
