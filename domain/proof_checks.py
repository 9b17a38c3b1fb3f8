"""Holding a proof that somebody kept against itself; what it claims is then looked for in the log.

Only what is sealed can be shown: the events. What else a proof says is told from them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.errors import InvalidRequest
from domain.events import Cursor
from domain.flaws import Flaw, FlawKind
from domain.inclusion import Beside, Side, root_over
from domain.proofs import FORM
from domain.seals import Seal, leaf_hash

_SHOWN = ("id", "type", "summary", "payload", "team_id", "asset_id", "proposal_id")
"""What a proof shows of an event beside the text that is hashed of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a proof claims about the log, and where it contradicts itself."""

    seals: Mapping[str, int]
    """The numbers of its seals by their hashes."""
    events: int
    unsealed: int
    flaws: tuple[Flaw, ...]


def claims_of(document: Any) -> Claims:  # JSON that may be anything
    """Read a proof; raises `InvalidRequest` when it is none of this form."""
    try:
        if document["form"] != FORM:
            raise InvalidRequest(f"This proof has the form {document['form']}, not {FORM}.")
        seals = [seal_from(each) for each in document["seals"]]
        events = document["events"]
        flaws = [*_seal_flaws(seals), *_event_flaws(events, {s.number: s for s in seals})]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidRequest(f"This is no proof: {type(error).__name__} at {error}.") from None
    return Claims(
        seals={each.hash.hex(): each.number for each in seals},
        events=len(events),
        unsealed=sum(each["place"] is None for each in events),
        flaws=tuple(flaws),
    )


def seal_from(wire: Any) -> Seal:  # JSON that may be anything
    """Return a seal as a proof has it."""
    return Seal(
        number=wire["number"],
        form=wire["form"],
        start=Cursor(*wire["start"]),
        end=Cursor(*wire["end"]),
        events=wire["events"],
        root=bytes.fromhex(wire["root"]),
        numbers_digest=bytes.fromhex(wire["numbers_digest"]),
        previous=bytes.fromhex(wire["previous"]),
        at=datetime.fromisoformat(wire["at"]),
        hash=bytes.fromhex(wire["hash"]),
    )


def _seal_flaws(seals: Sequence[Seal]) -> list[Flaw]:
    return [
        Flaw(
            kind=FlawKind.SEAL_CHANGED,
            seal=each.number,
            found=f"The proof's seal {each.number} does not have the hash that it names.",
        )
        for each in seals
        if each.computed_hash() != each.hash
    ]


def _event_flaws(events: Sequence[Any], seals: Mapping[int, Seal]) -> list[Flaw]:
    flaws = []
    for each in events:
        wrong = _wrong(each, seals)
        if wrong is not None:
            flaws.append(
                Flaw(
                    kind=FlawKind.CHANGED,
                    seal=each["place"] and each["place"]["seal"],
                    event_id=each["id"],
                    found=f"The proof's event {each['id']} {wrong}.",
                )
            )
    return flaws


def _wrong(event: Any, seals: Mapping[int, Seal]) -> str | None:
    """Say what is wrong with an event of the proof."""
    kept = json.loads(event["line"])
    if any(kept[name] != event[name] for name in _SHOWN):
        return "shows something else than what is hashed of it"
    if leaf_hash(event["line"]).hex() != event["hash"]:
        return "does not have the hash that it names"
    place = event["place"]
    if place is None:
        return None
    way = [Beside(Side(each["side"]), bytes.fromhex(each["hash"])) for each in place["way"]]
    seal = seals.get(place["seal"])
    if seal is None or root_over(leaf_hash(event["line"]), way) != seal.root:
        return f"does not lead to the root of seal {place['seal']}"
    return None
