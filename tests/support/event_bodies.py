"""What webhooks receive, held against the schemas that receivers are promised."""

import json
from collections.abc import Iterator
from functools import cache

from jsonschema_rs import Draft202012Validator

from domain.event_kinds import SENT
from domain.events import EventType
from domain.json_types import JsonObject
from notify.event_schemas import digest_schema, schema_of
from notify.messages import BODY_LIMIT, DIGEST

_KINDS = {type_.value: type_ for type_ in SENT}


def faults_of(body: bytes) -> list[str]:
    """How a body departs from its schema, closed: nothing, where all is as it is documented.

    What says to be of no type that is sent comes from a test and not from us.
    """
    try:
        said = json.loads(body)
    except ValueError:
        return []
    if not isinstance(said, dict):
        return []
    if said.get("type") == DIGEST:
        return _faults_of_digest(said)
    if said.get("type") not in _KINDS:
        return []
    found = [
        f"{said['type']}: {fault.message} at {list(fault.instance_path)}"
        for fault in _validator(_KINDS[said["type"]]).iter_errors(said)
    ]
    too_large = [f"{said['type']}: {len(body)} bytes"] if len(body) > BODY_LIMIT else []
    return found + too_large


def _faults_of_digest(said: JsonObject) -> list[str]:
    """How a digest departs from its schema, and each of its events, closed, from its own."""
    found = [f"digest: {fault.message[:500]}" for fault in _digest().iter_errors(said)]
    events = said.get("data", {}).get("events", [])
    return found + [fault for each in events for fault in faults_of(json.dumps(each).encode())]


@cache
def _digest() -> Draft202012Validator:
    return Draft202012Validator(digest_schema(), validate_formats=True)


@cache
def _validator(type_: EventType) -> Draft202012Validator:
    return Draft202012Validator(closed(schema_of(type_)), validate_formats=True)


def closed(schema: JsonObject) -> JsonObject:
    """Forbid every member that the schema does not name."""
    inner = dict(_closed_members(schema))
    names_members = "properties" in schema and schema.get("type") == "object"
    return {**inner, "additionalProperties": False} if names_members else inner


def _closed_members(schema: JsonObject) -> Iterator[tuple[str, object]]:
    for name, value in schema.items():
        if name == "properties":
            yield name, {member: closed(each) for member, each in value.items()}
        elif name == "anyOf":
            yield name, [closed(each) for each in value]
        elif name in ("items", "if", "then", "else"):
            yield name, closed(value)
        else:
            yield name, value
