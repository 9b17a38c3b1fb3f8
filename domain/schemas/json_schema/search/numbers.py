"""A number between bounds that is a multiple of some numbers and of no others."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import count, islice
from math import ceil, floor
from typing import NamedTuple

from domain.json_values import JSON, canonical_text
from domain.schemas.json_schema.nodes import INTEGER, Bound
from domain.schemas.json_schema.positions import common_multiple, strictest
from domain.schemas.json_schema.search.answers import NOTHING, UNKNOWN, Answer, Found
from domain.schemas.json_schema.search.constraints import Constraint, Edge, Multiple, NotAmong

# Multiples that are tried one after the other; they repeat themselves after a period.
_MOST_TRIED = 2_000
_ONE = Fraction(1)


def find_number(kind: str, constraints: Sequence[Constraint]) -> Answer:
    """Of type `integer`, or `fraction` for numbers that are none."""
    return _Numbers(kind, constraints).answer()


class _Edge(NamedTuple):
    """A bound that one may divide by and from."""

    value: Fraction
    exclusive: bool


def _strictest(bounds: list[Bound], *, lower: bool) -> _Edge | None:
    bound = strictest(bounds, lower=lower)
    return None if bound is None else _Edge(Fraction(bound.value), bound.exclusive)


class _Numbers:
    def __init__(self, kind: str, constraints: Sequence[Constraint]) -> None:
        edges = [c for c in constraints if isinstance(c, Edge)]
        self._low = _strictest([e.bound for e in edges if e.lower], lower=True)
        self._high = _strictest([e.bound for e in edges if not e.lower], lower=False)
        multiples = [c for c in constraints if isinstance(c, Multiple)]
        steps = [Fraction(m.of) for m in multiples if m.sign]
        self._barred = [Fraction(m.of) for m in multiples if not m.sign]
        if kind == INTEGER:
            steps.append(_ONE)
        else:
            self._barred.append(_ONE)
        step = common_multiple(steps)
        self._step = None if step is None else Fraction(step)
        self._excluded = frozenset[str]().union(
            *(c.texts for c in constraints if isinstance(c, NotAmong))
        )

    def answer(self) -> Answer:
        low, high = self._low, self._high
        if low is not None and high is not None:
            touching = low.value == high.value and not (low.exclusive or high.exclusive)
            if low.value > high.value or (low.value == high.value and not touching):
                return NOTHING
            if touching:
                return self._first(iter((low.value,)), NOTHING)
        if self._step is not None:
            return self._multiple_of(self._step)
        return self._first(islice(self._between(), _MOST_TRIED), UNKNOWN)

    def _multiple_of(self, step: Fraction) -> Answer:
        period = Fraction(common_multiple([step, *self._barred]) or step)
        turns = int(period / step) + len(self._excluded)
        if any((step / barred).denominator == 1 for barred in self._barred):
            return NOTHING
        complete = turns <= _MOST_TRIED
        candidates = islice(self._multiples(step), min(turns, _MOST_TRIED) + 1)
        return self._first(candidates, NOTHING if complete else UNKNOWN)

    def _multiples(self, step: Fraction) -> Iterator[Fraction]:
        """From the bound that there is, outward; around zero if there is none."""
        if self._low is not None:
            first = ceil(self._low.value / step)
            first += self._low.exclusive and first * step == self._low.value
            if first <= 0 and self._fits(Fraction(0)):
                yield Fraction(0)
            yield from self._within(number * step for number in count(first))
        elif self._high is not None:
            last = floor(self._high.value / step)
            last -= self._high.exclusive and last * step == self._high.value
            if last >= 0 and self._fits(Fraction(0)):
                yield Fraction(0)
            yield from (number * step for number in count(last, -1))
        else:
            yield Fraction(0)
            for number in count(1):
                yield number * step
                yield -number * step

    def _within(self, numbers: Iterator[Fraction]) -> Iterator[Fraction]:
        for number in numbers:
            if not _is_inside(number, None, self._high):
                return
            yield number

    def _between(self) -> Iterator[Fraction]:
        """Of the endlessly many, those that are short to write come first."""
        low = None if self._low is None else self._low.value
        high = None if self._high is None else self._high.value
        base = low if low is not None else high if high is not None else Fraction(0)
        sign = -1 if low is None and high is not None else 1
        for digits in range(1, 15):
            unit = Fraction(1, 10**digits)
            start = floor(base / unit)
            for turn in range(1, 40):
                yield (start + sign * turn) * unit
                yield (start + sign * turn * 5 + sign) * unit
        if low is not None and high is not None:
            yield from ((low * n + high) / (n + 1) for n in range(1, 200))

    def _first(self, candidates: Iterator[Fraction], otherwise: Answer) -> Answer:
        for number in candidates:
            if self._fits(number):
                value = written(number)
                if value is not None and canonical_text(value) not in self._excluded:
                    return Found(value)
                if value is None:
                    otherwise = UNKNOWN
        return otherwise

    def _fits(self, number: Fraction) -> bool:
        if not _is_inside(number, self._low, self._high):
            return False
        if self._step is not None and (number / self._step).denominator != 1:
            return False
        return all((number / barred).denominator != 1 for barred in self._barred)


def _is_inside(number: Fraction, low: _Edge | None, high: _Edge | None) -> bool:
    if low is not None and (number < low.value or (low.exclusive and number == low.value)):
        return False
    return high is None or not (number > high.value or (high.exclusive and number == high.value))


def written(number: Fraction) -> JSON:
    """As JSON would have it; None if it cannot be written exactly."""
    if number.denominator == 1:
        return number.numerator
    value = float(number)
    return value if Fraction(repr(value)) == number else None
