"""What can be told of a schema at a glance: that it is plain, or that it has no meaning."""

from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.nodes import BOUNDS, in_place
from domain.schemas.json_schema.positions import View
from domain.schemas.json_schema.references import Location

_ENDLESS = 10**9


def only_bounds(view: View) -> bool:
    """Whether a view says only types and bounds, and these leave room for values."""
    if view.groups or not view.types or view.values is not None:
        return False
    if not view.said <= BOUNDS:
        return False
    low, high = view.lower, view.upper
    if low is not None and high is not None and high.value - low.value <= 2:
        return False
    limits = view.limits
    return not limits or all(
        limits.get(f"min{unit}", 0) <= limits.get(f"max{unit}", _ENDLESS)
        for unit in ("Length", "Items", "Properties")
    )


def is_circular(graph: Graph) -> bool:
    """Whether any schema refers back to itself for the very same value."""
    done: set[Location] = set()
    for start in graph.locations():
        waiting: list[tuple[Location, bool]] = [(start, False)]
        passed: set[Location] = set()
        while waiting:
            location, leave = waiting.pop()
            if leave:
                passed.discard(location)
                done.add(location)
            elif location in passed:
                return True
            elif location not in done:
                passed.add(location)
                waiting.append((location, True))
                waiting.extend((inner, False) for inner in _inside(graph, location))
    return False


def _inside(graph: Graph, location: Location) -> list[Location]:
    node = graph.node(location)
    return in_place(node) + ([] if node.negated is None else [node.negated])
