"""Witnesses: a small record that was fine before a change and is not after it, or the reverse.

A witness is shown only after two independent validators agreed about it. Making one costs a search,
so it is done on demand, and for few changes at a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.budget import Budget
from domain.changes import Change
from domain.compatibility import ContentModel
from domain.json_values import JSON
from domain.schemas.schema import JSON_SCHEMA, Schema

MOST_WITNESSES = 20


class Direction(StrEnum):
    """Backward: written under the old version, refused by the new. Forward: the reverse."""

    BACKWARD = "backward"
    FORWARD = "forward"


@dataclass(frozen=True, slots=True)
class Witness:
    """A whole record that proves a break in one direction."""

    instance: JSON
    direction: Direction

    @property
    def valid_before(self) -> bool:
        return self.direction is Direction.BACKWARD

    @property
    def valid_after(self) -> bool:
        return self.direction is Direction.FORWARD

    def to_wire(self) -> dict[str, JSON]:
        return {
            "instance": self.instance,
            "direction": str(self.direction),
            "valid_before": self.valid_before,
            "valid_after": self.valid_after,
        }


def witnesses(
    old: Schema,
    new: Schema,
    changes: Sequence[Change],
    model: ContentModel = ContentModel.CLOSED,
    *,
    limit: int = MOST_WITNESSES,
    budget: Budget | None = None,
) -> Mapping[int, Witness]:
    """Witnesses of breaking changes, by their place in `changes`; at most `limit` are looked for.

    A change that breaks both ways is shown backward. A change without an entry has no witness, or
    none that was found within the budget and confirmed. Never raises for schemas that were parsed.
    """
    if old.format != JSON_SCHEMA or new.format != JSON_SCHEMA:
        return {}
    # The validators that confirm a witness take long to import, and most comparisons need none.
    from domain.schemas.json_schema.witnessing import json_schema_witnesses

    breaking = [i for i, c in enumerate(changes) if c.breaks_backward or c.breaks_forward][:limit]
    found = json_schema_witnesses(
        old,
        new,
        [changes[i] for i in breaking],
        closed=model is ContentModel.CLOSED,
        budget=budget or Budget(),
    )
    return {
        breaking[at]: Witness(instance, Direction(direction))
        for at, (instance, direction) in found.items()
    }
