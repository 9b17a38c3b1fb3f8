"""A way round a break: the proposed schema amended so that the change breaks nobody.

Each is compared again before it is offered: what the engine does not prove is not suggested.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.changes import Change
from domain.compatibility import ContentModel, Mode, diff
from domain.errors import InvalidSchema
from domain.json_values import JSON, as_object
from domain.schemas.schema import JSON_SCHEMA, Schema

if TYPE_CHECKING:
    from domain.schemas.json_schema.amending import Amendment


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`patch` is a JSON Patch (RFC 6902) for `document` of the new schema; `schema` is the result.

    Adopting it removes the break of this one change; other changes may still gate.
    """

    sentence: str
    document: str
    patch: tuple[Mapping[str, JSON], ...]
    schema: Schema

    def to_wire(self) -> dict[str, JSON]:
        return {
            "sentence": self.sentence,
            "document": self.document,
            "patch": [dict(operation) for operation in self.patch],
        }


def suggest(
    old: Schema,
    new: Schema,
    change: Change,
    mode: Mode,
    model: ContentModel = ContentModel.CLOSED,
) -> Suggestion | None:
    """A way round `change` if the mode gates it and there is a common one; else None."""
    if old.format != JSON_SCHEMA or new.format != JSON_SCHEMA or not mode.gates(change):
        return None
    from domain.schemas.json_schema.amending import amendments  # see domain/schemas

    gating = _gating(old, new, mode, model)
    for amendment in amendments(old, new, change, closed=model is ContentModel.CLOSED):
        amended = _amended(new, amendment)
        left = None if amended is None else _gating(old, amended, mode, model)
        # Nothing else may gate for it that did not gate before.
        if amended is not None and left is not None and left <= gating - {_key(change)}:
            return Suggestion(amendment.sentence, amendment.document, amendment.operations, amended)
    return None


def _gating(old: Schema, new: Schema, mode: Mode, model: ContentModel) -> set[tuple[str, str]]:
    return {_key(change) for change in diff(old, new, model).changes if mode.gates(change)}


def _key(change: Change) -> tuple[str, str]:
    return change.kind, change.path


def _amended(new: Schema, amendment: "Amendment") -> Schema | None:
    """The patched schema, if it still is one: what is kept may refer to what is gone."""
    from domain.schemas.json_schema import parse_json_schema

    patched = apply_patch(new.documents[amendment.document], amendment.operations)
    try:
        return parse_json_schema({**new.documents, amendment.document: patched}, new.root)
    except InvalidSchema:
        return None


def apply_patch(document: JSON, operations: Sequence[Mapping[str, JSON]]) -> JSON:
    """Of RFC 6902 what suggestions use: `add`, `replace` and `remove` of members of objects."""
    for operation in operations:
        *steps, last = [_unescaped(step) for step in str(operation["path"]).split("/")[1:]]
        document = _patched(document, steps, last, operation)
    return document


def _patched(value: JSON, steps: list[str], last: str, operation: Mapping[str, JSON]) -> JSON:
    if steps and isinstance(value, list):
        at = int(steps[0])
        return [
            _patched(member, steps[1:], last, operation) if index == at else member
            for index, member in enumerate(value)
        ]
    members = as_object(value)
    if steps:
        return {**members, steps[0]: _patched(members[steps[0]], steps[1:], last, operation)}
    if operation["op"] == "remove":
        return {name: member for name, member in members.items() if name != last}
    return {**members, last: operation["value"]}


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")
