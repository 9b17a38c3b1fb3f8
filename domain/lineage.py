"""What lies around one asset: what it is made of and what is made of it, by any number of steps."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count as counting
from uuid import UUID

from domain.dependencies import MOST_AROUND, MOST_EDGES_AROUND

MOST_SHOWN = 500
"""How many assets are shown at once: what is nearer comes first."""
MOST_EDGES = 2500
"""How many edges between them."""
MOST_STEPS = 50
AT_A_GLANCE = 60
"""As many steps are shown by themselves as lead to no more assets than this."""

Edge = tuple[UUID, UUID]
"""The second asset is made of the first."""
Neighbours = Mapping[UUID, Sequence[UUID]]


class Side(StrEnum):
    """Where something lies, seen from the asset in the middle."""

    UPSTREAM = "upstream"
    """The asset is made of it."""
    DOWNSTREAM = "downstream"
    """It is made of the asset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """An asset of somebody's lineage: whose it is, and its open proposal if it has one."""

    id: UUID
    fqn: str
    environment: str
    team_id: UUID
    team: str
    proposal_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How much of a lineage is to be shown.

    Nothing is shown behind `folded` assets, and one step more behind those `opened`, however far
    away they are.
    """

    steps: int = MOST_STEPS
    folded: frozenset[UUID] = frozenset()
    opened: frozenset[UUID] = frozenset()

    def leads_on(self, asset: UUID, step: int) -> bool:
        """Whether what is behind an asset is shown, which is so many steps away."""
        return asset not in self.folded and (step < self.steps or asset in self.opened)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The part of a lineage that is shown; what is nearer comes first.

    `opens` are the assets behind which there is more, away from the middle, shown or not; `beyond`
    counts what of that is not shown.
    """

    assets: tuple[UUID, ...]
    edges: tuple[Edge, ...]
    hidden: int
    is_full: bool
    """Whether more was wanted than is shown at once."""
    opens: Mapping[UUID, Side]
    beyond: Mapping[UUID, int]


class Lineage:
    """The edges around one asset, as far as they were read."""

    def __init__(self, middle: UUID, edges: Iterable[Edge]) -> None:
        self.middle = middle
        self._edges = tuple(edges)
        self._next: Mapping[Side, Neighbours] = {
            Side.UPSTREAM: _by(self._edges, 1, 0),
            Side.DOWNSTREAM: _by(self._edges, 0, 1),
        }
        self._steps = {side: _steps(middle, each) for side, each in self._next.items()}
        self.counts = {side: len(reached) - 1 for side, reached in self._steps.items()}
        self.size = len(set().union(*self._steps.values()))
        self.depth = max(max(reached.values()) for reached in self._steps.values())
        self.is_whole = (
            max(self.counts.values()) < MOST_AROUND and len(self._edges) < MOST_EDGES_AROUND
        )

    def following(self, side: Side, asset: UUID) -> Sequence[UUID]:
        """Return what an asset leads to by one step."""
        return self._next[side].get(asset, ())

    def lies(self, side: Side, asset: UUID) -> bool:
        """Whether an asset lies on a side; the one in the middle lies on both."""
        return asset in self._steps[side]

    def excerpt(self, wanted: Wanted) -> Excerpt:
        """Return what is wanted, or the nearest of it."""
        near, is_full = self._near(wanted)
        opens: dict[UUID, Side] = {}
        beyond: dict[UUID, int] = defaultdict(int)
        for asset, sides in near.items():
            for side in sorted(sides):
                following = self.following(side, asset)
                if following and asset != self.middle:
                    opens[asset] = side
                if missing := sum(each not in near for each in following):
                    beyond[asset] += missing
        return Excerpt(
            assets=tuple(near),
            edges=tuple(edge for edge in self._edges if edge[0] in near and edge[1] in near),
            hidden=self.size - len(near),
            is_full=is_full,
            opens=opens,
            beyond=beyond,
        )

    def steps_at_a_glance(self) -> int:
        """Return how many steps to show when nobody said it."""
        if self.size <= AT_A_GLANCE:
            return MOST_STEPS
        for steps in range(2, self.depth + 1):
            near, is_full = self._near(Wanted(steps=steps))
            if is_full or len(near) > AT_A_GLANCE:
                return steps - 1
        return MOST_STEPS

    def _near(self, wanted: Wanted) -> tuple[dict[UUID, set[Side]], bool]:
        """Return assets with the sides that they lie on; both sides are walked by turns."""
        near = {self.middle: set(Side)}
        frontiers: dict[Side, list[UUID]] = {side: [self.middle] for side in Side}
        edges = 0
        for step in counting():
            for side, frontier in frontiers.items():
                further: list[UUID] = []
                for each in self._stepped(side, frontier, wanted, step):
                    if side in near.get(each, ()):
                        continue
                    if each not in near:
                        edges += self._touching(each, near)
                        if len(near) >= MOST_SHOWN or edges > MOST_EDGES:
                            return near, True
                    near.setdefault(each, set()).add(side)
                    further.append(each)
                frontiers[side] = further
            if not any(frontiers.values()):
                break
        return near, False

    def _stepped(
        self, side: Side, frontier: Iterable[UUID], wanted: Wanted, step: int
    ) -> Iterable[UUID]:
        for asset in frontier:
            if asset == self.middle or wanted.leads_on(asset, step):
                yield from self.following(side, asset)

    def _touching(self, asset: UUID, near: Collection[UUID]) -> int:
        return sum(each in near for side in Side for each in self.following(side, asset))


def _by(edges: Iterable[Edge], one: int, other: int) -> Neighbours:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for edge in edges:
        found[edge[one]].append(edge[other])
    return found


def _steps(middle: UUID, following: Neighbours) -> Mapping[UUID, int]:
    """Return how many steps away everything on one side is."""
    steps = {middle: 0}
    frontier = [middle]
    while frontier:
        further = []
        for asset in frontier:
            for each in following.get(asset, ()):
                if each not in steps:
                    steps[each] = steps[asset] + 1
                    further.append(each)
        frontier = further
    return steps
