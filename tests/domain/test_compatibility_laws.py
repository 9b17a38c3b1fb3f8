"""Laws of the comparison, tried on generated schemas and values."""

import pickle

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.compatibility import ChangeKind, ContentModel, Mode, diff
from domain.json_values import JSON
from domain.schemas.json_schema.emission import Emission, TooLarge
from domain.schemas.json_schema.graph import Graph
from domain.schemas.schema import Schema
from tests.support.json_schemas import (
    NAMES,
    Object,
    documents,
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
    validators = [_validator(old, model), _validator(new, model)]
    if None in validators:
        return
    before, after = (v for v in validators if v is not None)
    for value in samples:
        if not found.breaks_backward:
            assert not before.is_valid(value) or after.is_valid(value)
        if not found.breaks_forward:
            assert not after.is_valid(value) or before.is_valid(value)


def _validator(whole: Schema, model: ContentModel) -> jsonschema_rs.Validator | None:
    """The schema as the content model reads it; None for a recursive one under the closed model."""
    document: JSON = whole.document
    if model is ContentModel.CLOSED:
        document = _closed(whole)
    if not isinstance(document, dict | bool):
        return None
    return jsonschema_rs.Draft202012Validator(document, validate_formats=True, offline=True)


def _closed(whole: Schema) -> JSON:
    graph = Graph(whole, closed=True)
    try:
        return Emission(graph, nodes=10**6, cases=10**12).document(graph.root)
    except TooLarge:
        return None


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
