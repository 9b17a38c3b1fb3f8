"""A way round a break: the proposed schema amended so that the change breaks nobody.

Each is compared again before it is offered: what the engine does not prove is not suggested.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.changes import Change
from domain.compatibility import ContentModel, Mode
from domain.json_values import JSON
from domain.schemas.schema import Schema


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
    return None
