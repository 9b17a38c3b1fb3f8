"""How long teams take to answer what they are asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from domain.periods import Period


class By(StrEnum):
    """What a report puts together: one line for each."""

    TEAM = "team"
    ASSET = "asset"


class About(StrEnum):
    """What a question is about."""

    PROPOSALS = "proposals"
    RETIREMENTS = "retirements"
    """The end of an old version: to move off it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which questions a report is about; what is None narrows nothing."""

    about: About | None = None
    team_ids: Collection[UUID] | None = None
    asset_id: UUID | None = None
    release_id: UUID | None = None
    """Only those of the proposals of this release."""

    @property
    def tables(self) -> tuple[About, ...]:
        """What is looked through."""
        return tuple(About) if self.about is None else (self.about,)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTimes:
    """Of the questions that were put in a period. A question is put to one team, by one ask.

    To the end of an old version `moved` and `needs longer` are answers.
    """

    asked: int
    answered: int
    """Those to which an answer was given, whatever it says."""
    median: timedelta | None
    """Of the times from the ask to the first answer; None if there is none."""
    p90: timedelta | None
    """Nine of ten answers took no longer."""
    overdue: int
    """No answer stood when the time that the ask named was up."""
    reminders: int
    reminded: int
    """Questions that needed a reminder."""
    open: int
    """Questions that are still waited for."""


NOTHING = ResponseTimes(
    asked=0, answered=0, median=None, p90=None, overdue=0, reminders=0, reminded=0, open=0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseReport:
    """The times of all, and of those with the most overdue, then the slowest, first."""

    period: Period
    total: ResponseTimes
    lines: tuple[tuple[UUID, ResponseTimes], ...]
    """By the id of the team or asset."""
    found: int
    """How many lines there are, shown or not."""
    next: str | None
    """The cursor of the page after this one."""
