"""A guess for people: of one removed and one added field that plausibly are the same.

Said only where both fields are written the same, and their names resemble each other or share a
word, or their descriptions are equal. Who reads the old name is broken all the same, so it counts
like a removal.
"""

import re
from collections import Counter
from difflib import SequenceMatcher

from domain.changes import ChangeKind
from domain.fields import named_by
from domain.json_values import JSON, as_object
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.outcome import Facing, Finding
from domain.schemas.json_schema.positions import View

_ALIKE = 0.5
_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SAYS_SOMETHING = 4
"""Letters of a word that two names must share, since `id` or `at` stands in many."""
_MANY = 20
"""With more that went or came, nobody could tell which is which."""


def guess_renamings(facing: Facing) -> None:
    """Puts one finding in the place of two that look like one field with another name.

    Only where there is no choice: a field that could have become two others became neither.
    """
    findings = facing.outcome.findings
    removed = [f for f in findings if f.kind is ChangeKind.FIELD_REMOVED]
    added = [f for f in findings if f.kind is ChangeKind.FIELD_ADDED]
    if len(removed) > _MANY or len(added) > _MANY:
        return
    pairs = [(gone, come) for gone in removed for come in added if _are_one(facing, gone, come)]
    went = Counter(id(gone) for gone, _ in pairs)
    came = Counter(id(come) for _, come in pairs)
    for gone, come in pairs:
        if went[id(gone)] == came[id(come)] == 1:
            findings[findings.index(gone)] = _renamed(gone, come)
            findings.remove(come)


def _renamed(gone: Finding, come: Finding) -> Finding:
    return Finding(
        ChangeKind.FIELD_RENAMED,
        f"is removed and `{come.steps[-1]}` is added: probably renamed",
        before=_told(gone, gone.before),
        after=_told(come, come.after),
        backward=max(gone.backward, come.backward),
        forward=max(gone.forward, come.forward),
        steps=gone.steps,
        beside=come.steps,
    )


def _told(finding: Finding, summary: JSON) -> JSON:
    return {"name": named_by(finding.steps[-1]), **as_object(summary)}


def _are_one(facing: Facing, removed: Finding, added: Finding) -> bool:
    old, new = named_by(removed.steps[-1]), named_by(added.steps[-1])
    before = facing.old_graph.property_position(facing.old, old)
    after = facing.new_graph.property_position(facing.new, new)
    if before is None or after is None or not facing.tests.same_pair(before, after):
        return False
    described = _description(facing.old_graph, facing.old, old)
    if described and described == _description(facing.new_graph, facing.new, new):
        return True
    return bool(_words(old) & _words(new)) or (
        SequenceMatcher(None, _plain(old), _plain(new)).ratio() >= _ALIKE
    )


def _description(graph: Graph, view: View, name: str) -> JSON:
    position = graph.property_position(view, name)
    nodes = () if position is None else graph.view(position).nodes
    return next((n.raw["description"] for n in nodes if "description" in n.raw), None)


def _words(name: str) -> set[str]:
    """The longer words of `snake_case` and `camelCase` names."""
    words = (word.lower() for word in _WORD.findall(name))
    return {word for word in words if len(word) >= _SAYS_SOMETHING}


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
