"""A guess for people: of one removed and one added field that plausibly are the same.

Said only where nothing else in the record came or went, both fields are written the same, and their
names resemble each other or their descriptions are equal. Who reads the old name is broken all the
same, so it counts like a removal.
"""

from difflib import SequenceMatcher

from domain.changes import ChangeKind
from domain.fields import named_by
from domain.json_values import JSON, as_object
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.outcome import Facing, Finding
from domain.schemas.json_schema.positions import View

_ALIKE = 0.5


def guess_renaming(facing: Facing) -> None:
    """Puts one finding in the place of two, if they look like one field with another name."""
    findings = facing.outcome.findings
    removed = [f for f in findings if f.kind is ChangeKind.FIELD_REMOVED]
    added = [f for f in findings if f.kind is ChangeKind.FIELD_ADDED]
    if len(removed) != 1 or len(added) != 1 or not _are_one(facing, removed[0], added[0]):
        return
    gone, come = removed[0], added[0]
    findings[findings.index(gone)] = Finding(
        ChangeKind.FIELD_RENAMED,
        f"is removed and `{come.steps[-1]}` is added: probably renamed",
        before=_told(gone, gone.before),
        after=_told(come, come.after),
        backward=max(gone.backward, come.backward),
        forward=max(gone.forward, come.forward),
        steps=gone.steps,
        beside=come.steps,
    )
    findings.remove(come)


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
    return SequenceMatcher(None, _plain(old), _plain(new)).ratio() >= _ALIKE


def _description(graph: Graph, view: View, name: str) -> JSON:
    position = graph.property_position(view, name)
    nodes = () if position is None else graph.view(position).nodes
    return next((n.raw["description"] for n in nodes if "description" in n.raw), None)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
