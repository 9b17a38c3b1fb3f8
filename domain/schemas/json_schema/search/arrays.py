"""An array of some length whose items fit their places, and repeat or contain what they must.

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


@dataclass(slots=True)
class _Arrays:
    search: Seeking
    constraints: Sequence[Constraint]
    _layers: list[ItemLayer] = field(default_factory=list)
    _fixed: dict[int, Literals] = field(default_factory=dict)
    _bad: list[BadItem | Item] = field(default_factory=list)
    _contains: list[Contains] = field(default_factory=list)
    _signs: set[bool] = field(default_factory=set)
    _least: int = 0
    _most: int = _NO_LIMIT
    _complete: bool = True
    _options: dict[Literals, dict[str, Found]] = field(default_factory=dict)

    def answer(self) -> Answer:
        for each in self.constraints:
            self._sort(each)
        if len(self._signs) > 1 or self._least > self._most:
            return NOTHING
        self._least = max([self._least, *(index + 1 for index in self._fixed)])
        return self._of_some_length()

    def _sort(self, each: Constraint) -> None:
        if isinstance(each, Items):
            self._layers.append(each.layer)
        elif isinstance(each, Limit):
            if each.keyword == "minItems":
                self._least = max(self._least, each.count)
            else:
                self._most = min(self._most, each.count)
        elif isinstance(each, Item) and each.index is not None:
            self._fixed[each.index] = self._fixed.get(each.index, frozenset()) | each.literals
        elif isinstance(each, BadItem | Item):
            self._bad.append(each)
        elif isinstance(each, Contains):
            self._contains.append(each)
        elif isinstance(each, Unique):
            self._signs.add(each.sign)

    @property
    def _prefix(self) -> int:
        """Places that may differ from one another; all others are alike."""
        layers = [*self._layers, *(each.layer for each in self._bad if isinstance(each, BadItem))]
        fixed = (index + 1 for index in self._fixed)
        return max([0, *(layer.prefix for layer in layers), *fixed])

    def _of_some_length(self) -> Answer:
        wanted = sum(each.least for each in self._contains) + len(self._bad)
        enough = max(self._least, self._prefix) + wanted + 2 * (False in self._signs)
        for length in range(self._least, min(self._most, enough) + 1):
            if length > _MOST_ITEMS:
                return self._long(length)
            found = self._of_length(length)
            if isinstance(found, Found):
                return found
        return self._failed()

    def _failed(self) -> Answer:
        return NOTHING if self._complete else UNKNOWN

    def _long(self, length: int) -> Answer:
        """As long as it must be: a short one that meets all demands, and more of the last item."""
        short = self._prefix + len(self._bad) + 2
        if self._contains or True in self._signs or short > _MOST_ITEMS or length > _LONGEST:
            return UNKNOWN
        found = self._of_length(short)
        if not isinstance(found, Found) or not isinstance(found.value, list):
            return found
        wanted = self._wanted(short)
        more = None if wanted is None else self._find(wanted)
        if more is None:
            return self._failed()
        return Found([*found.value, *[more.value] * (length - short)])

    # --- which item meets which demand ------------------------------------------------------------

    def _of_length(self, length: int) -> Answer:
        for placed in self._placed(0, length, {}):
            for goals in self._goals(0, length, placed, tuple(self._contains)):
                found = self._with_equals(goals) if False in self._signs else self._values(goals)
                if isinstance(found, Found):
                    return found
        return self._failed()

    def _placed(
        self, at: int, length: int, placed: dict[int, Literals]
    ) -> Iterator[dict[int, Literals]]:
        """Every way to give each demand a place."""
        if at == len(self._bad):
            yield placed
            return
        # Of places that are alike, the first free one stands for all.
        beyond = max([self._prefix - 1, *placed]) + 1
        for index in range(min(length, beyond + 1)):
            self.search.spend()
            refused = self._refused(self._bad[at], index)
            wanted = self._wanted(index)
            if refused is not None and wanted is not None:
                literals = placed.get(index, frozenset()) | refused
                if self._find((wanted | literals) - {ANYTHING}) is not None:
                    yield from self._placed(at + 1, length, {**placed, index: literals})

    def _goals(
        self,
        index: int,
        length: int,
        placed: dict[int, Literals],
        contains: tuple[Contains, ...],
    ) -> Iterator[tuple[Literals, ...]]:
        """What each place must fit, in every way to have enough of what is to be contained."""
        self.search.spend()
        if any(each.least > length - index for each in contains):
            return
        if index == length:
            yield ()
            return
        wanted = self._wanted(index)
        if wanted is None:
            return
        for contained, left in self._contained(contains):
            goal = (wanted | placed.get(index, frozenset()) | contained) - {ANYTHING}
            if self._find(goal) is not None:
                for others in self._goals(index + 1, length, placed, left):
                    yield (goal, *others)

    def _wanted(self, index: int) -> Literals | None:
        wanted = set(self._fixed.get(index, frozenset()))
        for layer in self._layers:
            literal = layer.at(index)
            if literal is None:
                return None
            wanted.add(literal)
        return frozenset(wanted) - {ANYTHING}

    def _refused(self, demand: BadItem | Item, index: int) -> Literals | None:
        """What makes an item meet a demand; None if nothing does."""
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
        for chosen in product(*map(_counted, contains)):
            yield (
                frozenset[int]().union(*(literals for literals, _ in chosen)),
                tuple(left for _, left in chosen),
            )

    # --- their values -----------------------------------------------------------------------------

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
        return Found(values)

    def _with_equals(self, goals: tuple[Literals, ...]) -> Answer:
        """Two items are the same: both fit what either place demands."""
        for one, other in combinations(range(len(goals)), 2):
            found = self._find(goals[one] | goals[other])
            values = None if found is None else self._values(goals)
            if found is not None and isinstance(values, Found) and isinstance(values.value, list):
                values.value[one] = values.value[other] = found.value
                return values
        return self._failed()

    def _different(self, goals: tuple[Literals, ...]) -> Answer:
        """A value of its own for each place.

        A place that could hold as many values as there are places never lacks one; so no more are
        looked for, and the rest is a matching.
        """
        options = [self._several(goal, len(goals)) for goal in goals]
        taken: dict[str, int] = {}
        for place in range(len(goals)):
            if not _match(place, options, taken, set()):
                return self._failed()
        chosen = {place: options[place][text] for text, place in taken.items()}
        return Found([chosen[place].value for place in range(len(goals))])

    def _several(self, goal: Literals, many: int) -> dict[str, Found]:
        found = self._options.setdefault(goal, {})
        for _ in range(many - len(found)):
            barred = frozenset(-self.search.atoms.equals(each.value) for each in found.values())
            answer = self._find(goal | barred)
            if answer is None:
                break
            found[canonical_text(answer.value)] = answer
        return found


def _counted(each: Contains) -> Iterator[tuple[Literals, Contains]]:
    if each.least <= 0 and each.most is None:
        yield frozenset(), each
        return
    if each.most is None or each.most > 0:
        most = None if each.most is None else each.most - 1
        left = replace(each, least=max(each.least - 1, 0), most=most)
        yield frozenset((each.literal,)), left
    if each.literal != ANYTHING:
        yield frozenset((-each.literal,)), each


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
