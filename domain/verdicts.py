"""The language's own word: whether one schema can take the place of another, as yes, no or unknown.

Unlike `diff` this names no changes and knows no mode. None means that it could not be decided.
"""

from dataclasses import dataclass

from domain.budget import Budget
from domain.compatibility import ContentModel
from domain.schemas.schema import JSON_SCHEMA, Schema


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why` is a sentence for each direction, for people."""

    backward: bool | None
    forward: bool | None
    why: str

    @property
    def full(self) -> bool | None:
        return both(self.backward, self.forward)


def both(one: bool | None, other: bool | None) -> bool | None:
    """A no decides; a yes needs two."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def decide(
    old: Schema,
    new: Schema,
    model: ContentModel = ContentModel.CLOSED,
    budget: Budget | None = None,
) -> Verdict:
    """Never raises for schemas that were parsed."""
    if old.format != JSON_SCHEMA or new.format != JSON_SCHEMA:
        return Verdict(None, None, f"{old.format} and {new.format} are not compared.")
    from domain.schemas.json_schema.deciding import decide_json_schema  # see domain/schemas

    backward, forward = decide_json_schema(
        old, new, closed=model is ContentModel.CLOSED, budget=budget or Budget()
    )
    sentences = dict.fromkeys((backward[1], forward[1]))
    return Verdict(backward[0], forward[0], " ".join(sentences))
