"""Pairs of schemas of which it is known how their sets of values lie to one another.

Each is small enough to be seen through by a reader: that is what makes them a yardstick.
"""

from domain.json_values import JSON

Object = dict[str, JSON]
Pair = tuple[JSON, JSON]

INTEGER: Object = {"type": "integer"}
NUMBER: Object = {"type": "number"}
TEXT: Object = {"type": "string"}
ARRAY: Object = {"type": "array"}
OBJECT: Object = {"type": "object"}

DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_6 = "http://json-schema.org/draft-06/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2019 = "https://json-schema.org/draft/2019-09/schema"


def integer(**said: JSON) -> Object:
    return {**INTEGER, **said}


def number(**said: JSON) -> Object:
    return {**NUMBER, **said}


def text(**said: JSON) -> Object:
    return {**TEXT, **said}


def array(**said: JSON) -> Object:
    return {**ARRAY, **said}


def fields(**said: JSON) -> Object:
    return {**OBJECT, **said}


def integers(*names: str) -> Object:
    """`properties` that are integers, and nothing else."""
    return {"properties": dict.fromkeys(names, INTEGER)}


# Two spellings of one set.
EQUAL: tuple[Pair, ...] = (
    # formats, as far as their shape is known
    (text(format="date", maxLength=3), False),
    # numbers
    (integer(minimum=3, maximum=5), {"enum": [3, 4, 5]}),
    (integer(exclusiveMinimum=2.5, exclusiveMaximum=4.5), {"enum": [3, 4]}),
    (integer(minimum=-5, maximum=-3), {"enum": [-3, -4, -5]}),
    (number(minimum=1, maximum=1), {"const": 1}),
    (number(minimum=1, exclusiveMaximum=1), False),
    (number(exclusiveMinimum=0, maximum=0), False),
    (number(minimum=0, maximum=1, multipleOf=0.25), {"enum": [0, 0.25, 0.5, 0.75, 1]}),
    (number(multipleOf=0.1, minimum=0.05, maximum=0.15), {"const": 0.1}),
    (integer(multipleOf=3, minimum=4, maximum=8), {"const": 6}),
    (integer(multipleOf=3, minimum=4, maximum=5), False),
    (integer(allOf=[{"multipleOf": 4}, {"multipleOf": 6}]), integer(multipleOf=12)),
    (number(allOf=[{"multipleOf": 0.4}, {"multipleOf": 0.6}]), number(multipleOf=1.2)),
    (integer(multipleOf=0.5), INTEGER),
    (integer(multipleOf=1.5), integer(multipleOf=3)),
    (number(multipleOf=1), INTEGER),
    (integer(multipleOf=2.5), integer(multipleOf=5)),
    ({**number(), "not": {"multipleOf": 1}}, {**number(), "not": INTEGER}),
    ({**integer(minimum=0, maximum=4), "not": {"multipleOf": 2}}, {"enum": [1, 3]}),
    ({**integer(minimum=0, maximum=1), "not": {"const": 0}}, {"const": 1}),
    (number(minimum=3, maximum=4, multipleOf=2), {"const": 4}),
    (
        {**integer(minimum=1, maximum=10), "not": {"minimum": 3, "maximum": 8}},
        {"enum": [1, 2, 9, 10]},
    ),
    (
        integer(
            allOf=[{"not": {"multipleOf": 2}}, {"not": {"multipleOf": 3}}], minimum=0, maximum=6
        ),
        {"enum": [1, 5]},
    ),
    (
        number(allOf=[{"not": {"multipleOf": 2}}, {"multipleOf": 1}]),
        {**integer(), "not": {"multipleOf": 2}},
    ),
    ({"type": ["integer", "null"]}, {"anyOf": [INTEGER, {"type": "null"}]}),
    ({"type": ["number", "string"]}, {"not": {"type": ["null", "boolean", "array", "object"]}}),
    ({"enum": [1, 2, 3, 4]}, integer(minimum=1, maximum=4)),
    ({"enum": [True, False]}, {"type": "boolean"}),
    ({"const": None}, {"type": "null"}),
    # texts
    (text(maxLength=0), {"const": ""}),
    (text(minLength=1, maxLength=1, pattern="^[ab]"), {"enum": ["a", "b"]}),
    (text(minLength=3, maxLength=2), False),
    (text(allOf=[{"pattern": "^a"}, {"pattern": "^b"}]), False),
    ({**text(), "not": {"pattern": "^a"}}, text(pattern="^([^a]|$)")),
    ({**text(), "not": {"maxLength": 2}}, text(minLength=3)),
    ({**text(), "not": {"minLength": 2}}, text(maxLength=1)),
    ({**text(pattern="^[ab]$"), "not": {"const": "a"}}, {"const": "b"}),
    ({**text(format="date"), "not": {"format": "date"}}, False),
    (text(maxLength=3), text(pattern="^[\\s\\S]{0,3}$")),
    # arrays
    (array(maxItems=0), {"const": []}),
    (array(minItems=1, maxItems=1, items={"enum": [1, 2]}), {"enum": [[1], [2]]}),
    (array(minItems=2, maxItems=1), False),
    (array(prefixItems=[INTEGER], items=False), array(items=INTEGER, maxItems=1)),
    (array(prefixItems=[INTEGER, False]), array(items=INTEGER, maxItems=1)),
    (array(items=False), array(maxItems=0)),
    (array(prefixItems=[False]), array(maxItems=0)),
    (array(uniqueItems=True, items={"type": "null"}), array(maxItems=1, items={"type": "null"})),
    (
        array(uniqueItems=True, prefixItems=[{"const": 1}, {"const": 1}]),
        array(prefixItems=[{"const": 1}], maxItems=1),
    ),
    (
        array(uniqueItems=True, prefixItems=[{"const": 1}, {"enum": [1, 2]}], minItems=2),
        array(prefixItems=[{"const": 1}, {"const": 2}], minItems=2, uniqueItems=True),
    ),
    (
        array(
            prefixItems=[{"enum": [1, 2]}, {"enum": [2, 3]}, {"enum": [1, 3]}],
            minItems=3,
            maxItems=3,
            uniqueItems=True,
        ),
        {"enum": [[1, 2, 3], [2, 3, 1]]},
    ),
    (array(contains=INTEGER, minContains=0), ARRAY),
    (array(contains=True, maxContains=2), array(minItems=1, maxItems=2)),
    (array(contains=INTEGER, items=INTEGER), array(minItems=1, items=INTEGER)),
    (array(contains=INTEGER, items=TEXT), False),
    (array(contains={"const": 1}, maxItems=1), {"const": [1]}),
    (
        array(allOf=[{"contains": {"const": 1}}, {"contains": {"const": 2}}], maxItems=2),
        {"enum": [[1, 2], [2, 1]]},
    ),
    (
        array(
            allOf=[
                {"contains": {"minimum": 1, "type": "integer"}},
                {"contains": {"maximum": 5, "type": "integer"}},
            ],
            maxItems=1,
        ),
        array(items=integer(minimum=1, maximum=5), minItems=1, maxItems=1),
    ),
    (array(contains=INTEGER, minContains=2, maxContains=1), False),
    (array(contains=INTEGER, minContains=3, maxItems=2), False),
    (array(contains=INTEGER, minContains=2, uniqueItems=True, items={"enum": [1, "a"]}), False),
    ({**array(), "not": {"contains": INTEGER}}, array(items={"not": INTEGER})),
    ({**array(), "not": {"items": INTEGER}}, array(contains={"not": INTEGER})),
    (
        {**array(items={"enum": [1, 2]}, maxItems=2), "not": {"uniqueItems": True}},
        {"enum": [[1, 1], [2, 2]]},
    ),
    ({**array(), "not": {"maxItems": 2}}, array(minItems=3)),
    ({**array(), "not": {"minItems": 1}}, {"const": []}),
    ({**array(), "not": {"const": []}}, array(minItems=1)),
    (
        {**array(minItems=1, maxItems=1, items={"enum": [1, 2]}), "not": {"const": [1]}},
        {"const": [2]},
    ),
    (
        {**array(), "not": {"contains": INTEGER, "minContains": 2}},
        array(contains=INTEGER, minContains=0, maxContains=1),
    ),
    (
        {**array(), "not": {"prefixItems": [INTEGER]}},
        array(prefixItems=[{"not": INTEGER}], minItems=1),
    ),
    (array(minItems=1, items=False), False),
    # objects
    (fields(maxProperties=0), {"const": {}}),
    (fields(minProperties=2, maxProperties=1), False),
    (fields(required=["a", "b"], maxProperties=1), False),
    (fields(required=["a"], properties={"a": False}), False),
    (
        fields(properties={"a": {"const": 1}}, required=["a"], additionalProperties=False),
        {"const": {"a": 1}},
    ),
    (
        fields(properties={"a": {"enum": [1, 2]}}, additionalProperties=False),
        {"enum": [{}, {"a": 1}, {"a": 2}]},
    ),
    (fields(additionalProperties=False), {"const": {}}),
    (
        fields(properties={"a": INTEGER, "b": TEXT}, additionalProperties=False, minProperties=2),
        fields(
            required=["a", "b"], properties={"a": INTEGER, "b": TEXT}, additionalProperties=False
        ),
    ),
    (
        fields(properties={"a": INTEGER}, additionalProperties=False),
        fields(propertyNames={"const": "a"}, additionalProperties=INTEGER),
    ),
    (fields(propertyNames=False), {"const": {}}),
    (
        fields(propertyNames={"pattern": "^x"}),
        fields(patternProperties={"^[^x]": False, "^$": False}),
    ),
    (fields(propertyNames={"minLength": 1}), fields(properties={"": False})),
    (fields(propertyNames={"minLength": 2}, required=["a"]), False),
    (fields(patternProperties={"^a": INTEGER, "b$": TEXT}, required=["ab"]), False),
    (
        fields(patternProperties={"^[ab]$": INTEGER}, additionalProperties=False),
        fields(properties={"a": INTEGER, "b": INTEGER}, additionalProperties=False),
    ),
    (fields(patternProperties={"": INTEGER}), fields(additionalProperties=INTEGER)),
    (
        fields(dependentRequired={"a": ["b"]}, properties={"b": False}),
        fields(properties={"a": False, "b": False}),
    ),
    (fields(dependentRequired={"a": ["a"]}), OBJECT),
    (fields(dependentSchemas={"a": {"required": ["b"]}}), fields(dependentRequired={"a": ["b"]})),
    (fields(dependentSchemas={"a": False}), fields(properties={"a": False})),
    (fields(dependentSchemas={"a": {"maxProperties": 1}}, required=["a", "b"]), False),
    ({**fields(), "not": {"required": ["a"]}}, fields(properties={"a": False})),
    (
        {**fields(), "not": {"properties": {"a": INTEGER}}},
        fields(properties={"a": {"not": INTEGER}}, required=["a"]),
    ),
    ({**fields(), "not": {"minProperties": 1}}, {"const": {}}),
    ({**fields(), "not": {"maxProperties": 1}}, fields(minProperties=2)),
    ({**fields(), "not": {"additionalProperties": False}}, fields(minProperties=1)),
    (
        {**fields(), "not": {"dependentRequired": {"a": ["b"]}}},
        fields(required=["a"], properties={"b": False}),
    ),
    (
        {**fields(), "not": {"dependentSchemas": {"a": {"required": ["b"]}}}},
        fields(required=["a"], properties={"b": False}),
    ),
    (
        {
            **fields(properties={"a": {"const": 1}}, additionalProperties=False),
            "not": {"const": {"a": 1}},
        },
        {"const": {}},
    ),
    ({**fields(), "not": {"const": {}}}, fields(minProperties=1)),
    (
        fields(
            propertyNames={"enum": ["a", "b", "c"]},
            minProperties=3,
            properties={"a": {"const": 1}, "b": {"const": 2}, "c": {"const": 3}},
        ),
        {"const": {"a": 1, "b": 2, "c": 3}},
    ),
    (fields(properties={"a": {"type": "null"}}), fields(properties={"a": {"enum": [None]}})),
    (
        fields(properties={"a": INTEGER}, propertyNames={"const": "b"}),
        fields(propertyNames={"const": "b"}),
    ),
    (fields(required=["a"], propertyNames={"const": "b"}), False),
    (
        fields(properties={"a": False, "b": False}, propertyNames={"enum": ["a", "b", "c"]}),
        fields(propertyNames={"const": "c"}),
    ),
    # what is left over
    (
        fields(allOf=[integers("a")], unevaluatedProperties=False),
        fields(**integers("a"), additionalProperties=False),
    ),
    (
        fields(anyOf=[integers("a"), integers("b")], unevaluatedProperties=False),
        fields(**integers("a", "b"), additionalProperties=False),
    ),
    (
        fields(
            anyOf=[{**integers("a"), "required": ["a"]}, {**integers("b"), "required": ["b"]}],
            unevaluatedProperties=False,
        ),
        fields(**integers("a", "b"), additionalProperties=False, minProperties=1),
    ),
    (
        fields(
            oneOf=[{**integers("a"), "required": ["a"]}, {**integers("b"), "required": ["b"]}],
            unevaluatedProperties=False,
        ),
        fields(**integers("a", "b"), additionalProperties=False, minProperties=1, maxProperties=1),
    ),
    (
        {
            **fields(unevaluatedProperties=False),
            "if": {**integers("a"), "required": ["a"]},
            "then": integers("b"),
            "else": integers("c"),
        },
        {
            "anyOf": [
                fields(**integers("a", "b"), required=["a"], additionalProperties=False),
                fields(**integers("c"), additionalProperties=False),
            ]
        },
    ),
    (
        {**fields(unevaluatedProperties=False), "if": {**integers("a"), "required": ["a"]}},
        fields(**integers("a"), additionalProperties=False),
    ),
    (
        {
            **fields(unevaluatedProperties=False),
            "if": {**integers("a"), "required": ["a"]},
            "else": integers("c"),
        },
        {
            "anyOf": [
                fields(**integers("a"), required=["a"], additionalProperties=False),
                fields(**integers("c"), additionalProperties=False),
            ]
        },
    ),
    (
        fields(dependentSchemas={"a": integers("a", "b")}, unevaluatedProperties=False),
        {
            "anyOf": [
                fields(**integers("a", "b"), required=["a"], additionalProperties=False),
                {"const": {}},
            ]
        },
    ),
    (
        {**fields(**integers("a"), unevaluatedProperties=False), "not": {"not": integers("b")}},
        fields(**integers("a"), additionalProperties=False),
    ),
    (
        fields(patternProperties={"^x": INTEGER}, allOf=[True], unevaluatedProperties=False),
        fields(patternProperties={"^x": INTEGER}, additionalProperties=False),
    ),
    (
        fields(allOf=[integers("a")], unevaluatedProperties=INTEGER),
        fields(additionalProperties=INTEGER),
    ),
    (
        fields(allOf=[{"additionalProperties": INTEGER}], unevaluatedProperties=False),
        fields(additionalProperties=INTEGER),
    ),
    (
        fields(
            allOf=[{**integers("a"), "unevaluatedProperties": INTEGER}], unevaluatedProperties=False
        ),
        fields(additionalProperties=INTEGER),
    ),
    (
        fields(**integers("a"), unevaluatedProperties=False),
        fields(**integers("a"), additionalProperties=False),
    ),
    (
        {**fields(unevaluatedProperties=False), "$ref": "#/$defs/x", "$defs": {"x": integers("a")}},
        fields(**integers("a"), additionalProperties=False),
    ),
    (fields(allOf=[integers("a")], unevaluatedProperties=False, required=["b"]), False),
    (
        fields(allOf=[{"allOf": [integers("a")], "unevaluatedProperties": False}, integers("b")]),
        fields(**integers("a"), additionalProperties=False),
    ),
    (
        array(prefixItems=[INTEGER], allOf=[True], unevaluatedItems=False),
        array(prefixItems=[INTEGER], items=False),
    ),
    (
        array(allOf=[{"prefixItems": [INTEGER, TEXT]}], unevaluatedItems=False),
        array(prefixItems=[INTEGER, TEXT], items=False),
    ),
    (array(allOf=[{"items": INTEGER}], unevaluatedItems=False), array(items=INTEGER)),
    (array(contains=INTEGER, unevaluatedItems=False), array(items=INTEGER, minItems=1)),
    (
        array(contains=INTEGER, unevaluatedItems=TEXT),
        array(items={"type": ["integer", "string"]}, contains=INTEGER),
    ),
    (
        array(
            anyOf=[{"prefixItems": [INTEGER]}, {"prefixItems": [TEXT, TEXT]}],
            unevaluatedItems=False,
        ),
        {
            "anyOf": [
                array(prefixItems=[INTEGER], maxItems=1),
                array(prefixItems=[TEXT, TEXT], maxItems=2),
            ]
        },
    ),
    (
        array(allOf=[{"prefixItems": [INTEGER], "unevaluatedItems": TEXT}], unevaluatedItems=False),
        array(prefixItems=[INTEGER], items=TEXT),
    ),
    (
        array(allOf=[{"prefixItems": [INTEGER]}], unevaluatedItems=TEXT),
        array(prefixItems=[INTEGER], items=TEXT),
    ),
    (
        {"$schema": DRAFT_2019, "type": "array", "items": [INTEGER], "unevaluatedItems": False},
        array(prefixItems=[INTEGER], maxItems=1),
    ),
    (
        {
            "$schema": DRAFT_2019,
            "type": "array",
            "allOf": [{"items": [INTEGER], "additionalItems": TEXT}],
            "unevaluatedItems": False,
        },
        array(prefixItems=[INTEGER], items=TEXT),
    ),
    (
        {
            **fields(unevaluatedProperties=False, allOf=[{"$ref": "#/$defs/b"}]),
            "$defs": {"b": {"anyOf": [{**integers("a"), "required": ["a"]}, True]}},
        },
        fields(**integers("a"), additionalProperties=False),
    ),
    # combinations
    ({"allOf": [INTEGER, {"minimum": 3}]}, integer(minimum=3)),
    ({"allOf": [INTEGER, TEXT]}, False),
    ({"anyOf": [INTEGER, NUMBER]}, NUMBER),
    ({"anyOf": [INTEGER, TEXT, True]}, True),
    ({"anyOf": [False, INTEGER]}, INTEGER),
    ({"oneOf": [INTEGER, INTEGER]}, False),
    ({"oneOf": [INTEGER, NUMBER]}, {**number(), "not": INTEGER}),
    ({"oneOf": [INTEGER, TEXT, False]}, {"type": ["integer", "string"]}),
    ({"oneOf": [integer(minimum=1), integer(maximum=1)]}, {**integer(), "not": {"const": 1}}),
    ({"oneOf": [True, INTEGER]}, {"not": INTEGER}),
    ({"not": {"not": INTEGER}}, INTEGER),
    ({"not": {"anyOf": [INTEGER, TEXT]}}, {"not": {"type": ["integer", "string"]}}),
    ({"not": {"allOf": [integer(minimum=1), integer(maximum=3)]}}, {"not": {"enum": [1, 2, 3]}}),
    (
        {"not": {"oneOf": [integer(minimum=1), integer(maximum=1)]}},
        {"anyOf": [{"const": 1}, {"not": INTEGER}]},
    ),
    ({"not": {}}, False),
    ({"not": False}, True),
    ({"if": INTEGER, "then": {"minimum": 1}}, {"anyOf": [{"not": INTEGER}, integer(minimum=1)]}),
    ({"if": INTEGER, "then": False}, {"not": INTEGER}),
    ({"if": INTEGER, "else": False}, INTEGER),
    ({"if": True, "then": INTEGER, "else": TEXT}, INTEGER),
    ({"if": False, "then": INTEGER, "else": TEXT}, TEXT),
    ({"if": INTEGER}, True),
    ({"then": INTEGER}, True),
    (
        {
            "if": {"minimum": 5},
            "then": {"multipleOf": 5},
            "else": {"multipleOf": 3},
            "type": "integer",
            "maximum": 10,
            "minimum": 0,
        },
        {"enum": [0, 3, 5, 10]},
    ),
    (
        {"not": {"if": INTEGER, "then": {"minimum": 1}, "else": TEXT}},
        {
            "anyOf": [
                integer(maximum=0),
                {"type": ["null", "boolean", "object", "array"]},
                {**number(), "not": INTEGER},
            ]
        },
    ),
    (
        {"type": ["integer", "string"], "minimum": 3, "maxLength": 2},
        {"anyOf": [integer(minimum=3), text(maxLength=2)]},
    ),
    ({"minimum": 3}, {"anyOf": [number(minimum=3), {"not": NUMBER}]}),
    ({"enum": [1, "a"], "type": "integer"}, {"const": 1}),
    ({"enum": [1, 2, 3], "minimum": 2}, {"enum": [2, 3]}),
    ({"allOf": [{"enum": [1, 2]}, {"enum": [2, 3]}]}, {"const": 2}),
    ({"enum": [1, "aa", [], {}], "maxLength": 1, "maxItems": 0}, {"enum": [1, [], {}]}),
    (
        {"anyOf": [array(minItems=3), array(maxItems=1)]},
        {**array(), "not": {"minItems": 2, "maxItems": 2}},
    ),
    (
        {"anyOf": [text(minLength=3), text(maxLength=1)]},
        {**text(), "not": {"minLength": 2, "maxLength": 2}},
    ),
    (
        {
            "allOf": [{"properties": {"a": INTEGER}}, {"properties": {"a": {"minimum": 1}}}],
            "type": "object",
        },
        fields(properties={"a": integer(minimum=1)}),
    ),
    (
        {"allOf": [{"required": ["a"]}, {"required": ["b"]}], "type": "object"},
        fields(required=["a", "b"]),
    ),
    (
        {
            "allOf": [{"minItems": 1}, {"minItems": 3}, {"maxItems": 5}, {"maxItems": 4}],
            "type": "array",
        },
        array(minItems=3, maxItems=4),
    ),
    (
        {
            "allOf": [
                {"minimum": 1},
                {"exclusiveMinimum": 1},
                {"maximum": 5},
                {"exclusiveMaximum": 5},
            ],
            "type": "integer",
        },
        {"enum": [2, 3, 4]},
    ),
    (
        {"allOf": [{"uniqueItems": True}, {"uniqueItems": False}], "type": "array"},
        array(uniqueItems=True),
    ),
    # references and drafts
    ({"$ref": "#/$defs/a", "$defs": {"a": INTEGER}}, INTEGER),
    ({"$ref": "#/$defs/a", "minimum": 3, "$defs": {"a": INTEGER}}, integer(minimum=3)),
    (
        {
            "$schema": DRAFT_7,
            "$ref": "#/definitions/a",
            "minimum": 3,
            "definitions": {"a": INTEGER},
        },
        INTEGER,
    ),
    ({"$ref": "#a", "$defs": {"x": {"$anchor": "a", **INTEGER}}}, INTEGER),
    ({"$id": "http://x.y/z", "$ref": "b", "$defs": {"x": {"$id": "b", **INTEGER}}}, INTEGER),
    (
        {
            "$id": "http://x.y/z/",
            "$ref": "b#/$defs/q",
            "$defs": {"x": {"$id": "b", "$defs": {"q": TEXT}}},
        },
        TEXT,
    ),
    ({"$ref": "urn:q:1", "$defs": {"x": {"$id": "urn:q:1", **INTEGER}}}, INTEGER),
    ({"$id": "urn:q:0", "$ref": "#/$defs/x", "$defs": {"x": INTEGER}}, INTEGER),
    (
        {
            "$schema": DRAFT_4,
            "id": "http://x.y/z",
            "$ref": "#n",
            "definitions": {"x": {"id": "#n", **INTEGER}},
        },
        INTEGER,
    ),
    ({"$schema": DRAFT_7, "$ref": "#n", "definitions": {"x": {"$id": "#n", **INTEGER}}}, INTEGER),
    ({"$ref": "#/$defs/a~1b%25~0", "$defs": {"a/b%~": INTEGER}}, INTEGER),
    ({"$ref": "#/allOf/0", "allOf": [INTEGER]}, INTEGER),
    (
        {
            "$ref": "#/$defs/a",
            "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/c"}, "c": INTEGER},
        },
        INTEGER,
    ),
    ({"$ref": "#"}, True),
    ({"type": "array", "items": {"$ref": "#"}, "minItems": 1}, False),
    ({"$dynamicRef": "#t", "$defs": {"x": {"$dynamicAnchor": "t", **INTEGER}}}, INTEGER),
    (
        {"$schema": DRAFT_4, "minimum": 1, "exclusiveMinimum": True, "type": "integer"},
        integer(minimum=2),
    ),
    (
        {"$schema": DRAFT_4, "maximum": 1, "exclusiveMaximum": True, "type": "integer"},
        integer(maximum=0),
    ),
    (
        {"$schema": DRAFT_4, "minimum": 1, "exclusiveMinimum": False, "type": "integer"},
        integer(minimum=1),
    ),
    ({"$schema": DRAFT_4, "const": 1, "type": "integer"}, INTEGER),
    ({"$schema": DRAFT_6, "const": 1}, {"const": 1}),
    ({"$schema": DRAFT_6, "if": INTEGER, "then": False}, True),
    ({"$schema": DRAFT_4, "contains": INTEGER, "type": "array"}, ARRAY),
    ({"$schema": DRAFT_4, "propertyNames": {"not": {}}, "type": "object"}, OBJECT),
    ({"$schema": DRAFT_7, "dependentRequired": {"a": ["b"]}, "type": "object"}, OBJECT),
    (
        {
            "$schema": DRAFT_7,
            "dependencies": {"a": ["b"], "c": {"required": ["d"]}},
            "type": "object",
        },
        fields(dependentRequired={"a": ["b"], "c": ["d"]}),
    ),
    (
        {"$schema": DRAFT_7, "type": "array", "items": [INTEGER, TEXT], "additionalItems": False},
        array(prefixItems=[INTEGER, TEXT], items=False),
    ),
    (
        {"$schema": DRAFT_7, "type": "array", "items": [INTEGER], "additionalItems": TEXT},
        array(prefixItems=[INTEGER], items=TEXT),
    ),
    (
        {"$schema": DRAFT_7, "type": "array", "items": INTEGER, "additionalItems": False},
        array(items=INTEGER),
    ),
    ({"$schema": DRAFT_7, "type": "array", "prefixItems": [INTEGER]}, ARRAY),
    ({"$schema": DRAFT_7, "type": "object", "unevaluatedProperties": False}, OBJECT),
    (
        {"$schema": DRAFT_7, "minContains": 2, "contains": INTEGER, "type": "array"},
        array(contains=INTEGER),
    ),
    (
        {"$schema": DRAFT_2019, "minContains": 2, "contains": INTEGER, "type": "array"},
        array(contains=INTEGER, minContains=2),
    ),
    ({"type": "array", "additionalItems": False}, ARRAY),
    ({"$schema": DRAFT_6, "contentEncoding": "base64", "type": "string"}, TEXT),
)

