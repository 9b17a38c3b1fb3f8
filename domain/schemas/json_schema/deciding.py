"""The verdict alone: both directions of inclusion, without naming any change.

First the search for a counterexample. Where it gives up, the comparison pair by pair may still find
nothing that breaks; what it finds without proof decides nothing.
"""

from domain.budget import Budget
from domain.json_values import shown
from domain.schemas.json_schema.comparison import Comparison
from domain.schemas.json_schema.diffing import locate_changes
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.outcome import DIRECTIONS, Direction
from domain.schemas.json_schema.search.answers import NOTHING, Found
from domain.schemas.schema import Schema, is_same_content

Answer = tuple[bool | None, str]

_SIDES = {"backward": ("old", "new"), "forward": ("new", "old")}


def decide_json_schema(
    old: Schema, new: Schema, *, closed: bool, budget: Budget
) -> tuple[Answer, Answer]:
    """For each direction yes, no or None for undecided, and why."""
    if is_same_content(old, new):
        return (True, "Both are the same."), (True, "Both are the same.")
    comparison = Comparison(Graph(old, closed=closed), Graph(new, closed=closed), budget)
    shares = {direction: budget.share(len(DIRECTIONS)) for direction in DIRECTIONS}
    backward, forward = (_decide(comparison, d, share) for d, share in shares.items())
    return backward, forward


def _decide(comparison: Comparison, direction: Direction, budget: Budget) -> Answer:
    taken, refused = _SIDES[direction]
    found = comparison.inclusion.counterexample(comparison.root, direction, budget=budget)
    if isinstance(found, Found):
        return False, f"The {taken} schema accepts {shown(found.value)}, the {refused} does not."
    if found is NOTHING or not _breaks(comparison, direction):
        return True, f"All that the {taken} schema accepts, the {refused} accepts."
    return None, f"Whether the {refused} schema accepts all of the {taken} could not be decided."


def _breaks(comparison: Comparison, direction: Direction) -> bool:
    changes = [located.change for located in locate_changes(comparison)]
    if direction == "backward":
        return any(change.breaks_backward for change in changes)
    return any(change.breaks_forward for change in changes)
