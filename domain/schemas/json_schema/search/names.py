"""Examples of names that no schema mentions: some of each kind that any schema tells apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice, product
from string import ascii_lowercase

from domain.json_values import canonical_text
from domain.schemas.json_schema.search.answers import UNKNOWN, Found
from domain.schemas.json_schema.search.constraints import (
    ANYTHING,
    Constraint,
    FieldLayer,
    Literal,
    NotAmong,
    Text,
)
from domain.schemas.json_schema.search.seeking import Seeking

# Kinds double with each pattern.
_MOST_TOLD_APART = 6


@dataclass(slots=True)
class UnmentionedNames:
    """Names that fit `every` literal; `some` are such as one name must fit."""

    search: Seeking
    layers: Sequence[FieldLayer]
    every: Sequence[Literal]
    some: Sequence[Literal] = ()
    is_complete: bool = True

    def examples(self, each: int, besides: set[str]) -> Iterator[str]:
        """At most `each` of a kind; sets `is_complete` to False if a kind may be missing."""
        barred = besides.union(*(layer.names for layer in self.layers))
        if not self._patterns() and not self.every and not self.some:
            yield from islice((name for name in _short_names() if name not in barred), each)
            return
        for kind in self._kinds():
            yield from self._of_kind(kind, each, barred)

    def _of_kind(
        self, kind: list[Literal | Constraint], each: int, besides: set[str]
    ) -> Iterator[str]:
        literals = frozenset(k for k in kind if isinstance(k, int)).union(self.every) - {ANYTHING}
        constraints = [k for k in kind if not isinstance(k, int)]
        barred = frozenset(canonical_text(name) for name in besides)
        for _ in range(each):
            found = self.search.find_name(literals, [*constraints, NotAmong(barred)])
            if not isinstance(found, Found):
                self.is_complete = self.is_complete and found is not UNKNOWN
                return
            yield str(found.value)
            barred |= {canonical_text(found.value)}

    def _patterns(self) -> list[str]:
        return sorted(frozenset[str]().union(*(layer.patterns for layer in self.layers)))

    def _kinds(self) -> Iterator[list[Literal | Constraint]]:
        """Every way to match some patterns, and fit some schemas of names, and not the others."""
        told_apart: list[tuple[Literal | Constraint, Literal | Constraint]] = [
            (Text("pattern", p, sign=False), Text("pattern", p, sign=True))
            for p in self._patterns()
        ]
        told_apart += [(-literal, literal) for literal in self.some if literal != ANYTHING]
        if len(told_apart) > _MOST_TOLD_APART:
            self.is_complete = False
        for sides in product(*told_apart[:_MOST_TOLD_APART]):
            yield list(sides)


def _short_names() -> Iterator[str]:
    """All words of small letters, the short ones first."""
    for length in count(1):
        yield from map("".join, product(ascii_lowercase, repeat=length))
