"""Pictures of figures: where everything stands, as values. `templates/_charts.html` draws them.

Lengths that go sideways are percents of the width that there is, so that a picture fits any screen
and its words stay as large as all others; lengths that go down are pixels.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

_DAY = timedelta(days=1)
_STEPS = tuple(timedelta(days=days) for days in (1, 2, 7, 14, 28, 56, 91, 182, 364))
_MOST_TICKS = 7
_MARGIN = 0.03
"""Of an axis of time, on each side."""
_NEAR_NOW = 14.0
"""Percents in which the mark of today has no other beside it: the words of both fit a phone."""
_SHORTEST = 0.6
"""Percents that a bar has at the least: what is there is seen."""
_HEIGHT, _ABOVE = 132, 20
"""Pixels of columns, and of the figures over them."""
_GAP = 0.26
"""Of a column's place, what it leaves free."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis; the first and the last say on which side of it their words stand."""

    x: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Span:
    """A bar on an axis of time."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """From one time to another."""

    begins: datetime
    ends: datetime
    now: datetime

    @classmethod
    def around(cls, times: Iterable[datetime], now: datetime) -> Self:
        """Return the axis on which all of these times and the present one have a place."""
        there = [*times, now]
        first, last = min(there), max(there)
        margin = max((last - first) * _MARGIN, _DAY / 2)
        return cls(first - margin, last + margin, now)

    def x(self, at: datetime) -> float:
        """Return the place of a time; what lies outside stands at the edge."""
        share = (at - self.begins) / (self.ends - self.begins)
        return _percent(min(max(share, 0.0), 1.0))

    @property
    def today(self) -> float:
        """The place of the present time."""
        return self.x(self.now)

    def span(self, begins: datetime, ends: datetime) -> Span:
        """Return the bar between two times, in either order."""
        first, last = sorted((self.x(begins), self.x(ends)))
        width = max(last - first, _SHORTEST)
        return Span(round(min(first, 100 - width), 2), round(width, 2))

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Midnights at an even pace, few enough to be read, and none on top of today."""
        length = self.ends - self.begins
        step = next((each for each in _STEPS if length / each <= _MOST_TICKS), length / 2)
        at = self.begins.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
        found = []
        while at < self.ends:
            x = self.x(at)
            if abs(x - self.today) >= _NEAR_NOW:
                found.append(Tick(x, day_of(at), _anchor(x)))
            at += step
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a column; `kind` says how it is filled."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its pieces from the ground up, what stands below it and over it."""

    label: str
    shown: bool
    """Whether there is room for its label."""
    x: float
    middle: float
    width: float
    pieces: tuple[Piece, ...]
    says: str
    top: float


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns side by side, the highest as high as there is room."""

    columns: tuple[Column, ...]
    ground: int
    height: int

    @classmethod
    def of(
        cls, rows: Sequence[tuple[str, Mapping[str, int]]], *, label_every: int = 1
    ) -> "Columns":
        """Draw rows of a label and how many there are of each kind, the lowest kind first."""
        most = max((sum(counts.values()) for _, counts in rows), default=0) or 1
        place = 100 / max(len(rows), 1)
        columns = tuple(
            _column(label, counts, at * place, place, most, shown=at % label_every == 0)
            for at, (label, counts) in enumerate(rows)
        )
        return cls(columns, _ABOVE + _HEIGHT, _ABOVE + _HEIGHT + 22)


def _column(
    label: str, counts: Mapping[str, int], left: float, place: float, most: int, *, shown: bool
) -> Column:
    pieces: list[Piece] = []
    y = float(_ABOVE + _HEIGHT)
    for kind, count in counts.items():
        height = count / most * _HEIGHT
        if count:
            y -= height
            pieces.append(Piece(kind, round(y, 1), round(height, 1)))
    total = sum(counts.values())
    return Column(
        label=label,
        shown=shown,
        x=round(left + place * _GAP / 2, 2),
        middle=round(left + place / 2, 2),
        width=round(place * (1 - _GAP), 2),
        pieces=tuple(pieces),
        says=str(total) if total else "",
        top=round(y - 6, 1),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row of bars: a bar, a longer one behind it, both in percents, and what they say."""

    name: str
    long: float
    short: float
    says: str

    @classmethod
    def rows(cls, rows: Sequence[tuple[str, float, float, str]]) -> Sequence[Self]:
        """Draw rows of a name, the longer number, the shorter one, and what they say.

        The longest is as wide as there is room.
        """
        most = max((long for _, long, _, _ in rows), default=0) or 1
        return [
            cls(name=name, long=_percent(long / most), short=_percent(short / most), says=says)
            for name, long, short, says in rows
        ]


def day_of(at: datetime) -> str:
    """Return `3 Mar`."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b}"


def _percent(share: float) -> float:
    return round(share * 100, 2)


def _anchor(x: float) -> str:
    return "start" if x < 4 else "end" if x > 96 else "middle"
