"""Compares two JSON Schemas pair by pair.

Each pair of positions is judged once, by the rules; what lies below it are edges to other pairs.
So the work is linear in the number of pairs, `$ref`s are never expanded, and recursion is an edge
back to a pair that is judged already: two schemas are compatible if no reachable pair says
otherwise (the greatest fixed point). While a rule is still judging a pair, questions that lead back
to it are answered "not proved", which is never wrong, only careful.
"""

from collections.abc import Callable
from functools import lru_cache

from domain.budget import Budget
from domain.json_values import JSON
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.inclusion import Inclusion
from domain.schemas.json_schema.likeness import Likeness, Steps
from domain.schemas.json_schema.outcome import (
    BREAKS,
    DIRECTIONS,
    FINE,
    UNSURE,
    Direction,
    Facing,
    Outcome,
    Pair,
    Verdict,
    breaks_if,
)
from domain.schemas.json_schema.plainness import only_bounds
from domain.schemas.json_schema.positions import Position
from domain.schemas.json_schema.references import Location
from domain.schemas.json_schema.rules_alternatives import judge_alternatives, judge_union
from domain.schemas.json_schema.rules_annotations import judge_annotations
from domain.schemas.json_schema.rules_arrays import judge_array
from domain.schemas.json_schema.rules_conditions import judge_conditions
from domain.schemas.json_schema.rules_limits import judge_limits, judge_numbers, judge_texts
from domain.schemas.json_schema.rules_objects import judge_object
from domain.schemas.json_schema.rules_types import judge_types
from domain.schemas.json_schema.search.answers import NOTHING, UNKNOWN

# Bounds of one comparison: pairs judged, where they are more than there are schemas to compare;
# questions inside of questions; steps of all questions.
MOST_PAIRS = 25_000
_MOST_DEPTH = 12
_MOST_STEPS = 200_000

# Each rule with the parts of a node that it is about: what nobody says needs no judgment.
_Rule = Callable[[Facing], None]
_RULES: tuple[tuple[frozenset[str], _Rule], ...] = (
    (frozenset({"limits", "prefix", "items"}), judge_limits),
    (frozenset({"lower", "upper", "multiples"}), judge_numbers),
    (frozenset({"texts"}), judge_texts),
    (
        frozenset({"properties", "required", "patterns", "additional", "names"})
        | {"dependent_schemas", "dependent_required", "groups", "condition"},
        judge_object,
    ),
    (frozenset({"prefix", "items", "unique", "contains"}), judge_array),
    (frozenset({"groups"}), judge_alternatives),
    (frozenset({"negated", "condition", "left_names", "left_items"}), judge_conditions),
)


@lru_cache(maxsize=1024)
def _rules_about(old: frozenset[str], new: frozenset[str]) -> tuple[_Rule, ...]:
    return tuple(judge for parts, judge in _RULES if not parts.isdisjoint(old | new))


_UNSURE = Verdict(UNSURE, UNSURE)
_HARMLESS = Verdict(FINE, FINE)


