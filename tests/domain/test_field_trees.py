"""The field tree of schemas of every shape."""

import pytest

from domain.json_values import JSON
from domain.schemas import field_tree
from tests.support.json_schemas import record, schema
from tests.support.schema_pairs import INTEGER, TEXT, array, fields, number


@pytest.mark.parametrize(
    ("document", "tree"),
    [
        # Behind the type `?` for what may be null, `!` for what must be there.
        (
            record(
                a=array(prefixItems=[record(x=TEXT), INTEGER]),
                b=array(items=array(items=record(y=TEXT))),
            ),
            [
                ("a", "array", ""),
                ("a[0].x", "string", ""),
                ("b", "array<array<object>>", ""),
                ("b[][].y", "string", ""),
            ],
        ),
        (
            record(
                m=fields(additionalProperties=record(x=TEXT)),
                p=fields(patternProperties={"^x": record(z=INTEGER)}),
                f=fields(additionalProperties=False),
                q=fields(additionalProperties=fields(additionalProperties=INTEGER)),
            ),
            [
                ("m", "map<object>", ""),
                ("m.*.x", "string", ""),
                ("p", "object", ""),
                ("p.*.z", "integer", ""),
                ("f", "object", ""),
                ("q", "map<map<integer>>", ""),
            ],
        ),
        (
            record(
                n={"type": "null"},
                e={"enum": ["a", None]},
                c={"const": 1},
                nn={"type": ["string", "null", "integer"]},
                any6={"type": ["string", "number", "boolean", "array", "object"]},
            ),
            [
                ("n", "null", "?"),
                ("e", "string", "?"),
                ("c", "integer", ""),
                ("nn", "integer | string", "?"),
                ("any6", "any", ""),
            ],
        ),
        (
            {
                "allOf": [record(a=TEXT, required=["a"]), record(b=INTEGER)],
                "anyOf": [record(c=TEXT, required=["c"]), record(d=TEXT)],
                "if": record(e=TEXT),
                "then": record(f=TEXT),
                "else": record(g=TEXT),
                "dependentSchemas": {"a": record(h=TEXT)},
            },
            [
                ("a", "string", "!"),
                ("b", "integer", ""),
                ("c", "string", ""),
                ("d", "string", ""),
                ("e", "string", ""),
                ("f", "string", ""),
                ("g", "string", ""),
                ("h", "string", ""),
            ],
        ),
        (
            record(
                a={"oneOf": [TEXT, record(x=INTEGER)]},
                b={"anyOf": [array(items=TEXT), {"type": "null"}]},
                c={"anyOf": [INTEGER, TEXT]},
            ),
            [
                ("a", "object | string", ""),
                ("a.x", "integer", ""),
                ("b", "array<string>", "?"),
                ("c", "integer | string", ""),
            ],
        ),
        (
            record(
                a={"description": "A", "allOf": [{"description": "B"}]},
                b={"allOf": [{"description": "B", "deprecated": True}]},
                c=TEXT,
            ),
            [("a", "any", "?"), ("b", "any", "?"), ("c", "string", "")],
        ),
        (
            {
                "$ref": "#/$defs/t",
                "$defs": {
                    "t": record(
                        kids=array(items={"$ref": "#/$defs/t"}),
                        up={"$ref": "#/$defs/t"},
                        m=fields(additionalProperties={"$ref": "#/$defs/t"}),
                    )
                },
            },
            [("kids", "array<t>", ""), ("up", "t", ""), ("m", "map<t>", "")],
        ),
        (record(self={"$ref": "#"}), [("self", "record", "")]),
        (
            record(**{"a.b": record(**{"c d": TEXT})}),
            [('"a.b"', "object", ""), ('"a.b"."c d"', "string", "")],
        ),
        (
            record(a=record(x=TEXT, required=["x"]), required=["a", "zz"]),
            [("a", "object", "!"), ("a.x", "string", "!")],
        ),
        (record(a=False, b=True), [("b", "any", "?")]),
        (
            record(
                a={"anyOf": [record(x=TEXT, required=["x"]), record(x=INTEGER, required=["x"])]}
            ),
            [("a", "object", ""), ("a.x", "string | integer", "")],
        ),
        (array(items=record(x=TEXT)), [("[].x", "string", "")]),
        (fields(additionalProperties=record(x=TEXT)), [("*.x", "string", "")]),
        (
            record(a={**number(), "not": INTEGER}, b={"type": ["integer", "number"]}),
            [("a", "number", ""), ("b", "number", "")],
        ),
    ],
)
def test_the_tree_of_a_schema(document: JSON, tree: list[tuple[str, str, str]]) -> None:
    found = field_tree(schema(document))
    assert [
        (f.path, f.type, ("?" if f.nullable else "") + ("!" if f.required else "")) for f in found
    ] == tree


def test_the_outermost_description_counts() -> None:
    inner: JSON = {"description": "Inner.", "deprecated": True}
    (one, other, none) = field_tree(
        schema(record(a={"description": "Outer.", "allOf": [inner]}, b={"allOf": [inner]}, c={}))
    )
    assert (one.description, one.deprecated) == ("Outer.", True)
    assert (other.description, other.deprecated) == ("Inner.", True)
    assert (none.description, none.deprecated) == (None, False)


def test_a_tree_without_end_ends() -> None:
    deep: JSON = TEXT
    for _ in range(45):
        deep = record(a=deep)
    assert len(field_tree(schema(deep))) == 40
