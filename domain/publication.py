"""What becomes of a publication: published, unchanged, or a proposal that waits for its consumers.

Pure: the decision is made from what stands under the asset's lock, by the asset's own policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.assets import AssetPolicy
from domain.changes import Change, is_told
from domain.contracts import Contract, ContractContent
from domain.errors import InvalidRequest
from domain.versioning import bump_for, check_requested

LATEST_PUBLICATION = timedelta(days=365)
"""How far ahead a publication may be put off: what is compared now should still mean something."""


class PublishAction(StrEnum):
    """The three ends of a publication."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`gating` asks for consent; `told` breaks readers without gating, so they are told.

    `observed` would gate, were the asset not observing.
    """

    action: PublishAction
    version: str
    changes: tuple[Change, ...]
    gating: tuple[Change, ...]
    told: tuple[Change, ...]
    observed: tuple[Change, ...] = ()


def judge(
    policy: AssetPolicy,
    active: Contract | None,
    content: ContractContent,
    changes: Sequence[Change],
    requested_version: str | None,
    *,
    waits: bool = False,
) -> Verdict:
    """Return what becomes of publishing `content` over `active`; what `waits` is always a proposal.

    Raises `InvalidVersion` when the requested version cannot be taken.
    """
    if active is not None and active.content_hash == content.content_hash:
        return Verdict(
            action=PublishAction.UNCHANGED,
            version=active.version,
            changes=(),
            gating=(),
            told=(),
        )
    breaking = tuple(change for change in changes if policy.mode.gates(change))
    others = (change for change in changes if policy.observe or not policy.mode.gates(change))
    gating, observed = ((), breaking) if policy.observe else (breaking, ())
    return Verdict(
        action=PublishAction.PROPOSED if gating or waits else PublishAction.PUBLISHED,
        version=version_for(policy, active, changes, requested_version),
        changes=tuple(changes),
        gating=gating,
        told=tuple(change for change in others if is_told(change)),
        observed=observed,
    )


def check_time(publish_at: datetime | None, now: datetime) -> None:
    """Raise `InvalidRequest` if a publication cannot be put off until then."""
    if publish_at is None or now < publish_at <= now + LATEST_PUBLICATION:
        return
    latest = (now + LATEST_PUBLICATION).isoformat()
    message = (
        "The time lies in the past." if publish_at <= now else f"It may lie no later than {latest}."
    )
    raise InvalidRequest(message, errors=[{"path": "publish_at", "message": message}])


def version_for(
    policy: AssetPolicy,
    active: Contract | None,
    changes: Sequence[Change],
    requested_version: str | None,
) -> str:
    """Return the version number that the new contract gets; raises `InvalidVersion`."""
    current = None if active is None else active.version
    bump = bump_for(changes, policy.mode)
    return check_requested(requested_version, current, policy.semver_mode, bump)
