"""Seals: the log in batches, each bound to the one before by its hash.

A seal covers every event from one place of the log up to another. It keeps the root of a Merkle
tree over the events' hashes (RFC 6962, section 2.1: leaves and nodes are hashed with prefixes of
their own) and the hash of the seal before, so that a seal's hash speaks for the whole log up to it.
"""

import hashlib
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from domain.events import Cursor
from domain.json_types import JsonObject

FORM = 1
"""How events and seals are written before they are hashed; a change of that is another number."""
BATCH = 4096
"""So many events a seal covers at most."""
BEGINNING = Cursor(0, 0)
NO_SEAL = bytes(32)
"""What the first seal has in the place of the hash before."""

_LEAF, _NODE, _SEAL = b"\x00", b"\x01", b"\x02"


class LogLine(NamedTuple):
    """An event as it is hashed: its place, and all its columns as canonical JSON.

    A tuple, since a verification makes one for every event there ever was.
    """

    transaction: int
    sequence: int
    text: str

    @property
    def place(self) -> Cursor:
        """Return where it stands in the log."""
        return Cursor(self.transaction, self.sequence)


def leaf_hash(text: str) -> bytes:
    """Return the hash of an event, given its canonical JSON."""
    return hashlib.sha256(_LEAF + text.encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaves:
    """What is kept of each event of a seal, so that a bad one can be named: number and hash."""

    sequences: bytes
    """Eight bytes each, the most significant first."""
    hashes: bytes
    """Thirty-two bytes each."""

    @classmethod
    def of(cls, lines: Sequence[LogLine]) -> "Leaves":
        """Return the leaves of these events."""
        return cls(
            sequences=struct.pack(f">{len(lines)}q", *[line.sequence for line in lines]),
            hashes=b"".join([leaf_hash(line.text) for line in lines]),
        )

    def numbers(self) -> tuple[int, ...]:
        """Return the sequence numbers."""
        return struct.unpack(f">{len(self.sequences) // 8}q", self.sequences)

    def at(self, index: int) -> bytes:
        """Return one hash."""
        return self.hashes[32 * index : 32 * index + 32]

    def digest(self) -> bytes:
        """Return the hash of the sequence numbers, which the tree's root says nothing about."""
        return hashlib.sha256(self.sequences).digest()

    def root(self) -> bytes:
        """Return the root of the Merkle tree."""
        hashes = self.hashes
        return merkle_root([hashes[at : at + 32] for at in range(0, len(hashes), 32)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One link of the chain. It covers what lies at `start` or after it, and before `end`."""

    number: int
    form: int
    start: Cursor
    end: Cursor
    events: int
    root: bytes
    numbers_digest: bytes
    previous: bytes
    at: datetime
    hash: bytes

    def computed_hash(self) -> bytes:
        """Return what `hash` has to be."""
        text = json.dumps(self.written(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(_SEAL + text.encode()).digest()

    def written(self) -> JsonObject:
        """Return everything that is hashed."""
        return {
            "number": self.number,
            "form": self.form,
            "start": [self.start.transaction, self.start.sequence],
            "end": [self.end.transaction, self.end.sequence],
            "events": self.events,
            "root": self.root.hex(),
            "numbers_digest": self.numbers_digest.hex(),
            "previous": self.previous.hex(),
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
        }


def sealed(before: Seal | None, leaves: Leaves, end: Cursor, at: datetime) -> Seal:
    """Return the seal that follows `before` and covers these events up to `end`."""
    return with_hash(
        Seal(
            number=1 if before is None else before.number + 1,
            form=FORM,
            start=BEGINNING if before is None else before.end,
            end=end,
            events=len(leaves.sequences) // 8,
            root=leaves.root(),
            numbers_digest=leaves.digest(),
            previous=NO_SEAL if before is None else before.hash,
            at=at,
            hash=b"",
        )
    )


def with_hash(seal: Seal) -> Seal:
    """Return the seal with its own hash."""
    return replace(seal, hash=seal.computed_hash())


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the tree over hashed leaves, as RFC 6962 defines it.

    Pairing level by level and carrying an odd last one up gives the same tree as splitting at the
    largest power of two.
    """
    if not leaves:
        return hashlib.sha256().digest()
    level = list(leaves)
    sha256 = hashlib.sha256
    while len(level) > 1:
        paired = [
            sha256(_NODE + left + right).digest()
            for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0]
