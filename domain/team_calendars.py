"""What a team says about when it works, checked."""

from collections.abc import Iterable, Sequence
from datetime import date, time
from zoneinfo import ZoneInfo

from domain.errors import InvalidRequest
from domain.working_days import WEEKDAYS, WorkCalendar

DAYS_OFF_LIMIT = 100
_LEAST_WORKDAYS = 2


def checked_calendar(
    *,
    time_zone: str,
    country: str | None = None,
    subdivision: str | None = None,
    workdays: Sequence[str] | None = None,
    opens: str = "09:00",
    closes: str = "17:00",
    days_off: Iterable[str] = (),
) -> WorkCalendar:
    """Return the calendar without the country's holidays, or raise `InvalidRequest`."""
    if subdivision is not None and country is None:
        raise _invalid("subdivision", "A subdivision belongs to a country.")
    opening, closing = _clock("opens", opens), _clock("closes", closes)
    if opening >= closing:
        raise _invalid("closes", "A working day closes after it opens.")
    return WorkCalendar(
        time_zone=_zone(time_zone),
        workdays=_workdays(WEEKDAYS[:5] if workdays is None else workdays),
        opens=opening,
        closes=closing,
        country=country,
        subdivision=subdivision,
        days_off=_days(days_off),
    )


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, OSError, ValueError):  # not found, a folder of zones, a path
        raise _invalid(
            "time_zone", f"There is no time zone `{name[:60]}`; write `Europe/Berlin`."
        ) from None


def _workdays(names: Sequence[str]) -> tuple[int, ...]:
    unknown = [name for name in names if name not in WEEKDAYS]
    if unknown:
        raise _invalid("workdays", f"A working day is one of {', '.join(WEEKDAYS)}.")
    numbers = tuple(sorted({WEEKDAYS.index(name) for name in names}))
    if len(numbers) < _LEAST_WORKDAYS:
        raise _invalid("workdays", f"A week has at least {_LEAST_WORKDAYS} working days.")
    return numbers


def _clock(path: str, text: str) -> time:
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        raise _invalid(path, "A time of day is written `09:00`.") from None
    if clock.tzinfo is not None or clock.second or clock.microsecond:
        raise _invalid(path, "A time of day is written `09:00`.")
    return clock


def _days(texts: Iterable[str]) -> frozenset[date]:
    try:
        days = frozenset(date.fromisoformat(text) for text in texts)
    except ValueError:
        raise _invalid("days_off", "A day is written `2026-12-24`.") from None
    if len(days) > DAYS_OFF_LIMIT:
        raise _invalid("days_off", f"A team has at most {DAYS_OFF_LIMIT} days off of its own.")
    if any(not 2000 <= day.year <= 2200 for day in days):
        raise _invalid("days_off", "A day off lies between the years 2000 and 2200.")
    return days


def _invalid(path: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, errors=[{"path": f"calendar.{path}", "message": message}])
