"""The language's own word: whether one schema can take the place of another, as yes, no or unknown.

Unlike `diff` this names no changes and knows no mode. None means that it could not be decided.
"""

from dataclasses import dataclass

from domain.budget import Budget
from domain.changes import Diff
from domain.compatibility import ContentModel, diff
from domain.schemas.schema import Schema


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why` is one sentence for people."""

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
    found = diff(old, new, model)
    return Verdict(
        _answer([c.undecided for c in found.changes if c.breaks_backward]),
        _answer([c.undecided for c in found.changes if c.breaks_forward]),
        _why(found),
    )


def _answer(breaks: list[bool]) -> bool | None:
    """By whether each break is undecided."""
    if not breaks:
        return True
    return None if all(breaks) else False


def _why(found: Diff) -> str:
    breaking = [c for c in found.changes if c.breaks_backward or c.breaks_forward]
    if not breaking:
        return "Both accept the same." if found.changes else "Both are the same."
    certain = [c for c in breaking if not c.undecided] or breaking
    return certain[0].sentence
