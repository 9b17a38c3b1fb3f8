"""One small pair of contracts for each kind of change, and what each mode makes of it.

The table of `docs/concepts/compatibility.md` is written from this by `tests.docs.generated`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from domain.changes import Change, ChangeKind
from domain.compatibility import ContentModel, Mode, diff
from domain.guarantees import Guarantees, compare_guarantees
from domain.json_values import JSON, as_object
from domain.schemas import JSON_SCHEMA, field_tree, parse

DIRECTIONS = (Mode.BACKWARD, Mode.FORWARD, Mode.FULL, Mode.NONE)

TEXT: JSON = {"type": "string"}
SHORT: JSON = {"type": "string", "maxLength": 5}
LONG: JSON = {"type": "string", "maxLength": 9}


def record(*required: str, **properties: JSON) -> JSON:
    """A schema of a record with these fields."""
    schema: dict[str, JSON] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = list(required)
    return schema


def adding(schema: JSON, **more: JSON) -> JSON:
    return {**as_object(schema), **more}


@dataclass(frozen=True, slots=True)
class Example:
    """What happens, in words, and the two contracts between which it happens."""

    kind: ChangeKind
    words: str
    before: JSON
    after: JSON
    guarantees_before: JSON = field(default_factory=dict)
    guarantees_after: JSON = field(default_factory=dict)

    def change(self, model: ContentModel) -> Change | None:
        """The change of this kind; None where this content model sees none."""
        return next((each for each in self._changes(model) if each.kind is self.kind), None)

    def _changes(self, model: ContentModel) -> Iterator[Change]:
        old = parse(JSON_SCHEMA, schema=self.before)
        new = parse(JSON_SCHEMA, schema=self.after)
        yield from diff(old, new, model).changes
        yield from compare_guarantees(
            Guarantees.parse(self.guarantees_before, field_tree(old)),
            Guarantees.parse(self.guarantees_after, field_tree(new)),
        )


def verdict(mode: Mode, change: Change) -> str:
    """The word of the table: whether consumers are asked, only told, or neither."""
    if mode.gates(change):
        return "asks"
    return "tells" if change.breaks_backward or change.breaks_forward else "–"


_ALTERNATIVES: JSON = [record("x", x=TEXT), record("y", y=TEXT)]
_MORE_ALTERNATIVES: JSON = [record("x", x=TEXT), record("y", y=TEXT), record("z", z=TEXT)]
_OVERLAPPING: JSON = [{"type": "string", "minLength": 3}, {"type": "string", "pattern": "^q"}]
_K = ChangeKind


EXAMPLES = (
    Example(_K.FIELD_REMOVED, "a field is removed", record(a=TEXT, b=TEXT), record(a=TEXT)),
    Example(
        _K.FIELD_REMOVED,
        "a required field is removed",
        record("b", a=TEXT, b=TEXT),
        record(a=TEXT),
    ),
    Example(
        _K.FIELD_RENAMED,
        "a field is removed and a like one added: probably renamed",
        record(a=TEXT, user_email=TEXT),
        record(a=TEXT, email=TEXT),
    ),
    Example(_K.FIELD_ADDED, "an optional field is added", record(a=TEXT), record(a=TEXT, b=TEXT)),
    Example(
        _K.FIELD_ADDED,
        "a required field is added",
        record(a=TEXT),
        record("b", a=TEXT, b=TEXT),
    ),
    Example(_K.FIELD_REQUIRED, "a field becomes required", record(a=TEXT), record("a", a=TEXT)),
    Example(_K.FIELD_OPTIONAL, "a field becomes optional", record("a", a=TEXT), record(a=TEXT)),
    Example(
        _K.TYPE_CHANGED,
        "a type is replaced: string to integer",
        record(a=TEXT),
        record(a={"type": "integer"}),
    ),
    Example(
        _K.TYPE_NARROWED,
        "a type is narrowed: number to integer",
        record(a={"type": "number"}),
        record(a={"type": "integer"}),
    ),
    Example(
        _K.TYPE_WIDENED,
        "a type is widened: integer to number",
        record(a={"type": "integer"}),
        record(a={"type": "number"}),
    ),
    Example(
        _K.NULLABILITY_ADDED,
        "a field may now be null",
        record(a=TEXT),
        record(a={"type": ["string", "null"]}),
    ),
    Example(
        _K.NULLABILITY_REMOVED,
        "a field may no longer be null",
        record(a={"type": ["string", "null"]}),
        record(a=TEXT),
    ),
    Example(
        _K.ENUM_ADDED,
        "a field is limited to listed values",
        record(a=TEXT),
        record(a={"enum": ["x", "y"]}),
    ),
    Example(
        _K.ENUM_REMOVED,
        "a field is no longer limited to listed values",
        record(a={"enum": ["x", "y"]}),
        record(a=TEXT),
    ),
    Example(
        _K.ENUM_VALUES_ADDED,
        "a listed value is added",
        record(a={"enum": ["x"]}),
        record(a={"enum": ["x", "y"]}),
    ),
    Example(
        _K.ENUM_VALUES_REMOVED,
        "a listed value is removed",
        record(a={"enum": ["x", "y"]}),
        record(a={"enum": ["x"]}),
    ),
    Example(_K.BOUND_ADDED, "a bound is set: `maxLength`", record(a=TEXT), record(a=LONG)),
    Example(_K.BOUND_REMOVED, "a bound is lifted", record(a=LONG), record(a=TEXT)),
    Example(_K.BOUND_TIGHTENED, "a bound is tightened", record(a=LONG), record(a=SHORT)),
    Example(_K.BOUND_LOOSENED, "a bound is loosened", record(a=SHORT), record(a=LONG)),
    Example(
        _K.PATTERN_CHANGED,
        "a pattern is set",
        record(a=TEXT),
        record(a={"type": "string", "pattern": "^x"}),
    ),
    Example(
        _K.PATTERN_CHANGED,
        "a pattern is lifted",
        record(a={"type": "string", "pattern": "^x"}),
        record(a=TEXT),
    ),
    Example(
        _K.FORMAT_CHANGED,
        "a format is set",
        record(a=TEXT),
        record(a={"type": "string", "format": "date"}),
    ),
    Example(
        _K.FORMAT_CHANGED,
        "a format is lifted",
        record(a={"type": "string", "format": "date"}),
        record(a=TEXT),
    ),
    Example(
        _K.OTHER_FIELDS_ALLOWED,
        "fields that are not named are allowed",
        adding(record(a=TEXT), additionalProperties=False),
        adding(record(a=TEXT), additionalProperties=TEXT),
    ),
    Example(
        _K.OTHER_FIELDS_REFUSED,
        "fields that are not named are refused",
        adding(record(a=TEXT), additionalProperties=TEXT),
        adding(record(a=TEXT), additionalProperties=False),
    ),
    Example(
        _K.ALTERNATIVE_ADDED,
        "an alternative is added (`anyOf`, `oneOf`)",
        record(a={"anyOf": _ALTERNATIVES}),
        record(a={"anyOf": _MORE_ALTERNATIVES}),
    ),
    Example(
        _K.ALTERNATIVE_REMOVED,
        "an alternative is removed",
        record(a={"anyOf": _MORE_ALTERNATIVES}),
        record(a={"anyOf": _ALTERNATIVES}),
    ),
    Example(
        _K.ALTERNATIVES_CHANGED,
        "`anyOf` becomes `oneOf` over alternatives that overlap",
        record(a={"anyOf": _OVERLAPPING}),
        record(a={"oneOf": _OVERLAPPING}),
    ),
    Example(
        _K.CONSTRAINT_CHANGED,
        "another constraint is set: `multipleOf`",
        record(a={"type": "integer"}),
        record(a={"type": "integer", "multipleOf": 2}),
    ),
    Example(
        _K.UNDECIDED,
        "a schema that was not sent is referred to: not compared, so undecided",
        record(a={"$ref": "http://json-schema.org/draft-07/schema#"}),
        record(a={"$ref": "http://json-schema.org/draft-06/schema#"}),
    ),
    Example(
        _K.GUARANTEE_ADDED,
        "a guarantee is added",
        record(a=TEXT),
        record(a=TEXT),
        guarantees_after={"unique": ["a"]},
    ),
    Example(
        _K.GUARANTEE_REMOVED,
        "a guarantee is removed",
        record(a=TEXT),
        record(a=TEXT),
        guarantees_before={"unique": ["a"]},
    ),
    Example(
        _K.GUARANTEE_STRENGTHENED,
        "a guarantee is strengthened: fewer accepted values",
        record(a=TEXT),
        record(a=TEXT),
        guarantees_before={"accepted_values": {"a": ["x", "y"]}},
        guarantees_after={"accepted_values": {"a": ["x"]}},
    ),
    Example(
        _K.GUARANTEE_WEAKENED,
        "a guarantee is weakened: more accepted values",
        record(a=TEXT),
        record(a=TEXT),
        guarantees_before={"accepted_values": {"a": ["x"]}},
        guarantees_after={"accepted_values": {"a": ["x", "y"]}},
    ),
    Example(
        _K.DESCRIPTION_CHANGED,
        "a description changes",
        record(a=TEXT),
        record(a=adding(TEXT, description="A name.")),
    ),
    Example(
        _K.DEFAULT_CHANGED,
        "a default changes",
        record(a=TEXT),
        record(a=adding(TEXT, default="x")),
    ),
    Example(
        _K.ANNOTATION_CHANGED,
        "a title, an example or another annotation changes",
        record(a=TEXT),
        record(a=adding(TEXT, title="Name")),
    ),
    Example(
        _K.REWRITTEN,
        "the schema is written differently and means the same",
        record(a=TEXT),
        adding(record(a={"$ref": "#/$defs/text"}), **{"$defs": {"text": TEXT}}),
    ),
)
