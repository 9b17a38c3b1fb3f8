"""Whether schemas of both sides are written the same, down to everything that they refer to."""

from dataclasses import dataclass

from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.positions import Position
from domain.schemas.json_schema.references import Location

_Two = tuple[Location, Location]


@dataclass(slots=True)
class Steps:
    """Of all questions of one comparison together."""

    most: int
    taken: int = 0

    def take(self) -> bool:
        """Take one more; whether there was one left."""
        self.taken += 1
        return self.taken <= self.most


class Likeness:
    """No part of the comparison, so that the search, which asks it, does not lead back to that.

    What is in no cycle is gone, with all nodes and views, as soon as nobody needs it.
    """

    def __init__(self, old: Graph, new: Graph, steps: Steps) -> None:
        self._old = old
        self._new = new
        self._steps = steps
        self._same: dict[_Two, bool] = {}

    def same(self, old: tuple[Location, ...], new: tuple[Location, ...]) -> bool:
        """Annotations apart."""
        if len(old) != len(new):
            return False
        return all(self._is_same(two) for two in zip(old, new, strict=True))

    def same_pair(self, old: Position, new: Position) -> bool:
        alike = old.closed == new.closed and old.non_null == new.non_null
        return alike and self.same(old.locations, new.locations)

    def _is_same(self, start: _Two) -> bool:
        if start in self._same:
            return self._same[start]
        led_here: dict[_Two, _Two] = {start: start}
        waiting = [start]
        while waiting:
            two = waiting.pop()
            below = self._same_below(two)
            is_left = self._steps.take()
            if below is None or not is_left:
                self._differs(two, led_here)
                return False
            for step in below:
                if self._same.get(step) is not True and step not in led_here:
                    led_here[step] = two
                    waiting.append(step)
        self._same.update(dict.fromkeys(led_here, True))
        return True

    def _differs(self, two: _Two, led_here: dict[_Two, _Two]) -> None:
        """Two that are not the same make all different that led to them."""
        while self._same.get(two) is not False:
            self._same[two] = False
            two = led_here[two]

    def _same_below(self, two: _Two) -> list[_Two] | None:
        old, new = two
        if self._same.get(two) is False:
            return None
        text = self._old.plain_text(old)
        if text is not None and text == self._new.plain_text(new):
            return []
        if self._old.asserted_text(old) != self._new.asserted_text(new):
            return None
        below, other = self._old.children(old), self._new.children(new)
        return list(zip(below, other, strict=True)) if len(below) == len(other) else None
