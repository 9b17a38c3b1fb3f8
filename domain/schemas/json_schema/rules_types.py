"""Types, null, and lists of values.

Null is judged apart from all other values, because that is how people speak of it: `email` may no
longer be null. Where either side lists its values, the question is decided value by value.
"""

from collections.abc import Mapping
from functools import lru_cache

from domain.changes import ChangeKind
from domain.json_values import JSON, listed
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.nodes import (
    ALL_TYPES,
    BOOLEAN,
    FRACTION,
    INTEGER,
    NULL,
    Types,
)
from domain.schemas.json_schema.outcome import (
    BREAKS,
    FINE,
    UNSURE,
    Effect,
    Facing,
    Finding,
    breaks_if,
)
from domain.schemas.json_schema.positions import View

_NULL = frozenset({NULL})
_BOTH_BOOLEANS: Mapping[str, JSON] = {"false": False, "true": True}


def judge_types(facing: Facing) -> bool:
    """False when nothing is left for the other rules: no type in common, or lists of values."""
    old, new = facing.old, facing.new
    if old.types == new.types and old.values is None and new.values is None:
        return bool(old.types)
    if _judge_values(facing):
        _judge_listed_null(facing)
        return False
    if (old.types & new.types) <= _NULL:
        _judge_whole_types(facing, old.types, new.types)
        return bool(old.types & new.types)
    judge_null(facing)
    apart = frozenset() if ALL_TYPES in (old.types, new.types) else _NULL
    _judge_whole_types(facing, old.types - apart, new.types - apart)
    return True


def judge_null(facing: Facing) -> None:
    """Nothing is said of null where a side takes just any value: the types say it all."""
    if ALL_TYPES not in (facing.old.types, facing.new.types):
        had, has = facing.old.accepts_null, facing.new.accepts_null
        _report_null(facing, breaks_if(had and not has), breaks_if(has and not had))


def _judge_listed_null(facing: Facing) -> None:
    """Beside lists of values no other rule is asked, so null is tried like a listed value."""
    old = facing.tests.accepts(facing.old_graph, facing.old.position, None)
    new = facing.tests.accepts(facing.new_graph, facing.new.position, None)
    _report_null(facing, _lost(old, new), _lost(new, old))


def _lost(one: bool | None, other: bool | None) -> Effect:
    if one is False or other is True:
        return FINE
    return UNSURE if one is None or other is None else BREAKS


def _report_null(facing: Facing, backward: Effect, forward: Effect) -> None:
    if backward:
        facing.report(
            Finding(
                ChangeKind.NULLABILITY_REMOVED,
                "may no longer be null",
                before=True,
                after=False,
                backward=backward,
            )
        )
    if forward:
        facing.report(
            Finding(
                ChangeKind.NULLABILITY_ADDED,
                "may now be null",
                before=False,
                after=True,
                forward=forward,
            )
        )


def _judge_whole_types(facing: Facing, old: Types, new: Types) -> None:
    narrowed, widened = bool(old - new), bool(new - old)
    if not narrowed and not widened:
        return
    kind = ChangeKind.TYPE_CHANGED
    phrase = f"now must be {type_words(new)} (was {type_words(old)})"
    if not widened:
        kind = ChangeKind.TYPE_NARROWED
    elif not narrowed:
        kind = ChangeKind.TYPE_WIDENED
        phrase = f"may now be {type_words(new)} (was {type_words(old)})"
    if not new:
        phrase = f"no longer accepts any value (was {type_words(old)})"
    facing.report(
        Finding(
            kind,
            phrase,
            before=type_list(old),
            after=type_list(new),
            backward=breaks_if(narrowed),
            forward=breaks_if(widened),
            types=(old, new),
        )
    )


# --- lists of values ----------------------------------------------------------------------------


def _judge_values(facing: Facing) -> bool:
    old, new = facing.old, facing.new
    if old.values is None and new.values is None:
        return False
    before, after = _finite(old), _finite(new)
    if before is not None and after is not None:
        _judge_two_lists(facing, before, after)
    elif before is not None:
        refused, effect = _refused(facing, facing.old_graph, old, before, facing.new_graph, new)
        phrase = f"is no longer limited to {listed(before)}"
        if refused:
            phrase += f", and no longer accepts {listed(refused)}"
        facing.report(
            Finding(
                ChangeKind.ENUM_REMOVED,
                phrase,
                before=_values(before),
                backward=effect,
                forward=breaks_if(bool(new.types - {NULL})),
            )
        )
    elif after is not None:
        _, effect = _refused(facing, facing.new_graph, new, after, facing.old_graph, old)
        facing.report(
            Finding(
                ChangeKind.ENUM_ADDED,
                f"now accepts only {listed(after)}" if after else "no longer accepts any value",
                after=_values(after),
                backward=breaks_if(bool(old.types - {NULL})),
                forward=effect,
            )
        )
    return True


def _judge_two_lists(facing: Facing, before: Mapping[str, JSON], after: Mapping[str, JSON]) -> None:
    olds = (facing.old_graph, facing.old)
    news = (facing.new_graph, facing.new)
    removed, backward = _refused(facing, *olds, before, *news)
    added, forward = _refused(facing, *news, after, *olds)
    if backward:
        facing.report(
            Finding(
                ChangeKind.ENUM_VALUES_REMOVED,
                f"no longer accepts {listed(removed)}",
                before=_values(removed),
                backward=backward,
            )
        )
    if forward:
        facing.report(
            Finding(
                ChangeKind.ENUM_VALUES_ADDED,
                f"now also accepts {listed(added)}",
                after=_values(added),
                forward=forward,
            )
        )


def _finite(view: View) -> Mapping[str, JSON] | None:
    """The values besides null, if they are a short list."""
    if view.values is not None:
        return {key: value for key, value in view.values.items() if value is not None}
    if view.types <= {NULL}:
        return {}
    return _BOTH_BOOLEANS if view.types <= {NULL, BOOLEAN} else None


def _refused(
    facing: Facing,
    graph: Graph,
    view: View,
    values: Mapping[str, JSON],
    other_graph: Graph,
    other: View,
) -> tuple[dict[str, JSON], Effect]:
    """The listed values that one side accepts and the other does not, and what that means."""
    refused: dict[str, JSON] = {}
    effect = FINE
    for key, value in values.items():
        taken = facing.tests.accepts(other_graph, other.position, value)
        if taken is True:
            continue
        had = facing.tests.accepts(graph, view.position, value)
        if had is not False:
            refused[key] = value
            effect = max(effect, UNSURE if taken is None or had is None else BREAKS)
    return refused, effect


def _values(values: Mapping[str, JSON]) -> JSON:
    return [values[key] for key in sorted(values)]


# --- in words -----------------------------------------------------------------------------------


def type_list(types: Types) -> JSON:
    """The types as a schema would list them."""
    names: list[JSON] = [*_named(types)]
    return names[0] if len(names) == 1 else names


@lru_cache(maxsize=256)
def type_words(types: Types) -> str:
    if types >= ALL_TYPES - {NULL}:
        return "any type"
    names = _named(types)
    if not names:
        return "nothing"
    words = [n if n == NULL else f"{'an' if n[0] in 'aeiou' else 'a'} {n}" for n in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


@lru_cache(maxsize=256)
def _named(types: Types) -> tuple[str, ...]:
    names = set(types)
    if {INTEGER, FRACTION} <= names:
        names = (names - {INTEGER, FRACTION}) | {"number"}
    if FRACTION in names:
        names = (names - {FRACTION}) | {"number with a fraction"}
    return tuple(sorted(names))
