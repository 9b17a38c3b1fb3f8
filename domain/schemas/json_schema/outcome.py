"""What the rules say about a pair of positions, before it is known where in a record it stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, NamedTuple, Protocol

from domain.changes import ChangeKind
from domain.json_values import JSON
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.nodes import Types
from domain.schemas.json_schema.positions import Position, View
from domain.schemas.json_schema.references import Location

Direction = Literal["backward", "forward"]
DIRECTIONS: tuple[Direction, Direction] = ("backward", "forward")


class Effect(IntEnum):
    """On one direction. UNSURE could not be proved harmless: it counts as a break."""

    FINE = 0
    UNSURE = 1
    BREAKS = 2


FINE, UNSURE, BREAKS = Effect.FINE, Effect.UNSURE, Effect.BREAKS


def breaks_if(condition: bool) -> Effect:
    return BREAKS if condition else FINE


def unsure_if(condition: bool) -> Effect:
    return UNSURE if condition else FINE


class Pair(NamedTuple):
    old: Position
    new: Position


class Verdict(NamedTuple):
    """Of a pair and everything below it."""

    backward: Effect
    forward: Effect


class Finding(NamedTuple):
    """`phrase` is the sentence without its subject; `steps` lead from the pair to the field.

    `contestable`: the rule looks at one keyword alone, so that the decider may know better.
    """

    kind: ChangeKind
    phrase: str
    before: JSON = None
    after: JSON = None
    backward: Effect = FINE
    forward: Effect = FINE
    steps: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()  # to another field that the change is about
    contestable: bool = False
    keyword: str = ""  # of which `before` and `after` are the values
    types: tuple[Types, Types] = (frozenset(), frozenset())  # of both sides, if it is about them

    def lost(self, direction: Direction) -> Types:
        old, new = self.types
        return old - new if direction == "backward" else new - old

    def without(self, direction: Direction) -> "Finding":
        return self.with_effect(direction, FINE)

    def with_effect(self, direction: Direction, effect: Effect) -> "Finding":
        if direction == "backward":
            return self._replace(backward=effect)
        return self._replace(forward=effect)

    def effect(self, direction: Direction) -> Effect:
        return self.backward if direction == "backward" else self.forward


class Edge(NamedTuple):
    """To a pair further down; a direction that is known to be fine as a whole is left out."""

    steps: tuple[str, ...]
    pair: Pair
    backward: bool = True
    forward: bool = True


@dataclass(slots=True)
class Outcome:
    findings: list[Finding] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    contested: bool = False  # alternatives were paired by a guess: the decider may know better

    def clear(self, direction: Direction) -> None:
        self.findings = [found.without(direction) for found in self.findings]
        if direction == "backward":
            self.edges = [edge._replace(backward=False) for edge in self.edges]
        else:
            self.edges = [edge._replace(forward=False) for edge in self.edges]


class Tests(Protocol):
    """What a rule may ask about other pairs while its own is still being judged."""

    def verdict(self, old: Position | None, new: Position | None) -> Verdict: ...

    def same(self, old: tuple[Location, ...], new: tuple[Location, ...]) -> bool: ...

    def same_pair(self, old: Position, new: Position) -> bool: ...

    def accepts(self, graph: Graph, position: Position, value: JSON) -> bool | None: ...


# A chain of references that goes on longer goes round in a circle.
_MOST_REFERENCES = 20


@dataclass(slots=True)
class Facing:
    """Two views that face each other, and what is said about them."""

    old: View
    new: View
    old_graph: Graph
    new_graph: Graph
    tests: Tests
    outcome: Outcome = field(default_factory=Outcome)

    def report(self, finding: Finding) -> None:
        self.outcome.findings.append(finding)

    def descend(self, steps: tuple[str, ...], old: Position | None, new: Position | None) -> None:
        """Past what only refers, if it says the same in words: so a definition is judged once."""
        if old is None or new is None or not (old.locations or new.locations):
            return
        for _ in range(_MOST_REFERENCES):
            one = self.old_graph.through_reference(old)
            other = None if one is None else self.new_graph.through_reference(new)
            if one is None or other is None or one[0] != other[0]:
                break
            old, new = one[1], other[1]
        self.outcome.edges.append(Edge(steps, Pair(old, new)))

    def share(self, *types: str) -> bool:
        """Whether both sides accept one of these types; otherwise its keywords decide nothing."""
        return not (self.old.types & self.new.types).isdisjoint(types)

    def sides(self) -> Iterator[tuple[Graph, View]]:
        yield self.old_graph, self.old
        yield self.new_graph, self.new
