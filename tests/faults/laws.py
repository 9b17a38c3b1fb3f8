"""The laws, read from the record, the log and the receivers once everything has come to rest."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import asyncpg

from tests.faults.callers import Accepted, Caller, Kind
from tests.faults.receivers import Copy, Receiver
from tests.faults.servers import Servers, Target

ENDS = {
    "proposal.published": "published",
    "proposal.rejected": "rejected",
    "proposal.withdrawn": "withdrawn",
    "proposal.expired": "expired",
}
RECORDED_WITHIN = 30.0
"""Seconds from a receiver's having a webhook to its being recorded, where Postgres is away."""

Row: TypeAlias = Mapping[str, Any]
"""A row as the driver gives it: here the types end, the tables are read by name."""


@dataclass
class Findings:
    """What was counted, and every breach of a law."""

    breaches: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    events: int = 0
    deliveries: Counter[str] = field(default_factory=Counter)
    copies: Counter[int] = field(default_factory=Counter)
    """How many messages came so many times."""

    def check(self, holds: bool, breach: str) -> None:
        if not holds:
            self.breaches.append(breach)


class Record:
    """All of the record, read once."""

    def __init__(self, tables: Mapping[str, Sequence[Row]]) -> None:
        self.proposals = {row["id"]: row for row in tables["proposals"]}
        self.contracts = {row["id"]: row for row in tables["contracts"]}
        self.ids = {name: {str(row["id"]) for row in tables[name]} for name in _WITH_ID}
        self.events = tables["events"]
        self.parties = _grouped(tables["parties"], "proposal_id")
        self.answers = _grouped(tables["acknowledgments"], "proposal_id")
        self.notices = _grouped(tables["notices"], "proposal_id")
        self.deliveries = tables["deliveries"]
        self.attempts = _grouped(tables["delivery_attempts"], "delivery_id")
        self.destinations = {row["id"]: row for row in tables["destinations"]}
        self.log = _grouped(self.events, "proposal_id")
        self.outbox = tables["outbox"]

    @classmethod
    async def read(cls, url: str) -> "Record":
        connection = await asyncpg.connect(url)
        try:
            await connection.set_type_codec(
                "jsonb", schema="pg_catalog", encoder=str, decoder=_decoded
            )
            return cls({name: await connection.fetch(_TABLES[name]) for name in _TABLES})
        finally:
            await connection.close()


def judged(
    record: Record, caller: Caller, receivers: Iterable[Receiver], servers: Servers
) -> Findings:
    """Apply every law."""
    findings = Findings(breaches=[f"the API: {defect}" for defect in caller.defects])
    findings.events = len(record.events)
    _nothing_accepted_is_lost(findings, record, caller.accepted)
    _nothing_is_published_twice(findings, record)
    for proposal in record.proposals.values():
        _it_ends_once(findings, record, proposal)
        _nobody_is_passed_over(findings, record, proposal)
        _what_was_said_decides(findings, record, proposal)
    _everything_is_delivered(findings, record, {each.url: each for each in receivers}, servers)
    findings.check(not record.outbox, f"{len(record.outbox)} rows are left in the outbox")
    return findings


# --- accepted requests ----------------------------------------------------------------------------


def _nothing_accepted_is_lost(
    findings: Findings, record: Record, accepted: Sequence[Accepted]
) -> None:
    marks = Counter(
        (row["type"], str(row["proposal_id"]), row["payload"].get(name))
        for row in record.events
        for name in ("note", "reason")
        if row["payload"].get(name)
    )
    notes = Counter(row["note"] for rows in record.answers.values() for row in rows)
    types = {(row["type"], str(row["proposal_id"])) for row in record.events}
    for each in accepted:
        if each.kind in _ROWS:
            found = each.subject in record.ids[_ROWS[each.kind]]
        elif each.kind == Kind.ANSWERED:
            marked = marks["proposal.acknowledged", str(each.proposal), each.mark]
            found = notes[each.mark] == 1 and marked == 1
        elif each.kind in _DECREES:
            found = marks[_DECREES[each.kind], str(each.proposal), each.mark] == 1
        else:
            found = (_EVENTS[each.kind], str(each.proposal)) in types
        findings.check(found, f"accepted and not in the record exactly once: {each}")
    _opened_and_published_are_told(findings, record)


