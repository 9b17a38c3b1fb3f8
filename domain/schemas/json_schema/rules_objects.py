"""Objects: which fields there are, which must be there, and what holds for all other names."""

from itertools import compress, filterfalse, repeat
from operator import eq, not_

from domain.changes import ChangeKind
from domain.fields import ANY_NAME, name_step
from domain.json_values import JSON, as_object
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.nodes import OBJECT, Node
from domain.schemas.json_schema.outcome import (
    FINE,
    UNSURE,
    Facing,
    Finding,
    breaks_if,
    unsure_if,
)
from domain.schemas.json_schema.positions import Position, View
from domain.schemas.json_schema.references import Location, as_bytes, may_refer
from domain.schemas.json_schema.renaming import guess_renamings
from domain.schemas.json_schema.rules_types import type_list


def judge_object(facing: Facing) -> None:
    if not facing.share(OBJECT):
        return
    old, new = facing.old, facing.new
    changed = _changed(facing)
    for name in sorted(changed):
        _judge_field(facing, name)
    guess_renamings(facing)
    for name in sorted((old.required ^ new.required) - changed):
        _judge_required(facing, name)
    _judge_other_names(facing)
    _judge_names_of_names(facing)
    _judge_dependent_required(facing)
    _judge_dependent_schemas(facing)


def _changed(facing: Facing) -> set[str]:
    """All names but those that are written exactly as before, and without references."""
    old, new = (_declared(view) for _, view in facing.sides())
    if not old or not new or facing.old.nodes[0].draft != facing.new.nodes[0].draft:
        return {*facing.old.mentioned, *facing.new.mentioned}
    changed = set(_written_anew(old, new))
    for view in (facing.old, facing.new):
        changed.update(filterfalse(old.__contains__, view.mentioned))
    return changed


def _declared(view: View) -> dict[str, JSON] | None:
    """The fields as they are written, where nothing else bears on them."""
    if len(view.nodes) != 1 or view.nodes[0].patterns or not view.nodes[0].properties:
        return None
    return as_object(view.nodes[0].raw["properties"])


# So many fields are looked at in one go.
_AT_ONCE = 200
_ABSENT = object()


def _written_anew(old: dict[str, JSON], new: dict[str, JSON]) -> list[str]:
    """Of the old fields. Loops in C, and no large object, which would be new memory every time."""
    others = [*map(new.get, old, repeat(_ABSENT))]
    is_equal = [*map(eq, old.values(), others)]
    anew = [*compress(old, map(not_, is_equal))]
    kept = [*compress(old, is_equal)]
    before, after = [*compress(old.values(), is_equal)], [*compress(others, is_equal)]
    for at in range(0, len(kept), _AT_ONCE):
        some = slice(at, at + _AT_ONCE)
        if not _is_written_alike(before[some], after[some]):
            anew += [name for name in kept[some] if not _is_written_alike(old[name], new[name])]
    return anew


def _is_written_alike(old: object, new: object) -> bool:
    written = as_bytes(old)
    return not may_refer(written) and written == as_bytes(new)


def _judge_field(facing: Facing, name: str) -> None:
    old, new = facing.old, facing.new
    before = facing.old_graph.property_position(old, name)
    after = facing.new_graph.property_position(new, name)
    was = before is not None and name in old.mentioned
    remains = after is not None and name in new.mentioned
    if was != remains:
        _judge_presence(facing, name, before, after, added=remains)
        return
    if was:
        facing.descend((name_step(name),), before, after)
    else:
        _judge_refused(facing, name, before, after)
    if (name in old.required) != (name in new.required):
        _judge_required(facing, name)


def _judge_refused(
    facing: Facing, name: str, before: Position | None, after: Position | None
) -> None:
    """A name that no side offers as a field: mentioned only to be refused, if at all."""
    if (before is None) == (after is None):
        facing.descend((name_step(name),), before, after)
        return
    refused = after is None
    facing.report(
        Finding(
            ChangeKind.CONSTRAINT_CHANGED,
            "is now refused" if refused else "is no longer refused",
            backward=breaks_if(refused),
            forward=breaks_if(not refused),
            steps=(name_step(name),),
        )
    )


def _judge_presence(
    facing: Facing, name: str, before: Position | None, after: Position | None, *, added: bool
) -> None:
    """A field that only one side declares. What the other side says of such a name still counts."""
    verdict = facing.tests.verdict(before, after)
    required = name in (facing.new if added else facing.old).required
    demanded = name in facing.new.required and name not in facing.old.required
    dropped = name in facing.old.required and name not in facing.new.required
    kind = ChangeKind.FIELD_ADDED if added else ChangeKind.FIELD_REMOVED
    if added:
        phrase, told = "is added", _summary(facing.new_graph, after, required)
    else:
        phrase, told = "is removed", _summary(facing.old_graph, before, required)
    facing.report(
        Finding(
            kind,
            f"{phrase} and required" if added and required else phrase,
            before=None if added else told,
            after=told if added else None,
            backward=max(verdict.backward, breaks_if(demanded)),
            forward=max(verdict.forward, breaks_if(dropped)),
            steps=(name_step(name),),
        )
    )


