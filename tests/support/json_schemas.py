"""Builders of JSON Schemas for tests, and a generator of schemas and of values for them.

The generator is our own: schemas of up to three levels with the keywords that the rules read,
and values that are drawn without looking at the schema, small enough to hit many of them.
"""

from dataclasses import dataclass

from hypothesis import strategies as st

from domain.compatibility import ContentModel, Diff, diff
from domain.json_values import JSON
from domain.schemas import JSON_SCHEMA, Schema, parse

NAMES = ("a", "b", "c", "kind")

Object = dict[str, JSON]


def schema(document: JSON) -> Schema:
    return parse(JSON_SCHEMA, schema=document)


def changes_of(old: JSON, new: JSON, model: ContentModel = ContentModel.CLOSED) -> Diff:
    return diff(schema(old), schema(new), model)


def record(**fields: JSON) -> Object:
    """An object schema with these fields, the ones named in `required` required."""
    required = fields.pop("required", None)
    document: Object = {"type": "object", "properties": fields}
    if required is not None:
        document["required"] = required
    return document


_SCALARS: tuple[JSON, ...] = (
    True,
    False,
    {"type": "integer"},
    {"type": "number"},
    {"type": "string"},
    {"type": "boolean"},
    {"type": ["string", "null"]},
    {"type": ["integer", "string"]},
    {"enum": [1, "x", None]},
    {"enum": [1.0, True]},
    {"enum": ["x", "y"]},
    {"const": 1},
    {"const": None},
    {"type": "integer", "minimum": 1},
    {"type": "number", "exclusiveMaximum": 2},
    {"minimum": 1, "maximum": 3},
    {"type": "string", "minLength": 1},
    {"type": "string", "maxLength": 1},
    {"type": "string", "pattern": "^x"},
    {"pattern": "^[a-c]+$"},
    {"enum": [{"a": 1}, [1, 2], "x"]},
    {"multipleOf": 2},
    {"multipleOf": 0.5},
    {"$ref": "#/$defs/r"},
    {"$ref": "#/$defs/s"},
)

_NAMES_OF_NAMES: tuple[JSON, ...] = ({"pattern": "^[abc]"}, {"maxLength": 1}, {"enum": ["a", "b"]})

_scalars = st.sampled_from(_SCALARS)


def _compound(inner: st.SearchStrategy[JSON]) -> st.SearchStrategy[JSON]:
    several = st.lists(inner, min_size=1, max_size=3)
    names = st.sampled_from(NAMES)
    objects = st.fixed_dictionaries(
        {"properties": st.dictionaries(names, inner, min_size=1, max_size=3)},
        optional={
            "type": st.just("object"),
            "required": st.lists(names, unique=True, max_size=2),
            "additionalProperties": inner,
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "[bc]"]), inner),
            "minProperties": st.integers(0, 2),
            "maxProperties": st.integers(0, 3),
            "propertyNames": st.sampled_from(_NAMES_OF_NAMES),
            "dependentRequired": st.just({"a": ["b"]}),
            "dependentSchemas": st.dictionaries(names, inner, max_size=1),
            "unevaluatedProperties": inner,
            "anyOf": several,
        },
    )
    arrays = st.fixed_dictionaries(
        {"type": st.just("array")},
        optional={
            "items": inner,
            "prefixItems": several,
            "contains": inner,
            "maxContains": st.integers(1, 2),
            "minItems": st.integers(0, 2),
            "maxItems": st.integers(0, 3),
            "unevaluatedItems": inner,
            "uniqueItems": st.booleans(),
        },
    )
    alternatives = [
        st.fixed_dictionaries({keyword: several}) for keyword in ("allOf", "anyOf", "oneOf")
    ]
    others = [
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"if": inner, "then": inner, "else": inner}),
    ]
    return st.one_of(objects, arrays, *alternatives, *others)


subschemas: st.SearchStrategy[JSON] = st.recursive(_scalars, _compound, max_leaves=6)


@st.composite
def documents(draw: st.DrawFn) -> Object:
    """A whole schema; what `r` and `s` refer to may be recursive."""
    return {
        "allOf": [draw(subschemas)],
        "$defs": {"r": draw(subschemas), "s": draw(subschemas)},
    }


