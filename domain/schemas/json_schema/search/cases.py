"""One case of a goal: what is chosen so far, what it demands, and which choices are left."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from domain.budget import Spent
from domain.schemas.json_schema.search.atoms import Atom, Atoms, Placed
from domain.schemas.json_schema.search.constraints import (
    ANYTHING,
    Choice,
    Constraint,
    Demand,
    Demands,
    Field,
    Fields,
    Left,
    Literal,
    Literals,
    NoField,
)
from domain.schemas.json_schema.search.evaluated import Evaluation
from domain.schemas.json_schema.search.expansion import expand

# Schemas that are affirmed and speak for themselves; more of them are not tried in pairs.
_MOST_AFFIRMED = 6


class Circular(Spent):
    """A schema that refers back to itself for the very same value: it has no meaning."""


# Demands and the literal that they come from.
Way = tuple[Literal, Sequence[Demand]]


@dataclass(frozen=True, slots=True)
class _Open:
    """A choice, the literal it comes from, and how many layers of fields it was held against."""

    origin: Literal
    ways: Choice
    layers: int = 0


@dataclass(slots=True)
class Case:
    kind: str
    goal: Literals
    literals: set[Literal] = field(default_factory=set)
    constraints: list[Constraint] = field(default_factory=list)
    choices: list[_Open] = field(default_factory=list)
    _left: list[Left] = field(default_factory=list)
    _layers: list[Fields] = field(default_factory=list)
    _there: set[str] = field(default_factory=set)
    _absent: set[str] = field(default_factory=set)
    # Which literals demanded a literal, and which ones a denial was dropped for.
    _parents: dict[Literal, frozenset[Literal]] = field(default_factory=dict)
    _relied_on: frozenset[Literal] = frozenset()

    def copy(self) -> "Case":
        return Case(
            self.kind,
            self.goal,
            set(self.literals),
            list(self.constraints),
            list(self.choices),
            list(self._left),
            list(self._layers),
            set(self._there),
            set(self._absent),
            dict(self._parents),
            self._relied_on,
        )

    def take(self, atoms: Atoms, way: Way) -> bool:
        """Adds demands with all that they entail; False if they cannot be met together."""
        waiting = [way]
        while waiting:
            while waiting:
                origin, demands = waiting.pop()
                for demand in demands:
                    if isinstance(demand, int):
                        entailed = self._take_literal(atoms, demand, origin)
                        if entailed is None:
                            return False
                        waiting.append((demand, entailed))
                    elif not self._take_constraint(demand):
                        return False
            forced = self._simplify()
            if forced is None:
                return False
            waiting = forced
        return True

    def _take_literal(
        self, atoms: Atoms, literal: Literal, origin: Literal
    ) -> Sequence[Demand] | None:
        if literal == ANYTHING:
            return ()
        if literal in self.literals or -literal in self.literals:
            self._refuse_circle(literal, origin)
        self._parents[literal] = self._parents.get(literal, frozenset()) | {origin}
        if literal in self.literals:
            return ()
        if -literal in self.literals:
            return None
        self.literals.add(literal)
        expanded = expand(atoms, literal, self.kind)
        if expanded is None:
            return None
        self.choices += [_Open(literal, ways) for ways in expanded.choices]
        return expanded.demands

    def _refuse_circle(self, literal: Literal, origin: Literal) -> None:
        above = self._above(origin) | {origin}
        if literal in above or -literal in above:
            raise Circular

    def _take_constraint(self, constraint: Constraint) -> bool:
        if isinstance(constraint, Left):
            self._left.append(constraint)
            return True
        if isinstance(constraint, Fields):
            self._layers.append(constraint)
        elif isinstance(constraint, Field) and constraint.name is not None:
            self._there.add(constraint.name)
        elif isinstance(constraint, NoField):
            self._absent.add(constraint.name)
        self.constraints.append(constraint)
        return not self._there & self._absent

    def _simplify(self) -> list[Way] | None:
        """Drops what is settled; gives what has become forced, None if a choice has no way left."""
        forced: list[Way] = []
        kept: list[_Open] = []
        for choice in self.choices:
            if any(self._is_met(way, choice.origin) for way in choice.ways):
                continue
            ways = [w for w in dict.fromkeys(choice.ways) if self._is_open(w, choice)]
            if not ways:
                return None
            if len(ways) == 1:
                forced.append((choice.origin, ways[0]))
            else:
                kept.append(replace(choice, ways=ways, layers=len(self._layers)))
                shared = [each for each in _shared(ways) if each not in self.literals]
                if shared:
                    forced.append((choice.origin, shared))
        self.choices = kept
        return forced

    def _is_met(self, way: Demands, origin: Literal) -> bool:
        return all(self._is_given(demand, origin) for demand in way)

    def _is_given(self, demand: Demand, origin: Literal) -> bool:
        if isinstance(demand, int):
            if demand in self.literals:
                self._refuse_circle(demand, origin)
            return demand == ANYTHING or demand in self.literals
        if isinstance(demand, NoField):
            return demand.name in self._absent
        return isinstance(demand, Field) and not demand.literals and demand.name in self._there

    def _is_open(self, way: Demands, choice: _Open) -> bool:
        for demand in way:
            if isinstance(demand, int):
                if -demand in self.literals:
                    self._refuse_circle(demand, choice.origin)
                    return False
                if demand != ANYTHING and -demand in way:
                    return False
            elif isinstance(demand, NoField):
                if demand.name in self._there:
                    return False
            elif isinstance(demand, Field) and not self._may_have(demand, choice.layers):
                return False
        return True

    def _may_have(self, demand: Field, layers: int) -> bool:
        """Whether a field may be there; quickly past fields that both sides write the same."""
        if demand.name is None:
            return True
        if demand.name in self._absent:
            return False
        for fields in self._layers[layers:]:
            literal = fields.layer.at(demand.name)
            if literal is None or (literal != ANYTHING and -literal in demand.literals):
                return False
        return True

    @property
    def has_left(self) -> bool:
        """Whether an `unevaluated…` is still to be settled."""
        return bool(self._left)

    def settle(self, atoms: Atoms) -> bool:
        """Turns one `unevaluated…` into a choice or a constraint; False if it cannot be met."""
        evaluation = Evaluation(atoms, self._left[-1], self.literals, self.constraints)
        if evaluation.open is not None:
            self.choices.append(_Open(ANYTHING, evaluation.open))
        else:
            left = self._left.pop()
            constraint = evaluation.settled(self.kind)
            if constraint is None:
                return left.sign
            self._take_constraint(constraint)
        return True

    def next_choice(self) -> list[Way]:
        """The one with the fewest ways."""
        chosen = min(range(len(self.choices)), key=lambda at: len(self.choices[at].ways))
        choice = self.choices.pop(chosen)
        return [(choice.origin, way) for way in choice.ways]

    def denied_with_choices(self) -> list[Literal]:
        return list(dict.fromkeys(choice.origin for choice in self.choices if choice.origin < 0))

    def affirmed(self, atoms: Atoms) -> Iterator[Literal]:
        found = 0
        for literal in sorted(self.literals, reverse=True):
            atom = atoms[literal]
            speaks = literal > 0 and isinstance(atom, Placed) and found < _MOST_AFFIRMED
            if speaks and not _is_choice(atoms, atom):
                found += 1
                yield literal

    def may_drop(self, denied: Literal, affirmed: Literal) -> bool:
        """Whether a denial may be left out because something affirmed entails it.

        Not if it is part of what is affirmed, nor of what another denial was dropped for.
        """
        above = self._above(denied)
        return affirmed not in above and not self._relied_on & above

    def drop(self, denied: Literal, affirmed: Literal) -> None:
        self.choices = [choice for choice in self.choices if choice.origin != denied]
        self._relied_on |= {affirmed}

    def _above(self, literal: Literal) -> set[Literal]:
        """All that demanded a literal, over however many steps."""
        found: set[Literal] = set()
        waiting = [literal]
        while waiting:
            for parent in self._parents.get(waiting.pop(), ()):
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return found


def _is_choice(atoms: Atoms, atom: Atom) -> bool:
    return isinstance(atom, Placed) and atoms.graphs[atom.side].is_union(atoms.view(atom))


def _shared(ways: Choice) -> list[Literal]:
    """What every way demands is demanded in any case."""
    shared = {d for d in ways[0] if isinstance(d, int) and d != ANYTHING}
    for way in ways[1:]:
        shared = shared.intersection(way) if shared else shared
    return sorted(shared)
