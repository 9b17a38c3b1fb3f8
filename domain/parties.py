"""Parties: the teams whose answers a proposal waits for, and what they were told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.acknowledgments import Response
from domain.working_days import WorkCalendar


class NoticeKind(StrEnum):
    """What a party, or the owner about a party, is told."""

    ASK = "ask"
    REMIND = "remind"
    ESCALATE = "escalate"
    ESCALATE_OWNERS = "escalate_owners"
    """Its silence, to the owners of the team by what they have themselves."""
    ESCALATE_FALLBACK = "escalate_fallback"
    """Its silence, to whom the team, else the server, has named for that."""
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of a party, by name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a party was told; `delivered_at` is None until one destination took it."""

    kind: NoticeKind
    ordinal: int
    noted_at: datetime
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The party's answer to the present question."""

    response: Response
    until: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A team whose answer is waited for, with what it was told of the present question.

    `calendar` is the team's as it was when the question was put; None: it has none of its own.
    """

    team_id: UUID
    name: str
    answer: Answer | None = None
    notices: tuple[Notice, ...] = ()
    calendar: WorkCalendar | None = None
    has_owners: bool = False
    has_fallback: bool = False

    @property
    def asked_at(self) -> datetime | None:
        """When the present question was put."""
        return next((n.noted_at for n in self.notices if n.kind is NoticeKind.ASK), None)

    @property
    def pending(self) -> bool:
        """Whether the proposal still waits for this party."""
        return self.answer is None or self.answer.response is Response.MIGRATING

    @property
    def reached_at(self) -> datetime | None:
        """When an ask or a reminder first arrived; an answer shows by itself that it did."""
        arrived = [
            notice.delivered_at
            for notice in self.notices
            if notice.kind in (NoticeKind.ASK, NoticeKind.REMIND) and notice.delivered_at
        ]
        return min(arrived, default=None)

    @property
    def escalations(self) -> tuple[NoticeKind, ...]:
        """The steps in which its silence is escalated, as far as there is anybody to tell."""
        owners = (NoticeKind.ESCALATE_OWNERS,) if self.has_owners else ()
        fallback = (NoticeKind.ESCALATE_FALLBACK,) if self.has_fallback else ()
        return (NoticeKind.ESCALATE, *owners, *fallback)

    def count(self, kind: NoticeKind) -> int:
        """How many notices of this kind stand in the facts."""
        return sum(notice.kind is kind for notice in self.notices)

    def last(self, kind: NoticeKind) -> datetime | None:
        """When the last notice of this kind was noted."""
        return max((n.noted_at for n in self.notices if n.kind is kind), default=None)
