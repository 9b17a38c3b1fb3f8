"""The span of time that a report is about."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from domain.errors import InvalidRequest

USUAL = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `since`, before `until`."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, since: datetime | None, until: datetime | None, now: datetime) -> Self:
        """Return the period: until now if nothing is said, and of the last 90 days before it.

        Raises `InvalidRequest` if it ends before it begins.
        """
        until = until or now
        since = since or until - USUAL
        if since >= until:
            raise InvalidRequest(
                "The period ends before it begins.",
                errors=[{"path": "since", "message": "lies not before `until`"}],
            )
        return cls(since=since, until=until)
