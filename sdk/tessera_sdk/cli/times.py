"""Times as people say them: `in 3 days (25 Nov)`, and `+3d` or `friday` the other way."""

import re
from datetime import UTC, date, datetime, time, timedelta

MINUTE, HOUR, DAY = 60, 3_600, 86_400
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNITS = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
DISTANCE = re.compile(r"\+(\d+)([smhdw])")
# A whole day is meant when only a date is given, so the time runs out with it.
END_OF_DAY = time(23, 59, 59)


def now() -> datetime:
    return datetime.now(UTC)


def when(moment: datetime | None, present: datetime) -> str:
    """`in 3 days (25 Nov)`; empty for no time at all."""
    if moment is None:
        return ""
    return f"{relative(moment, present)} ({day(moment, present)})"


def ago(moment: datetime | None, present: datetime) -> str:
    return "" if moment is None else relative(moment, present)


def relative(moment: datetime, present: datetime) -> str:
    seconds = (moment - present).total_seconds()
    if abs(seconds) < 1:
        return "now"
    distance = in_words(abs(seconds))
    return f"in {distance}" if seconds > 0 else f"{distance} ago"


def in_words(seconds: float) -> str:
    """The distance in one unit, rounded: 71 hours are 3 days."""
    for size, unit, limit in ((1, "second", 60), (MINUTE, "minute", 60), (HOUR, "hour", 36)):
        if round(seconds / size) < limit:
            return counted(round(seconds / size), unit)
    days = round(seconds / DAY)
    return counted(days, "day") if days < 60 else counted(round(days / 30.44), "month")


def counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def day(moment: datetime, present: datetime) -> str:
    """The date in the reader's own zone; with the time when it is near, with the year when far."""
    here, today = moment.astimezone(), present.astimezone()
    if abs((moment - present).total_seconds()) < 1.5 * DAY:
        return f"{here.day} {here:%b %H:%M}"
    if here.year == today.year:
        return f"{here.day} {here:%b}"
    return f"{here.day} {here:%b %Y}"


def parse_moment(text: str, present: datetime) -> datetime:
    """A date, a date and time, `+3d` (s, m, h, d, w), `today`, `tomorrow` or a weekday.

    Without a zone it is the reader's own; a day means until its end.
    """
    word = text.strip().lower()
    distance = DISTANCE.fullmatch(word)
    if distance:
        return present + timedelta(seconds=int(distance[1]) * UNITS[distance[2]])
    named = named_day(word, present.astimezone().date())
    if named is not None:
        return end_of(named)
    try:
        return end_of(date.fromisoformat(word))
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except ValueError:
        raise ValueError(
            f"{text!r} is not a time. Say a date (2027-01-31), a date and time "
            "(2027-01-31T18:00), a distance (+3d, +12h) or a day (friday, tomorrow)."
        ) from None


def parse_past(text: str, present: datetime) -> datetime:
    """A date, which means its beginning, a date and time, or `3d` ago (s, m, h, d, w).

    Without a zone it is the reader's own.
    """
    distance = DISTANCE.fullmatch("+" + text.strip().lower())
    if distance:
        return present - timedelta(seconds=int(distance[1]) * UNITS[distance[2]])
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r} is not a time. Say a date (2026-01-31), a date and time "
            "(2026-01-31T18:00) or how long ago (3d, 12h)."
        ) from None


def named_day(word: str, today: date) -> date | None:
    if word in ("today", "tomorrow"):
        return today + timedelta(days=word == "tomorrow")
    for number, name in enumerate(WEEKDAYS):
        if word in (name, name[:3]):
            ahead = (number - today.weekday()) % 7
            return today + timedelta(days=ahead or 7)
    return None


def end_of(last_day: date) -> datetime:
    return datetime.combine(last_day, END_OF_DAY).astimezone()


ISO_DURATION = re.compile(
    r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)


def spelled(duration: str | None) -> str | None:
    """`P14D` -> `14 days`; what is not an ISO 8601 duration of weeks to seconds stays as it is."""
    found = ISO_DURATION.fullmatch(duration) if duration else None
    if found is None or not any(found.groups()):
        return duration
    weeks, days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    amounts = ((weeks * 7 + days, "day"), (hours, "hour"), (minutes, "minute"), (seconds, "second"))
    parts = [f"{amount:g} {unit}{'' if amount == 1 else 's'}" for amount, unit in amounts if amount]
    return " ".join(parts) or "0 seconds"
