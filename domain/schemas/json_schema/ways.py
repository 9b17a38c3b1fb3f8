"""Where dynamic references lead: to the outermost of the resources on the way that has the anchor.

So one and the same schema may mean different things, by the references that led to it. What matters
of a way is kept in the `scope` of a location, and only where a bundle has such an anchor twice.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.schemas.json_schema.references import Location


class Ways:
    """`bases` are the URIs of the resources that places belong to, as far as they are known yet."""

    def __init__(self, bases: "Mapping[Location, str]", root: "Location") -> None:
        self._bases = bases
        self._root = root
        self._anchors: dict[str, list[Location]] = {}
        self._matter: bool | None = None

    def note(self, anchor: str, location: "Location") -> None:
        """A dynamic anchor; that of `$recursiveAnchor` has no name."""
        self._anchors.setdefault(anchor, []).append(location)
        self._matter = None

    def outermost(self, location: "Location", first: "Location", anchor: str) -> "Location":
        """What a dynamic reference at a place means, that leads to `first` when read plainly."""
        places = self._anchors.get(anchor, [])
        if first not in places or len(places) == 1:
            return first
        by_resource = {self._base(place): place for place in reversed(places)}
        on_the_way = (self._base(self._root), *self._entered(location))
        return next((by_resource[each] for each in on_the_way if each in by_resource), first)

    def remembered(self, location: "Location", target: "Location") -> "Location":
        """The target of a reference, with as much of the way to it as bears on what lies below."""
        if not self._do_matter():
            return target
        here = self._base(target)
        kept: list[str] = []
        known: set[str] = set()
        for resource in (*self._entered(location), here):
            anchors = self._anchors_of(resource)
            if anchors - known:
                kept.append(resource)
                known |= anchors
        return target._replace(scope=(*kept, here))

    def _do_matter(self) -> bool:
        """Whether any anchor is there twice; one at the root always wins."""
        if self._matter is None:
            root = self._base(self._root)
            self._matter = any(
                len(places) > 1 and all(self._base(place) != root for place in places)
                for places in self._anchors.values()
            )
        return self._matter

    def _base(self, location: "Location") -> str:
        return self._bases.get(location.place, location.document)

    def _anchors_of(self, resource: str) -> frozenset[str]:
        return frozenset(
            anchor
            for anchor, places in self._anchors.items()
            if any(self._base(place) == resource for place in places)
        )

    def _entered(self, location: "Location") -> tuple[str, ...]:
        """The resources on the way to a place, the outermost first."""
        latest = location.scope[-1] if location.scope else None
        inside: list[str] = []
        place = location.place
        while True:
            base = self._bases.get(place)
            if base is not None and base not in inside:
                inside.append(base)
            if base == latest or not place.pointer:
                return (*location.scope[:-1], *reversed(inside))
            place = place._replace(pointer=place.pointer.rpartition("/")[0])
