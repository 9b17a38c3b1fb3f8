"""Negations, conditions, and what is left to `unevaluated…`."""

from domain.changes import ChangeKind
from domain.schemas.json_schema.exclusion import are_apart
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.outcome import FINE, Facing, Finding, Verdict, unsure_if
from domain.schemas.json_schema.positions import Position, View
from domain.schemas.json_schema.references import Location

_Condition = tuple[Location, Location | None, Location | None]


def judge_conditions(facing: Facing) -> None:
    _judge_negations(facing)
    _judge_ifs(facing)
    _judge_unevaluated(facing)


def _verdict(facing: Facing, old: Location, new: Location) -> Verdict:
    return facing.tests.verdict(Position((old,), closed=False), Position((new,), closed=False))


def _judge_negations(facing: Facing) -> None:
    """What is refused must not grow, so inclusion is asked the other way round."""
    old = [n.negated for n in facing.old.nodes if n.negated is not None]
    new = [n.negated for n in facing.new.nodes if n.negated is not None]
    backward = not all(
        any(_verdict(facing, o, n).forward == FINE for o in old)
        or _never_there(facing.old_graph, facing.old, facing.new_graph, n)
        for n in new
    )
    forward = not all(
        any(_verdict(facing, o, n).backward == FINE for n in new)
        or _never_there(facing.new_graph, facing.new, facing.old_graph, o)
        for o in old
    )
    _report(facing, "excludes other values than before (`not`)", backward, forward)


def _never_there(graph: Graph, view: View, other: Graph, negated: Location) -> bool:
    """Whether no value of one side is among those that the other side refuses."""
    return are_apart(graph, view.position, other, Position((negated,), closed=False))


def _judge_ifs(facing: Facing) -> None:
    old, new = _conditions(facing.old), _conditions(facing.new)
    lost = [c for c in old if not any(_is_same(facing, c, d) for d in new)]
    gained = [d for d in new if not any(_is_same(facing, c, d) for c in old)]
    backward = any(not _always_holds(facing, c, backward=True) for c in gained)
    forward = any(not _always_holds(facing, c, backward=False) for c in lost)
    _report(facing, "has another condition (`if`)", backward, forward)


def _conditions(view: View) -> list[_Condition]:
    return [node.condition for node in view.nodes if node.condition is not None]


def _is_same(facing: Facing, old: _Condition, new: _Condition) -> bool:
    if any((one is None) != (other is None) for one, other in zip(old, new, strict=True)):
        return False
    parts = ((o, n) for o, n in zip(old, new, strict=True) if o is not None and n is not None)
    return all(facing.tests.same((o,), (n,)) for o, n in parts)


def _always_holds(facing: Facing, condition: _Condition, *, backward: bool) -> bool:
    """Whether both outcomes of a condition hold on the side that does not have it."""
    for part in condition[1:]:
        if part is None:
            continue
        position = Position((part,), closed=False)
        if backward:
            effect = facing.tests.verdict(facing.old.position, position).backward
        else:
            effect = facing.tests.verdict(position, facing.new.position).forward
        if effect != FINE:
            return False
    return True


def _judge_unevaluated(facing: Facing) -> None:
    """What is left to `unevaluated…` depends on everything that is said at this place."""
    old, new = facing.old, facing.new
    unevaluated = any(node.unevaluated for node in (*old.nodes, *new.nodes))
    if unevaluated and not facing.tests.same(old.position.locations, new.position.locations):
        _report(facing, "has another rule for what else it may hold", backward=True, forward=True)


def _report(facing: Facing, phrase: str, backward: bool, forward: bool) -> None:
    if backward or forward:
        facing.report(
            Finding(
                ChangeKind.CONSTRAINT_CHANGED,
                phrase,
                backward=unsure_if(backward),
                forward=unsure_if(forward),
                contestable=True,
            )
        )
