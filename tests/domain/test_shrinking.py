"""Examples made small, and comparisons that are too large to be made whole."""

from collections.abc import Callable

import pytest

from domain.json_values import JSON, as_list, as_object
from domain.schemas.json_schema.comparison import Comparison
from domain.schemas.json_schema.diffing import locate_changes
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.shrinking import shrunk
from tests.support.json_schemas import record, schema


def longer_than(length: int) -> Callable[[JSON], bool]:
    return lambda value: isinstance(value, str) and len(value) > length


def above(limit: float) -> Callable[[JSON], bool]:
    return lambda value: isinstance(value, int | float) and value > limit


def below(limit: float) -> Callable[[JSON], bool]:
    return lambda value: isinstance(value, int | float) and value < limit


def has_a(value: JSON) -> bool:
    return "a" in as_object(value)


def has_two(value: JSON) -> bool:
    return len(as_list(value)) >= 2


@pytest.mark.parametrize(
    ("value", "proves", "smallest"),
    [
        ("abcdefghij", longer_than(3), "abcd"),
        ("abc", longer_than(-1), ""),
        (100, above(10), 12),
        (100, above(-1), 0),
        (100, above(0), 1),
        (-100, below(-10), -12),
        (7.5, above(5), 7),
        (True, lambda value: value is True, True),
        (None, lambda _: True, None),
        ({"a": 5, "b": [1, 2], "c": "x"}, has_a, {"a": 0}),
        ([3, {"a": 1}, "xy"], has_two, [{}, ""]),
        ([[5, 6]], lambda value: value != [], [[]]),
        ({"a": {"b": 9}}, lambda value: value != {}, {"a": {}}),
    ],
)
def test_the_smallest_that_still_proves_its_point(
    value: JSON, proves: Callable[[JSON], bool], smallest: JSON
) -> None:
    assert shrunk(value, proves) == smallest


def test_shrinking_ends() -> None:
    tried: list[JSON] = []

    def proves(value: JSON) -> bool:
        tried.append(value)
        return False

    wide: JSON = [*range(2_000)]
    assert shrunk(wide, proves) == wide
    assert len(tried) == 500


def test_a_comparison_that_meets_its_bound_says_so_and_counts_as_breaking() -> None:
    """Where the same schemas are compared again and again, with others each time."""

    def graphs() -> tuple[Graph, Graph]:
        old, new = (Graph(schema(_crossing(longest)), closed=True) for longest in (2, 3))
        return old, new

    whole = Comparison(*graphs())
    assert "undecided" not in {str(each.change.kind) for each in locate_changes(whole)}
    assert not whole.is_exhausted

    bounded = Comparison(*graphs(), most_pairs=1)
    found = [each.change for each in locate_changes(bounded)]
    assert bounded.is_exhausted
    (change,) = [each for each in found if str(each.kind) == "undecided"]
    assert change.path == ""
    assert (change.breaks_backward, change.breaks_forward, change.undecided) == (True, True, True)
    assert change.sentence == (
        "The record is too large to be compared completely."
        " Whether that breaks anyone could not be decided."
    )


def _crossing(longest: int) -> JSON:
    definitions: JSON = {
        "r": {"type": "string", "maxLength": longest},
        "s": {"type": "string", "maxLength": longest + 5},
    }
    meant = {"a": "r", "b": "s", "c": "r", "d": "s"}
    if longest == 3:
        meant |= {"c": "s", "d": "r"}
    fields: dict[str, JSON] = {name: {"$ref": f"#/$defs/{to}"} for name, to in meant.items()}
    return {**record(**fields), "$defs": definitions}
