"""Parties: the teams whose answers a proposal waits for, and what they were told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.acknowledgments import Response
from domain.working_days import WorkCalendar

NEAR = timedelta(days=1)
"""So long before its time is up a team is told at once, whatever it prefers."""


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


_ASK = NoticeKind.ASK
_ASKING = (NoticeKind.ASK, NoticeKind.REMIND)


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
class Told:
    """A team and what it was told of the present question."""

    team_id: UUID
    name: str
    notices: tuple[Notice, ...] = ()

    @property
    def asked_at(self) -> datetime | None:
        """When the present question was put."""
        for notice in self.notices:
            if notice.kind is _ASK:
                return notice.noted_at
        return None

    @property
    def reached_at(self) -> datetime | None:
        """When an ask or a reminder first arrived; an answer shows by itself that it did."""
        first = None
        for notice in self.notices:
            at = notice.delivered_at
            if at is not None and notice.kind in _ASKING and (first is None or at < first):
                first = at
        return first

    def count(self, kind: NoticeKind) -> int:
        """How many notices of this kind stand in the facts."""
        return sum(notice.kind is kind for notice in self.notices)

    def last(self, kind: NoticeKind) -> datetime | None:
        """When the last notice of this kind was noted."""
        return max((n.noted_at for n in self.notices if n.kind is kind), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The party's answer to the present question."""

    response: Response
    until: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party(Told):
    """A team whose answer is waited for, with what it was told of the present question.

    `calendar` is the team's as it was when the question was put; None: it has none of its own.
    """

    answer: Answer | None = None
    calendar: WorkCalendar | None = None
    has_owners: bool = False
    has_fallback: bool = False

    @property
    def pending(self) -> bool:
        """Whether the proposal still waits for this party."""
        return self.answer is None or self.answer.response is Response.MIGRATING

    @property
    def escalations(self) -> tuple[NoticeKind, ...]:
        """The steps in which its silence is escalated, as far as there is anybody to tell."""
        owners = (NoticeKind.ESCALATE_OWNERS,) if self.has_owners else ()
        fallback = (NoticeKind.ESCALATE_FALLBACK,) if self.has_fallback else ()
        return (NoticeKind.ESCALATE, *owners, *fallback)
