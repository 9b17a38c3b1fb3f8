"""The changes of a proposal by field: what each was, what becomes of it, and what that asks for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.ui import words
from api.views import ChangeView
from domain.changes import ChangeKind, Group
from domain.fields import Field

FIELDS_SHOWN = 200
_WHOLE = frozenset({ChangeKind.FIELD_ADDED, ChangeKind.FIELD_REMOVED})
_GROUPS = list(Group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing about a field, before and after."""

    what: str
    before: object
    after: object


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedField:
    """A field with all that is different about it; the empty path is the whole record."""

    path: str
    was: str
    """Its type before; empty for one that is new."""
    differences: tuple[Difference, ...]
    group: Group
    """The gravest of what becomes of its changes."""


def changed_fields(
    changes: Sequence[ChangeView], base: Mapping[str, Field]
) -> tuple[ChangedField, ...]:
    """Return the fields that change, what asks for consent first, else in order of the changes."""
    by_path: dict[str, list[ChangeView]] = defaultdict(list)
    for change in changes:
        by_path[change.path].append(change)
    found = [
        ChangedField(
            path=path,
            was=_type_of(base.get(path)),
            differences=tuple(_difference(each) for each in those),
            group=min((each.group for each in those), key=_GROUPS.index),
        )
        for path, those in by_path.items()
    ]
    return tuple(sorted(found, key=lambda each: _GROUPS.index(each.group)))


def _difference(change: ChangeView) -> Difference:
    before, after = change.before, change.after
    if change.kind in _WHOLE:
        before, after = _whole(before), _whole(after)
    return Difference(what=words.kind(change.kind), before=before, after=after)


def _whole(value: object) -> object:
    """Return a field that comes or goes in words: `string, required`."""
    if isinstance(value, dict) and set(value) == {"type", "required"}:
        return f"{value['type']}, {'required' if value['required'] else 'optional'}"
    return value


def _type_of(field: Field | None) -> str:
    if field is None:
        return ""
    also = [
        *(["null"] if field.nullable else []),
        *([] if field.required else ["optional"]),
    ]
    return ", ".join([field.type, *also])
