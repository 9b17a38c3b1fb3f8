"""Changes are values: what is different between two versions of a contract, and whom it breaks.

A change answers two questions apart: can the new version read what the old one wrote
(`breaks_backward` when not), and can the old version read what the new one writes
(`breaks_forward`). Which of the answers gate a publication is the asset's mode.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from domain.fields import touches
from domain.json_values import JSON, as_list


class ChangeKind(StrEnum):
    FIELD_ADDED = "field_added"
    FIELD_REMOVED = "field_removed"
    FIELD_RENAMED = "field_renamed"
    FIELD_REQUIRED = "field_required"
    FIELD_OPTIONAL = "field_optional"
    TYPE_CHANGED = "type_changed"
    TYPE_NARROWED = "type_narrowed"
    TYPE_WIDENED = "type_widened"
    NULLABILITY_ADDED = "nullability_added"
    NULLABILITY_REMOVED = "nullability_removed"
    ENUM_ADDED = "enum_added"
    ENUM_REMOVED = "enum_removed"
    ENUM_VALUES_ADDED = "enum_values_added"
    ENUM_VALUES_REMOVED = "enum_values_removed"
    BOUND_ADDED = "bound_added"
    BOUND_REMOVED = "bound_removed"
    BOUND_TIGHTENED = "bound_tightened"
    BOUND_LOOSENED = "bound_loosened"
    PATTERN_CHANGED = "pattern_changed"
    FORMAT_CHANGED = "format_changed"
    OTHER_FIELDS_ALLOWED = "other_fields_allowed"
    OTHER_FIELDS_REFUSED = "other_fields_refused"
    ALTERNATIVE_ADDED = "alternative_added"
    ALTERNATIVE_REMOVED = "alternative_removed"
    ALTERNATIVES_CHANGED = "alternatives_changed"
    CONSTRAINT_CHANGED = "constraint_changed"
    DESCRIPTION_CHANGED = "description_changed"
    DEFAULT_CHANGED = "default_changed"
    ANNOTATION_CHANGED = "annotation_changed"
    REWRITTEN = "rewritten"
    UNDECIDED = "undecided"
    GUARANTEE_ADDED = "guarantee_added"
    GUARANTEE_REMOVED = "guarantee_removed"
    GUARANTEE_WEAKENED = "guarantee_weakened"
    GUARANTEE_STRENGTHENED = "guarantee_strengthened"


# Words about the contract, not its meaning: a version that changes nothing else is a patch.
WORDING = frozenset(
    {
        ChangeKind.DESCRIPTION_CHANGED,
        ChangeKind.DEFAULT_CHANGED,
        ChangeKind.ANNOTATION_CHANGED,
        ChangeKind.REWRITTEN,
    }
)


# A reader of the field is broken by these, whatever the language would resolve.
TAKES_AWAY = frozenset({ChangeKind.FIELD_REMOVED, ChangeKind.FIELD_RENAMED})


class Change(NamedTuple):
    """One difference, with a sentence for people; there may be thousands, so it is a tuple.

    `undecided` means that the engine could not prove the change harmless in the directions it is
    marked as breaking: it counts as breaking there. `also` are the other fields at which the same
    change arrives, because a definition is used more than once; a path in it may stand for
    everything below it.
    """

    kind: ChangeKind
    path: str
    before: JSON
    after: JSON
    breaks_backward: bool
    breaks_forward: bool
    undecided: bool
    sentence: str
    also: tuple[str, ...] = ()

    def touches(self, registered_field: str) -> bool:
        return any(touches(path, registered_field) for path in (self.path, *self.also))

    def to_wire(self) -> dict[str, JSON]:
        return {
            "kind": str(self.kind),
            "path": self.path,
            "before": self.before,
            "after": self.after,
            "breaks_backward": self.breaks_backward,
            "breaks_forward": self.breaks_forward,
            "undecided": self.undecided,
            "sentence": self.sentence,
            "also": list(self.also),
        }

    @classmethod
    def from_wire(cls, wire: dict[str, JSON]) -> "Change":
        return cls(
            kind=ChangeKind(str(wire["kind"])),
            path=str(wire["path"]),
            before=wire["before"],
            after=wire["after"],
            breaks_backward=bool(wire["breaks_backward"]),
            breaks_forward=bool(wire["breaks_forward"]),
            undecided=bool(wire["undecided"]),
            sentence=str(wire["sentence"]),
            also=tuple(str(path) for path in as_list(wire.get("also"))),
        )


@dataclass(frozen=True, slots=True)
class Diff:
    """All changes between two schemas, in a stable order; `identical` means the same content."""

    changes: tuple[Change, ...]
    identical: bool

    @property
    def breaks_backward(self) -> bool:
        return any(change.breaks_backward for change in self.changes)

    @property
    def breaks_forward(self) -> bool:
        return any(change.breaks_forward for change in self.changes)


class Group(StrEnum):
    """What becomes of a change under a policy, in the order in which people are shown them."""

    ASKS = "asks"
    """It gates: those who read the field are asked."""
    TELLS = "tells"
    """It breaks somebody or promises less and does not gate: those who read the field are told."""
    COMPATIBLE = "compatible"
    WORDING = "wording"


def group_of(change: Change, *, gates: bool) -> Group:
    if gates:
        return Group.ASKS
    if is_told(change):
        return Group.TELLS
    return Group.WORDING if change.kind in WORDING else Group.COMPATIBLE


def is_told(change: Change) -> bool:
    """Whether readers hear of a change that does not gate: a break, a field that goes away though
    the language would resolve that, or a promise that weakens.
    """
    weaker = change.kind in (ChangeKind.GUARANTEE_REMOVED, ChangeKind.GUARANTEE_WEAKENED)
    breaks = change.breaks_backward or change.breaks_forward
    return weaker or breaks or change.kind in TAKES_AWAY
