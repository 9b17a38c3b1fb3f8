"""The outcome of comparing the log with its seals, and the comparison, seal by seal."""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.amounts import counted, span
from domain.flaws import (
    Flaw,
    FlawKind,
    OddRow,
    is_out_of_place,
    of_chain,
    of_leaves,
    of_lines,
    of_pruned,
)
from domain.json_types import JsonObject
from domain.log_diagnosis import UNSEALED_WRONG
from domain.proof_checks import Claims
from domain.prunings import Told
from domain.seals import Leaves, LogLine, Seal

LISTED = 20
"""So many of the bad places are listed; all are counted, one for each seal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was taken out of the log at its beginning, counted by the seals, which stayed."""

    through_seal: int
    events: int
    said: tuple[str, ...]
    """Which events tell of it, the oldest part first; every number was checked."""


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
    proof: Claims | None
    """What a proof claims, if the log was held against one."""
    remarks: tuple[str, ...]
    """What is odd and proves nothing, since whoever may add to the log can do it."""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.flawed

    @property
    def changed(self) -> bool:
        """Whether something is not what was sealed; else what is wrong is that seals are due."""
        return any(flaw.kind is not FlawKind.UNSEALED for flaw in self.flaws)

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
            "proof": None
            if self.proof is None
            else {"events": self.proof.events, "events_not_sealed": self.proof.unsealed},
            "remarks": list(self.remarks),
            "bad_places": self.flawed,
            "first_bad": self.flaws[0].to_wire() if self.flaws else None,
            "bad": [flaw.to_wire() for flaw in self.flaws],
        }


class Verifier:
    """Takes the seals in their order, each with its events, and says what is wrong."""

    def __init__(
        self,
        *,
        told: Told | None = None,
        expected_head: str | None = None,
        proof: Claims | None = None,
    ) -> None:
        self._told = told or Told()
        self._expected = None if expected_head is None else expected_head.strip().lower()
        self._met = False
        self._proof = proof
        self._claimed = {} if proof is None else dict(proof.seals)
        """The seals of the proof that were not met yet."""
        self._before: Seal | None = None
        self._flaws: list[Flaw] = []
        self._remarks: list[str] = []
        self._compared = False
        """Whether a seal was met that still has its events; none behind it can be pruned."""
        self._seals = self._sealed = self._flawed = self._pruned = self._pruned_through = 0

    @property
    def sealed(self) -> int:
        """Return how many events were compared so far."""
        return self._sealed

    def take(self, seal: Seal, leaves: Leaves | None, lines: Sequence[LogLine]) -> None:
        """Check the next seal and the events that lie in its range."""
        flaw = of_chain(self._before, seal)
        self._seals += 1
        if is_out_of_place(self._before, seal):
            self._note(flaw)
            return
        if self._is_pruned(seal, leaves, lines):
            self._pruned += seal.events
            self._pruned_through = seal.number
            self._note(flaw or of_pruned(seal, lines))
        else:
            self._compared = True
            self._sealed += len(lines)
            flaw = flaw or of_leaves(seal, leaves)
            self._note(flaw or (of_lines(seal, leaves, lines) if leaves else None))
        self._met = self._met or seal.hash.hex() == self._expected
        self._claimed.pop(seal.hash.hex(), None)
        self._before = seal

    def take_odd(self, row: OddRow) -> None:
        """Note a row that cannot be compared."""
        self._note(row.flaw())

    def _is_pruned(self, seal: Seal, leaves: Leaves | None, lines: Sequence[LogLine]) -> bool:
        if self._compared or seal.number > self._told.through:
            return False
        if leaves is None:
            return True
        # Whoever may only add can put hashes where there are none any more, but no events.
        if lines or of_leaves(seal, leaves) is None:
            return False
        self._remarks.append(f"Hashes were added to seal {seal.number}, which was pruned.")
        return True

    def outcome(self, unsealed: int, waited: timedelta | None = None) -> Verification:
        """Return everything that was found.

        `unsealed` events lie behind the newest seal; the oldest of them has `waited` so long.
        """
        if waited is not None and waited >= UNSEALED_WRONG:
            self._note(self._of_waiting(unsealed, waited))
        if self._expected is not None and not self._met:
            found = f"No seal has the hash {self._expected}: seals were removed or made anew."
            self._note(Flaw(kind=FlawKind.HEAD_MISSING, seal=None, found=found))
        self._note_proof()
        through = self._pruned_through
        gone = None
        if through:
            gone = Pruned(through_seal=through, events=self._pruned, said=self._told.of(through))
        return Verification(
            seals=self._seals,
            sealed=self._sealed,
            unsealed=unsealed,
            head=None if self._before is None else self._before.hash.hex(),
            pruned=gone,
            flaws=tuple(self._flaws),
            flawed=self._flawed,
            expected_head=self._expected,
            proof=self._proof,
            remarks=(*self._remarks, *self._told.doubts(through))[:LISTED],
        )

    def _note_proof(self) -> None:
        """Note where the proof contradicts itself, and its seals that are not in the chain."""
        for flaw in () if self._proof is None else self._proof.flaws:
            self._note(flaw)
        for number in self._claimed.values():
            found = f"The proof's seal {number} is not in the chain."
            self._note(Flaw(kind=FlawKind.HEAD_MISSING, seal=number, found=found))

    def _of_waiting(self, unsealed: int, waited: timedelta) -> Flaw:
        age = span(waited)
        found = f"{counted(unsealed, 'event')} not sealed, the oldest is {age} old: unguarded."
        if not self._seals:
            found = f"There is no seal, and the oldest event is {age} old: nothing can be compared."
        return Flaw(kind=FlawKind.UNSEALED, seal=None, found=found)

    def _note(self, flaw: Flaw | None) -> None:
        """Keep the first ones, in the order of the seals."""
        if flaw is not None:
            self._flawed += 1
            insort(self._flaws, flaw, key=_place)
            del self._flaws[LISTED:]


def _place(flaw: Flaw) -> float:
    return float("inf") if flaw.seal is None else flaw.seal
