"""How long teams take to answer what they are asked."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID


class By(StrEnum):
    """What a report puts together: one line for each."""

    TEAM = "team"
    ASSET = "asset"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTimes:
    """Of the questions that were put in a period. A question is put to one team, by one ask."""

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

    total: ResponseTimes
    lines: tuple[tuple[UUID, ResponseTimes], ...]
    """By the id of the team or asset."""
    found: int
    """How many lines there are, shown or not."""
