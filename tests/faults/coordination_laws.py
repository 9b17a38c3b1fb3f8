"""The laws of releases, of the ends of old versions, and of proposals that were revised."""

from datetime import datetime
from itertools import chain, pairwise

from tests.faults.findings import Findings, Law
from tests.faults.whole_record import Record, Row

_ENDS = {"retirement.retired": "retired", "retirement.cancelled": "cancelled"}
_PROPOSING = ("proposal.opened", "proposal.revision_recorded")


def the_latest_is_settled(findings: Findings, record: Record, proposal: Row) -> None:
    """The content that was proposed last, by the log, is what stands and what is in force."""
    hashes = [
        row["payload"]["after"]["content_hash"]
        for row in record.log[proposal["id"]]
        if row["type"] in _PROPOSING and "content_hash" in row["payload"]["after"]
    ]
    inforce = [
        row["content_hash"]
        for row in record.contracts.values()
        if row["proposal_id"] == proposal["id"]
    ]
    findings.check(
        Law.LATEST,
        {proposal["content_hash"], *inforce} == set(hashes[-1:]),
        f"proposal {proposal['id']} has not the content of its last revision",
    )


def all_or_nothing_is_published(findings: Findings, record: Record) -> None:
    """In one transaction, by the log; a release that fails names whom it failed by."""
    ends = [row for row in record.events if row["type"] == "release.opened"]
    findings.check(
        Law.TOGETHER, len(ends) == len(record.releases), "releases and their events differ"
    )
    for release in record.releases.values():
        findings.releases[release["status"]] += 1
        breaches = _breaches_of_release(record, release, record.members[release["id"]])
        findings.check(
            Law.TOGETHER, not breaches, f"release {release['id']}: {'; '.join(breaches)}"
        )


def _breaches_of_release(record: Record, release: Row, members: list[Row]) -> list[str]:
    status, statuses = release["status"], [each["status"] for each in members]
    breaches = []
    if status == "open" or release["ended_at"] is None:
        breaches.append("has not ended")
    whole = set(statuses) == {"published"} if status == "published" else "published" not in statuses
    if not whole:
        breaches.append(f"is {status}, its proposals are {statuses}")
    if status == "published" and len(_transactions(record, members)) != 1:
        breaches.append("is published in several transactions")
    by = [each["cause"] for each in members if each["id"] == release["failed_proposal_id"]]
    if status == "failed" and (not by or by[0] in ("release_failed", "release_cancelled")):
        breaches.append(f"failed by a proposal that is {by}")
    return breaches


def _transactions(record: Record, members: list[Row]) -> set[object]:
    return {
        row["transaction"]
        for row in chain.from_iterable(record.log[each["id"]] for each in members)
        if row["type"] in ("proposal.published", "contract.published")
    }


def every_retirement_ends(findings: Findings, record: Record) -> None:
    for retirement in record.retirements.values():
        findings.retirements[retirement["status"]] += 1
        breaches = _breaches_of_retirement(record, retirement)
        findings.check(
            Law.RETIRED,
            not breaches,
            f"the end of {retirement['contract_id']}: {'; '.join(breaches)}",
        )


def _breaches_of_retirement(record: Record, retirement: Row) -> list[str]:
    contract_id, status = retirement["contract_id"], retirement["status"]
    story = [_ENDS.get(type_, "set") for type_ in record.words_on[str(contract_id)]]
    breaches = []
    if status == "open" or retirement["ended_at"] is None or retirement["stuck"] is not None:
        breaches.append(f"is {status} and stuck: {retirement['stuck']}")
    doubled = any(first != "set" and second != "set" for first, second in pairwise(story))
    if doubled or not story or story[-1] != status:
        breaches.append(f"is {status}, its log says {story}")
    if (record.contracts[contract_id]["status"] == "retired") != (status == "retired"):
        breaches.append(f"its contract is {record.contracts[contract_id]['status']}")
    if status == "retired":
        breaches += _passed(record, retirement)
    return breaches


def _passed(record: Record, retirement: Row) -> list[str]:
    """Whose date, taken before the end, lies after it."""
    dates = [
        datetime.fromisoformat(each["extension"]["until"])
        for each in record.movers[retirement["contract_id"]]
        if each["moved"] is None and each["extension"] is not None
    ]
    latest = max((retirement["sunset_at"], *dates))
    return [f"ended before {latest}"] if retirement["ended_at"] < latest else []
