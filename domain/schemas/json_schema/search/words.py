"""The shortest text that some languages have and others have not, without building their product.

The states of all automata are followed side by side, breadth first, and only as far as needed:
nothing is made deterministic or complemented beforehand.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from domain.budget import Budget
from domain.schemas.json_schema.search.automata import (
    Around,
    Automaton,
    Language,
    States,
    is_word,
)
from domain.schemas.json_schema.search.characters import WORDS, Intervals, one_of_each, single


@dataclass(frozen=True, slots=True)
class _Place:
    """Where every automaton stands, how much of the least length is read, and the word before."""

    states: tuple[States, ...]
    left: int
    word_before: bool
    excluded: int | None  # the place in the tree of excluded texts; None outside of it


class _Excluded:
    """Texts that may not be the answer, as a tree of their characters."""

    def __init__(self, texts: Collection[str]) -> None:
        self._below: list[dict[str, int]] = [{}]
        self._ends: set[int] = set()
        for text in texts:
            at = 0
            for character in text:
                if character not in self._below[at]:
                    self._below.append({})
                    self._below[at][character] = len(self._below) - 1
                at = self._below[at][character]
            self._ends.add(at)

    def step(self, at: int | None, character: str) -> int | None:
        return None if at is None else self._below[at].get(character)

    def ends(self, at: int | None) -> bool:
        return at in self._ends

    def next(self, at: int | None) -> Iterator[Intervals]:
        """The characters, each by itself, with which one of them may go on."""
        yield from map(single, () if at is None else self._below[at])


class WordSearch:
    def __init__(
        self,
        wanted: Sequence[tuple[Language, bool]],
        least: int,
        most: int | None,
        excluded: Collection[str],
        budget: Budget,
    ) -> None:
        self._wanted = wanted
        self._automata = [part for language, _ in wanted for part, _ in language.parts]
        # Where a word begins or ends only matters to an automaton that asks.
        self._bounded = any(automaton.asks_for_words for automaton in self._automata)
        self._words = (WORDS,) if self._bounded else ()
        self._least = least
        self._most = most
        self._excluded = _Excluded(excluded)
        self._budget = budget

    def shortest(self) -> str | None:
        """None if there is no such text; raises Spent."""
        first = _Place(
            tuple(frozenset((0,)) for _ in self._automata),
            self._least,
            word_before=False,
            excluded=0,
        )
        level: dict[_Place, str] = {first: ""}
        seen = {first}
        length = 0
        while level:
            for place, text in level.items():
                if place.left == 0 and self._accepts(place, text):
                    return text
            if self._most is not None and length >= self._most:
                return None
            length += 1
            level = self._next_level(level, seen)
        return None

    def _next_level(self, level: dict[_Place, str], seen: set[_Place]) -> dict[_Place, str]:
        found: dict[_Place, str] = {}
        for place, text in level.items():
            for character, place_after in self._steps(place, start=not text):
                self._budget.spend()
                if place_after not in seen:
                    seen.add(place_after)
                    found[place_after] = text + character
        return found

    def _accepts(self, place: _Place, text: str) -> bool:
        if self._excluded.ends(place.excluded):
            return False
        around = Around(not text, True, place.word_before, word_after=False)
        at = 0
        for language, sign in self._wanted:
            fits = True
            for automaton, wanted in language.parts:
                fits = fits and automaton.accepts(place.states[at], around) is wanted
                at += 1
            if fits is not sign:
                return False
        return True

    def _steps(self, place: _Place, *, start: bool) -> Iterator[tuple[str, _Place]]:
        told_apart = {*self._words, *self._excluded.next(place.excluded)}
        for automaton, states in zip(self._automata, place.states, strict=True):
            # Assertions can only lead on from more states, so these sets are never too few.
            for state in _all_reached(automaton, states):
                told_apart.update(intervals for intervals, _ in automaton.moves[state])
        for character in one_of_each(frozenset(told_apart)):
            following = self._step(place, character, start=start)
            if following is not None:
                yield character, following

    def _step(self, place: _Place, character: str, *, start: bool) -> _Place | None:
        point = ord(character)
        word = self._bounded and is_word(point)
        around = Around(start, False, place.word_before, word)
        states = tuple(
            automaton.step(automaton.closure(now, around), point)
            for automaton, now in zip(self._automata, place.states, strict=True)
        )
        if self._is_dead(states):
            return None
        return _Place(
            states,
            max(place.left - 1, 0),
            word,
            self._excluded.step(place.excluded, character),
        )

    def _is_dead(self, states: tuple[States, ...]) -> bool:
        """Whether no text that goes on from here can be the answer.

        An automaton that must match has nowhere left to go, or one that must not has matched.
        """
        at = 0
        for language, sign in self._wanted:
            decided = []
            for automaton, wanted in language.parts:
                matched = automaton.final in states[at]
                decided.append(wanted if matched else not wanted if not states[at] else None)
                at += 1
            if (sign and False in decided) or (not sign and all(decided)):
                return True
        return False


def _all_reached(automaton: Automaton, states: States) -> set[int]:
    seen, waiting = set(states), list(states)
    while waiting:
        for _, target in automaton.free[waiting.pop()]:
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen
