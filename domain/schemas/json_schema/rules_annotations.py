"""What is said about a field without bounding it: description, default, title, examples."""

from domain.changes import ChangeKind
from domain.json_values import JSON, canonical_text, shown
from domain.schemas.json_schema.dialects import READ, annotations
from domain.schemas.json_schema.outcome import Facing, Finding
from domain.schemas.json_schema.positions import View

_SPOKEN_OF = ("description", "default")


def judge_annotations(facing: Facing) -> None:
    old, new = _annotations(facing.old), _annotations(facing.new)
    if old or new:
        changed = [each for each in old.keys() | new.keys() if not _is_kept(old, new, each)]
        if changed:
            _report(facing, old, new, sorted(changed))


def _report(facing: Facing, old: dict[str, JSON], new: dict[str, JSON], changed: list[str]) -> None:
    if "description" in changed:
        facing.report(
            Finding(
                ChangeKind.DESCRIPTION_CHANGED,
                "has another description",
                before=old.get("description"),
                after=new.get("description"),
            )
        )
    if "default" in changed:
        facing.report(
            Finding(
                ChangeKind.DEFAULT_CHANGED,
                _default_phrase(old, new),
                before=old.get("default"),
                after=new.get("default"),
            )
        )
    others = [keyword for keyword in changed if keyword not in _SPOKEN_OF]
    if others:
        facing.report(
            Finding(
                ChangeKind.ANNOTATION_CHANGED,
                f"has another {', '.join(f'`{keyword}`' for keyword in others)}",
                before={keyword: old[keyword] for keyword in others if keyword in old},
                after={keyword: new[keyword] for keyword in others if keyword in new},
            )
        )


def _is_kept(old: dict[str, JSON], new: dict[str, JSON], keyword: str) -> bool:
    if keyword not in old or keyword not in new:
        return False
    before, after = old[keyword], new[keyword]
    if isinstance(before, str) and isinstance(after, str):
        return before == after
    return canonical_text(before) == canonical_text(after)


def _annotations(view: View) -> dict[str, JSON]:
    """Of all schemas that bear on the value, the outermost one that says something."""
    found: dict[str, JSON] = {}
    for node in view.nodes:
        if not READ[node.draft].issuperset(node.raw):
            for keyword in annotations(node.draft, node.raw):
                found.setdefault(keyword, node.raw[keyword])
    return found


def _default_phrase(old: dict[str, JSON], new: dict[str, JSON]) -> str:
    if "default" not in new:
        return f"has no default any more (was {shown(old['default'])})"
    was = f" (was {shown(old['default'])})" if "default" in old else ""
    return f"now has the default {shown(new['default'])}{was}"
