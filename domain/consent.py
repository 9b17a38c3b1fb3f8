"""Consent is bound to content: an answer counts again where the same question is put again.

A proposal that ended without being published and is made again asks the same. Whoever was ready is
ready still; who needs time until a date that lies ahead needs it still; a block is shown and asked
about again, since the proposal may be made again because of what was agreed upon after it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.acknowledgments import Acknowledgment, Response
from domain.proposals import ProposalStatus

LASTS = timedelta(days=30)
"""For so long after it was given an answer counts again; a carried one is as old as the first."""


UNPUBLISHED = (ProposalStatus.REJECTED, ProposalStatus.WITHDRAWN, ProposalStatus.EXPIRED)
"""A consent is used up by what it was given for: the publication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierAnswer:
    """What a party answered when it was asked the same by an earlier proposal."""

    proposal_id: UUID
    response: Response
    note: str | None
    until: datetime | None
    answered_at: datetime
    answered_by: str
    carried: bool
    """Whether it counts for this proposal too, unless the party says otherwise."""


def earlier_answer(given: Acknowledgment, now: datetime) -> EarlierAnswer:
    """Return what an answer to an earlier proposal means for one that asks the same at `now`."""
    return EarlierAnswer(
        proposal_id=given.proposal_id,
        response=given.response,
        note=given.note,
        until=given.until,
        answered_at=given.recorded_at,
        answered_by=given.caller.actor.name,
        carried=_counts(given, now),
    )


def _counts(given: Acknowledgment, now: datetime) -> bool:
    if given.recorded_at + LASTS <= now:
        return False
    if given.response is Response.MIGRATING:
        return given.until is not None and given.until > now
    return given.response is Response.APPROVED
