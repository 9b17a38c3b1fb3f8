"""What becomes of two teams' facts when one is merged into the other."""

from collections.abc import Iterable
from dataclasses import replace

from domain.acknowledgments import Acknowledgment, Response
from domain.members import TeamRole
from domain.registrations import Registration, united_fields, united_uses

_FROM_LOW_TO_HIGH = (TeamRole.VIEWER, TeamRole.MEMBER, TeamRole.OWNER)


def higher_role(first: TeamRole, second: TeamRole) -> TeamRole:
    """Return what somebody is who was both."""
    return max(first, second, key=_FROM_LOW_TO_HIGH.index)


def united(kept: Registration, merged: Registration) -> Registration:
    """Return one registration for both teams' use of an asset.

    A pin stays only if both say the same: a team that reads two versions is bound to neither.
    """
    same_pin = kept.pinned_version == merged.pinned_version
    return replace(
        kept,
        fields=united_fields(kept.fields, merged.fields),
        pinned_version=kept.pinned_version if same_pin else None,
        used_by=united_uses(kept.used_by, merged.used_by),
    )


def united_answer(answers: Iterable[Acknowledgment | None]) -> Acknowledgment | None:
    """Return the answer that holds for both teams, both of which were asked; None: ask again.

    A merger makes nobody agree: a block stays one, what somebody has not answered is not answered,
    who needs time has it, and only two that are ready are ready.
    """
    given = tuple(answers)
    for each in given:
        if each is not None and each.response is Response.BLOCKED:
            return each
    standing = [each for each in given if each is not None]
    if len(standing) < len(given):
        return None
    waiting = [each for each in standing if each.response is Response.MIGRATING]
    if waiting:
        return max(waiting, key=lambda each: each.until or each.recorded_at)
    return max(standing, key=lambda each: each.recorded_at)
