"""Decisions: what was known when a proposal was settled, so that it can be decided once more.

The log keeps the whole round with each decision. Today's rules over the facts of then must say what
was said then; where they do not, a change of the rules changes more than the future.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from domain.coordination import Round
from domain.events import EventType
from domain.proposals import Cause, ProposalStatus
from domain.steps import Step, StepKind

DECIDED: Mapping[EventType, ProposalStatus] = {
    EventType.PROPOSAL_APPROVED: ProposalStatus.APPROVED,
    EventType.PROPOSAL_PUBLISHED: ProposalStatus.PUBLISHED,
    EventType.PROPOSAL_REJECTED: ProposalStatus.REJECTED,
    EventType.PROPOSAL_WITHDRAWN: ProposalStatus.WITHDRAWN,
    EventType.PROPOSAL_EXPIRED: ProposalStatus.EXPIRED,
}
"""The events of decisions, and the status that each tells."""
MEMBER = "decision"
"""Where it stands in the payload of such an event; it stays in the log, and is sent to nobody."""
_UNDER_THE_LOCK = frozenset(
    {ProposalStatus.APPROVED, ProposalStatus.PUBLISHED, ProposalStatus.REJECTED}
)
"""What an approval comes to where it is also published: what is active then stands in no round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The step that was taken at `now`, and the round that it was taken from."""

    now: datetime
    kind: StepKind
    outcome: ProposalStatus | None = None
    cause: Cause | None = None
    round: Round

    @classmethod
    def of(cls, round_: Round, now: datetime) -> Self:
        """Decide, and keep what that rests on."""
        step = round_.next_step(now)
        return cls(now=now, kind=step.kind, outcome=step.outcome, cause=step.cause, round=round_)

    def taken_again(self) -> Step:
        """Return the step that today's rules take."""
        return self.round.next_step(self.now)

    def difference(self, status: ProposalStatus) -> str | None:
        """Say how today's rules decide otherwise than the log tells; None where they do not."""
        today = self.taken_again()
        then = _said(self.kind, self.outcome, self.cause)
        now = _said(today.kind, today.outcome, today.cause)
        if now != then:
            return f"today's rules say {now}, the log says {then}"
        if not self._leads_to(status):
            return f"the log says {status.value}, and that it rests on {then}"
        return None

    def _leads_to(self, status: ProposalStatus) -> bool:
        if self.kind is StepKind.PUBLISH or self.outcome is ProposalStatus.APPROVED:
            return status in _UNDER_THE_LOCK
        return self.kind is StepKind.SETTLE and self.outcome is status


def _said(kind: StepKind, outcome: ProposalStatus | None, cause: Cause | None) -> str:
    words = (kind.value, outcome and outcome.value, cause and f"({cause.value})")
    return " ".join(word for word in words if word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A decision that is not the same any more."""

    event_id: UUID
    proposal_id: UUID | None
    at: datetime
    difference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputation:
    """What came of deciding everything once more."""

    same: int
    differing: tuple[Differing, ...]
    """The first of them, newest first."""
    different: int
    without_facts: int
    """Decided before the log kept what was known."""

    @property
    def sound(self) -> bool:
        """Whether every decision that can be taken again came out the same."""
        return not self.different
