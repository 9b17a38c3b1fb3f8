"""A small record for a change: fine on one side, refused on the other, and because of this change.

The search is aimed: the record must reach the place of the change, and show there what the change
is about: the field that was removed, a value of the type that was lost, a text beyond the limit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import jsonschema_rs

from domain.budget import Budget
from domain.changes import Change, ChangeKind
from domain.fields import named_by, split_path, values_at
from domain.json_values import JSON, as_object
from domain.schemas.json_schema.comparison import Comparison
from domain.schemas.json_schema.diffing import Located, locate_changes
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.inclusion import Inclusion
from domain.schemas.json_schema.nodes import FRACTION, Types
from domain.schemas.json_schema.opinions import Opinions
from domain.schemas.json_schema.outcome import Direction
from domain.schemas.json_schema.references import Location
from domain.schemas.json_schema.search.answers import Found
from domain.schemas.json_schema.search.constraints import Literals
from domain.schemas.json_schema.shrinking import shrunk
from domain.schemas.json_schema.writing import CannotBeWritten
from domain.schemas.schema import JSON_SCHEMA, Schema

# Steps of the search for one witness.
_STEPS = 3_000

_PRESENCE = (ChangeKind.FIELD_REMOVED, ChangeKind.FIELD_ADDED)
_DEMAND = (ChangeKind.FIELD_REQUIRED, ChangeKind.FIELD_OPTIONAL)
_TYPES = (ChangeKind.TYPE_CHANGED, ChangeKind.TYPE_NARROWED, ChangeKind.TYPE_WIDENED)
_NULL = (ChangeKind.NULLABILITY_ADDED, ChangeKind.NULLABILITY_REMOVED)
_LISTED = (ChangeKind.ENUM_VALUES_ADDED, ChangeKind.ENUM_VALUES_REMOVED)


@dataclass(frozen=True, slots=True)
class _Aim:
    direction: Direction
    steps: tuple[str, ...]  # to the pair at which the change was found
    shows: dict[str, JSON]  # a schema for the value there


def json_schema_witnesses(
    old: Schema, new: Schema, changes: Sequence[Change], *, closed: bool, budget: Budget
) -> dict[int, tuple[JSON, Direction]]:
    """By the place in `changes`; without those for which none was found and confirmed."""
    try:
        opinions = {side: Opinions(s, closed=closed) for side, s in (("old", old), ("new", new))}
    except CannotBeWritten:
        return {}
    comparison = Comparison(Graph(old, closed=closed), Graph(new, closed=closed))
    known = {_key(located.change): located for located in locate_changes(comparison)}
    located = {i: known[_key(c)] for i, c in enumerate(changes) if _key(c) in known}
    aims = {i: _aim(each) for i, each in located.items()}
    seeker = _Seeker(comparison, aims, budget)
    found: dict[int, tuple[JSON, Direction]] = {}
    for index, aim in aims.items():
        instance = seeker.instance(index, located[index])
        backward = aim.direction == "backward"
        taking, refusing = (
            (opinions["old"], opinions["new"]) if backward else (opinions["new"], opinions["old"])
        )
        confirmed = None if instance is None else _confirmed(instance.value, aim, taking, refusing)
        if confirmed is not None:
            found[index] = (confirmed.value, aim.direction)
    return found


def _key(change: Change) -> tuple[str, str, str]:
    return change.kind, change.path, change.sentence


class _Seeker:
    def __init__(self, comparison: Comparison, aims: Mapping[int, _Aim], budget: Budget) -> None:
        fragments = Schema(
            JSON_SCHEMA, "", {"": {"$defs": {str(i): aim.shows for i, aim in aims.items()}}}
        )
        self._root = comparison.root
        self._aims = aims
        self._budget = budget
        self._inclusion = Inclusion(
            comparison.old,
            comparison.new,
            comparison.same_pair,
            budget,
            Graph(fragments, closed=False),
        )

    def instance(self, index: int, located: Located) -> Found | None:
        """With what the change shows; failing that, with any break at its place."""
        aim, atoms = self._aims[index], self._inclusion.atoms
        shown = atoms.here(2, Location("", f"/$defs/{index}"))
        broken = self._broken(located, aim)
        for at_place in (broken | {shown}, {shown}, broken):
            besides = atoms.below(aim.steps, frozenset(at_place))
            share = Budget(_STEPS, self._budget.is_over)
            answer = self._inclusion.counterexample(self._root, aim.direction, besides, share)
            if isinstance(answer, Found):
                return answer
        return None

    def _broken(self, located: Located, aim: _Aim) -> Literals:
        """At the place of the change itself, one side takes the value and the other does not."""
        if located.pair is None:
            return frozenset()
        sides = [self._inclusion.atoms.at(s, p) for s, p in enumerate(located.pair)]
        taken, refused = sides if aim.direction == "backward" else sides[::-1]
        return frozenset({taken or 0, -(refused or 0)})


def _aim(located: Located) -> _Aim:
    change, finding = located.change, located.finding
    direction: Direction = "backward" if change.breaks_backward else "forward"
    steps = split_path(change.path)
    if finding is None or located.pair is None or change.sentence.startswith("Something below"):
        return _Aim(direction, (), {})
    inner = len(finding.steps)
    return _Aim(direction, steps[: len(steps) - inner], _shows(change, located, direction))


def _shows(change: Change, located: Located, direction: Direction) -> dict[str, JSON]:
    """What a value has that the change is about, as a schema for the place of the change."""
    finding = located.finding
    if finding is None:
        return {}
    if finding.keyword:
        return _beyond(finding.keyword, change.after if direction == "backward" else change.before)
    if change.kind is ChangeKind.FIELD_RENAMED:
        gone_or_new = finding.steps if direction == "backward" else finding.beside
        return {"required": [named_by(gone_or_new[-1])]}
    if change.kind in (*_PRESENCE, *_DEMAND):
        name = named_by(finding.steps[-1])
        missing = change.kind in _DEMAND or _lacked(change, direction)
        there: dict[str, JSON] = {"required": [name]}
        return {"not": there} if missing else there
    if change.kind in _TYPES:
        return _of_types(located, direction)
    if change.kind in _NULL:
        return {"type": "null"}
    return {"enum": change.before or change.after} if change.kind in _LISTED else {}


def _lacked(change: Change, direction: Direction) -> bool:
    """Whether the break is that a required field is missing: it came, or it went for readers."""
    if change.kind is ChangeKind.FIELD_ADDED:
        return direction == "backward" and as_object(change.after).get("required") is True
    return direction == "forward" and as_object(change.before).get("required") is True


def _beyond(keyword: str, limit: JSON) -> dict[str, JSON]:
    limits = limit if isinstance(limit, list) else [limit]
    return {"not": {"allOf": [{keyword: each} for each in limits]}}


def _of_types(located: Located, direction: Direction) -> dict[str, JSON]:
    if located.pair is None or located.finding is None:
        return {}
    lost = located.finding.lost(direction)
    return {"anyOf": [*_typed(lost)]} if lost else {}


def _typed(types: Types) -> Iterator[JSON]:
    for name in sorted(types):
        if name == FRACTION:
            yield {"type": "number", "not": {"type": "integer"}}
        else:
            yield {"type": name}


def _confirmed(instance: JSON, aim: _Aim, taking: Opinions, refusing: Opinions) -> Found | None:
    """The record made small, if both validators agree about it."""
    shows = jsonschema_rs.Draft202012Validator(aim.shows, validate_formats=True, offline=True)

    def proves(value: JSON) -> bool:
        return taking.first(value) and not refusing.first(value)

    def shows_the_same(value: JSON) -> bool:
        there = any(shows.is_valid(place) for place in values_at(value, aim.steps))
        return there and proves(value)

    if not proves(instance):
        return None
    small = shrunk(instance, shows_the_same if shows_the_same(instance) else proves)
    candidates = (small, instance)
    return next((Found(v) for v in candidates if _is_seconded(v, taking, refusing)), None)


def _is_seconded(value: JSON, taking: Opinions, refusing: Opinions) -> bool:
    try:
        return taking.second(value) and not refusing.second(value)
    except Exception:  # noqa: BLE001 - a pattern in a dialect that this validator does not read
        return False