def _summary(graph: Graph, position: Position | None, required: bool) -> JSON:
    types = frozenset[str]() if position is None else graph.view(position).types
    return {"type": type_list(types), "required": required}


def _judge_required(facing: Facing, name: str) -> None:
    now = name in facing.new.required
    facing.report(
        Finding(
            ChangeKind.FIELD_REQUIRED if now else ChangeKind.FIELD_OPTIONAL,
            "is now required" if now else "is no longer required",
            before=not now,
            after=now,
            backward=breaks_if(now),
            forward=breaks_if(not now),
            steps=(name_step(name),),
        )
    )


# --- names that are not declared ----------------------------------------------------------------


def _judge_other_names(facing: Facing) -> None:
    _judge_patterns(facing)
    before = facing.old_graph.rest_position(facing.old)
    after = facing.new_graph.rest_position(facing.new)
    if (before is None) == (after is None):
        facing.descend((ANY_NAME,), before, after)
        return
    refused = after is None
    facing.report(
        Finding(
            ChangeKind.OTHER_FIELDS_REFUSED if refused else ChangeKind.OTHER_FIELDS_ALLOWED,
            f"{'no longer' if refused else 'now'} accepts fields that it does not name",
            before=refused,
            after=not refused,
            backward=breaks_if(refused),
            forward=breaks_if(not refused),
            contestable=True,
        )
    )


def _judge_patterns(facing: Facing) -> None:
    """Pattern by pattern is only right if nothing else speaks about the same names."""
    old, new = facing.old.patterns(), facing.new.patterns()
    simple = len(facing.old.layers()) <= 1 and len(facing.new.layers()) <= 1
    if simple and old.keys() == new.keys():
        for pattern in sorted(old):
            facing.descend(
                (ANY_NAME,),
                facing.old_graph.value_position(old[pattern]),
                facing.new_graph.value_position(new[pattern]),
            )
    elif old or new:
        _report_unsure(facing, "has other rules for field names that follow a pattern")


def _judge_names_of_names(facing: Facing) -> None:
    old = tuple(n.names for n in facing.old.nodes if n.names is not None)
    new = tuple(n.names for n in facing.new.nodes if n.names is not None)
    if old or new:
        verdict = facing.tests.verdict(Position(old, closed=False), Position(new, closed=False))
        if max(verdict) > FINE:
            facing.report(
                Finding(
                    ChangeKind.CONSTRAINT_CHANGED,
                    "has another rule for the names of its fields",
                    backward=unsure_if(verdict.backward > FINE),
                    forward=unsure_if(verdict.forward > FINE),
                    contestable=True,
                )
            )


# --- fields that depend on fields ---------------------------------------------------------------


def _judge_dependent_required(facing: Facing) -> None:
    old, new = _demands(facing.old), _demands(facing.new)
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, frozenset()), new.get(name, frozenset())
        demanded = after - before - facing.old.required
        dropped = before - after - facing.new.required
        if demanded or dropped:
            changed = ", ".join(f"`{n}`" for n in sorted(demanded or dropped))
            facing.report(
                Finding(
                    ChangeKind.CONSTRAINT_CHANGED,
                    f"{'now' if demanded else 'no longer'} requires {changed} beside `{name}`",
                    before=[*sorted(before)],
                    after=[*sorted(after)],
                    backward=breaks_if(bool(demanded)),
                    forward=breaks_if(bool(dropped)),
                    contestable=True,
                )
            )


def _demands(view: View) -> dict[str, frozenset[str]]:
    demands: dict[str, frozenset[str]] = {}
    for node in view.nodes:
        for name, required in node.dependent_required.items():
            demands[name] = demands.get(name, frozenset()) | required
    return demands


def _judge_dependent_schemas(facing: Facing) -> None:
    old, new = _dependents(facing.old.nodes), _dependents(facing.new.nodes)
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, ()), new.get(name, ())
        verdict = facing.tests.verdict(
            Position(before, closed=False), Position(after, closed=False)
        )
        if max(verdict) > FINE:
            facing.report(
                Finding(
                    ChangeKind.CONSTRAINT_CHANGED,
                    f"has another rule for records with `{name}`",
                    backward=unsure_if(verdict.backward > FINE),
                    forward=unsure_if(verdict.forward > FINE),
                    contestable=True,
                )
            )


def _dependents(nodes: tuple[Node, ...]) -> dict[str, tuple[Location, ...]]:
    found: dict[str, tuple[Location, ...]] = {}
    for node in nodes:
        for name, location in node.dependent_schemas.items():
            found[name] = (*found.get(name, ()), location)
    return found


def _report_unsure(facing: Facing, phrase: str) -> None:
    facing.report(
        Finding(
            ChangeKind.CONSTRAINT_CHANGED,
            phrase,
            backward=UNSURE,
            forward=UNSURE,
            contestable=True,
        )
    )