def _opened_and_published_are_told(findings: Findings, record: Record) -> None:
    opened = Counter(
        row["proposal_id"] for row in record.events if row["type"] == "proposal.opened"
    )
    findings.check(
        opened == Counter(list(record.proposals)), "proposals and their `opened` events differ"
    )
    told = Counter(
        row["payload"]["contract_id"]
        for row in record.events
        if row["type"] == "contract.published"
    )
    findings.check(
        told == Counter(str(each) for each in record.contracts),
        "contracts and their `published` events differ",
    )


# --- contracts ------------------------------------------------------------------------------------


def _nothing_is_published_twice(findings: Findings, record: Record) -> None:
    contracts = record.contracts.values()
    versions = Counter((row["asset_id"], row["version"]) for row in contracts)
    active = Counter(row["asset_id"] for row in contracts if row["status"] == "active")
    causes = Counter(row["proposal_id"] for row in contracts if row["proposal_id"])
    for name, counted in (("version", versions), ("active", active), ("proposal", causes)):
        twice = [key for key, count in counted.items() if count > 1]
        findings.check(not twice, f"published twice by {name}: {twice}")
    findings.check(
        set(active) == {row["asset_id"] for row in contracts}, "an asset has no active contract"
    )
    published = {row["id"] for row in record.proposals.values() if row["status"] == "published"}
    findings.check(
        set(causes) == published, "contracts of proposals and published proposals differ"
    )


# --- proposals ------------------------------------------------------------------------------------


def _it_ends_once(findings: Findings, record: Record, proposal: Row) -> None:
    ends = [ENDS[row["type"]] for row in record.log[proposal["id"]] if row["type"] in ENDS]
    findings.ends[f"{proposal['status']} ({proposal['cause']})"] += 1
    findings.check(
        ends == [proposal["status"]] and proposal["ended_at"] is not None,
        f"proposal {proposal['id']} is {proposal['status']}, its log says {ends}",
    )
    findings.check(proposal["stuck"] is None, f"proposal {proposal['id']} is stuck")


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
        right, f"proposal {proposal['id']} is published ({proposal['cause']}) past {unready}"
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
            if row["type"] == "proposal.acknowledged"
            and row["team_id"] == party["team_id"]
            and answers[row["team_id"], row["payload"]["note"]] == party["changes_hash"]
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
    elif proposal["forced"] is not None:
        right = status == "published"
    elif "blocked" in _standing(record, proposal).values():
        right = status == "rejected"
    else:
        right = status in ("published", "expired")
    findings.check(right, f"proposal {proposal['id']} is {status}, which its facts do not say")


# --- deliveries -----------------------------------------------------------------------------------


def _everything_is_delivered(
    findings: Findings, record: Record, receivers: Mapping[str, Receiver], servers: Servers
) -> None:
    forged = [text for receiver in receivers.values() for text in receiver.forged]
    findings.check(not forged, f"signatures that do not verify: {forged[:3]}")
    copies = {url: _copies(receiver) for url, receiver in receivers.items()}
    for delivery in record.deliveries:
        destination = record.destinations[delivery["destination_id"]]
        came = copies[destination["url"]].get(str(delivery["event_id"]), [])
        findings.deliveries[delivery["status"]] += 1
        findings.copies[len(came)] += 1
        _delivered_once_or_explained(
            findings, delivery, came, record.attempts[delivery["id"]], servers
        )
    _every_event_has_its_deliveries(findings, record)


