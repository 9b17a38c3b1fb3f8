"""Where the nodes of a directed graph stand: in layers from left to right, after Sugiyama.

Edges that would close a circle are turned round first. Layers are longest paths: as near to the
middle as they may stand. Edges over several layers get a place in each, one for all of a node, so
that no line runs behind a box. Barycenters order the layers, and isotonic regression sets the
heights: as near as possible to what a node is linked with, without overlaps.

Pure, without any randomness: the same graph is drawn alike every time.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

WIDTH, HEIGHT = 208, 50
LEAST_GAP, MOST_GAP = 64, 200
"""Between two layers: more where lines are steep."""
_BETWEEN = 18
_LINE = 4
_MARGIN = 12
_SWEEPS, _MORE_SWEEPS, _MANY = 4, 12, 300
"""How often the order of all layers is bettered: more often in a picture of few."""
_SETTLINGS = 2
_STRAIGHT = 8.0
"""How much more a line within an edge wants to be straight than an edge at its end."""
_CONTENT = 0.1
"""How much what is linked with nothing on that side wants to stay."""

Edge = tuple[int, int]
Order = list[list[int]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node's box begins, and in which layer, from the left, it stands."""

    x: int
    y: int
    layer: int


@dataclass(frozen=True, slots=True)
class Route:
    """An edge as a line from left to right; `returns` if it leads from its right end to its left.

    `points` are pairs: from the right border of what is left over each layer's width between.
    """

    source: int
    target: int
    returns: bool
    points: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole drawing."""

    places: tuple[Place, ...]
    routes: tuple[Route, ...]
    width: int
    height: int


def laid_out(count: int, edges: Iterable[Edge], middle: int = 0) -> Layout:
    """Place the nodes 0 to `count` - 1, at least one; no edge leads to where it comes from."""
    graph = _Graph(count, sorted(edges), middle)
    levels = _Levels(graph)
    order = _ordered(levels)
    heights = _heights(levels, order)
    lefts = _columns(levels, heights)
    tops = [round(heights[node]) - HEIGHT // 2 for node in range(count)]
    places = tuple(
        Place(x=lefts[layer], y=top, layer=layer)
        for top, layer in zip(tops, levels.layer, strict=False)
    )
    lowest = max(round(height) for height in heights)
    return Layout(
        places=places,
        routes=tuple(_routes(graph, levels, lefts, heights)),
        width=lefts[-1] + WIDTH + _MARGIN,
        height=lowest + HEIGHT // 2 + _MARGIN,
    )


class _Graph:
    """The graph without circles: those that return are turned round."""

    def __init__(self, count: int, edges: Sequence[Edge], middle: int) -> None:
        self.count = count
        self.edges = edges
        after: list[list[int]] = [[] for _ in range(count)]
        entered = [0] * count
        for source, target in edges:
            after[source].append(target)
            entered[target] += 1
        starts = [node for node in range(count) if not entered[node]]
        self.topological, self.returning = _searched(after, [*starts, middle, *range(count)])
        self.after: list[list[int]] = [[] for _ in range(count)]
        for edge in edges:
            left, right = self.turned(edge)
            self.after[left].append(right)
        self.layer = _layers(self, middle)

    def turned(self, edge: Edge) -> Edge:
        """Return an edge as it runs from left to right."""
        return (edge[1], edge[0]) if edge in self.returning else edge


def _searched(after: Sequence[Sequence[int]], starts: Iterable[int]) -> tuple[list[int], set[Edge]]:
    """Search depth first: return an order in which edges lead on, and those that lead back."""
    finished: list[int] = []
    returning: set[Edge] = set()
    state = [0] * len(after)
    for start in starts:
        if state[start]:
            continue
        state[start] = 1
        path = [(start, iter(after[start]))]
        while path:
            node, targets = path[-1]
            for target in targets:
                if state[target] == 1:
                    returning.add((node, target))
                elif not state[target]:
                    state[target] = 1
                    path.append((target, iter(after[target])))
                    break
            else:
                state[node] = 2
                finished.append(node)
                path.pop()
    return finished[::-1], returning


def _layers(graph: _Graph, middle: int) -> list[int]:
    layer = [0] * graph.count
    from_middle = [False] * graph.count
    from_middle[middle] = True
    for node in graph.topological:
        for target in graph.after[node]:
            layer[target] = max(layer[target], layer[node] + 1)
            from_middle[target] |= from_middle[node]
    for node in reversed(graph.topological):
        if graph.after[node] and not from_middle[node]:
            layer[node] = min(layer[target] for target in graph.after[node]) - 1
    first = min(layer)
    return [each - first for each in layer]


class _Levels:
    """Nodes, and after them the places of long edges; what is linked in neighbouring layers."""

    def __init__(self, graph: _Graph) -> None:
        self.count = graph.count
        self.layer = list(graph.layer)
        self.before: list[list[int]] = [[] for _ in range(graph.count)]
        self.after: list[list[int]] = [[] for _ in range(graph.count)]
        self.ways: dict[Edge, list[int]] = {}
        """The places of an edge between its ends."""
        between: dict[tuple[int, bool, int], int] = {}
        for edge in graph.edges:
            left, right = graph.turned(edge)
            last, way = left, []
            for layer in range(self.layer[left] + 1, self.layer[right]):
                key = (left, edge in graph.returning, layer)
                if key not in between:
                    between[key] = self._placed(layer)
                    self._link(last, between[key])
                last = between[key]
                way.append(last)
            self._link(last, right)
            self.ways[edge] = way
        self.ranks: Order = [[] for _ in range(max(self.layer) + 1)]
        for item, layer in enumerate(self.layer):
            self.ranks[layer].append(item)
        lines = len(self.layer) - self.count
        self.half = [HEIGHT / 2] * self.count + [_LINE / 2] * lines
        """Half of how high each item is."""

    def _placed(self, layer: int) -> int:
        self.layer.append(layer)
        self.before.append([])
        self.after.append([])
        return len(self.layer) - 1

    def _link(self, left: int, right: int) -> None:
        self.after[left].append(right)
        self.before[right].append(left)


def _ordered(levels: _Levels) -> Order:
    """Return each layer from top to bottom, with few crossings: the best of some sweeps."""
    order = [list(rank) for rank in levels.ranks]
    place = [0] * len(levels.layer)
    for rank in order:
        _number(rank, place)
    best, fewest = order, _crossings(levels, order, place)
    for _ in range(_SWEEPS if len(place) > _MANY else _MORE_SWEEPS):
        if not fewest:
            break
        order = [list(rank) for rank in order]
        for rank in order:
            _sort(rank, levels.before, place)
        for rank in reversed(order):
            _sort(rank, levels.after, place)
        crossings = _crossings(levels, order, place)
        if crossings < fewest:
            best, fewest = order, crossings
    return best


def _sort(rank: list[int], linked: Sequence[Sequence[int]], place: list[int]) -> None:
    """Order a layer by the mean places of what its items are linked with."""
    wanted: dict[int, float] = {}
    for item in rank:
        near = linked[item]
        if len(near) > 1:
            wanted[item] = sum([place[each] for each in near]) / len(near)
        else:
            wanted[item] = place[near[0]] if near else place[item]
    rank.sort(key=wanted.__getitem__)
    _number(rank, place)


def _number(rank: Sequence[int], place: list[int]) -> None:
    for number, item in enumerate(rank):
        place[item] = number


def _crossings(levels: _Levels, order: Order, place: Sequence[int]) -> int:
    """Count pairs of lines that cross: those that end above one that began before."""
    count = 0
    for rank in order:
        ends: list[int] = []
        for item in rank:
            targets = sorted([place[each] for each in levels.after[item]])
            for target in targets:
                below = bisect_right(ends, target)
                count += len(ends) - below
                ends.insert(below, target)
    return count


def _heights(levels: _Levels, order: Order) -> list[float]:
    """Return the height of each item's middle: no two of a layer are nearer than they may be."""
    height = [0.0] * len(levels.layer)
    both = [[*before, *after] for before, after in zip(levels.before, levels.after, strict=True)]
    for rank in order:
        _settle(levels, rank, height, [(0.0, 1.0)] * len(rank))
    for linked in [levels.before, levels.after] * _SETTLINGS:
        for rank in order if linked is levels.before else reversed(order):
            _settle(levels, rank, height, _wishes(levels, rank, linked, height))
    for rank in order:
        _settle(levels, rank, height, _wishes(levels, rank, both, height))
    first = min(height[rank[0]] - levels.half[rank[0]] for rank in order)
    return [each - first + _MARGIN for each in height]


