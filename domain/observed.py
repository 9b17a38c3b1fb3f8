"""What assets that only observe would have asked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldAsk:
    """Questions that would have been put, with what the last one was about."""

    asks: int
    """Each to one team, about one publication."""
    breaking: int
    """Changes that they would have been about; of one publication at most 20 are counted."""
    first_at: datetime
    last_at: datetime
    reason: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedLine:
    """A team with the assets about which it would have been asked, or the other way round."""

    id: UUID
    would: WouldAsk
    parts: tuple[tuple[UUID, WouldAsk], ...]
    """The largest ones."""
    found: int
    """How many parts there are, shown or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedReport:
    """Of all publications that were observed; lines with the most questions first."""

    period: Period
    publications: int
    nobody: int
    """Publications that would have asked nobody."""
    asks: int
    lines: tuple[ObservedLine, ...]
    found: int
    next: str | None
    """The cursor of the page after this one."""
