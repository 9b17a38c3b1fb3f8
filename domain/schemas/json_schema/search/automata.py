"""Automata of regular expressions, built state by state; they match anywhere, as `pattern` does."""

from dataclasses import dataclass, field
from functools import lru_cache

from domain.schemas.json_schema.search.characters import ANY, WORDS, Intervals, has
from domain.schemas.json_schema.search.expressions import (
    Ahead,
    Assertion,
    Characters,
    Either,
    Repeat,
    Sequence,
    Tree,
    parse_expression,
)

# Beyond this an automaton costs more than an answer is worth.
_MOST_STATES = 3_000

States = frozenset[int]


class TooManyStates(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a place in a text, for `^`, `$` and word boundaries."""

    start: bool
    end: bool
    word_before: bool
    word_after: bool

    def holds(self, kind: str) -> bool:
        if kind == "^":
            return self.start
        if kind == "$":
            return self.end
        return (self.word_before != self.word_after) == (kind == "b")


@dataclass(slots=True)
class Automaton:
    """`free[s]` are the moves that read nothing, each under an assertion or none."""

    free: list[list[tuple[str | None, int]]] = field(default_factory=list)
    moves: list[list[tuple[Intervals, int]]] = field(default_factory=list)
    final: int = 0
    asks_for_words: bool = False
    _closures: dict[tuple[States, Around], States] = field(default_factory=dict)

    def state(self) -> int:
        if len(self.free) >= _MOST_STATES:
            raise TooManyStates
        self.free.append([])
        self.moves.append([])
        return len(self.free) - 1

    def closure(self, states: States, around: Around) -> States:
        key = (states, around)
        known = self._closures.get(key)
        if known is None:
            seen, waiting = set(states), list(states)
            while waiting:
                for assertion, target in self.free[waiting.pop()]:
                    if target not in seen and (assertion is None or around.holds(assertion)):
                        seen.add(target)
                        waiting.append(target)
            known = self._closures[key] = frozenset(seen)
        return known

    def accepts(self, states: States, around: Around) -> bool:
        return self.final in self.closure(states, around)

    def step(self, closed: States, point: int) -> States:
        """Once a text has matched, whatever follows, no other state matters any more."""
        if self.final in closed:
            return frozenset((self.final,))
        return frozenset(
            target
            for state in closed
            for intervals, target in self.moves[state]
            if has(intervals, point)
        )

    # --- building ---------------------------------------------------------------------------

    def add(self, tree: Tree, start: int) -> int:
        """Append what a tree matches after a state; gives the state behind it."""
        if isinstance(tree, Characters):
            end = self.state()
            self.moves[start].append((tree.intervals, end))
            return end
        if isinstance(tree, Sequence):
            for part in tree.parts:
                start = self.add(part, start)
            return start
        if isinstance(tree, Either):
            end = self.state()
            for option in tree.options:
                entry = self.state()
                self.free[start].append((None, entry))
                self.free[self.add(option, entry)].append((None, end))
            return end
        if isinstance(tree, Repeat):
            return self._repeat(tree, start)
        if isinstance(tree, Assertion):
            end = self.state()
            self.free[start].append((tree.kind, end))
            self.asks_for_words |= tree.kind in "bB"
            return end
        raise TooManyStates  # lookahead is taken out before

    def _repeat(self, tree: Repeat, start: int) -> int:
        for _ in range(tree.least):
            start = self.add(tree.part, start)
        if tree.most is None:
            hub = self.state()
            self.free[start].append((None, hub))
            self.free[self.add(tree.part, hub)].append((None, hub))
            return hub
        end = self.state()
        self.free[start].append((None, end))
        for _ in range(tree.most - tree.least):
            start = self.add(tree.part, start)
            self.free[start].append((None, end))
        return end


@dataclass(frozen=True, slots=True)
class Language:
    """The texts that match all automata marked True and none of those marked False."""

    parts: tuple[tuple[Automaton, bool], ...]


@lru_cache(maxsize=512)
def language_of(pattern: str) -> Language | None:
    """None for a pattern that is not read, or too large."""
    tree = parse_expression(pattern)
    if tree is None:
        return None
    ahead, rest = _split(tree)
    try:
        parts = [(_automaton(rest), True)]
        parts += [(_automaton(Sequence((Assertion("^"), a.part))), a.sign) for a in ahead]
    except TooManyStates:
        return None
    return Language(tuple(parts))


def _split(tree: Tree) -> tuple[list[Ahead], Tree]:
    if not isinstance(tree, Sequence):
        return [], tree
    ahead = [part for part in tree.parts if isinstance(part, Ahead)]
    return ahead, Sequence(tuple(part for part in tree.parts if not isinstance(part, Ahead)))


def _automaton(tree: Tree) -> Automaton:
    found = Automaton()
    start = found.state()
    found.moves[start].append((ANY, start))
    end = found.add(tree, start)
    found.final = found.state()
    found.free[end].append((None, found.final))
    found.moves[found.final].append((ANY, found.final))
    return found


def is_word(point: int) -> bool:
    return has(WORDS, point)
