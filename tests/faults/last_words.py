"""Law 1, of words that a later one replaces or adds to: the record keeps what the last one left."""

from collections import defaultdict
from datetime import datetime
from itertools import chain, pairwise

from domain.timeline import format_duration
from tests.faults.findings import Findings, Law
from tests.faults.whole_record import Record, Row

_ABOUT_MOVING = ("retirement.moved", "retirement.extended")
_NONE_GIVEN = "PT0S"


def the_last_word_stands(findings: Findings, record: Record) -> None:
    """More time for a proposal, the end of an old version, and who has moved or needs longer."""
    lengthened, ends, moving = defaultdict(list), {}, {}
    for event in record.events:
        said = event["payload"]
        if event["type"] == "proposal.extended":
            lengthened[event["proposal_id"]].append(said)
        elif event["type"] == "retirement.set":
            ends[said["contract_id"]] = said
        elif event["type"] in _ABOUT_MOVING:
            moving[said["contract_id"], str(event["team_id"])] = said
    for proposal_id, row in record.proposals.items():
        stands = _adds_up(lengthened[proposal_id], format_duration(row["extended_by"]))
        findings.check(Law.KEPT, stands, f"more time for {proposal_id} is not what was given")
    retirements = {str(contract_id): row for contract_id, row in record.retirements.items()}
    for contract_id, said in ends.items():
        stands = _is_set(retirements.get(contract_id), said)
        findings.check(Law.KEPT, stands, f"the end of {contract_id} is not what was said last")
    movers = {
        (str(row["contract_id"]), str(row["team_id"])): row
        for row in chain.from_iterable(record.movers.values())
    }
    for key, said in moving.items():
        stands = _says(movers.get(key), said)
        findings.check(Law.KEPT, stands, f"what {key} says is not what was said last: {said}")


def _adds_up(given: list[Row], in_all: str) -> bool:
    """Whether each time is added to the ones before it, and the record holds the sum."""
    sums = [_NONE_GIVEN, *(said["after"]["extended_by"] for said in given)]
    went_on = all(said["before"]["extended_by"] == s for said, s in zip(given, sums, strict=False))
    return went_on and all(a != b for a, b in pairwise(sums)) and sums[-1] == in_all


def _is_set(retirement: Row | None, said: Row) -> bool:
    if retirement is None:
        return False
    date = datetime.fromisoformat(said["sunset_at"])
    return (retirement["sunset_at"], retirement["reason"]) == (date, said["reason"])


def _says(mover: Row | None, said: Row) -> bool:
    kept = None if mover is None else mover["moved"] or mover["extension"]
    if mover is None or kept is None or (mover["moved"] is not None) != said["moved"]:
        return False
    return bool(kept.get("note") == said["note"] and (said["moved"] or _until(kept, said)))


def _until(extension: Row, said: Row) -> bool:
    return datetime.fromisoformat(extension["until"]) == datetime.fromisoformat(said["until"])
