"""At which fields a finding arrives.

A definition may be used at many places and inside itself, so one finding has many field paths,
possibly without end. Of each pair at most `MOST_PATHS` paths are followed; where there are more, or
where recursion closes, a path stands for everything below it (it is *coarse*). So whoever reads a
field that the change reaches is always found, at worst with a wider path than needed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.fields import join_path
from domain.schemas.json_schema.outcome import Edge, Pair

MOST_PATHS = 12
_MOST_DEPTH = 64
_MOST_VISITS = 40_000

Steps = tuple[str, ...]


@dataclass(slots=True)
class Arrivals:
    exact: dict[Pair, list[Steps]] = field(default_factory=dict)
    coarse: dict[Pair, set[Steps]] = field(default_factory=dict)

    def paths(self, pair: Pair, steps: Steps) -> tuple[list[str], bool]:
        """The shortest exact path first, then the others; never empty. And whether it is exact."""
        ways = self.exact.get(pair, [])
        if len(ways) == 1 and pair not in self.coarse:
            return [join_path((*ways[0], *steps))], True
        exact = [(*way, *steps) for way in ways]
        exact.sort(key=lambda way: (len(way), way))
        wider = sorted(self.coarse.get(pair, ()), key=lambda way: (len(way), way))
        first = exact or wider or [()]
        paths = [join_path(way) for way in (*first, *wider)]
        return list(dict.fromkeys(paths)), bool(exact)


def find_arrivals(
    root: Pair, edges: Mapping[Pair, Sequence[Edge]], changed: Iterable[Pair]
) -> Arrivals:
    leading = _leading_to(edges, set(changed))
    arrivals = _follow(root, edges, leading)
    _spread(arrivals, edges, leading)
    return arrivals


def _leading_to(edges: Mapping[Pair, Sequence[Edge]], changed: set[Pair]) -> set[Pair]:
    """The pairs from which a changed one can be reached."""
    above: dict[Pair, list[Pair]] = {}
    for pair, below in edges.items():
        for edge in below:
            above.setdefault(edge.pair, []).append(pair)
    leading, waiting = set(changed), list(changed)
    while waiting:
        for pair in above.get(waiting.pop(), ()):
            if pair not in leading:
                leading.add(pair)
                waiting.append(pair)
    return leading


def _follow(root: Pair, edges: Mapping[Pair, Sequence[Edge]], leading: set[Pair]) -> Arrivals:
    """Breadth first, so that the shortest ways are found before the limits are met."""
    arrivals = Arrivals()
    if root in leading:
        arrivals.exact[root] = [()]
    waiting: list[tuple[Pair, Steps, frozenset[Pair]]] = [(root, (), frozenset((root,)))]
    at = 0
    while at < len(waiting):
        pair, way, passed = waiting[at]
        at += 1
        for edge in edges.get(pair, ()):
            if edge.pair not in leading:
                continue
            steps = (*way, *edge.steps)
            ways = arrivals.exact.setdefault(edge.pair, [])
            if steps in ways:
                continue
            deep = len(passed) >= _MOST_DEPTH
            if deep or edge.pair in passed or len(ways) >= MOST_PATHS or at > _MOST_VISITS:
                arrivals.coarse.setdefault(edge.pair, set()).add(steps)
            else:
                ways.append(steps)
                if edges.get(edge.pair):
                    waiting.append((edge.pair, steps, passed | {edge.pair}))
    return arrivals


def _spread(arrivals: Arrivals, edges: Mapping[Pair, Sequence[Edge]], leading: set[Pair]) -> None:
    """A coarse path at a pair is one for everything below the pair too."""
    coarse = arrivals.coarse
    for pair in coarse:
        coarse[pair] = _few(coarse[pair])
    waiting = list(coarse)
    while waiting:
        pair = waiting.pop()
        for edge in edges.get(pair, ()):
            if edge.pair not in leading:
                continue
            had = coarse.get(edge.pair, set())
            now = _few(had | coarse[pair])
            if now != had:
                coarse[edge.pair] = now
                waiting.append(edge.pair)


def _few(ways: set[Steps]) -> set[Steps]:
    """No more than the limit: longer ways are cut until few enough are left, at worst to one."""
    kept = {way for way in ways if not any(way[:n] in ways for n in range(len(way)))}
    depth = max((len(way) for way in kept), default=0)
    while len(kept) > MOST_PATHS and depth > 0:
        depth -= 1
        kept = {way[:depth] for way in kept}
    return kept
