"""What somebody looks at of a lineage: every link of its page is an address that says it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from domain.lineage import MOST_STEPS, Lineage, Wanted

FIT = "fit"
ZOOMS = (25, 50, 75, 100, 150, 200)
DEPTHS = (1, 2, 3, 5)
MOST_SAID = 40
"""So many assets may be folded or opened by one address."""
_DEPTH = re.compile("[1-9][0-9]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The asset in the middle, and how much is shown of what lies around it, how large."""

    middle: UUID
    depth: int | None = None
    """Steps; None: as many as can be looked over."""
    folded: tuple[UUID, ...] = ()
    opened: tuple[UUID, ...] = ()
    zoom: str = "100"

    @classmethod
    def read(cls, middle: UUID, depth: str, folded: str, opened: str, zoom: str) -> Self:
        """Return what a query says; what it says wrongly counts as not said."""
        steps = int(depth) if _DEPTH.fullmatch(depth) else None
        return cls(
            middle=middle,
            depth=None if steps is None else min(steps, MOST_STEPS),
            folded=tuple(_ids(folded)),
            opened=tuple(_ids(opened)),
            zoom=zoom if zoom == FIT or zoom in map(str, ZOOMS) else "100",
        )

    def wanted(self, lineage: Lineage) -> Wanted:
        """Return what is to be shown."""
        steps = lineage.steps_at_a_glance() if self.depth is None else self.depth
        return Wanted(steps=steps, folded=frozenset(self.folded), opened=frozenset(self.opened))

    def said(self) -> dict[str, str]:
        """Return the fields of the query that leads here."""
        fields = {
            "depth": "" if self.depth is None else str(self.depth),
            "folded": ",".join(map(str, self.folded)),
            "opened": ",".join(map(str, self.opened)),
            "zoom": "" if self.zoom == "100" else self.zoom,
        }
        return {name: value for name, value in fields.items() if value}

    @property
    def path(self) -> str:
        """The address of the page."""
        return f"/assets/{self.middle}/dependencies"

    def address(self, at: UUID | None = None) -> str:
        """Return the address of what is chosen, at an asset of it."""
        said = self.said()
        query = f"?{urlencode(said, safe=',')}" if said else ""
        return f"{self.path}{query}" if at is None else f"{self.path}{query}#asset-{at}"

    @property
    def percent(self) -> int:
        """The size in percent; what fits is taken for as it is."""
        return 100 if self.zoom == FIT else int(self.zoom)

    @property
    def smaller(self) -> int:
        """The next smaller size."""
        return max((each for each in ZOOMS if each < self.percent), default=ZOOMS[0])

    @property
    def larger(self) -> int:
        """The next larger size."""
        return min((each for each in ZOOMS if each > self.percent), default=ZOOMS[-1])

    def zoomed(self, zoom: str | int) -> str:
        """Return the address at another size."""
        return replace(self, zoom=str(zoom)).address(self.middle)

    def deeper(self, depth: int | None) -> str:
        """Return the address with another number of steps, and nothing folded."""
        return replace(self, depth=depth, folded=(), opened=()).address()

    def folding(self, asset: UUID) -> str:
        """Return the address with nothing behind an asset."""
        if asset in self.opened:
            return replace(self, opened=_without(self.opened, asset)).address(asset)
        return replace(self, folded=(*self.folded, asset)[-MOST_SAID:]).address(asset)

    def unfolding(self, asset: UUID) -> str:
        """Return the address with what is behind an asset."""
        if asset in self.folded:
            return replace(self, folded=_without(self.folded, asset)).address(asset)
        return replace(self, opened=(*self.opened, asset)[-MOST_SAID:]).address(asset)


def _ids(text: str) -> Iterator[UUID]:
    for each in text.split(",", MOST_SAID)[:MOST_SAID]:
        try:
            yield UUID(each)
        except ValueError:
            continue


def _without(those: tuple[UUID, ...], one: UUID) -> tuple[UUID, ...]:
    return tuple(each for each in those if each != one)
