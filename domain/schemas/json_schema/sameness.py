"""What makes two nodes the same: what they assert, and the schemas that their meaning rests on."""

from domain.json_values import JSON, as_list, canonical_text
from domain.schemas.json_schema.dialects import (
    APPLICATORS,
    ASSERTING,
    Holds,
    subschemas,
)
from domain.schemas.json_schema.nodes import Node
from domain.schemas.json_schema.references import Location

# Keywords that only keep schemas for others to refer to.
_STORES = ("definitions", "$defs")


def asserted_text(node: Node) -> str:
    """What a node asserts besides its subschemas: equal text and equal subschemas mean the same."""
    kept: dict[str, JSON] = {}
    for keyword, value in {} if _is_hidden(node) else node.raw.items():
        if keyword in APPLICATORS[node.draft]:
            if keyword not in _STORES:
                kept[keyword] = _skeleton(APPLICATORS[node.draft][keyword], value)
        elif keyword in ASSERTING[node.draft]:
            kept[keyword] = value
    return canonical_text([kept, not node.types])


def children(node: Node) -> tuple[Location, ...]:
    """Every schema that a node's meaning rests on, in the order that `asserted_text` implies."""
    inside: list[Location] = []
    if not _is_hidden(node):
        tokens = [found for found, _ in subschemas(node.draft, dict(node.raw))]
        inside = [node.location.below(*t) for t in sorted(tokens) if t[0] not in _STORES]
    references = node.all_of[: len(node.all_of) - len(as_list(node.raw.get("allOf")))]
    return (*inside, *(node.all_of if _is_hidden(node) else references))


def _is_hidden(node: Node) -> bool:
    return node.draft.ref_hides_siblings and "$ref" in node.raw


def _skeleton(holds: Holds, value: JSON) -> JSON:
    """The names and places of the subschemas without the schemas themselves."""
    if isinstance(value, list):
        return len(value)
    if isinstance(value, dict) and holds is Holds.MAP:
        return {n: member if isinstance(member, list) else None for n, member in value.items()}
    return None
