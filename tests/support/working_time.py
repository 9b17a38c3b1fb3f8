"""Working days once more, as simply as it can be said: what the rules' own reckoning is held to."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.parties import Party
from domain.timeline import Days, Timeline
from domain.working_days import WorkCalendar

_DAY = timedelta(days=1)
_FIRST = date(2026, 1, 1)
_YEARS = 8 * 365


class WorkingTime:
    """The reckoning of one party, from 2026 on; without a calendar every day and hour counts."""

    def __init__(self, timeline: Timeline, party: Party) -> None:
        counts = timeline.days is Days.WORKING
        self._calendar = (party.calendar or WorkCalendar()) if counts else None

    def works(self, at: datetime) -> bool:
        if self._calendar is None:
            return True
        _, begins, ends = _shifts(self._calendar)
        place = bisect_right(begins, at) - 1
        return at < ends[place]

    def opening(self, at: datetime) -> datetime:
        if self._calendar is None or self.works(at):
            return at
        _, begins, _ = _shifts(self._calendar)
        return begins[bisect_right(begins, at)]

    def later(self, at: datetime, by: timedelta) -> datetime:
        if self._calendar is None or by % _DAY or not by:
            return at + by
        return self._moved(self.opening(at), by.days)

    def earlier(self, at: datetime, by: timedelta) -> datetime:
        if self._calendar is None:
            return at - by
        if by % _DAY or not by:
            return self._last(at - by)
        return self._moved(self._last(at), -by.days)

    def paced(self, first: datetime, every: timedelta, until: datetime) -> Iterator[datetime]:
        at, number = first, 0
        while at <= until:
            yield at
            number += 1
            whole = self._calendar is not None and not every % _DAY
            step = self._moved(first, number * every.days) if whole else first + number * every
            at = self.opening(step)

    def _moved(self, at: datetime, days: int) -> datetime:
        """Return the same time of day so many working days further."""
        assert self._calendar is not None
        zone = ZoneInfo(self._calendar.time_zone)
        local = at.astimezone(zone)
        working, _, _ = _shifts(self._calendar)
        day = working[bisect_left(working, local.date()) + days]
        return datetime.combine(day, local.time(), zone).astimezone(UTC)

    def _last(self, at: datetime) -> datetime:
        if self._calendar is None or self.works(at):
            return at
        _, begins, _ = _shifts(self._calendar)
        return begins[bisect_right(begins, at) - 1]


@lru_cache
def _shifts(calendar: WorkCalendar) -> tuple[list[date], list[datetime], list[datetime]]:
    """Return every working day with its begin and its end."""
    free, zone = calendar.holidays | calendar.days_off, ZoneInfo(calendar.time_zone)
    every = [_FIRST + number * _DAY for number in range(_YEARS)]
    days = [day for day in every if day.weekday() in calendar.workdays and day not in free]
    begins = [datetime.combine(day, calendar.opens, zone).astimezone(UTC) for day in days]
    ends = [datetime.combine(day, calendar.closes, zone).astimezone(UTC) for day in days]
    return days, begins, ends
