"""That one event belongs to a seal, shown without the other events: RFC 6962, section 2.1.1."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """On which side of what was hashed so far the next hash stands."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Beside:
    """One hash on the way from a leaf of the tree to its root."""

    side: Side
    hash: bytes


class Tree:
    """The Merkle tree over the hashed leaves of a seal, made once for all its events."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(self._levels[-1]) > 1:
            level = self._levels[-1]
            pairs = zip(level[::2], level[1::2], strict=False)
            paired = [node(left, right) for left, right in pairs]
            self._levels.append(paired + level[-1:] if len(level) % 2 else paired)

    @property
    def leaves(self) -> Sequence[bytes]:
        """Return the hashes of the events."""
        return self._levels[0]

    def way(self, place: int) -> tuple[Beside, ...]:
        """Return the hashes that lead from the leaf at this place to the root."""
        way: list[Beside] = []
        for level in self._levels[:-1]:
            other = place ^ 1
            if other < len(level):
                way.append(Beside(Side.LEFT if other < place else Side.RIGHT, level[other]))
            place //= 2
        return tuple(way)


def root_over(leaf: bytes, way: Iterable[Beside]) -> bytes:
    """Return the root to which a leaf leads."""
    reached = leaf
    for step in way:
        reached = node(step.hash, reached) if step.side is Side.LEFT else node(reached, step.hash)
    return reached


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash over two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()
