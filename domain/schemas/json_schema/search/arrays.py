"""An array of some length whose items fit their places, repeat or do not, and contain so many of a kind.

Behind the longest prefix all places are alike, so a shortest array needs no more of them than there
are demands: the lengths that are tried are all that matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product

from domain.json_values import JSON, canonical_text
from domain.schemas.json_schema.search.answers import NOTHING, UNKNOWN, Answer, Found
from domain.schemas.json_schema.search.constraints import (
    ANYTHING,
    BadItem,
    Constraint,
    Contains,
    Item,
    ItemLayer,
    Items,
    Limit,
    Literals,
    Unique,
)
from domain.schemas.json_schema.search.seeking import Seeking

_MOST_ITEMS = 64
_LONGEST = 10_000
_NO_LIMIT = 1_000_000


def find_array(search: Seeking, constraints: Sequence[Constraint]) -> Answer:
    return _Arrays(search, constraints).answer()


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is still to be met by the items from here on."""

    bad: tuple[BadItem | Item, ...]
    contains: tuple[Contains, ...]


@dataclass(slots=True)
class _Arrays:
    search: Seeking
    constraints: Sequence[Constraint]
    _layers: list[ItemLayer] = field(default_factory=list)
    _fixed: dict[int, Literals] = field(default_factory=dict)
    _signs: set[bool] = field(default_factory=set)
    _complete: bool = True
    _options: dict[Literals, dict[str, Found]] = field(default_factory=dict)

    def answer(self) -> Answer:
        bad: list[BadItem | Item] = []
        contains: list[Contains] = []
        least, most = 0, _NO_LIMIT
        for each in self.constraints:
            if isinstance(each, Items):
                self._layers.append(each.layer)
            elif isinstance(each, Limit):
                least = max(least, each.count) if each.keyword == "minItems" else least
                most = min(most, each.count) if each.keyword == "maxItems" else most
            elif isinstance(each, Item) and each.index is not None:
                at = self._fixed.get(each.index, frozenset())
                self._fixed[each.index] = at | each.literals
            elif isinstance(each, BadItem | Item):
                bad.append(each)
            elif isinstance(each, Contains):
                contains.append(each)
            elif isinstance(each, Unique):
                self._signs.add(each.sign)
        if len(self._signs) > 1 or least > most:
            return NOTHING
        least = max([least, *(index + 1 for index in self._fixed)])
        return self._of_some_length(_Rest(tuple(bad), tuple(contains)), least, most)

    def _of_some_length(self, rest: _Rest, least: int, most: int) -> Answer:
        prefix = max(
            [
                0,
                *(layer.prefix for layer in self._layers),
                *(each.layer.prefix for each in rest.bad if isinstance(each, BadItem)),
            ]
        )
        wanted = sum(each.least for each in rest.contains) + len(rest.bad)
        enough = max(least, prefix) + wanted + 2 * (False in self._signs)
        for length in range(least, min(most, enough) + 1):
            short = prefix + len(rest.bad) + 2
            if length > _MOST_ITEMS:
                return self._long(rest, short, length)
            found = self._of_length(length, rest)
            if isinstance(found, Found):
                return found
        return NOTHING if self._complete else UNKNOWN

    def _long(self, rest: _Rest, short: int, length: int) -> Answer:
        """As long as it must be: a short one that meets all demands, and more of the last item."""
        short = max([short, *(index + 1 for index in self._fixed)])
        if rest.contains or True in self._signs or short > _MOST_ITEMS or length > _LONGEST:
            return UNKNOWN
        found = self._of_length(short, rest)
        if not isinstance(found, Found) or not isinstance(found.value, list):
            return found
        more = self._find(self._wanted(short) or frozenset())
        if more is None or self._wanted(short) is None:
            return NOTHING if self._complete else UNKNOWN
        return Found(
            [*found.value, *[more.value] * (length - short)], found.assumed or more.assumed
        )

    # --- which item meets which demand ------------------------------------------------------------

    def _of_length(self, length: int, rest: _Rest) -> Answer:
        if False in self._signs:
            return self._with_equals(length, rest)
        for goals in self._goals(0, length, rest):
            found = self._values(goals)
            if isinstance(found, Found):
                return found
        return NOTHING if self._complete else UNKNOWN

    def _with_equals(self, length: int, rest: _Rest) -> Answer:
        """Two items are the same: both fit what either place demands."""
        for goals in self._goals(0, length, rest):
            for one, other in combinations(range(length), 2):
                found = self._find(goals[one] | goals[other])
                if found is not None:
                    values = self._values(goals)
                    if isinstance(values, Found) and isinstance(values.value, list):
                        values.value[one] = values.value[other] = found.value
                        return replace(values, assumed=values.assumed or found.assumed)
        return NOTHING if self._complete else UNKNOWN

    def _goals(self, index: int, length: int, rest: _Rest) -> Iterator[tuple[Literals, ...]]:
        """Every way to spread the demands over the places, as what each place must fit."""
        self.search.spend()
        left = length - index
        if any(each.least > left for each in rest.contains):
            return
        if index == length:
            if not rest.bad:
                yield ()
            return
        wanted = self._wanted(index)
        if wanted is None:
            return
        for literals, after in self._ways(index, rest):
            goal = (wanted | literals) - {ANYTHING}
            if self._find(goal) is not None:
                for others in self._goals(index + 1, length, after):
                    yield (goal, *others)

    def _wanted(self, index: int) -> Literals | None:
        wanted = set(self._fixed.get(index, frozenset()))
        for layer in self._layers:
            literal = layer.at(index)
            if literal is None:
                return None
            wanted.add(literal)
        return frozenset(wanted) - {ANYTHING}

    def _ways(self, index: int, rest: _Rest) -> Iterator[tuple[Literals, _Rest]]:
        """What this item takes upon itself of the demands, and what it then must fit."""
        for contained, contains in self._contained(rest.contains):
            yield contained, _Rest(rest.bad, contains)
            for at, demand in enumerate(rest.bad):
                refused = self._refused(demand, index)
                if refused is not None:
                    left = (*rest.bad[:at], *rest.bad[at + 1 :])
                    yield contained | refused, _Rest(left, contains)
                    yield from self._more(contained | refused, _Rest(left, contains), index)

    def _more(
        self, literals: Literals, rest: _Rest, index: int
    ) -> Iterator[tuple[Literals, _Rest]]:
        """One item may meet several demands."""
        for at, demand in enumerate(rest.bad):
            refused = self._refused(demand, index)
            if refused is not None:
                left = _Rest((*rest.bad[:at], *rest.bad[at + 1 :]), rest.contains)
                yield literals | refused, left
                yield from self._more(literals | refused, left, index)

    def _refused(self, demand: BadItem | Item, index: int) -> Literals | None:
        if isinstance(demand, Item):
            return demand.literals
        literal = demand.layer.at(index)
        if literal == ANYTHING:
            return None
        return frozenset() if literal is None else frozenset((-literal,))

    def _contained(
        self, contains: tuple[Contains, ...]
    ) -> Iterator[tuple[Literals, tuple[Contains, ...]]]:
        """Whether the item is one of those that are counted, for each count that still matters."""
        options: list[list[tuple[Literals, Contains]]] = []
        for each in contains:
            ways: list[tuple[Literals, Contains]] = []
            if each.least <= 0 and each.most is None:
                ways.append((frozenset(), each))
            else:
                most = None if each.most is None else each.most - 1
                counted = replace(each, least=max(each.least - 1, 0), most=most)
                if each.most is None or each.most > 0:
                    ways.append((frozenset((each.literal,)), counted))
                if each.literal != ANYTHING:
                    ways.append((frozenset((-each.literal,)), each))
            options.append(ways)
        for chosen in product(*options):
            yield (
                frozenset[int]().union(*(literals for literals, _ in chosen)),
                tuple(left for _, left in chosen),
            )

    # --- their values -------------------------------------------------------------------------------

    def _find(self, goal: Literals) -> Found | None:
        answer = self.search.find(goal)
        if answer is UNKNOWN:
            self._complete = False
        return answer if isinstance(answer, Found) else None

    def _values(self, goals: tuple[Literals, ...]) -> Answer:
        if True in self._signs:
            return self._different(goals)
        found = [self._find(goal) for goal in goals]
        values: list[JSON] = [each.value for each in found if each is not None]
        if len(values) < len(goals):
            return UNKNOWN
        return Found(values, any(each.assumed for each in found if each is not None))

    def _different(self, goals: tuple[Literals, ...]) -> Answer:
        """A value of its own for each place.

        A place that could hold as many values as there are places never lacks one; so no more are
        looked for, and the rest is a matching.
        """
        options = [self._several(goal, len(goals)) for goal in goals]
        taken: dict[str, int] = {}
        for place in range(len(goals)):
            if not _match(place, options, taken, set()):
                return NOTHING if self._complete else UNKNOWN
        chosen = {place: options[place][text] for text, place in taken.items()}
        return Found(
            [chosen[place].value for place in range(len(goals))],
            any(found.assumed for found in chosen.values()),
        )

    def _several(self, goal: Literals, many: int) -> dict[str, Found]:
        found = self._options.setdefault(goal, {})
        for _ in range(many - len(found)):
            barred = frozenset(-self.search.atoms.equals(each.value) for each in found.values())
            answer = self._find(goal | barred)
            if answer is None:
                break
            found[canonical_text(answer.value)] = answer
        return found


def _match(
    place: int, options: Sequence[dict[str, Found]], taken: dict[str, int], tried: set[str]
) -> bool:
    """Augmenting paths: gives the place a value, and moves others to other values if needed."""
    for text in options[place]:
        if text not in tried:
            tried.add(text)
            if text not in taken or _match(taken[text], options, taken, tried):
                taken[text] = place
                return True
    return False