def _wishes(
    levels: _Levels, rank: Iterable[int], linked: Sequence[Sequence[int]], height: Sequence[float]
) -> Iterator[tuple[float, float]]:
    """Return where items would stand by what they are linked with, and how much they want to."""
    for item in rank:
        near = linked[item]
        is_line = item >= levels.count
        if len(near) == 1:
            yield height[near[0]], _STRAIGHT if is_line and near[0] >= levels.count else 1.0
        elif near:
            weights = [_STRAIGHT if is_line and each >= levels.count else 1.0 for each in near]
            wish = sum([height[each] * much for each, much in zip(near, weights, strict=True)])
            yield wish / sum(weights), sum(weights)
        else:
            yield height[item], _CONTENT


def _settle(
    levels: _Levels, rank: Sequence[int], height: list[float], wishes: Iterable[tuple[float, float]]
) -> None:
    """Stand the items of a layer below each other, by least squares as near as they want.

    Pool adjacent violators: what would overlap is pooled, and stands together at its mean.
    """
    offsets: list[float] = []
    pools: list[tuple[float, float, int]] = []
    offset = -_BETWEEN - levels.half[rank[0]]
    half = 0.0
    for item, (wish, much) in zip(rank, wishes, strict=True):
        offset += half + _BETWEEN + levels.half[item]
        half = levels.half[item]
        offsets.append(offset)
        total, weight, size = much * (wish - offset), much, 1
        while pools and pools[-1][0] * weight >= total * pools[-1][1]:
            more_total, more_weight, more = pools.pop()
            total, weight, size = total + more_total, weight + more_weight, size + more
        pools.append((total, weight, size))
    items = zip(rank, offsets, strict=True)
    for total, weight, size in pools:
        for item, offset in islice(items, size):
            height[item] = total / weight + offset


