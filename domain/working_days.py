"""Working days: durations of whole days, counted as a team works, in its own time zone.

A calendar is kept with the question that a team is asked, holidays and all, so that no later change
of the team's calendar, or of what is known about holidays, moves the goal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LEAST_DATE, _LAST_DATE = date(1, 1, 2), date(9999, 12, 30)
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """When a team works. `opens` and `closes` are local times of each of its working days."""

    time_zone: str = "UTC"
    workdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    """Monday is 0."""
    opens: time = time(9)
    closes: time = time(17)
    country: str | None = None
    subdivision: str | None = None
    holidays: frozenset[date] = frozenset()
    """The country's, as far as they are known."""
    days_off: frozenset[date] = frozenset()
    """The team's own."""

    # --- whole days -------------------------------------------------------------------------------

    def after(self, at: datetime, by: timedelta) -> datetime:
        """Return the time that is a duration later.

        Whole days are working days, counted from the first working time there is: what is asked on
        a Saturday counts from Monday morning. Anything else goes by the clock. No calendar makes it
        more than thrice as long and a month.
        """
        days = _whole_days(by)
        if not days:
            return at + by
        return min(_moved(self, self.opening(at), days), at + 3 * by + 30 * DAY)

    def before(self, at: datetime, by: timedelta) -> datetime:
        """Return the last working time that is at least a duration earlier."""
        days = _whole_days(by)
        if not days:
            return self.last_opening(at - by)
        return max(_moved(self, self.last_opening(at), -days), at - 3 * by - 30 * DAY)

    def paced(self, first: datetime, every: timedelta, now: datetime) -> Iterator[datetime]:
        """Yield times at a steady pace from `first`, in order: the last ones by now, the next."""
        days = _whole_days(every)
        if days:
            start = self._local(first).date()
            passed = self._workdays_between(start, self._local(now).date()) // days
            for number in range(max(0, passed - 1), passed + 2):
                yield _moved(self, first, number * days)
            return
        passed = max(0, (self._last_moment(now) - first) // every)
        for number in (passed, passed + 1):
            yield self.opening(first + number * every)

    # --- working time -----------------------------------------------------------------------------

    def is_open(self, at: datetime) -> bool:
        """Whether the team works at this time."""
        return _is_open(self, at)

    def is_workday(self, day: date) -> bool:
        """Whether the team works on this day."""
        free = day in self.holidays or day in self.days_off
        return day.weekday() in self.workdays and not free

    def opening(self, at: datetime) -> datetime:
        """Return this time if the team works then, else when it begins to."""
        if self.is_open(at):
            return at
        local = self._local(at)
        if self.is_workday(local.date()) and local.time() < self.opens:
            return self._at(local.date(), self.opens)
        return self._at(self._workday(local.date(), 1), self.opens)

    def last_opening(self, at: datetime) -> datetime:
        """Return this time if the team works then, else the morning when it last began to."""
        if self.is_open(at):
            return at
        local = self._local(at)
        if self.is_workday(local.date()) and local.time() >= self.closes:
            return self._at(local.date(), self.opens)
        return self._at(self._workday(local.date(), -1), self.opens)

    def between(self, first: date, last: date) -> Self:
        """Return this calendar with the free days from `first` to `last` alone."""
        return replace(
            self,
            holidays=frozenset(day for day in self.holidays if first <= day <= last),
            days_off=frozenset(day for day in self.days_off if first <= day <= last),
        )

    def _last_moment(self, at: datetime) -> datetime:
        """Return the last moment by `at` in which the team works."""
        if self.is_open(at):
            return at
        day = self._local(self.last_opening(at)).date()
        return self._at(day, self.closes) - _MOMENT

    # --- days ---------------------------------------------------------------------------------

    def _workday(self, day: date, number: int) -> date:
        """Return the working day that is so many after a day; before it, if negative."""
        step = DAY if number > 0 else -DAY
        for _ in range(abs(number)):
            day += step
            while not self.is_workday(day) and _LEAST_DATE < day < _LAST_DATE:
                day += step
        return day

    def _workdays_between(self, after: date, until: date) -> int:
        """How many working days there are after a day, the last one included."""
        days = (after + number * DAY for number in range(1, (until - after).days + 1))
        return sum(self.is_workday(day) for day in days)

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.time_zone))

    def _at(self, day: date, clock: time) -> datetime:
        clock = clock.replace(tzinfo=None, fold=0)
        return datetime.combine(day, clock, ZoneInfo(self.time_zone)).astimezone(UTC)

    # --- as it is stored ----------------------------------------------------------------------

    def to_wire(self) -> dict[str, object]:
        """Return the calendar as JSON has it."""
        return {
            "time_zone": self.time_zone,
            "workdays": [WEEKDAYS[number] for number in self.workdays],
            "opens": f"{self.opens:%H:%M}",
            "closes": f"{self.closes:%H:%M}",
            "country": self.country,
            "subdivision": self.subdivision,
            "holidays": sorted(day.isoformat() for day in self.holidays),
            "days_off": sorted(day.isoformat() for day in self.days_off),
        }

    @classmethod
    def from_wire(cls, stored: Mapping[str, object]) -> "WorkCalendar":
        """Return the calendar that was stored."""
        country, subdivision = stored.get("country"), stored.get("subdivision")
        return cls(
            time_zone=str(stored["time_zone"]),
            workdays=tuple(WEEKDAYS.index(name) for name in _texts(stored["workdays"])),
            opens=time.fromisoformat(str(stored["opens"])),
            closes=time.fromisoformat(str(stored["closes"])),
            country=None if country is None else str(country),
            subdivision=None if subdivision is None else str(subdivision),
            holidays=frozenset(map(date.fromisoformat, _texts(stored["holidays"]))),
            days_off=frozenset(map(date.fromisoformat, _texts(stored["days_off"]))),
        )


@lru_cache(maxsize=4096)
def _moved(calendar: WorkCalendar, at: datetime, days: int) -> datetime:
    """Return the same time of day so many working days later, or before.

    Kept, since a look at a proposal asks for few of them, again and again.
    """
    local = calendar._local(at)  # noqa: SLF001  # its own module
    return calendar._at(calendar._workday(local.date(), days), local.time())  # noqa: SLF001


@lru_cache(maxsize=4096)
def _is_open(calendar: WorkCalendar, at: datetime) -> bool:
    local = calendar._local(at)  # noqa: SLF001
    return calendar.is_workday(local.date()) and calendar.opens <= local.time() < calendar.closes


def _whole_days(by: timedelta) -> int:
    """How many days a duration has that is nothing but days; 0 for any other."""
    return by.days if by == by.days * DAY else 0


def _texts(stored: object) -> Sequence[str]:
    assert isinstance(stored, list)
    return [str(each) for each in stored]
