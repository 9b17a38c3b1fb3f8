"""Whether one position is included in another: the search, with what all questions share."""

from collections.abc import Iterable

from domain.budget import Budget, Spent
from domain.json_values import JSON, canonical_text
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.nodes import type_of
from domain.schemas.json_schema.outcome import Direction, Pair
from domain.schemas.json_schema.positions import Position
from domain.schemas.json_schema.search.answers import NOTHING, UNKNOWN, Answer, Found
from domain.schemas.json_schema.search.atoms import Atoms, IsSame
from domain.schemas.json_schema.search.constraints import ANYTHING, Literal, Literals
from domain.schemas.json_schema.search.solving import Search

# Of all the steps that there are, one question may take this share.
_SHARE = 4


class Inclusion:
    """`fragments` is a third schema: one definition for each value that a search aims at."""

    def __init__(
        self,
        old: Graph,
        new: Graph,
        is_same: IsSame,
        budget: Budget | None = None,
        fragments: Graph | None = None,
    ) -> None:
        graphs = (old, new) if fragments is None else (old, new, fragments)
        self._graphs = graphs
        self._budget = budget or Budget()
        self.atoms = Atoms(graphs, is_same)
        self._search = Search(self.atoms, self._budget)
        self._fits: dict[tuple[Pair, Direction], bool | None] = {}

    def fits(self, pair: Pair, direction: Direction) -> bool | None:
        """Whether all that one side accepts is accepted by the other; None when not known."""
        question = (pair, direction)
        if question not in self._fits:
            answer = self.counterexample(pair, direction)
            self._fits[question] = None if answer is UNKNOWN else answer is NOTHING
        return self._fits[question]

    def counterexample(
        self,
        pair: Pair,
        direction: Direction,
        besides: Literals = frozenset(),
        budget: Budget | None = None,
    ) -> Answer:
        """A value that the one side takes and the other does not."""
        old, new = self.atoms.at(0, pair.old), self.atoms.at(1, pair.new)
        taken, refused = (old, new) if direction == "backward" else (new, old)
        if taken is None or refused == ANYTHING or taken == refused:
            return NOTHING
        denied = frozenset[Literal]() if refused is None else frozenset((-refused,))
        return self.find({taken} | denied | besides, budget)

    def find(self, literals: Iterable[Literal], budget: Budget | None = None) -> Answer:
        """UNKNOWN where the budget is met, and for schemas that are nested beyond all measure."""
        share = budget or self._budget.share(_SHARE)
        self._search.budget = share
        try:
            return self._search.find(literals)
        except (Spent, RecursionError):
            self._search.forget_what_is_in_progress()
            return UNKNOWN
        finally:
            self._budget.take_back(share)

    def accepts(self, graph: Graph, position: Position, value: JSON) -> bool | None:
        """Whether a position takes a value; None when that is not known."""
        view = graph.view(position)
        if value is None and view.or_null:
            return True
        if type_of(value) not in view.types:
            return False
        if view.values is not None and canonical_text(value) not in view.values:
            return False
        if graph.says_only_values(view):
            return True
        literal = self.atoms.at(self._graphs.index(graph), position)
        answer = self.find({literal or ANYTHING, self.atoms.equals(value)})
        return None if answer is UNKNOWN else isinstance(answer, Found)