def _delivered_once_or_explained(
    findings: Findings,
    delivery: Row,
    came: Sequence[Copy],
    attempts: Sequence[Row],
    servers: Servers,
) -> None:
    what = f"event {delivery['event_id']} to {delivery['destination_id']}"
    findings.check(
        delivery["status"] in ("delivered", "superseded"),
        f"{what} is {delivery['status']}: {delivery['last_error']}",
    )
    if delivery["status"] == "delivered":
        findings.check(len(came) >= 1, f"{what} is recorded as delivered and never came")
    unrecorded = [row for row in attempts if row["status"] != "delivered"]
    recorded = delivery["status"] == "delivered"
    findings.check(
        len(came) <= len(unrecorded) + recorded,
        f"{what} came {len(came)} times in {len(attempts)} attempts",
    )
    for copy in came[:-1]:
        findings.check(
            _killed_between_send_and_record(servers, copy),
            f"{what} came again, and nothing was killed between its sending and recording",
        )


def _killed_between_send_and_record(servers: Servers, copy: Copy) -> bool:
    """Whether its sender was killed, or Postgres, of which the sender may have waited long."""
    return any(
        (kill.pid == copy.sender or kill.target is Target.POSTGRES)
        and -RECORDED_WITHIN * (kill.target is Target.POSTGRES)
        <= kill.at - copy.at
        <= RECORDED_WITHIN
        for kill in servers.kills
    )


def _every_event_has_its_deliveries(findings: Findings, record: Record) -> None:
    """What the server's own destination gets of one event of a type, it gets of all of them."""
    server = {key for key, row in record.destinations.items() if row["team_id"] is None}
    sent = {row["event_id"] for row in record.deliveries if row["destination_id"] in server}
    types = {row["type"] for row in record.events if row["id"] in sent}
    missing = [row["id"] for row in record.events if row["type"] in types and row["id"] not in sent]
    findings.check(not missing, f"events without their delivery: {missing[:5]}")


def _copies(receiver: Receiver) -> dict[str, list[Copy]]:
    found: dict[str, list[Copy]] = defaultdict(list)
    for copy in receiver.copies:
        found[copy.message_id].append(copy)
    return found


def _grouped(rows: Iterable[Row], name: str) -> dict[object, list[Row]]:
    groups: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[name]].append(row)
    return groups


def _decoded(text: str) -> object:
    decoded: object = json.loads(text)
    return decoded


_ROWS = {
    Kind.TEAM: "teams",
    Kind.ASSET: "assets",
    Kind.REGISTRATION: "registrations",
    Kind.PUBLISHED: "contracts",
    Kind.PROPOSED: "proposals",
}
_WITH_ID = tuple(_ROWS.values())
_DECREES = {
    Kind.WITHDRAWN: "proposal.withdrawal_recorded",
    Kind.FORCED: "proposal.force_recorded",
}
_EVENTS = {
    Kind.CONFIRMED: "proposal.confirmed",
    Kind.ON_DEMAND: "proposal.publication_requested",
}
_TABLES = {
    **{name: f"SELECT id FROM {name}" for name in ("teams", "assets", "registrations")},
    "contracts": "SELECT id, asset_id, version, status, proposal_id FROM contracts",
    "proposals": "SELECT id, status, cause, policy, withdrawn, forced, stuck, ended_at "
    "FROM proposals",
    "events": "SELECT id, type, proposal_id, team_id, payload FROM events ORDER BY sequence",
    "parties": "SELECT * FROM parties WHERE released_at IS NULL",
    "acknowledgments": "SELECT proposal_id, team_id, note, changes_hash FROM acknowledgments",
    "notices": "SELECT proposal_id, team_id, delivered_at FROM notices",
    "deliveries": "SELECT id, event_id, destination_id, status, last_error FROM deliveries",
    "delivery_attempts": "SELECT delivery_id, number, status FROM delivery_attempts",
    "destinations": "SELECT id, team_id, url FROM destinations",
    "outbox": "SELECT id FROM outbox",
}
