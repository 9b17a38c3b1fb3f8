"""Which alternative of the old schema became which one of the new.

A guess for people, never a judgment: whatever the pairing, the comparison that follows is sound.
"""

from collections.abc import Callable, Sequence

from domain.json_values import JSON, canonical_text
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.nodes import NULL, Group
from domain.schemas.json_schema.outcome import Facing
from domain.schemas.json_schema.positions import Position

# More branches against branches than this are paired by their names alone.
_MOST_COMPARED = 2_500

Positions = list[Position]
# The pairs, what only the old side has, what only the new side has.
Pairing = tuple[list[tuple[Position, Position]], Positions, Positions]


def pair_groups(
    facing: Facing,
) -> tuple[list[tuple[Group, Group]], list[Group], list[Group]]:
    """The groups of both sides by pairs, and those that only one side has."""
    old, new = list(facing.old.groups), list(facing.new.groups)
    pairs: list[tuple[Group, Group]] = []
    for is_partner in (_is_same, _is_related):
        for one in tuple(old):
            other = next((g for g in new if is_partner(facing, one, g)), None)
            if other is not None:
                pairs.append((one, other))
                old.remove(one)
                new.remove(other)
    return pairs, old, new


def _is_same(facing: Facing, old: Group, new: Group) -> bool:
    return old.kind == new.kind and facing.tests.same(old.branches, new.branches)


def _is_related(facing: Facing, old: Group, new: Group) -> bool:
    before = [facing.old_graph.branch_position(facing.old, branch) for branch in old.branches]
    after = [facing.new_graph.branch_position(facing.new, branch) for branch in new.branches]
    pairs, _, _ = pair_branches(facing, before, after)
    return bool(pairs)


def pair_branches(facing: Facing, old: Sequence[Position], new: Sequence[Position]) -> Pairing:
    """Pairs, removed and added branches: first by name, then what is the same, then by type."""
    rest_old, rest_new = list(old), list(new)
    pairs: list[tuple[Position, Position]] = []
    for pair_up in (_by_key(_name), _by_key(_discriminator), _by_key(_title), _by_sameness):
        pairs += pair_up(facing, rest_old, rest_new)
    pairs += _by_key(_types)(facing, rest_old, rest_new)
    if len(rest_old) == len(rest_new) == 1 and _share_types(facing, rest_old[0], rest_new[0]):
        pairs.append((rest_old.pop(), rest_new.pop()))
    return pairs, rest_old, rest_new


_Key = Callable[[Graph, Position], str]
_Pairs = list[tuple[Position, Position]]


def _by_key(key: _Key) -> Callable[[Facing, Positions, Positions], _Pairs]:
    """Pairs branches whose key is the same, if it tells just one branch on either side."""

    def pair_up(facing: Facing, rest_old: Positions, rest_new: Positions) -> _Pairs:
        before = _keyed(key, facing.old_graph, rest_old)
        after = _keyed(key, facing.new_graph, rest_new)
        found: _Pairs = []
        for text, branches in before.items():
            others = after.get(text, [])
            if len(branches) == len(others) == 1 and _share_types(facing, branches[0], others[0]):
                found.append((branches[0], others[0]))
        _take(found, rest_old, rest_new)
        return found

    return pair_up


def _keyed(key: _Key, graph: Graph, branches: Positions) -> dict[str, Positions]:
    keyed: dict[str, Positions] = {}
    for branch in branches:
        text = key(graph, branch)
        if text:
            keyed.setdefault(text, []).append(branch)
    return keyed


def _by_sameness(facing: Facing, rest_old: Positions, rest_new: Positions) -> _Pairs:
    found: _Pairs = []
    if len(rest_old) * len(rest_new) <= _MOST_COMPARED:
        left = list(rest_new)
        for one in rest_old:
            other = next((b for b in left if facing.tests.same_pair(one, b)), None)
            if other is not None:
                found.append((one, other))
                left.remove(other)
    _take(found, rest_old, rest_new)
    return found


def _take(found: _Pairs, rest_old: Positions, rest_new: Positions) -> None:
    taken = {one for one, _ in found}, {other for _, other in found}
    rest_old[:] = [branch for branch in rest_old if branch not in taken[0]]
    rest_new[:] = [branch for branch in rest_new if branch not in taken[1]]


def _share_types(facing: Facing, old: Position, new: Position) -> bool:
    return bool(facing.old_graph.view(old).types & facing.new_graph.view(new).types)


def _name(graph: Graph, branch: Position) -> str:
    return _text(graph, branch, "$ref")


def _title(graph: Graph, branch: Position) -> str:
    return _text(graph, branch, "title")


def _text(graph: Graph, branch: Position, keyword: str) -> str:
    found = (node.raw.get(keyword) for node in graph.view(branch).nodes)
    return next((text for text in found if isinstance(text, str)), "")


def _types(graph: Graph, branch: Position) -> str:
    return " ".join(sorted(graph.view(branch).types - {NULL}))


def _discriminator(graph: Graph, branch: Position) -> str:
    """The fields that hold one fixed value, such as `kind: "cat"`."""
    found = []
    for node in graph.view(branch).nodes:
        for name, location in node.properties.items():
            value = graph.node(location).raw.get("const", _NO_VALUE)
            if value is not _NO_VALUE:
                found.append(canonical_text([name, value]))
    return " ".join(sorted(found))


_NO_VALUE: JSON = {}
