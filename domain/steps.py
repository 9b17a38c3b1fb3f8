"""Steps: what the workflow does next, as the round of a proposal says."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.proposals import Cause, ProposalStatus


class StepKind(StrEnum):
    """What the workflow does next."""

    ASK = "ask"
    REMIND = "remind"
    ESCALATE = "escalate"
    ESCALATE_OWNERS = "escalate_owners"
    ESCALATE_FALLBACK = "escalate_fallback"
    UNREACHABLE = "unreachable"
    REBASE = "rebase"
    SETTLE = "settle"
    PUBLISH = "publish"
    WAIT = "wait"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One notice to write: its key is (proposal, revision, party, kind, ordinal)."""

    team_id: UUID
    ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do next. Only the fields that belong to `kind` are set."""

    kind: StepKind
    notes: tuple[Note, ...] = ()
    until: datetime | None = None
    outcome: ProposalStatus | None = None
    cause: Cause | None = None
