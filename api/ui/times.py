"""Times as people read them: the absolute one in UTC, and how far away it is."""

from datetime import UTC, datetime, timedelta

_UNITS = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
    ("second", timedelta(seconds=1)),
)
_NEAR = timedelta(seconds=5)


def absolute(at: datetime) -> str:
    """Return `3 Mar 2026, 14:05 UTC`."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def exact(at: datetime) -> str:
    """Return `3 Mar 2026, 14:05:09 UTC`."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M:%S} UTC"


def machine(at: datetime) -> str:
    """Return what the `datetime` attribute of a `<time>` takes."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def relative(at: datetime, now: datetime) -> str:
    """Return `in 9 days`, `3 hours ago`, `just now`: one unit, rounded down."""
    away = at - now
    if abs(away) < _NEAR:
        return "just now" if away <= timedelta(0) else "in a moment"
    amount = spoken(abs(away))
    return f"in {amount}" if away > timedelta(0) else f"{amount} ago"


def short(duration: timedelta) -> str:
    """Return `14d`, `36h`, `90s`, as people write it into a form."""
    if not duration:
        return "0"
    for name, unit in _UNITS:
        if not duration % unit:
            return f"{duration // unit}{name[0]}"
    return f"{duration.total_seconds():g}s"


def spoken(duration: timedelta) -> str:
    """Return `14 days`, `36 hours`, `90 seconds`: below two of a unit, the next smaller one."""
    for (name, unit), following in zip(_UNITS, [*_UNITS[1:], None], strict=True):
        count = duration // unit
        if count >= 2 or (count == 1 and (following is None or duration == unit)):
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "0 seconds"
