"""What the log says of its own pruning, held against the seals, which stay when events go.

Whoever may add to the log may write such an event, so its numbers count only when the seals bear
them out, and no seal counts as pruned whose events or hashes are still there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from domain.amounts import counted

_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An event that says that seals were pruned, as it stands in the log: nothing is believed."""

    event: int
    from_seal: int
    through_seal: int
    events: int
    seal_hash: str | None

    @classmethod
    def read(cls, event: int, numbers: Iterable[str | None], seal_hash: str | None) -> Self:
        """Read the three numbers of the payload; what is none is one that no seal has."""
        read = [int(text) if text and _NUMBER.fullmatch(text) else 0 for text in numbers]
        return cls(
            event=event,
            from_seal=read[0],
            through_seal=read[1],
            events=read[2],
            seal_hash=seal_hash,
        )

    @property
    def rests_on(self) -> tuple[int, int]:
        """Return the seals that bear it out or not: the last one, and the one before the first."""
        return self.from_seal - 1, self.through_seal

    @property
    def said(self) -> str:
        """Say what it tells of; true only of one that was checked."""
        return (
            f"{counted(self.events, 'event')} of seals {self.from_seal} to {self.through_seal}, "
            f"as event {self.event} tells."
        )


@dataclass(frozen=True, slots=True)
class Reached:
    """A seal that is there: its hash, and how many events it and all before it cover."""

    hash: bytes
    events: int


NOTHING = Reached(b"", 0)
"""Before the first seal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Which of the log's words about its pruning the seals bear out."""

    borne_out: tuple[Mark, ...] = ()
    doubted: tuple[Mark, ...] = ()

    @property
    def through(self) -> int:
        """Return up to which seal the log may be pruned."""
        return max((mark.through_seal for mark in self.borne_out), default=0)

    def of(self, through: int) -> tuple[str, ...]:
        """Say what tells of the pruning up to this seal, the oldest part first."""
        ending = {mark.through_seal: mark for mark in reversed(self.borne_out)}
        at = min((end for end in ending if end >= through), default=0)
        said: list[str] = []
        while at in ending:
            said.append(ending[at].said)
            at = ending[at].from_seal - 1
        if at:
            said.append(f"What told of the seals up to {at} went with a later pruning.")
        return tuple(reversed(said))

    def doubts(self, through: int) -> tuple[str, ...]:
        """Say what tells of a pruning that was none, when it went up to this seal."""
        early = tuple(mark for mark in self.borne_out if mark.through_seal > through)
        return tuple(
            f"Event {mark.event} tells of a pruning that did not happen."
            for mark in sorted((*self.doubted, *early), key=lambda mark: mark.event)
        )


def checked(marks: Iterable[Mark], seals: Mapping[int, Reached]) -> Told:
    """Hold each mark against the seals it rests on."""
    borne_out: list[Mark] = []
    doubted: list[Mark] = []
    for mark in marks:
        (borne_out if _is_borne_out(mark, seals) else doubted).append(mark)
    return Told(borne_out=tuple(borne_out), doubted=tuple(doubted))


def _is_borne_out(mark: Mark, seals: Mapping[int, Reached]) -> bool:
    first, last = mark.rests_on
    before = NOTHING if first == 0 else seals.get(first)
    through = seals.get(last)
    if before is None or through is None or not 0 <= first < last:
        return False
    return through.hash.hex() == mark.seal_hash and through.events - before.events == mark.events
