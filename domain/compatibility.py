"""Whether one version of a contract can take the place of another, and which breaks gate that.

`diff` answers both questions for every change; a mode only says which answers gate. It is a pure
top-level function of picklable values, so it can run in a process pool.
"""

from enum import StrEnum

from domain.changes import TAKES_AWAY, WORDING, Change, ChangeKind, Diff
from domain.schemas.schema import Schema

__all__ = ["WORDING", "Change", "ChangeKind", "ContentModel", "Diff", "Mode", "diff"]


class ContentModel(StrEnum):
    """How a JSON Schema reads names that it does not mention: as forbidden, or as written."""

    CLOSED = "closed"
    OPEN = "open"


class Mode(StrEnum):
    """Which breaks gate. A transitive mode asks the same about every version, not only the last."""

    BACKWARD = "backward"
    FORWARD = "forward"
    FULL = "full"
    BACKWARD_TRANSITIVE = "backward_transitive"
    FORWARD_TRANSITIVE = "forward_transitive"
    FULL_TRANSITIVE = "full_transitive"
    NONE = "none"

    @property
    def is_transitive(self) -> bool:
        return self.value.endswith("_transitive")

    def gates(self, change: Change) -> bool:
        """Whether the change must be asked about before it may be published.

        A removed field gates wherever old data must stay readable, even in languages and content
        models that would resolve it: whoever reads the field is broken.
        """
        direction = self.value.removesuffix("_transitive")
        if direction in ("backward", "full") and (
            change.breaks_backward or change.kind in TAKES_AWAY
        ):
            return True
        return direction in ("forward", "full") and change.breaks_forward


def diff(old: Schema, new: Schema, content_model: ContentModel = ContentModel.CLOSED) -> Diff:
    """All changes from `old` to `new`, by path. Never raises for schemas that were parsed."""
    if old.format != new.format:
        change = Change(
            ChangeKind.UNDECIDED,
            "",
            old.format,
            new.format,
            breaks_backward=True,
            breaks_forward=True,
            undecided=True,
            sentence=f"The schema language changed from {old.format} to {new.format}.",
        )
        return Diff((change,), identical=False)
    from domain.schemas.json_schema import diff_json_schema  # see domain/schemas

    return diff_json_schema(old, new, closed=content_model is ContentModel.CLOSED)
