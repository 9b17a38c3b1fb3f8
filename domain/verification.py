"""Comparing the log with its seals: what was changed, removed, inserted, or put elsewhere."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.json_types import JsonObject
from domain.seals import BEGINNING, FORM, NO_SEAL, Leaves, LogLine, Seal

LISTED = 20
"""So many of the bad places are listed; all are counted, one for each seal."""


class FlawKind(StrEnum):
    """What can be wrong at a place of the log."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    MOVED = "moved"
    SEAL_CHANGED = "seal_changed"
    SEAL_MISSING = "seal_missing"
    HEAD_MISSING = "head_missing"


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
class Pruned:
    """What was taken out of the log at its beginning, as the log itself says."""

    through_seal: int
    events: int
    said: tuple[str, ...]
    """The sentence of every event that tells of it, the oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The outcome. `head` is the newest seal's hash: keep it elsewhere, and ask for it later."""

    seals: int
    sealed: int
    unsealed: int
    head: str | None
    pruned: Pruned | None
    flaws: tuple[Flaw, ...]
    flawed: int
    expected_head: str | None

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.flawed

    def to_wire(self) -> JsonObject:
        """Return the JSON form."""
        gone = self.pruned
        return {
            "sound": self.sound,
            "events_sealed": self.sealed,
            "events_not_sealed": self.unsealed,
            "seals": self.seals,
            "head": self.head,
            "expected_head": self.expected_head,
            "pruned": None
            if gone is None
            else {
                "through_seal": gone.through_seal,
                "events": gone.events,
                "said": list(gone.said),
            },
            "bad_places": self.flawed,
            "first_bad": self.flaws[0].to_wire() if self.flaws else None,
            "bad": [flaw.to_wire() for flaw in self.flaws],
        }


class Verifier:
    """Takes the seals in their order, each with its events, and says what is wrong."""

    def __init__(self, *, pruned_through: int = 0, expected_head: str | None = None) -> None:
        self._pruned_through = pruned_through
        self._expected = None if expected_head is None else expected_head.strip().lower()
        self._met = False
        self._before: Seal | None = None
        self._flaws: list[Flaw] = []
        self._seals = self._sealed = self._flawed = self._pruned = 0

    @property
    def sealed(self) -> int:
        """Return how many events were compared so far."""
        return self._sealed

    def take(self, seal: Seal, leaves: Leaves | None, lines: Sequence[LogLine]) -> None:
        """Check the next seal and the events that lie in its range."""
        flaw = _of_chain(self._before, seal)
        if seal.number > self._pruned_through:
            flaw = flaw or _of_leaves(seal, leaves) or _of_lines(seal, leaves, lines)
            self._sealed += len(lines)
        else:
            self._pruned += seal.events
            flaw = flaw or _of_pruned(seal, lines)
        if flaw is not None:
            self._note(flaw)
        self._met = self._met or seal.hash.hex() == self._expected
        self._seals += 1
        self._before = seal

    def outcome(self, unsealed: int, said: Sequence[str] = ()) -> Verification:
        """Return everything that was found; `unsealed` events lie behind the newest seal."""
        head = None if self._before is None else self._before.hash.hex()
        if self._pruned_through > (0 if self._before is None else self._before.number):
            self._note(
                Flaw(
                    kind=FlawKind.SEAL_MISSING,
                    seal=self._pruned_through,
                    found=f"The log says it was pruned up to seal {self._pruned_through}, "
                    "which is not there.",
                )
            )
        if self._expected is not None and not self._met:
            found = f"No seal has the hash {self._expected}: seals were removed or made anew."
            self._note(Flaw(kind=FlawKind.HEAD_MISSING, seal=None, found=found))
        gone = None
        if self._pruned_through:
            gone = Pruned(through_seal=self._pruned_through, events=self._pruned, said=tuple(said))
        return Verification(
            seals=self._seals,
            sealed=self._sealed,
            unsealed=unsealed,
            head=head,
            pruned=gone,
            flaws=tuple(self._flaws),
            flawed=self._flawed,
            expected_head=self._expected,
        )

    def _note(self, flaw: Flaw) -> None:
        self._flawed += 1
        if len(self._flaws) < LISTED:
            self._flaws.append(flaw)


def _of_chain(before: Seal | None, seal: Seal) -> Flaw | None:
    """Return what is wrong with a seal by itself and with its place in the chain."""
    expected = 1 if before is None else before.number + 1
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


def _of_leaves(seal: Seal, leaves: Leaves | None) -> Flaw | None:
    """Return what is wrong with what the seal keeps of its events."""
    if leaves is None:
        return _changed_seal(seal, "has lost the hashes of its events")
    counted = len(leaves.sequences) == 8 * seal.events and len(leaves.hashes) == 32 * seal.events
    if not counted or leaves.digest() != seal.numbers_digest or leaves.root() != seal.root:
        return _changed_seal(seal, "is not that of the hashes kept with it")
    return None


def _of_pruned(seal: Seal, lines: Sequence[LogLine]) -> Flaw | None:
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


def _of_lines(seal: Seal, leaves: Leaves | None, lines: Sequence[LogLine]) -> Flaw | None:
    """Return the first event that is not what was sealed."""
    assert leaves is not None
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


def _id_of(line: LogLine) -> str:
    return str(json.loads(line.text)["id"])
