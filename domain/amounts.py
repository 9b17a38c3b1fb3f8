"""Numbers as people say them."""

from datetime import timedelta


def counted(number: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def span(duration: timedelta) -> str:
    """A length of time in one unit: `12 ms`, `40 s`, `3 min`, `5 h`, `2 days`."""
    seconds = duration.total_seconds()
    if seconds < 1:
        return milliseconds(duration)
    for size, unit, limit in ((1, "s", 120), (60, "min", 120), (3600, "h", 48)):
        if seconds / size < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def milliseconds(duration: timedelta) -> str:
    """`0.4 ms`, `12 ms`."""
    number = duration.total_seconds() * 1000
    return f"{number:.1f} ms" if number < 10 else f"{number:.0f} ms"
