"""Law 1: what was accepted is in record and log, once, and nothing else that anybody said."""

import re
from collections import Counter
from collections.abc import Sequence

from tests.faults.callers import Accepted, Caller, Kind
from tests.faults.findings import Findings, Law
from tests.faults.whole_record import Record, Row

_ROWS = {
    Kind.TEAM: "teams",
    Kind.ASSET: "assets",
    Kind.REGISTRATION: "registrations",
    Kind.PUBLISHED: "contracts",
    Kind.PROPOSED: "proposals",
    Kind.RELEASE: "releases",
}
_SAID = {
    Kind.ANSWERED: "proposal.acknowledged",
    Kind.WITHDRAWN: "proposal.withdrawal_recorded",
    Kind.FORCED: "proposal.force_recorded",
    Kind.FORCE_REQUESTED: "proposal.force_requested",
    Kind.CANCELLED: "proposal.cancellation_recorded",
    Kind.LENGTHENED: "proposal.extended",
    Kind.COMMENTED: "proposal.commented",
    Kind.REVISED: "proposal.revision_recorded",
    Kind.RELEASE_CANCELLED: "release.cancelled",
    Kind.SUNSET: "retirement.set",
    Kind.MOVED: "retirement.moved",
    Kind.KEPT_LONGER: "retirement.extended",
    Kind.SUNSET_CANCELLED: "retirement.cancelled",
    Kind.CONFIRMED: "proposal.confirmed",
    Kind.ON_DEMAND: "proposal.publication_requested",
}
_DECREED = {
    Kind.WITHDRAWN: "withdrawn",
    Kind.FORCED: "forced",
    Kind.FORCE_REQUESTED: "force_requested",
    Kind.CANCELLED: "cancelled",
    Kind.ON_DEMAND: "publish_requested",
}
"""Where the proposal keeps it; what says nothing more has the mark of nobody."""
_MARK = re.compile(r"[0-9a-f]{32}")


def everybody_is_answered(findings: Findings, caller: Caller) -> None:
    findings.looked_at[Law.ANSWERED] = caller.requests + caller.retries
    findings.broken += [(Law.ANSWERED, defect) for defect in caller.defects]


def nothing_accepted_is_lost(
    findings: Findings, record: Record, accepted: Sequence[Accepted]
) -> None:
    said = Counter(
        (row["type"], str(row["proposal_id"]), mark)
        for row in record.events
        for mark in _marks(row)
    )
    times = Counter((each.kind, each.proposal, each.mark) for each in accepted)
    kept = _Kept(record)
    for each in accepted:
        if each.kind in _ROWS:
            found = each.subject in record.ids[_ROWS[each.kind]]
        else:
            key = (_SAID[each.kind], str(each.proposal), each.mark)
            found = said[key] == times[each.kind, each.proposal, each.mark] and kept.has(each)
        findings.check(Law.KEPT, found, f"accepted and not in the record exactly once: {each}")
    known = {each.mark for each in accepted}
    for type_, proposal, mark in said:
        if _MARK.fullmatch(mark):
            what = f"{type_} {proposal} {mark}"
            findings.check(Law.KEPT, mark in known, f"in the log and never accepted: {what}")
    _nothing_else_is_made(findings, record, accepted)
    _opened_and_published_are_told(findings, record)


def _nothing_else_is_made(findings: Findings, record: Record, accepted: Sequence[Accepted]) -> None:
    """No row of which nobody was told, such as a second one by a key that was forgotten.

    A request that was given up may have left one, and nothing else may; it breaks law 13 already.
    """
    told = {(_ROWS[each.kind], each.subject) for each in accepted if each.kind in _ROWS}
    told |= {("contracts", str(row["id"])) for row in record.contracts.values() if _is_outcome(row)}
    for name, ids in record.ids.items():
        for id_ in ids:
            known = (name, id_) in told
            findings.check(Law.KEPT, known, f"in {name}, and nobody was told of it: {id_}")


def _is_outcome(contract: Row) -> bool:
    """Whether a proposal came to it; who asked for that was told of the proposal."""
    return contract["proposal_id"] is not None


def _marks(event: Row) -> list[str]:
    """What marks the word that an event tells of; of one without any word, that it was said."""
    payload = event["payload"]
    if event["type"] == _SAID[Kind.REVISED]:
        return [payload["after"].get("content_hash")]
    return [payload[name] for name in ("note", "reason", "text") if payload.get(name)] or [""]


class _Kept:
    """Where the record itself keeps a word: nobody reads the log to decide."""

    def __init__(self, record: Record) -> None:
        self._proposals = {str(key): row for key, row in record.proposals.items()}
        self._releases = {str(key): row for key, row in record.releases.items()}
        self._comments = Counter(row["text"] for row in record.comments)
        self._notes = Counter(
            row["note"]
            for rows in record.answers.values()
            for row in rows
            if row["carried_from"] is None
        )

    def has(self, each: Accepted) -> bool:
        """Whether it is there, once; true of what only the log keeps, or a later word replaces."""
        if each.kind == Kind.ANSWERED:
            return self._notes[each.mark] == 1
        if each.kind == Kind.COMMENTED:
            return self._comments[each.mark] == 1
        if each.kind == Kind.RELEASE_CANCELLED:
            return _says(self._releases.get(each.subject), "cancelled", each.mark)
        if each.kind in _DECREED:
            proposal = self._proposals.get(str(each.proposal))
            return _says(proposal, _DECREED[each.kind], each.mark)
        return True


def _says(row: Row | None, column: str, mark: str) -> bool:
    decree = None if row is None else row[column]
    return decree is not None and (decree.get("reason") or "") == mark


def _opened_and_published_are_told(findings: Findings, record: Record) -> None:
    opened = Counter(
        row["proposal_id"] for row in record.events if row["type"] == "proposal.opened"
    )
    findings.check(
        Law.KEPT,
        opened == Counter(list(record.proposals)),
        "proposals and their `opened` events differ",
    )
    told = Counter(
        row["payload"]["contract_id"]
        for row in record.events
        if row["type"] == "contract.published"
    )
    findings.check(
        Law.KEPT,
        told == Counter(str(each) for each in record.contracts),
        "contracts and their `published` events differ",
    )