def _columns(levels: _Levels, heights: Sequence[float]) -> list[int]:
    """Return where each layer begins: further from the one before where lines are steep."""
    steepest: Mapping[int, float] = {
        layer: max(
            (abs(heights[item] - heights[each]) for item in rank for each in levels.after[item]),
            default=0.0,
        )
        for layer, rank in enumerate(levels.ranks)
    }
    lefts: list[int] = []
    left = _MARGIN
    for layer in range(len(levels.ranks)):
        lefts.append(left)
        left += WIDTH + round(min(MOST_GAP, LEAST_GAP + steepest[layer] / 12))
    return lefts


def _routes(
    graph: _Graph, levels: _Levels, lefts: Sequence[int], heights: Sequence[float]
) -> Iterator[Route]:
    for edge in graph.edges:
        left, right = graph.turned(edge)
        returns = edge in graph.returning
        aside = 12 if returns else 0
        points = [(lefts[levels.layer[left]] + WIDTH, round(heights[left]) + aside)]
        for item in levels.ways[edge]:
            begins, height = lefts[levels.layer[item]], round(heights[item])
            points += [(begins, height), (begins + WIDTH, height)]
        points.append((lefts[levels.layer[right]], round(heights[right]) + aside))
        yield Route(source=edge[0], target=edge[1], returns=returns, points=tuple(points))
