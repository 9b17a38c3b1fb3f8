"""The search itself: goals, what they rest on, and the cases of each.

A *goal* is a set of literals and a type. It is met by a value of the type that fits all of them.
Goals recur where schemas do; a smallest value never holds a value for the same goal inside of it,
so a goal that is in progress counts as out of reach. Goals that were found out of reach on that
ground are only sure once the goal they rest on is (the least fixed point of what can be met, which
is the greatest fixed point of inclusion). Every goal is met once; values found are kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.budget import Budget
from domain.json_values import JSON, canonical_text
from domain.schemas.json_schema.nodes import (
    ARRAY,
    BOOLEAN,
    FRACTION,
    INTEGER,
    NULL,
    OBJECT,
    STRING,
    Bound,
    exact,
    type_of,
)
from domain.schemas.json_schema.search.answers import NOTHING, UNKNOWN, Answer, Found, weaker
from domain.schemas.json_schema.search.arrays import find_array
from domain.schemas.json_schema.search.atoms import Atoms, Placed
from domain.schemas.json_schema.search.cases import Case, Way
from domain.schemas.json_schema.search.constraints import (
    ANYTHING,
    Among,
    Constraint,
    Edge,
    Literal,
    Literals,
    NotAmong,
    Opaque,
)
from domain.schemas.json_schema.search.numbers import find_number
from domain.schemas.json_schema.search.objects import find_object
from domain.schemas.json_schema.search.texts import find_text, try_text

# Short values first.
TYPES = (NULL, BOOLEAN, INTEGER, STRING, OBJECT, ARRAY, FRACTION)
_MOST_DEPTH = 40
_NO_DEPTH = 1_000_000
_SCALARS = frozenset({NULL, BOOLEAN, INTEGER, STRING, FRACTION})

_Goal = tuple[Literals, str]


@dataclass(slots=True)
class Search:
    atoms: Atoms
    budget: Budget
    _known: dict[_Goal, Answer] = field(default_factory=dict)
    _in_progress: dict[_Goal, int] = field(default_factory=dict)
    # Goals out of reach for now, each with the depth of the lowest goal that this rests on.
    _for_now: dict[_Goal, int] = field(default_factory=dict)
    _lowest: int = _NO_DEPTH
    # Goals in progress from this depth on are about the same value, not about one around it.
    _floor: int = 0

    def find(self, literals: Iterable[Literal]) -> Answer:
        """A value that fits all of the literals; raises Spent."""
        wanted = frozenset(literals) - {ANYTHING}
        answer: Answer = NOTHING
        for kind in TYPES:
            found = self.find_of(wanted, kind)
            if isinstance(found, Found):
                return found
            answer = weaker(answer, found)
        return answer

    def find_of(self, literals: Literals, kind: str) -> Answer:
        """A value inside of the one that is in progress, if any is."""
        floor, self._floor = self._floor, len(self._in_progress)
        try:
            return self._beside(literals, kind)
        finally:
            self._floor = floor

    def _beside(self, literals: Literals, kind: str) -> Answer:
        """The same value, by fewer literals. To come back to a goal about it says nothing."""
        goal = (literals, kind)
        known = self._known.get(goal)
        if known is not None:
            return known
        depth = self._in_progress.get(goal)
        if depth is not None and depth >= self._floor:
            return UNKNOWN
        depth = self._for_now.get(goal) if depth is None else depth
        if depth is not None:
            self._lowest = min(self._lowest, depth)
            return NOTHING
        if self._is_out_of_type(literals, kind):
            return NOTHING
        if len(self._in_progress) > _MOST_DEPTH:
            return UNKNOWN
        self.budget.spend()
        return self._met(goal)

    def find_name(self, literals: Literals, constraints: Sequence[Constraint]) -> Answer:
        """A text that fits all literals and keeps the constraints."""
        return self._explore(Case(STRING, goal=literals), (ANYTHING, (*literals, *constraints)))

    def spend(self) -> None:
        self.budget.spend()

    def _is_out_of_type(self, literals: Literals, kind: str) -> bool:
        """The quick way past most types."""
        for literal in literals:
            atom = self.atoms[literal]
            if literal > 0 and isinstance(atom, Placed):
                if kind not in self.atoms.view(atom).types:
                    return True
            elif -literal in literals:
                return True
        return False

    def _met(self, goal: _Goal) -> Answer:
        depth, below = len(self._in_progress), self._lowest
        resting = len(self._for_now)
        self._in_progress[goal] = depth
        self._lowest = _NO_DEPTH
        try:
            answer = self._solve(goal)
        finally:
            del self._in_progress[goal]
            lowest, self._lowest = self._lowest, below
        if answer is NOTHING and lowest < depth:
            self._for_now[goal] = lowest
            self._lowest = min(below, lowest)
            return NOTHING
        self._known[goal] = answer
        # What rested on this goal is as sure as it is; a value for it means to look again.
        while len(self._for_now) > resting:
            other, _ = self._for_now.popitem()
            if answer is NOTHING:
                self._known[other] = NOTHING
        return answer

    def forget_what_is_in_progress(self) -> None:
        """After Spent: what rested on unfinished goals is not known any more."""
        self._in_progress.clear()
        self._for_now.clear()
        self._lowest, self._floor = _NO_DEPTH, 0

    def _solve(self, goal: _Goal) -> Answer:
        literals, kind = goal
        return self._explore(Case(kind, goal=literals), (ANYTHING, tuple(literals)))

    def _explore(self, case: Case, way: Way) -> Answer:
        taken = len(case.literals)
        fits = case.take(self.atoms, way)
        self.budget.spend(1 + len(case.literals) - taken)
        if not fits:
            return NOTHING
        early = self._leaf(case) if case.kind in _SCALARS else UNKNOWN
        if early is NOTHING or self._prune(case):
            return NOTHING
        if not case.choices:
            if not case.has_left:
                return self._leaf(case) if early is UNKNOWN else early
            return self._explore(case, (ANYTHING, ())) if case.settle(self.atoms) else NOTHING
        answer: Answer = NOTHING
        for choice in case.next_choice():
            found = self._explore(case.copy(), choice)
            if isinstance(found, Found):
                return found
            answer = weaker(answer, found)
        return answer

    def _prune(self, case: Case) -> bool:
        """Whether two literals alone are out of reach already: then all of them are.

        A schema that nothing here can fit need not be denied; its choices are dropped.
        """
        if case.kind in _SCALARS or len(case.choices) < 2:
            return False
        for denied in case.denied_with_choices():
            for affirmed in case.affirmed(self.atoms):
                pair = frozenset((affirmed, denied))
                if pair == case.goal:
                    continue
                if self._beside(pair, case.kind) is NOTHING:
                    return True
                if not case.may_drop(denied, affirmed):
                    continue
                if self._is_surely_nothing(frozenset((affirmed, -denied)), case.kind):
                    case.drop(denied, affirmed)
                    break
        return False

    def _is_surely_nothing(self, literals: Literals, kind: str) -> bool:
        """Not only for now: values are built on this."""
        self._beside(literals, kind)
        return self._known.get((literals, kind)) is NOTHING

    # --- leaves: no choice is left ------------------------------------------------------------

    def _leaf(self, case: Case) -> Answer:
        constraints = case.constraints
        opaque = {(c.text, c.sign) for c in constraints if isinstance(c, Opaque)}
        if any((text, not sign) in opaque for text, sign in opaque):
            return NOTHING
        answer = self._leaf_of_type(case)
        return UNKNOWN if opaque and answer is not NOTHING else answer

    def _leaf_of_type(self, case: Case) -> Answer:
        if case.kind in _SCALARS:
            return find_scalar(case.kind, case.constraints, self.budget)
        if case.kind == OBJECT:
            return find_object(self, case.constraints)
        return find_array(self, case.constraints)


def find_scalar(kind: str, constraints: Sequence[Constraint], budget: Budget) -> Answer:
    listed = [c for c in constraints if isinstance(c, Among)]
    if listed:
        return _find_listed(kind, listed, constraints, budget)
    if kind == NULL:
        return _first_of([None], constraints)
    if kind == BOOLEAN:
        return _first_of([False, True], constraints)
    if kind == STRING:
        return find_text(constraints, budget)
    return find_number(kind, constraints)


def _find_listed(
    kind: str, listed: list[Among], constraints: Sequence[Constraint], budget: Budget
) -> Answer:
    """The values that are listed are all there are: each is tried against all the rest."""
    rest = [c for c in constraints if not isinstance(c, Among)]
    answer: Answer = NOTHING
    for text, value in listed[0].values.items():
        if type_of(value) == kind and all(text in other.values for other in listed):
            found = find_exactly(kind, value, rest, budget)
            if isinstance(found, Found):
                return found
            answer = weaker(answer, found)
    return answer


def find_exactly(kind: str, value: JSON, rest: Sequence[Constraint], budget: Budget) -> Answer:
    """The value itself, if it keeps the rest."""
    if kind == STRING:
        return try_text(str(value), rest)
    if kind in (INTEGER, FRACTION) and isinstance(value, int | float):
        edges = [Edge(Bound(exact(value), exclusive=False), lower=lower) for lower in (True, False)]
        return find_number(kind, [*rest, *edges])
    return _first_of([value], rest)


def _first_of(values: list[JSON], constraints: Sequence[Constraint]) -> Answer:
    barred = frozenset[str]().union(*(c.texts for c in constraints if isinstance(c, NotAmong)))
    return next((Found(value) for value in values if canonical_text(value) not in barred), NOTHING)
