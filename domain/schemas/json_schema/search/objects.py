"""An object that has some fields and lacks others, under all layers that say what fields may hold.

Names are concrete: those that schemas mention, and for all others an example of each kind of name
that patterns and `propertyNames` tell apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from domain.json_values import JSON
from domain.schemas.json_schema.nodes import STRING
from domain.schemas.json_schema.search.answers import NOTHING, UNKNOWN, Answer, Found
from domain.schemas.json_schema.search.constraints import (
    ANYTHING,
    BadField,
    Constraint,
    Field,
    FieldLayer,
    Fields,
    Limit,
    Literal,
    Literals,
    Names,
    NoField,
)
from domain.schemas.json_schema.search.names import UnmentionedNames
from domain.schemas.json_schema.search.seeking import Seeking

_MOST_FRESH = 1_000

# Fields that must be there: what their values must fit, besides what the layers say.
_Chosen = dict[str, Literals]


def find_object(search: Seeking, constraints: Sequence[Constraint]) -> Answer:
    return _Objects(search, constraints).answer()


@dataclass(slots=True)
class _Objects:
    search: Seeking
    constraints: Sequence[Constraint]
    _layers: list[FieldLayer] = field(default_factory=list)
    _names: list[Literal] = field(default_factory=list)
    _absent: set[str] = field(default_factory=set)
    _chosen: _Chosen = field(default_factory=dict)
    _somewhere: list[BadField | Field | Names] = field(default_factory=list)
    _least: int = 0
    _most: int = 1_000_000
    _complete: bool = True
    _fresh: list[str] | None = None

    def answer(self) -> Answer:
        for each in self.constraints:
            self._sort(each)
        if self._least > self._most:
            return NOTHING
        return self._place(self._chosen, self._somewhere)

    def _sort(self, each: Constraint) -> None:
        if isinstance(each, Fields):
            self._layers.append(each.layer)
        elif isinstance(each, NoField):
            self._absent.add(each.name)
        elif isinstance(each, Limit):
            self._limit(each)
        elif isinstance(each, Names) and each.every:
            self._names.append(each.literal)
        elif isinstance(each, Field) and each.name is not None:
            had = self._chosen.get(each.name, frozenset())
            self._chosen[each.name] = had | each.literals
        elif isinstance(each, BadField | Field | Names):
            self._somewhere.append(each)

    def _limit(self, limit: Limit) -> None:
        if limit.keyword == "minProperties":
            self._least = max(self._least, limit.count)
        else:
            self._most = min(self._most, limit.count)

    # --- what must be somewhere -----------------------------------------------------------------

    def _place(self, chosen: _Chosen, somewhere: list[BadField | Field | Names]) -> Answer:
        """Tries every name that matters for the first demand, then goes on with the others."""
        if not all(self._may_be(name, literals) for name, literals in chosen.items()):
            return self._failed()
        if len(chosen) > self._most:
            return self._failed()
        if not somewhere:
            return self._fill(chosen)
        for placed in self._placed(chosen, somewhere):
            found = self._place(placed, somewhere[1:])
            if isinstance(found, Found):
                return found
        return self._failed()

    def _placed(
        self, chosen: _Chosen, somewhere: list[BadField | Field | Names]
    ) -> Iterator[_Chosen]:
        """Every way to meet the first demand."""
        for name in self._candidates(chosen, somewhere):
            self.search.spend()
            for literals in self._ways(somewhere[0], name):
                together = chosen.get(name, frozenset()) | literals
                if self._may_be(name, together):
                    yield {**chosen, name: together}

    def _failed(self) -> Answer:
        return NOTHING if self._complete else UNKNOWN

    def _ways(self, demand: BadField | Field | Names, name: str) -> Iterator[Literals]:
        """What makes the field of this name meet the demand."""
        if isinstance(demand, Field):
            yield demand.literals
        elif isinstance(demand, Names):
            exactly = self.search.atoms.equals(name)
            if self._found(frozenset((demand.literal, exactly)), STRING):
                yield frozenset()
        else:
            refused = demand.layer.at(name)
            if refused is None:
                yield frozenset()
            elif refused != ANYTHING:
                yield frozenset((-refused,))

    def _candidates(
        self, chosen: _Chosen, somewhere: list[BadField | Field | Names]
    ) -> Iterator[str]:
        yield from self._fresh_names(somewhere)
        mentioned = set(chosen).union(*(layer.names for layer in self._every_layer(somewhere)))
        yield from sorted(mentioned - self._absent)

    def _every_layer(self, somewhere: Sequence[Constraint]) -> list[FieldLayer]:
        return [*self._layers, *(each.layer for each in somewhere if isinstance(each, BadField))]

    # --- whether a field may be there -------------------------------------------------------------

    def _may_be(self, name: str, literals: Literals) -> bool:
        if name in self._absent:
            return False
        wanted = self._wanted(name, literals)
        if wanted is None or not self._is_name(name):
            return False
        return self._found_any(wanted)

    def _wanted(self, name: str, literals: Literals) -> Literals | None:
        """All that the value of a field must fit."""
        wanted = set(literals)
        for layer in self._layers:
            literal = layer.at(name)
            if literal is None:
                return None
            wanted.add(literal)
        wanted.discard(ANYTHING)
        return frozenset(wanted)

    def _is_name(self, name: str) -> bool:
        if not self._names:
            return True
        exactly = self.search.atoms.equals(name)
        return self._found(frozenset((*self._names, exactly)) - {ANYTHING}, STRING)

    def _found(self, literals: Literals, kind: str) -> bool:
        return self._noted(self.search.find_of(literals, kind))

    def _found_any(self, literals: Literals) -> bool:
        return self._noted(self.search.find(literals))

    def _noted(self, answer: Answer) -> bool:
        if answer is UNKNOWN:
            self._complete = False
        return isinstance(answer, Found)

    # --- enough fields, and their values ----------------------------------------------------------

    def _fill(self, chosen: _Chosen) -> Answer:
        least = self._least
        if len(chosen) < least:
            chosen = dict(chosen)
            for name in self._more_names(chosen, least):
                if name not in chosen and self._may_be(name, frozenset()):
                    chosen[name] = frozenset()
                    if len(chosen) >= least:
                        break
            else:
                return self._failed()
        whole: dict[str, JSON] = {}
        for name, literals in chosen.items():
            found = self.search.find(self._wanted(name, literals) or ())
            if not isinstance(found, Found):
                return UNKNOWN
            whole[name] = found.value
        return Found(whole)

    def _more_names(self, chosen: _Chosen, least: int) -> Iterator[str]:
        declared = frozenset[str]().union(*(layer.names for layer in self._layers))
        yield from sorted(declared - set(chosen))
        missing = least - len(chosen)
        if missing > _MOST_FRESH:
            self._complete = False
        names = UnmentionedNames(self.search, self._layers, self._names)
        yield from names.examples(min(missing, _MOST_FRESH), self._absent | set(chosen))
        self._complete = self._complete and names.is_complete

    def _fresh_names(self, somewhere: Sequence[BadField | Field | Names]) -> list[str]:
        """Names that nobody mentions: enough of each kind for all demands that are left."""
        if self._fresh is None:
            names = UnmentionedNames(
                self.search,
                self._every_layer(somewhere),
                self._names,
                [each.literal for each in somewhere if isinstance(each, Names)],
            )
            self._fresh = list(names.examples(len(somewhere), self._absent))
            self._complete = self._complete and names.is_complete
        return self._fresh
