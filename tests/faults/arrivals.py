"""Law 6: every event arrives; and twice only if its sender was killed before it could say so."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from domain.deliveries import AttemptStatus
from domain.event_kinds import SENT
from domain.events import EventType
from notify.webhook import TOTAL_SECONDS
from tests.faults.findings import Findings, Law
from tests.faults.receivers import Copy, Receiver
from tests.faults.servers import Servers, Target
from tests.faults.whole_record import Record, Row

WINDOW_LASTS = 10.0
"""Seconds from a webhook's arrival to its being told to Postgres or Temporal, at the very most.

The killer holds a window, and looks at a worker before it kills it, for most of that. How long one
that was killed would have taken to tell the record cannot say, so the law does not either.
"""
UNFINISHED = {AttemptStatus.STARTED, AttemptStatus.UNKNOWN}
"""How a killed sender leaves its attempt; the first one if no other was made after it."""
UNREAD = 2.0
"""Seconds that it may lie in a receiver's socket while its sender is dead already."""

TRUE_FOR_A_WHILE = {
    EventType.PROPOSAL_ASKED,
    EventType.PROPOSAL_REMINDED,
    EventType.PROPOSAL_ESCALATED,
    EventType.ESCALATED_TO_OWNERS,
    EventType.ESCALATED_TO_FALLBACK,
    EventType.PARTY_UNREACHABLE,
    EventType.RETIREMENT_ASKED,
    EventType.RETIREMENT_REMINDED,
}
"""What tells of somebody that is waited for: not sent any more once nobody waits."""

TO_ITS_TEAM = {
    EventType.PROPOSAL_ASKED,
    EventType.PROPOSAL_REMINDED,
    EventType.PROPOSAL_ESCALATED,
    EventType.ANSWER_CARRIED,
    EventType.RETIREMENT_ASKED,
    EventType.RETIREMENT_REMINDED,
    EventType.RETIREMENT_ESCALATED,
}
TO_THE_PRODUCER = {
    EventType.PROPOSAL_OPENED,
    EventType.PROPOSAL_ESCALATED,
    EventType.PARTY_UNREACHABLE,
    EventType.ACKNOWLEDGED,
    EventType.ANSWER_CARRIED,
    EventType.BASE_MOVED,
    EventType.REVISED,
    EventType.REVISION_RECORDED,
    EventType.REOPENED,
    EventType.CONFIRMATION_ASKED,
    EventType.EXTENDED,
    EventType.FORCE_REQUESTED,
    EventType.FORCE_RECORDED,
}
TO_THE_OWNER = {
    EventType.CONTRACT_PUBLISHED,
    EventType.RETIREMENT_SET,
    EventType.RETIREMENT_ESCALATED,
    EventType.MOVER_UNREACHABLE,
    EventType.MOVED,
    EventType.RETIREMENT_EXTENDED,
    EventType.RETIREMENT_CANCELLED,
    EventType.CONTRACT_RETIRED,
}
TO_ALL = {
    EventType.PROPOSAL_APPROVED,
    EventType.PROPOSAL_PUBLISHED,
    EventType.PROPOSAL_REJECTED,
    EventType.PROPOSAL_WITHDRAWN,
    EventType.PROPOSAL_EXPIRED,
}
"""To the producer and every party, by `docs/reference/events.md`. Others may hear of it too."""


def everything_arrives(
    findings: Findings, record: Record, receivers: Mapping[str, Receiver], servers: Servers
) -> None:
    forged = [text for receiver in receivers.values() for text in receiver.forged]
    findings.check(Law.DELIVERED, not forged, f"signatures that do not verify: {forged[:3]}")
    copies = {url: _copies(receiver) for url, receiver in receivers.items()}
    types = {row["id"]: row["type"] for row in record.events}
    for delivery in record.deliveries:
        destination = record.destinations[delivery["destination_id"]]
        came = copies[destination["address"]].get(str(delivery["event_id"]), [])
        findings.deliveries[delivery["status"]] += 1
        findings.copies[len(came)] += 1
        attempts, type_ = record.attempts[delivery["id"]], types[delivery["event_id"]]
        breaches = [*_breaches(delivery, type_, came, attempts, servers)]
        what = f"event {delivery['event_id']} to {delivery['destination_id']}"
        findings.check(Law.DELIVERED, not breaches, f"{what} {'; '.join(breaches)}")
    _everybody_is_told(findings, record)


