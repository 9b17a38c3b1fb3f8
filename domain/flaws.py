"""What can be wrong at a place of the log, and how a seal and its events are looked at for it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.json_types import JsonObject
from domain.seals import BEGINNING, FORM, NO_SEAL, Leaves, LogLine, Seal

_ID = re.compile(r'\{"at": [^"]*"id": "([0-9a-f-]{36})"')


class FlawKind(StrEnum):
    """What can be wrong at a place of the log."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    MOVED = "moved"
    SEAL_CHANGED = "seal_changed"
    SEAL_MISSING = "seal_missing"
    HEAD_MISSING = "head_missing"
    UNSEALED = "unsealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One bad place: the event by its number, or the seal itself."""

    kind: FlawKind
    seal: int | None
    found: str
    sequence: int | None = None
    event_id: str | None = None

    def to_wire(self) -> JsonObject:
        """Return the JSON form."""
        return {
            "kind": self.kind.value,
            "seal": self.seal,
            "sequence": self.sequence,
            "event_id": self.event_id,
            "found": self.found,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OddRow:
    """A row that lacks what every row has, so that nothing can be compared."""

    table: str
    lacks: str
    number: int | None
    """The event's or the seal's, if that is there."""
    event_id: str | None = None

    def flaw(self) -> Flaw:
        """Say so."""
        of_events = self.table == "events"
        named = self.event_id if self.number is None and of_events else self.number
        name = (
            f"{'Event' if of_events else 'Seal'} {'without a number' if named is None else named}"
        )
        return Flaw(
            kind=FlawKind.CHANGED if of_events else FlawKind.SEAL_CHANGED,
            seal=None if of_events else self.number,
            sequence=self.number if of_events else None,
            event_id=self.event_id,
            found=f"{name} has lost its {self.lacks}.",
        )


def is_out_of_place(before: Seal | None, seal: Seal) -> bool:
    """Whether a seal has a number that the chain has passed already."""
    return seal.number <= (0 if before is None else before.number)


def of_chain(before: Seal | None, seal: Seal) -> Flaw | None:
    """Return what is wrong with a seal by itself and with its place in the chain."""
    expected = 1 if before is None else before.number + 1
    if is_out_of_place(before, seal):
        return _changed_seal(seal, f"stands where seal {expected} should")
    if seal.number != expected:
        missing = f"{expected}" if seal.number == expected + 1 else f"{expected}–{seal.number - 1}"
        return Flaw(kind=FlawKind.SEAL_MISSING, seal=expected, found=f"Seal {missing} is missing.")
    if seal.form != FORM:
        return _changed_seal(seal, f"is of form {seal.form}, which this release does not know")
    if seal.hash != seal.computed_hash():
        return _changed_seal(seal, "is not what its hash says")
    if seal.previous != (NO_SEAL if before is None else before.hash):
        return _changed_seal(seal, "does not follow the seal before it")
    if seal.start != (BEGINNING if before is None else before.end) or seal.end < seal.start:
        return _changed_seal(seal, "does not begin where the seal before it ends")
    return None


def _changed_seal(seal: Seal, why: str) -> Flaw:
    return Flaw(kind=FlawKind.SEAL_CHANGED, seal=seal.number, found=f"Seal {seal.number} {why}.")


def of_leaves(seal: Seal, leaves: Leaves | None) -> Flaw | None:
    """Return what is wrong with what the seal keeps of its events."""
    if leaves is None:
        return _changed_seal(seal, "has lost the hashes of its events, and no pruning tells of it")
    counted = len(leaves.sequences) == 8 * seal.events and len(leaves.hashes) == 32 * seal.events
    if not counted or leaves.digest() != seal.numbers_digest or leaves.root() != seal.root:
        return _changed_seal(seal, "is not that of the hashes kept with it")
    return None


def of_pruned(seal: Seal, lines: Sequence[LogLine]) -> Flaw | None:
    """Return what is wrong where the events should be gone."""
    if not lines:
        return None
    line = lines[0]
    return Flaw(
        kind=FlawKind.INSERTED,
        seal=seal.number,
        sequence=line.sequence,
        event_id=_id_of(line),
        found=f"Event {line.sequence} stands in a part of the log that was pruned.",
    )


def of_lines(seal: Seal, leaves: Leaves, lines: Sequence[LogLine]) -> Flaw | None:
    """Return the first event that is not what was sealed."""
    there = Leaves.of(lines)
    if there == leaves:
        return None
    kind, sequence = _first_difference(leaves, there)
    line = next((line for line in lines if line.sequence == sequence), None)
    return Flaw(
        kind=kind,
        seal=seal.number,
        sequence=sequence,
        event_id=None if line is None else _id_of(line),
        found=f"Event {sequence} {_WORDS[kind]}.",
    )


_WORDS = {
    FlawKind.CHANGED: "was changed after it was sealed",
    FlawKind.REMOVED: "was sealed and is not in its place any more",
    FlawKind.INSERTED: "was inserted among events that were sealed",
    FlawKind.MOVED: "does not stand where it was sealed",
}


def _first_difference(sealed: Leaves, found: Leaves) -> tuple[FlawKind, int]:
    """Return what happened at the first place that differs, and the number of the event.

    An event's place is part of what is hashed, so one that stands elsewhere has another hash.
    """
    expected = {number: index for index, number in enumerate(sealed.numbers())}
    numbers = found.numbers()
    kept = set(numbers)
    first = [
        (index, FlawKind.REMOVED, number)
        for number, index in expected.items()
        if number not in kept
    ][:1]
    seen: set[int] = set()
    for index, number in enumerate(numbers):
        place = expected.get(number)
        if place is None or number in seen:
            first.append((index, FlawKind.INSERTED, number))
            break
        if found.at(index) != sealed.at(place):
            kind = FlawKind.CHANGED if place == index else FlawKind.MOVED
            first.append((index, kind, number))
            break
        seen.add(number)
    _, kind, number = min(first, key=lambda each: each[0])
    return kind, number


def _id_of(line: LogLine) -> str | None:
    """Return the event's id from its text, which whoever changed it may have left no JSON."""
    found = _ID.match(line.text)
    return None if found is None else found[1]