# The first set is inside of the second, which has more.
NARROWER: tuple[Pair, ...] = (
    # formats, as far as their shape is known
    (text(format="ipv4"), text(maxLength=15)),
    # numbers
    (number(exclusiveMinimum=0, exclusiveMaximum=1), {"not": INTEGER, "type": "number"}),
    (number(multipleOf=2), INTEGER),
    ({**number(minimum=0, maximum=2), "not": {"enum": [0, 1, 2]}}, {**number(), "not": INTEGER}),
    (number(exclusiveMaximum=1.5), number(maximum=1.5)),
    (integer(minimum=10**20 + 1), integer(minimum=10**20)),
    (number(exclusiveMinimum=0.1, maximum=0.2), number(minimum=0.1)),
    (number(multipleOf=0.1), number(multipleOf=0.01)),
    (integer(maximum=-1, multipleOf=7), integer(maximum=-7)),
    (integer(minimum=1, multipleOf=7), integer(minimum=7)),
    ({**number(maximum=-1), "not": INTEGER}, number(exclusiveMaximum=-1)),
    (
        {**number(minimum=5, maximum=6), "not": {"multipleOf": 0.5}},
        number(exclusiveMinimum=5, exclusiveMaximum=6),
    ),
    ({**integer(), "not": {"multipleOf": 3}}, {**integer(), "not": {"multipleOf": 6}}),
    ({"enum": [1.5, 2.5]}, number(multipleOf=0.5)),
    ({"enum": [True]}, {"type": "boolean"}),
    # texts
    (text(pattern="^a{3,5}$"), text(minLength=3, maxLength=5)),
    (text(allOf=[{"pattern": "^a"}, {"pattern": "b$"}]), text(minLength=2)),
    ({"enum": ["ab", "cd"]}, text(pattern="^[a-d]{2}$")),
    (text(format="email"), TEXT),
    (text(format="email"), text(format="idn-email")),
    (text(format="hostname"), text(format="idn-hostname")),
    (text(format="uri"), text(format="uri-reference")),
    (text(format="uri"), text(format="iri")),
    (text(format="uri"), text(format="iri-reference")),
    (text(format="uri-reference"), text(format="iri-reference")),
    (text(format="regex"), TEXT),
    (text(contentEncoding="base64"), TEXT),
    (text(contentMediaType="a/b", maxLength=3), text(contentMediaType="a/b")),
    (text(contentMediaType="a/b"), TEXT),
    (text(format="duration"), TEXT),
    (text(pattern=".."), text(minLength=2)),
    (text(minLength=2, pattern="^[a-z]*$"), text(pattern="[a-z][a-z]")),
    (text(pattern="^é$"), text(maxLength=1)),
    (text(pattern="^😀$"), text(maxLength=1)),
    (text(minLength=200, maxLength=200), text(minLength=199)),
    # arrays
    (array(prefixItems=[INTEGER, TEXT]), array(prefixItems=[NUMBER, TEXT])),
    (array(prefixItems=[TEXT], items=INTEGER, minItems=2), array(contains=INTEGER)),
    (array(prefixItems=[TEXT, INTEGER], minItems=2), array(contains=INTEGER)),
    (array(uniqueItems=True, items={"type": "boolean"}), array(maxItems=2)),
    (array(uniqueItems=True, items={"enum": [1, 2]}), array(maxItems=2)),
    (array(prefixItems=[{"const": 1}, {"const": 2}], maxItems=2), array(uniqueItems=True)),
    (array(items={"enum": [[1], [1.0], [2]]}, uniqueItems=True), array(maxItems=2)),
    (array(contains=INTEGER), array(minItems=1)),
    (array(contains=INTEGER, minContains=2), array(minItems=2)),
    (array(contains=INTEGER, maxContains=0), array(items={"not": INTEGER})),
    (array(allOf=[{"contains": {"const": 1}}, {"contains": {"const": 2}}]), array(minItems=2)),
    ({**array(), "not": {"uniqueItems": True}}, array(minItems=2)),
    ({"enum": [[1, 2], [3]]}, array(items=INTEGER, maxItems=2)),
    (array(minItems=70, items={"const": 0}, maxItems=70), array(items={"const": 0})),
    (array(minItems=70, contains=INTEGER), array(minItems=69)),
    (array(items=array(items=INTEGER)), array(items=array(items=NUMBER))),
    (array(items=array(minItems=1)), array(items=ARRAY)),
    (
        array(prefixItems=[INTEGER, INTEGER, INTEGER], minItems=3),
        array(contains=INTEGER, minContains=3),
    ),
    (array(items=INTEGER, minItems=3), array(contains=INTEGER, minContains=3)),
    # objects
    (fields(required=["a"]), fields(minProperties=1)),
    (fields(required=["a", "b"]), fields(minProperties=2)),
    (
        fields(properties={"a": INTEGER}, additionalProperties=False),
        fields(additionalProperties=INTEGER),
    ),
    (fields(propertyNames={"enum": ["a", "b"]}), fields(maxProperties=2)),
    (fields(propertyNames={"enum": ["a", "b"]}, minProperties=2), fields(required=["a", "b"])),
    (fields(patternProperties={"^a": INTEGER}), fields(patternProperties={"^ab": INTEGER})),
    (fields(patternProperties={"^a": INTEGER, "b$": TEXT}), fields(properties={"ab": False})),
    (
        fields(patternProperties={"^a": INTEGER}, properties={"a": {"minimum": 1}}),
        fields(properties={"a": integer(minimum=1)}),
    ),
    (
        fields(patternProperties={"^a": INTEGER}, additionalProperties=TEXT),
        fields(properties={"b": TEXT, "a": INTEGER}),
    ),
    (fields(dependentRequired={"a": ["b"]}, required=["a"]), fields(required=["b"])),
    (fields(dependentRequired={"a": ["b"], "b": ["c"]}, required=["a"]), fields(required=["c"])),
    (
        fields(dependentSchemas={"a": {"properties": {"b": INTEGER}}}, required=["a"]),
        fields(properties={"b": INTEGER}),
    ),
    ({**fields(), "not": {"propertyNames": {"maxLength": 1}}}, fields(minProperties=1)),
    (
        {**fields(), "not": {"additionalProperties": False, "properties": {"a": True}}},
        fields(minProperties=1),
    ),
    ({**fields(), "not": {"patternProperties": {"^a": False}}}, fields(minProperties=1)),
    (
        {"enum": [{"a": 1}, {"a": 2}]},
        fields(properties={"a": INTEGER}, required=["a"], maxProperties=1),
    ),
    (fields(minProperties=30), fields(minProperties=29)),
    (
        fields(properties={"a": fields(properties={"b": INTEGER}, required=["b"])}, required=["a"]),
        fields(properties={"a": fields(properties={"b": NUMBER}, required=["b"])}, required=["a"]),
    ),
    # what is left over
    (
        fields(allOf=[integers("a")], unevaluatedProperties=False),
        fields(allOf=[integers("a", "b")], unevaluatedProperties=False),
    ),
    # combinations
    (
        {
            "anyOf": [
                fields(properties={"k": {"const": 1}, "x": INTEGER}, required=["k"]),
                fields(properties={"k": {"const": 2}, "x": TEXT}, required=["k"]),
            ]
        },
        fields(
            properties={"k": {"enum": [1, 2]}, "x": {"type": ["integer", "string"]}}, required=["k"]
        ),
    ),
    # references and drafts
    (
        {"properties": {"n": {"$ref": "#"}, "v": INTEGER}, "type": "object"},
        {"properties": {"n": {"$ref": "#"}, "v": NUMBER}, "type": "object"},
    ),
    (
        {
            "anyOf": [
                {"type": "null"},
                fields(properties={"n": {"$ref": "#"}}, required=["n"], additionalProperties=False),
            ]
        },
        {"anyOf": [{"type": "null"}, OBJECT]},
    ),
    (
        {"type": "array", "items": {"$ref": "#"}, "maxItems": 1},
        {"type": "array", "items": {"$ref": "#"}},
    ),
)