def _breaches(
    delivery: Row, type_: str, came: Sequence[Copy], attempts: Sequence[Row], servers: Servers
) -> Iterator[str]:
    """Yield what is wrong with one delivery of an event of this type.

    Each copy but the one that is recorded has its own kill of its own sender, whose attempt was
    left unfinished, or was read only when that had waited for as long as it does. A Postgres that
    goes away is no excuse: the sender tells Temporal then.
    """
    delivered = delivery["status"] == "delivered"
    if delivery["status"] == "superseded":
        if type_ not in TRUE_FOR_A_WHILE:
            yield f"was not sent, though {type_} stays true"
    elif not delivered:
        yield f"is {delivery['status']}: {delivery['last_error']}"
    if delivered and not came:
        yield "is recorded as delivered and never came"
    if len(came) > 2:
        yield f"came {len(came)} times"
    unrecorded = sum(row["status"] != "delivered" for row in attempts)
    if len(came) > unrecorded + delivered:
        yield f"came {len(came)} times in {len(attempts)} attempts"
    doubtful = came[:-1] if delivered else came
    if not all(
        (_is_unfinished(copy, attempts) and _killed_before_it_could_tell(servers, copy))
        or _read_too_late(copy, attempts)
        for copy in doubtful
    ):
        story = _how_it_went(came, attempts, servers)
        yield f"came and was not recorded, and its sender was not killed between the two: {story}"


def _is_unfinished(copy: Copy, attempts: Sequence[Row]) -> bool:
    """Whether nobody ever told what came of the attempt in which this copy was sent."""
    begun = [row for row in attempts if row["started_at"].timestamp() <= copy.at]
    return bool(begun) and begun[-1]["status"] in UNFINISHED


def _killed_before_it_could_tell(servers: Servers, copy: Copy) -> bool:
    kills = [kill for kill in servers.kills if kill.target is Target.WORKER]
    if copy.sender is None:  # it was dead when the receiver looked
        return any(0 <= copy.at - kill.at <= UNREAD for kill in kills)
    return any(
        kill.pid == copy.sender and -UNREAD <= kill.at - copy.at <= WINDOW_LASTS for kill in kills
    )


def _read_too_late(copy: Copy, attempts: Sequence[Row]) -> bool:
    """Everything stood still, as on a machine that is busy elsewhere: no answer could be in time.

    The attempt says so itself, and its copy came when it was over.
    """
    unanswered = [row for row in attempts if (row["error"] or "").startswith("no answer within")]
    return any(
        abs(copy.at - row["started_at"].timestamp() - TOTAL_SECONDS) <= UNREAD for row in unanswered
    )


def _how_it_went(came: Sequence[Copy], attempts: Sequence[Row], servers: Servers) -> str:
    """Tell what happened around a delivery, in seconds since its first copy."""
    first = came[0].at
    told = [(copy.at, f"a copy of process {copy.sender}") for copy in came]
    told += [
        (row["started_at"].timestamp(), f"attempt {row['number']}: {row['status']} {row['error']}")
        for row in attempts
    ]
    told += [
        (kill.at, f"{kill.target} {kill.pid} killed")
        for kill in servers.kills
        if first - WINDOW_LASTS <= kill.at <= came[-1].at + WINDOW_LASTS
    ]
    return ", ".join(f"{at - first:+.2f} {what}" for at, what in sorted(told))


def _everybody_is_told(findings: Findings, record: Record) -> None:
    """Each destination of a team that an event concerns has its delivery, and the server's own."""
    destinations: dict[object, set[object]] = defaultdict(set)
    for key, destination in record.destinations.items():
        if destination["user_id"] is None:
            destinations[destination["team_id"]].add(key)
    made = {(row["event_id"], row["destination_id"]) for row in record.deliveries}
    for row in record.events:
        if row["type"] not in SENT:
            continue
        teams = _concerned(record, row)
        wanted = destinations[None].union(*(destinations[team] for team in teams))
        missing = sorted(str(key) for key in wanted if (row["id"], key) not in made)
        findings.check(
            Law.DELIVERED, not missing, f"event {row['id']}, {row['type']}, not to {missing}"
        )


def _concerned(record: Record, event: Row) -> set[object]:
    """Teams that have to hear of an event; others may. None, where the record lost them."""
    type_, teams = event["type"], set[object]()
    if type_ in TO_ITS_TEAM:
        teams.add(event["team_id"])
    if type_ in TO_THE_OWNER:
        teams.add(record.owners.get(event["asset_id"]))
    if type_ in TO_THE_PRODUCER or type_ in TO_ALL:
        proposal: Row = record.proposals.get(event["proposal_id"], {})
        teams.add(proposal.get("producer_team_id"))
    if type_ in TO_ALL:
        teams |= {party["team_id"] for party in record.parties[event["proposal_id"]]}
    return teams


def _copies(receiver: Receiver) -> dict[str, list[Copy]]:
    found: dict[str, list[Copy]] = defaultdict(list)
    for copy in receiver.copies:
        found[copy.message_id].append(copy)
    return found
