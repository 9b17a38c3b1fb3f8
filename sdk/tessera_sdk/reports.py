"""Reports, as the server answers."""

from datetime import datetime

from tessera_sdk.models import AssetRef, NamedTeam, Page, Received


class Period(Received):
    """From `since`, before `until`."""

    since: datetime | None = None
    until: datetime | None = None


class ResponseTimes(Received):
    """Of questions: each is one ask to one team, about a proposal or the end of a version."""

    asked: int = 0
    answered: int = 0
    median_seconds: float | None = None
    p90_seconds: float | None = None
    overdue: int = 0
    reminders: int = 0
    reminded: int = 0
    open: int = 0


class ResponseTimesLine(Received):
    """The times of one team, or about one asset."""

    team: NamedTeam | None = None
    asset: AssetRef | None = None
    times: ResponseTimes = ResponseTimes()


class ResponseTimesReport(Page[ResponseTimesLine]):
    """How long teams took to answer; those with the most overdue first, then the slowest."""

    items: tuple[ResponseTimesLine, ...] = ()
    period: Period = Period()
    by: str = "team"
    total: ResponseTimes = ResponseTimes()
    found: int = 0


class WouldAsk(Received):
    """Questions that would have been put, with what the last one was about."""

    asks: int = 0
    breaking: int = 0
    last_at: datetime | None = None
    reason: str = ""
    sentences: tuple[str, ...] = ()


class ObservedPart(Received):
    """The questions to one team about one asset."""

    team: NamedTeam | None = None
    asset: AssetRef | None = None
    would: WouldAsk = WouldAsk()


class ObservedLine(ObservedPart):
    """The questions to one team, or about one asset, with the largest parts of them."""

    parts: tuple[ObservedPart, ...] = ()
    parts_found: int = 0


class ObservedReport(Page[ObservedLine]):
    """What assets that only observe would have asked; those with the most questions first."""

    items: tuple[ObservedLine, ...] = ()
    period: Period = Period()
    by: str = "team"
    publications: int = 0
    nobody: int = 0
    asks: int = 0
    found: int = 0