@st.composite
def revisions(draw: st.DrawFn) -> tuple[Object, Object]:
    """A schema and one that came of it by a change at one random place."""
    old = draw(documents())
    places = sorted(_places(old), key=len)
    place = draw(st.sampled_from(places))
    replaced = _replaced(old, place, draw(_scalars | subschemas))
    return old, replaced if isinstance(replaced, dict) else {"allOf": [replaced]}


def _places(value: JSON, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place that holds a schema: an object or a boolean that is not a map of names."""
    found = []
    maps = ("properties", "patternProperties", "$defs", "dependentRequired", "dependentSchemas")
    if isinstance(value, dict):
        if at and at[-1] not in maps:
            found.append(at)
        for name, member in value.items():
            found += _places(member, (*at, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            found += _places(member, (*at, index))
    elif isinstance(value, bool) and at[-1] != "uniqueItems":
        found.append(at)
    return [place for place in found if "enum" not in place]


def _replaced(value: JSON, place: tuple[str | int, ...], new: JSON) -> JSON:
    if not place:
        return new
    step, *rest = place
    if isinstance(value, dict):
        return {n: _replaced(m, tuple(rest), new) if n == step else m for n, m in value.items()}
    if isinstance(value, list):
        return [_replaced(m, tuple(rest), new) if i == step else m for i, m in enumerate(value)]
    return value


_plain_values = st.sampled_from((None, True, False, 0, 1, 2, 3, 1.0, 0.5, 2.5, "", "x", "y", "xx"))


def _containers(inner: st.SearchStrategy[JSON]) -> st.SearchStrategy[JSON]:
    names = st.sampled_from((*NAMES, "z"))
    return st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4)


values: st.SearchStrategy[JSON] = st.recursive(_plain_values, _containers, max_leaves=8)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Two schemas of which the second surely refuses something that the first takes."""

    wide: JSON
    narrow: JSON


_STEPS: tuple[tuple[JSON, JSON], ...] = (
    (True, {"type": "string"}),
    ({"type": "number"}, {"type": "integer"}),
    ({"type": ["string", "null"]}, {"type": "string"}),
    ({"enum": [1, 2, "x"]}, {"enum": [1.0, "x"]}),
    ({"type": "integer"}, {"type": "integer", "minimum": 3}),
    ({"type": "integer", "exclusiveMaximum": 4}, {"type": "integer", "maximum": 2}),
    ({"type": "integer"}, {"type": "integer", "multipleOf": 3}),
    ({"type": "integer", "multipleOf": 2}, {"type": "integer", "multipleOf": 6}),
    ({"type": "string"}, {"type": "string", "maxLength": 2}),
    ({"type": "string", "pattern": "^[ab]+$"}, {"type": "string", "pattern": "^a+$"}),
    ({"type": "string", "pattern": "b"}, {"type": "string", "pattern": "^b"}),
    ({"type": "string"}, {"type": "string", "format": "date"}),
    (
        {"type": "array", "items": {"type": "number"}},
        {"type": "array", "items": {"type": "integer"}},
    ),
    ({"type": "array"}, {"type": "array", "uniqueItems": True}),
    ({"type": "array"}, {"type": "array", "contains": {"const": 1}}),
    ({"type": "object"}, {"type": "object", "required": ["a"]}),
    ({"type": "object"}, {"type": "object", "minProperties": 1}),
    ({"type": "object"}, {"type": "object", "propertyNames": {"maxLength": 3}}),
    ({"type": "object"}, {"type": "object", "dependentRequired": {"a": ["b"]}}),
    ({"anyOf": [{"type": "string"}, {"type": "array"}]}, {"type": "string"}),
    ({"type": ["integer", "string"]}, {"type": ["integer", "string"], "not": {"const": 7}}),
    ({"type": "integer"}, {"type": "integer", "if": {"minimum": 5}, "then": {"multipleOf": 5}}),
)
narrowings = st.sampled_from([Narrowing(wide, narrow) for wide, narrow in _STEPS])