# Each set has what the other has not.
APART: tuple[Pair, ...] = (
    # numbers
    ({"enum": [1.5]}, INTEGER),
    # texts
    ({"enum": ["ab", "x"]}, text(minLength=2)),
    (text(format="date"), text(format="date-time")),
    (text(format="json-pointer"), text(format="relative-json-pointer")),
    (text(format="colour"), text(format="taste")),
    (text(contentEncoding="base64"), text(contentEncoding="base16")),
    ({"const": "x"}, text(format="date")),
    # arrays
    (array(prefixItems=[TEXT, INTEGER], minItems=1), array(contains=INTEGER)),
    (array(uniqueItems=True, items={"enum": [1, 2]}), array(maxItems=1)),
    (array(prefixItems=[{"enum": [1, 2]}, {"enum": [2, 3]}], maxItems=2), array(uniqueItems=True)),
    (array(contains=INTEGER, maxContains=1), array(contains=NUMBER, maxContains=1)),
    ({"enum": [[1, "a"]]}, array(items=INTEGER)),
    (array(minItems=70, maxItems=70), array(maxItems=69)),
    # objects
    ({"enum": [{"a": 1, "b": 2}]}, fields(maxProperties=1)),
)

# The same in the closed content model.
EQUAL_IF_CLOSED: tuple[Pair, ...] = (
    (fields(**integers("a")), fields(**integers("a"), additionalProperties=False)),
    (fields(), fields(additionalProperties=True)),
    (fields(required=["a"]), fields(required=["a"], additionalProperties=True)),
    (
        fields(allOf=[integers("a"), integers("b")]),
        fields(**integers("a", "b"), additionalProperties=False),
    ),
    (
        {"anyOf": [fields(**integers("a")), fields(**integers("b"))]},
        {
            "anyOf": [
                fields(**integers("a"), additionalProperties=False),
                fields(**integers("b"), additionalProperties=False),
            ]
        },
    ),
    (
        fields(anyOf=[integers("a"), integers("b")], **integers("c")),
        fields(
            **integers("c"),
            anyOf=[integers("a"), integers("b")],
            patternProperties={"^[abc]$": True},
            additionalProperties=False,
        ),
    ),
    (
        fields(**integers("a"), patternProperties={"^x": INTEGER}),
        fields(**integers("a"), patternProperties={"^x": INTEGER}, additionalProperties=False),
    ),
    (
        fields(patternProperties={"^x": INTEGER}),
        fields(patternProperties={"^x": INTEGER}, additionalProperties=True),
    ),
    (
        fields(properties={"o": fields(**integers("a"))}),
        fields(
            properties={"o": fields(**integers("a"), additionalProperties=False)},
            additionalProperties=False,
        ),
    ),
    (
        {**fields(**integers("a")), "not": integers("b")},
        {**fields(**integers("a"), additionalProperties=False), "not": integers("b")},
    ),
    (
        {**fields(**integers("a")), "if": integers("b"), "then": integers("c")},
        {
            **fields(properties={"a": INTEGER, "b": True, "c": True}, additionalProperties=False),
            "if": integers("b"),
            "then": integers("c"),
        },
    ),
    (
        fields(**integers("a"), dependentSchemas={"a": integers("b")}),
        fields(
            properties={"a": INTEGER, "b": True},
            additionalProperties=False,
            dependentSchemas={"a": integers("b")},
        ),
    ),
    (fields(**integers("a"), required=["z"]), False),
    (
        fields(**integers("a"), unevaluatedProperties=True),
        fields(**integers("a"), additionalProperties=True),
    ),
    (
        array(items=fields(**integers("a"))),
        array(items=fields(**integers("a"), additionalProperties=False)),
    ),
    ({"enum": [{"a": 1, "b": 2}], **integers("a")}, False),
    (
        fields(allOf=[{**integers("a"), "additionalProperties": True}], **integers("b")),
        fields(**integers("a", "b"), additionalProperties=True),
    ),
    (
        {"$ref": "#/$defs/x", "$defs": {"x": fields(**integers("a"))}},
        fields(**integers("a"), additionalProperties=False),
    ),
)

NARROWER_IF_CLOSED: tuple[Pair, ...] = (
    (fields(**integers("a")), fields(**integers("a"), additionalProperties=True)),
)
