"""Arrays: items by place and items in general, repetition, and what must be contained."""

from domain.changes import ChangeKind
from domain.fields import ITEMS, index_step
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.nodes import ARRAY, Contains
from domain.schemas.json_schema.outcome import (
    BREAKS,
    FINE,
    Facing,
    Finding,
    breaks_if,
    unsure_if,
)
from domain.schemas.json_schema.positions import Position, View


def judge_array(facing: Facing) -> None:
    if not facing.share(ARRAY):
        return
    places = min(most_items(*side, _prefix_length(facing)) for side in facing.sides())
    for index in range(places):
        facing.descend(
            (index_step(index),),
            facing.old_graph.item_position(facing.old, index),
            facing.new_graph.item_position(facing.new, index),
        )
    facing.descend(
        (ITEMS,),
        facing.old_graph.item_position(facing.old, None),
        facing.new_graph.item_position(facing.new, None),
    )
    _judge_repetition(facing)
    _judge_contains(facing)


def limits_with_items(graph: Graph, view: View) -> dict[str, int]:
    """The limits of a view; a place that takes no item bounds the length like `maxItems`."""
    limits = dict(view.limits)
    if ARRAY in view.types:
        prefix = max((len(node.prefix) for node in view.nodes), default=0)
        places = most_items(graph, view, prefix)
        if places < prefix or graph.item_position(view, None) is None:
            limits["maxItems"] = min(limits.get("maxItems", places), places)
    return limits


def most_items(graph: Graph, view: View, places: int) -> int:
    """How many of the first places can hold an item at all."""
    for index in range(places):
        if graph.item_position(view, index) is None:
            return index
    return places


def _prefix_length(facing: Facing) -> int:
    return max((len(node.prefix) for _, view in facing.sides() for node in view.nodes), default=0)


def _judge_repetition(facing: Facing) -> None:
    before, after = facing.old.unique, facing.new.unique
    if before != after:
        facing.report(
            Finding(
                ChangeKind.CONSTRAINT_CHANGED,
                "may no longer repeat an item" if after else "may now repeat items",
                before=before,
                after=after,
                backward=breaks_if(after),
                forward=breaks_if(before),
                contestable=True,
                keyword="uniqueItems",
            )
        )


def _judge_contains(facing: Facing) -> None:
    old, new = facing.old.contains, facing.new.contains
    if not old and not new:
        return
    if len(old) == len(new) == 1:
        backward, forward = _compare_contains(facing, old[0], new[0])
    else:
        backward = forward = not facing.tests.same(
            facing.old.position.locations, facing.new.position.locations
        )
    if backward or forward:
        both = bool(old and new)
        facing.report(
            Finding(
                ChangeKind.CONSTRAINT_CHANGED,
                "has another rule for what it must contain",
                backward=unsure_if(backward) if both else (BREAKS if new else FINE),
                forward=unsure_if(forward) if both else (BREAKS if old else FINE),
                contestable=True,
            )
        )


def _compare_contains(facing: Facing, old: Contains, new: Contains) -> tuple[bool, bool]:
    verdict = facing.tests.verdict(
        Position((old.schema,), closed=False), Position((new.schema,), closed=False)
    )
    shrinks, grows = verdict.backward > FINE, verdict.forward > FINE
    return (
        _demands_more(old, new, shrinks=shrinks, grows=grows),
        _demands_more(new, old, shrinks=grows, grows=shrinks),
    )


def _demands_more(was: Contains, now: Contains, *, shrinks: bool, grows: bool) -> bool:
    least = now.least > 0 and (shrinks or now.least > was.least)
    most = now.most is not None and (grows or was.most is None or was.most > now.most)
    return least or most