class Comparison:
    def __init__(
        self,
        old: Graph,
        new: Graph,
        budget: Budget | None = None,
        most_pairs: int = MOST_PAIRS,
    ) -> None:
        self._most_pairs = most_pairs
        self.old = old
        self.new = new
        self.root = Pair(old.root, new.root)
        self._full = False
        budget = budget or Budget()
        # Half is kept for the question about the whole: it must not fail for want of steps.
        self._for_the_whole = budget.share(2)
        self._steps = Steps(_MOST_STEPS)
        self._likeness = Likeness(old, new, self._steps)
        self.inclusion = Inclusion(old, new, self._likeness.same_pair, budget.share(2))
        self._outcomes: dict[Pair, Outcome] = {}
        self._verdicts: dict[Pair, Verdict] = {}
        self._paired: list[set[Location]] | None = None
        self._active: set[Pair] = set()

    @property
    def is_exhausted(self) -> bool:
        """Whether a bound was met, so that the changes found are not all there are."""
        return self._full or self.old.is_exhausted or self.new.is_exhausted

    def outcome(self, pair: Pair) -> Outcome:
        known = self._outcomes.get(pair)
        if known is not None:
            return known
        if len(self._outcomes) >= self._most_pairs and self._is_again(pair):
            self._full = True
            return Outcome()
        self._active.add(pair)
        outcome = self._outcomes[pair] = self._judge(pair)
        self._active.discard(pair)
        return outcome

    def _is_again(self, pair: Pair) -> bool:
        """Whether all schemas of both sides were in pairs before; so the others are no more than
        there are schemas."""
        if self._paired is None:
            self._paired = [
                {at for known in self._outcomes for at in known[side].locations} for side in (0, 1)
            ]
        is_again = True
        for met, position in zip(self._paired, pair, strict=True):
            is_again = is_again and met.issuperset(position.locations)
            met.update(position.locations)
        return is_again

    def _judge(self, pair: Pair) -> Outcome:
        facing = Facing(
            self.old.view(pair.old), self.new.view(pair.new), self.old, self.new, tests=self
        )
        is_union = (facing.old.groups or facing.new.groups) and judge_union(facing)
        if not is_union and judge_types(facing):
            for judge in _rules_about(facing.old.said, facing.new.said):
                judge(facing)
        outcome = facing.outcome
        if outcome.contested or outcome.findings:
            self._settle(pair, outcome)
        judge_annotations(facing)
        return outcome

    # --- what the rules may ask ---------------------------------------------------------------

    def verdict(self, old: Position | None, new: Position | None) -> Verdict:
        """None is a place where no value may be."""
        if old is None or new is None:
            had, has = old is not None, new is not None
            return Verdict(breaks_if(had and not has), breaks_if(has and not had))
        backward = FINE if self._is_anything(self.new, new) else None
        forward = FINE if self._is_anything(self.old, old) else None
        if backward is not None and forward is not None:
            return _HARMLESS
        verdict = self._walked(Pair(old, new))
        return Verdict(
            verdict.backward if backward is None else backward,
            verdict.forward if forward is None else forward,
        )

    def _is_anything(self, graph: Graph, position: Position) -> bool:
        return not position.locations or graph.says_nothing(graph.view(position))

    def _walked(self, start: Pair) -> Verdict:
        if start in self._verdicts:
            return self._verdicts[start]
        if self.same_pair(*start):
            return _HARMLESS
        if len(self._active) > _MOST_DEPTH or len(self._outcomes) > self._most_pairs // 2:
            return _UNSURE
        verdict = self._walk(start)
        if not self._active or verdict == Verdict(BREAKS, BREAKS):
            self._verdicts[start] = verdict
        return verdict

    def _walk(self, start: Pair) -> Verdict:
        found = {"backward": FINE, "forward": FINE}
        waiting: list[tuple[Pair, bool, bool]] = [(start, True, True)]
        seen = set(waiting)
        while waiting and min(found.values()) < BREAKS:
            pair, *alive = waiting.pop()
            is_left = self._steps.take()
            if pair in self._active or not is_left:
                return Verdict(max(found["backward"], UNSURE), max(found["forward"], UNSURE))
            outcome = self.outcome(pair)
            for direction, counts in zip(DIRECTIONS, alive, strict=True):
                if counts:
                    effects = (finding.effect(direction) for finding in outcome.findings)
                    found[direction] = max(found[direction], max(effects, default=FINE))
            for edge in outcome.edges:
                step = (edge.pair, alive[0] and edge.backward, alive[1] and edge.forward)
                if step not in seen and any(step[1:]):
                    seen.add(step)
                    waiting.append(step)
        if self.is_exhausted:
            return Verdict(max(found["backward"], UNSURE), max(found["forward"], UNSURE))
        return Verdict(found["backward"], found["forward"])

    def accepts(self, graph: Graph, position: Position, value: JSON) -> bool | None:
        return self.inclusion.accepts(graph, position, value)

    def same(self, old: tuple[Location, ...], new: tuple[Location, ...]) -> bool:
        return self._likeness.same(old, new)

    def same_pair(self, old: Position, new: Position) -> bool:
        return self._likeness.same_pair(old, new)

    # --- the word of the search ----------------------------------------------------------------

    def _settle(self, pair: Pair, outcome: Outcome) -> None:
        """Where a rule could only judge a keyword alone, the whole position is asked about."""
        contestable = outcome.contested or [f for f in outcome.findings if f.contestable]
        if not contestable or self._is_plain(pair):
            return
        for direction in DIRECTIONS:
            doubted = [f for f in outcome.findings if f.contestable and f.effect(direction) > FINE]
            if not doubted and not outcome.contested:
                continue
            answer = self.inclusion.fits(pair, direction)
            if answer is True:
                outcome.clear(direction)
            elif answer is False and len(doubted) == 1 and not self._others(outcome, direction):
                at = outcome.findings.index(doubted[0])
                outcome.findings[at] = doubted[0].with_effect(direction, BREAKS)

    def _is_plain(self, pair: Pair) -> bool:
        """Whether both sides only bound a value that there certainly is: then the rules know it."""
        old, new = self.old.view(pair.old), self.new.view(pair.new)
        return only_bounds(old) and only_bounds(new)

    def _others(self, outcome: Outcome, direction: Direction) -> bool:
        """Whether something else in this outcome may be the break that the search saw."""
        broken = [f for f in outcome.findings if f.effect(direction) > FINE]
        return len(broken) > 1 or outcome.contested

    def fits_as_a_whole(self, direction: Direction) -> bool | None:
        """Whether all records of one side are records of the other; None if it is not known."""
        share = self._for_the_whole.share(1)
        answer = self.inclusion.counterexample(self.root, direction, budget=share)
        self._for_the_whole.take_back(share)
        return None if answer is UNKNOWN else answer is NOTHING
