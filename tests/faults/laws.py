"""The laws, read from the record, the log and the receivers once everything has come to rest."""

from collections import Counter
from collections.abc import Iterable

from tests.faults.accepted_laws import everybody_is_answered, nothing_accepted_is_lost
from tests.faults.arrivals import everything_arrives
from tests.faults.callers import Caller
from tests.faults.coordination_laws import (
    all_or_nothing_is_published,
    every_retirement_ends,
    the_latest_is_settled,
)
from tests.faults.findings import Findings, Law
from tests.faults.last_words import the_last_word_stands
from tests.faults.readers import who_reads_it_is_asked
from tests.faults.receivers import Receiver
from tests.faults.servers import Servers
from tests.faults.whole_record import Record, Row

ENDS = {
    "proposal.published": "published",
    "proposal.rejected": "rejected",
    "proposal.withdrawn": "withdrawn",
    "proposal.expired": "expired",
}
AGREED = ("all_approved", "not_published", "base_moved")
"""How a proposal can end that everybody has approved: it is not the fault of who answered."""


def judged(
    record: Record, caller: Caller, receivers: Iterable[Receiver], servers: Servers
) -> Findings:
    """Apply every law."""
    findings = Findings(events=len(record.events))
    everybody_is_answered(findings, caller)
    nothing_accepted_is_lost(findings, record, caller.accepted)
    the_last_word_stands(findings, record)
    _nothing_is_published_twice(findings, record)
    for proposal in record.proposals.values():
        _it_ends_once(findings, record, proposal)
        who_reads_it_is_asked(findings, record, proposal)
        _nobody_is_passed_over(findings, record, proposal)
        _what_was_said_decides(findings, record, proposal)
        the_latest_is_settled(findings, record, proposal)
    all_or_nothing_is_published(findings, record)
    every_retirement_ends(findings, record)
    everything_arrives(findings, record, {each.url: each for each in receivers}, servers)
    left = len(record.outbox)
    findings.check(Law.ENDED, not left, f"{left} rows are left in the outbox")
    return findings


# --- contracts ------------------------------------------------------------------------------------


def _nothing_is_published_twice(findings: Findings, record: Record) -> None:
    contracts = record.contracts.values()
    versions = Counter((row["asset_id"], row["version"]) for row in contracts)
    active = Counter(row["asset_id"] for row in contracts if row["status"] == "active")
    causes = Counter(row["proposal_id"] for row in contracts if row["proposal_id"])
    for name, counted in (("version", versions), ("active", active), ("proposal", causes)):
        for key, count in counted.items():
            findings.check(Law.ONCE, count == 1, f"published {count} times by {name}: {key}")
    findings.check(
        Law.ONCE,
        set(active) == {row["asset_id"] for row in contracts},
        "an asset has no active contract",
    )
    published = {row["id"] for row in record.proposals.values() if row["status"] == "published"}
    findings.check(
        Law.ONCE, set(causes) == published, "contracts of proposals and published proposals differ"
    )


# --- proposals ------------------------------------------------------------------------------------


def _it_ends_once(findings: Findings, record: Record, proposal: Row) -> None:
    ends = [ENDS[row["type"]] for row in record.log[proposal["id"]] if row["type"] in ENDS]
    findings.ends[f"{proposal['status']} ({proposal['cause']})"] += 1
    findings.check(
        Law.ENDED,
        ends == [proposal["status"]] and proposal["ended_at"] is not None,
        f"proposal {proposal['id']} is {proposal['status']}, its log says {ends}",
    )
    findings.check(Law.ENDED, proposal["stuck"] is None, f"proposal {proposal['id']} is stuck")


def _nobody_is_passed_over(findings: Findings, record: Record, proposal: Row) -> None:
    """What is published: all agreed, or it was forced, or the policy lets silence count."""
    if proposal["status"] != "published":
        return
    standing = _standing(record, proposal)
    unready = {team: each for team, each in standing.items() if each != "approved"}
    if proposal["forced"] is not None:
        right = proposal["cause"] == "forced"
    elif proposal["cause"] == "deadline":
        silence_counts = proposal["policy"]["timeline"]["on_deadline"] == "approve"
        right = silence_counts and "blocked" not in unready.values()
        right = right and all(_was_told(record, proposal, team) for team in unready)
    else:
        right = not unready
    findings.check(
        Law.NOBODY_PASSED,
        right,
        f"proposal {proposal['id']} is published ({proposal['cause']}) past {unready}",
    )


def _standing(record: Record, proposal: Row) -> dict[object, str | None]:
    """The last answer of each party to the present question, by the log; None: never answered."""
    answers = {
        (row["team_id"], row["note"]): row["changes_hash"] for row in record.answers[proposal["id"]]
    }
    standing: dict[object, str | None] = {}
    for party in record.parties[proposal["id"]]:
        given = [
            row["payload"]["response"]
            for row in record.log[proposal["id"]]
            if row["type"] in ("proposal.acknowledged", "proposal.answer_carried")
            and row["team_id"] == party["team_id"]
            and answers.get((row["team_id"], row["payload"]["note"])) == party["changes_hash"]
        ]
        standing[party["team_id"]] = given[-1] if given else None
    return standing


def _was_told(record: Record, proposal: Row, team: object) -> bool:
    return any(
        row["team_id"] == team and row["delivered_at"] is not None
        for row in record.notices[proposal["id"]]
    )


def _what_was_said_decides(findings: Findings, record: Record, proposal: Row) -> None:
    """Everything in the record was committed before the decision, so the decision counts it."""
    status = proposal["status"]
    if proposal["withdrawn"] is not None:
        right = status == "withdrawn"
    elif proposal["cancelled"] is not None:
        right = proposal["cause"] == "cancelled"
    elif (release := _ended_with(record, proposal)) is not None:
        right = release
    elif proposal["forced"] is not None:
        right = status == "published" or (_waits(proposal) and proposal["cause"] in AGREED)
    elif "blocked" in (answers := _standing(record, proposal).values()):
        right = status == "rejected"
    elif answers and set(answers) == {"approved"}:
        right = proposal["cause"] in AGREED
    else:
        right = status in ("published", "expired")
    findings.check(
        Law.COUNTED, right, f"proposal {proposal['id']} is {status}, which its facts do not say"
    )


def _waits(proposal: Row) -> bool:
    """Whether it is not published at once when it may be, so that something may come between."""
    at_once = proposal["policy"]["timeline"]["publish"] == "at_once"
    return proposal["release_id"] is not None or proposal["publish_at"] is not None or not at_once


def _ended_with(record: Record, proposal: Row) -> bool | None:
    """Whether it ended as its release did, if that is its cause."""
    wanted = {"release_failed": "failed", "release_cancelled": "cancelled"}.get(proposal["cause"])
    if wanted is None:
        return None
    release = record.releases.get(proposal["release_id"])
    return release is not None and release["status"] == wanted
