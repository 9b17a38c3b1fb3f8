"""Patches that take a break back without taking the change back: kept beside, optional, widened.

What is proposed here is a try: `domain.suggestions` compares again before it is offered.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from domain.changes import Change, ChangeKind
from domain.fields import named_by
from domain.json_values import JSON, as_list, as_object, canonical_text
from domain.schemas.json_schema.comparison import Comparison
from domain.schemas.json_schema.diffing import Located, locate_changes
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.positions import Position
from domain.schemas.json_schema.references import Location, escaped
from domain.schemas.schema import Schema

Operation = Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Amendment:
    """`operations` is a JSON Patch for one document of the new schema."""

    sentence: str
    document: str
    operations: tuple[Operation, ...]


def amendments(old: Schema, new: Schema, change: Change, *, closed: bool) -> Iterator[Amendment]:
    """Ways round a change, the most natural first."""
    comparison = Comparison(Graph(old, closed=closed), Graph(new, closed=closed))
    located = next((each for each in locate_changes(comparison) if each.change == change), None)
    if located is None or located.pair is None or located.finding is None:
        return
    before = _place(comparison.old, located.pair.old)
    after = _place(comparison.new, located.pair.new)
    make = _MAKERS.get(change.kind)
    if before is not None and after is not None and make is not None:
        yield from make(_Around(located, before, after, change))


@dataclass(frozen=True, slots=True)
class _Spot:
    """A schema as it is written, and where."""

    at: Location
    raw: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class _Around:
    located: Located
    old: _Spot
    new: _Spot
    change: Change

    @property
    def name(self) -> str:
        finding = self.located.finding
        return named_by(finding.steps[-1]) if finding is not None and finding.steps else ""

    def amended(self, sentence: str, *operations: Operation) -> Amendment:
        return Amendment(sentence, self.new.at.document, operations)

    def put(self, keyword: str, value: JSON) -> Operation:
        op = "replace" if keyword in self.new.raw else "add"
        return {"op": op, "path": f"{self.new.at.pointer}/{escaped(keyword)}", "value": value}

    def drop(self, keyword: str) -> Operation:
        return {"op": "remove", "path": f"{self.new.at.pointer}/{escaped(keyword)}"}


def _place(graph: Graph, position: Position) -> _Spot | None:
    """The one schema object that a position means, past what only refers."""
    for _ in range(20):
        target = graph.through_reference(position)
        if target is None:
            break
        position = target[1]
    raw = graph.raw(position.locations[0]) if len(position.locations) == 1 else None
    return _Spot(position.locations[0], raw) if isinstance(raw, dict) else None


def _keep_beside(around: _Around) -> Iterator[Amendment]:
    """A field that goes: kept, and marked, until nobody reads it any more."""
    name = around.name
    kept = as_object(around.old.raw.get("properties")).get(name)
    if not isinstance(kept, dict):
        return
    field: JSON = {**kept, "deprecated": True}
    fields = as_object(around.new.raw.get("properties"))
    put: Operation = around.put("properties", {**fields, name: field})
    if fields:
        path = f"{around.new.at.pointer}/properties/{escaped(name)}"
        put = {"op": "add", "path": path, "value": field}
    beside = as_object(around.change.after).get("name")
    beside_words = f" beside `{beside}`" if isinstance(beside, str) else ""
    sentence = f"Keep `{name}`{beside_words} and mark it as deprecated until nobody reads it."
    yield around.amended(sentence, put)
    required = [*as_list(around.new.raw.get("required")), name]
    yield around.amended(sentence, put, around.put("required", required))


def _leave_optional(around: _Around) -> Iterator[Amendment]:
    required = as_list(around.new.raw.get("required"))
    left = [each for each in required if each != around.name]
    sentence = f"Leave `{around.name}` optional; readers take a default where it is missing."
    if len(left) < len(required):
        yield around.amended(sentence, around.put("required", left))


def _keep_required(around: _Around) -> Iterator[Amendment]:
    required = [*as_list(around.new.raw.get("required")), around.name]
    yield around.amended(f"Keep `{around.name}` required.", around.put("required", required))


def _widen_type(around: _Around) -> Iterator[Amendment]:
    before, after = around.old.raw.get("type"), around.new.raw.get("type")
    if before is None or after is None:
        return
    both = dict.fromkeys([*_listed(after), *_listed(before)])
    names = [name for name in both if not (name == "integer" and "number" in both)]
    told = " or ".join(f"`{name}`" for name in names)
    widened: JSON = [*names] if len(names) > 1 else names[0]
    yield around.amended(_widened(around, f"accept {told}"), around.put("type", widened))


def _widen_values(around: _Around) -> Iterator[Amendment]:
    before, after = around.old.raw.get("enum"), around.new.raw.get("enum")
    if isinstance(after, list) and isinstance(before, list):
        both = {canonical_text(value): value for value in (*after, *before)}
        sentence = _widened(around, "accept the old values beside the new")
        yield around.amended(sentence, around.put("enum", [*both.values()]))
    elif isinstance(after, list):
        sentence = _widened(around, "say the values in words and do not enforce them yet")
        yield around.amended(sentence, around.drop("enum"))


def _loosen(around: _Around) -> Iterator[Amendment]:
    """A bound, a pattern, a format: as wide as it was."""
    finding = around.located.finding
    keyword = "" if finding is None else finding.keyword
    if keyword not in around.new.raw:
        return
    if keyword in around.old.raw:
        was = around.old.raw[keyword]
        yield around.amended(_widened(around, "keep the old limit"), around.put(keyword, was))
    else:
        sentence = _widened(around, f"do not enforce `{keyword}` yet")
        yield around.amended(sentence, around.drop(keyword))


def _widened(around: _Around, what: str) -> str:
    where = f"`{around.change.path}`" if around.change.path else "the record"
    return f"Widen {where} first: {what}."


def _listed(types: JSON) -> list[str]:
    return [str(each) for each in (types if isinstance(types, list) else [types])]


_Maker = Callable[[_Around], Iterator[Amendment]]
_K = ChangeKind
_MAKERS: Mapping[ChangeKind, _Maker] = {
    **dict.fromkeys((_K.FIELD_REMOVED, _K.FIELD_RENAMED), _keep_beside),
    **dict.fromkeys((_K.FIELD_REQUIRED, _K.FIELD_ADDED), _leave_optional),
    _K.FIELD_OPTIONAL: _keep_required,
    **dict.fromkeys((_K.TYPE_NARROWED, _K.TYPE_CHANGED, _K.NULLABILITY_REMOVED), _widen_type),
    **dict.fromkeys((_K.ENUM_ADDED, _K.ENUM_VALUES_REMOVED), _widen_values),
    **dict.fromkeys(
        (
            _K.BOUND_ADDED,
            _K.BOUND_TIGHTENED,
            _K.PATTERN_CHANGED,
            _K.FORMAT_CHANGED,
            _K.CONSTRAINT_CHANGED,
        ),
        _loosen,
    ),
}
