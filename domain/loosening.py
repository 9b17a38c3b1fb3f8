"""Whether a change of policy takes something away from consumers: that needs an owner's word.

What is not certainly as strict as before counts as looser.
"""

from domain.assets import AssetPolicy
from domain.compatibility import Mode
from domain.timeline import Days, ForceBy, OnDeadline, Timeline
from domain.versioning import SemverMode

_DIRECTIONS = {
    "none": frozenset[str](),
    "backward": frozenset({"backward"}),
    "forward": frozenset({"forward"}),
    "full": frozenset({"backward", "forward"}),
}
_HONESTY = (SemverMode.SUGGEST, SemverMode.AUTO, SemverMode.ENFORCE)
_LESS_IS_LOOSER = (*("deadline", "last_limit", "max_extension", "minimum_notice", "time_to_move"),)
_MORE_IS_LOOSER = (
    "remind_after",
    "remind_every",
    "escalate_after",
    "owners_after",
    "fallback_after",
)


def observing_loosens(before: bool, after: bool) -> bool:
    """Whether nothing gates any more that did."""
    return after and not before


def policy_loosens(before: AssetPolicy, after: AssetPolicy) -> bool:
    """Whether the new policy gates less than the old one, observing and timeline left aside.

    Neither content model is stricter than the other: each lets something pass that the other holds.
    """
    return (
        _mode_loosens(before.mode, after.mode)
        or before.content_model is not after.content_model
        or _HONESTY.index(after.semver_mode) < _HONESTY.index(before.semver_mode)
    )


def timeline_loosens(before: Timeline, after: Timeline) -> bool:
    """Whether consumers have less time, are reminded less, or are passed over more easily."""
    shorter = any(getattr(after, name) < getattr(before, name) for name in _LESS_IS_LOOSER)
    longer = any(getattr(after, name) > getattr(before, name) for name in _MORE_IS_LOOSER)
    by_silence = after.on_deadline is OnDeadline.APPROVE is not before.on_deadline
    fewer = after.force is ForceBy.ONE_PERSON is not before.force
    faster = after.days is Days.CALENDAR is not before.days
    return shorter or longer or by_silence or fewer or faster


def _mode_loosens(before: Mode, after: Mode) -> bool:
    held = _DIRECTIONS[before.value.removesuffix("_transitive")]
    holds = _DIRECTIONS[after.value.removesuffix("_transitive")]
    return not holds >= held or (before.is_transitive and not after.is_transitive)
