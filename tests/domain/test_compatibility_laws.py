"""Laws of the comparison, tried on generated schemas and values."""

import pickle
from collections.abc import Callable

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.compatibility import ChangeKind, ContentModel, Mode, diff
from domain.json_values import JSON
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.opinions import Opinions
from domain.schemas.json_schema.writing import CannotBeWritten
from domain.schemas.schema import Schema
from domain.verdicts import decide
from domain.witness import Direction, witnesses
from tests.support.json_schemas import (
    NAMES,
    Narrowing,
    Object,
    documents,
    narrowings,
    record,
    revisions,
    schema,
    subschemas,
    values,
)

quickly = settings(
    max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
models = pytest.mark.parametrize("model", list(ContentModel))


@models
@quickly
@given(document=documents())
def test_a_schema_is_identical_to_itself(document: Object, model: ContentModel) -> None:
    same = diff(schema(document), schema(document), model)
    assert same.identical
    assert same.changes == ()


@models
@quickly
@given(document=documents())
def test_a_title_breaks_nobody(document: Object, model: ContentModel) -> None:
    titled = diff(schema(document), schema({**document, "title": "Orders"}), model)
    assert titled.changes
    assert not titled.identical
    assert not titled.breaks_backward
    assert not titled.breaks_forward


@models
@quickly
@given(fields=st.dictionaries(st.sampled_from(NAMES), subschemas, min_size=1), data=st.data())
def test_a_removed_field_is_always_reported_and_gates(
    fields: dict[str, JSON], model: ContentModel, data: st.DataObject
) -> None:
    removed = data.draw(st.sampled_from(sorted(fields)))
    left = {name: field for name, field in fields.items() if name != removed}
    definitions: JSON = {"r": {"type": "integer"}, "s": {"type": "string"}}
    old: Object = {**record(**fields), "$defs": definitions}
    new: Object = {**record(**left), "$defs": definitions}
    found = diff(schema(old), schema(new), model).changes
    told = [change for change in found if change.path == removed]
    if not _accepts_nothing(schema(old), removed):
        assert [change.kind for change in told] == [ChangeKind.FIELD_REMOVED]
        assert Mode.BACKWARD.gates(told[0])
        assert Mode.FULL.gates(told[0])


def _accepts_nothing(whole: Schema, name: str) -> bool:
    graph = Graph(whole, closed=False)
    return graph.property_position(graph.view(graph.root), name) is None


@models
@quickly
@given(pair=revisions(), samples=st.lists(values, min_size=20, max_size=20))
def test_no_value_contradicts_a_compatible_verdict(
    pair: tuple[Object, Object], samples: list[JSON], model: ContentModel
) -> None:
    old, new = schema(pair[0]), schema(pair[1])
    found = diff(old, new, model)
    decided = decide(old, new, model)
    before, after = _validator(old, model), _validator(new, model)
    if before is None or after is None:
        return
    for value in samples:
        if not found.breaks_backward or decided.backward:
            assert not before(value) or after(value)
        if not found.breaks_forward or decided.forward:
            assert not after(value) or before(value)


def _validator(whole: Schema, model: ContentModel) -> Callable[[JSON], bool] | None:
    """The schema as the content model reads it; None for one that refers to itself in place."""
    try:
        return Opinions(whole, closed=model is ContentModel.CLOSED).first
    except CannotBeWritten:
        return None


@models
@quickly
@given(pair=revisions())
def test_verdict_and_changes_agree(pair: tuple[Object, Object], model: ContentModel) -> None:
    """A verdict is never milder than the changes; what it proves harmless breaks nowhere."""
    found = diff(schema(pair[0]), schema(pair[1]), model)
    decided = decide(schema(pair[0]), schema(pair[1]), model)
    assert not (decided.backward is False and not found.breaks_backward)
    assert not (decided.forward is False and not found.breaks_forward)


@models
@quickly
@given(pair=revisions())
def test_every_witness_proves_its_break_to_both_validators(
    pair: tuple[Object, Object], model: ContentModel
) -> None:
    old, new = schema(pair[0]), schema(pair[1])
    changes = diff(old, new, model).changes
    shown = witnesses(old, new, changes, model)
    for at, witness in shown.items():
        sides = [Opinions(side, closed=model is ContentModel.CLOSED) for side in (old, new)]
        before, after = sides if witness.direction is Direction.BACKWARD else sides[::-1]
        broken = changes[at].breaks_backward, changes[at].breaks_forward
        assert broken[0] if witness.direction is Direction.BACKWARD else broken[1]
        for opinion in ("first", "second"):
            assert getattr(before, opinion)(witness.instance)
            assert not getattr(after, opinion)(witness.instance)


@models
@quickly
@given(document=documents(), step=narrowings)
def test_a_schema_narrowed_by_a_known_step_is_found(
    document: Object, step: Narrowing, model: ContentModel
) -> None:
    """Beside whatever else it says, a field that must hold this and may not any more."""
    whole: Object = {**record(it=step.wide, rest=document), "$defs": document["$defs"]}
    narrow: Object = {**record(it=step.narrow, rest=document), "$defs": document["$defs"]}
    found = diff(schema(whole), schema(narrow), model)
    assert found.breaks_backward
    assert not found.breaks_forward
    assert decide(schema(whole), schema(narrow), model).backward is False
    assert decide(schema(whole), schema(narrow), model).forward is True


@quickly
@given(pair=revisions())
def test_the_library_never_proves_the_opposite(pair: tuple[Object, Object]) -> None:
    """jsonschema-rs as oracle: what it can tell apart by a value is never called compatible."""
    old, new = pair
    decided = decide(schema(old), schema(new), ContentModel.OPEN)
    try:
        before, after = (_canonical(document) for document in pair)
    except (jsonschema_rs.ValidationError, jsonschema_rs.canonical.CanonicalizationError):
        return
    assert not (decided.backward and _tells_apart(before, after))
    assert not (decided.forward and _tells_apart(after, before))


def _tells_apart(
    taken: jsonschema_rs.CanonicalSchema, refused: jsonschema_rs.CanonicalSchema
) -> bool:
    try:
        return refused.covers(taken) == jsonschema_rs.canonical.Containment.NO
    except jsonschema_rs.canonical.UnsupportedOperand:
        return False


def _canonical(document: Object) -> jsonschema_rs.CanonicalSchema:
    return jsonschema_rs.canonicalize(
        document, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True
    )


@quickly
@given(pair=revisions())
def test_the_same_question_has_the_same_answer_and_survives_a_process_border(
    pair: tuple[Object, Object],
) -> None:
    old, new = schema(pair[0]), schema(pair[1])
    found = diff(old, new)
    again = diff(pickle.loads(pickle.dumps(old)), schema(_reordered(pair[1])))
    assert pickle.loads(pickle.dumps(found)) == again


def _reordered(value: JSON) -> JSON:
    """The names in another order, as a database may give them back."""
    if isinstance(value, dict):
        return {name: _reordered(value[name]) for name in sorted(value, reverse=True)}
    return [_reordered(member) for member in value] if isinstance(value, list) else value


@quickly
@given(pair=revisions())
def test_the_two_directions_mirror_each_other(pair: tuple[Object, Object]) -> None:
    there = diff(schema(pair[0]), schema(pair[1]))
    back = diff(schema(pair[1]), schema(pair[0]))
    assert there.breaks_backward == back.breaks_forward
    assert there.breaks_forward == back.breaks_backward
