"""What is seen of a running system, judged: pure, so that every threshold can be tested."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from domain.amounts import counted, milliseconds, span
from domain.fallback_diagnosis import of_fallbacks
from domain.health import (
    Backlog,
    Check,
    FactsSeen,
    Finding,
    Group,
    OpenProposal,
    OpenRetirement,
    ParkedRow,
    PostgresSeen,
    Revisions,
    failure,
    ok,
    warning,
)
from domain.json_types import JsonObject
from domain.webhook_diagnosis import of_deliveries, of_webhooks

OLDEST_POSTGRES = 14
SLOW = timedelta(milliseconds=20)
"""A transaction makes about ten round trips; more than this each, and people notice."""
CLOCK_ODD = timedelta(seconds=2)
CLOCK_WRONG = timedelta(minutes=1)
"""From here on the watch takes reviews for late that are not, or the other way round."""
LAG_ODD = timedelta(seconds=10)
LAG_WRONG = timedelta(minutes=1)
OVERDUE_WRONG = timedelta(minutes=5)
"""The watch looks every minute: what is late for longer is woken by nobody."""
NAMED = 3
"""So many things are named in a sentence; `items` has them all."""
REPAIR = "`tessera doctor --repair`"


# --- Postgres -----------------------------------------------------------------------------------


def of_postgres(seen: PostgresSeen) -> tuple[Finding, ...]:
    """Judge the server itself."""
    return _database(seen), _clock(seen.clock_ahead), _notifications(seen.notifies)


def _database(seen: PostgresSeen) -> Finding:
    answers = f"Postgres {seen.version} at {seen.place} answers in {milliseconds(seen.latency)}"
    if seen.version_number < OLDEST_POSTGRES * 10_000:
        return failure(
            Check.DATABASE,
            f"Postgres {seen.version} at {seen.place} is too old",
            f"Tessera needs Postgres {OLDEST_POSTGRES} or newer.",
        )
    if seen.read_only:
        return failure(
            Check.DATABASE,
            f"Postgres {seen.version} at {seen.place} takes no writes",
            "It is a standby or read-only: point DATABASE_URL to the primary.",
        )
    if seen.latency > SLOW:
        return warning(
            Check.DATABASE, answers, "Bring API and worker closer to it: every round trip counts."
        )
    return ok(Check.DATABASE, answers)


def _clock(ahead: timedelta) -> Finding:
    side = "ahead of" if ahead >= timedelta(0) else "behind"
    found = f"Postgres' clock is {span(abs(ahead))} {side} this machine's"
    advice = "Set both by NTP. Reminders and deadlines are kept by the worker's clock."
    if abs(ahead) >= CLOCK_WRONG:
        return failure(Check.CLOCK, found, advice)
    if abs(ahead) >= CLOCK_ODD:
        return warning(Check.CLOCK, found, advice)
    return ok(Check.CLOCK, found)


def _notifications(arrive: bool) -> Finding:
    if arrive:
        return ok(Check.NOTIFICATIONS, "what is notified is heard")
    return warning(
        Check.NOTIFICATIONS,
        "a NOTIFY was not heard within seconds, so relay and feed poll once a second",
        "Give them a direct connection, or a pooler in session mode, to be quicker.",
    )


def of_revisions(seen: Revisions) -> Finding:
    """Judge whether the tables are what this release expects."""
    if seen.current is None:
        return failure(
            Check.MIGRATIONS,
            "the database has no tables of Tessera",
            "Run `tessera server migrate`.",
        )
    if seen.current not in seen.known:
        return failure(
            Check.MIGRATIONS,
            f"the database is at {seen.current}, which this release does not know",
            "A newer release has migrated it: use that one here too.",
        )
    behind = seen.known.index(seen.current)
    if behind:
        return failure(
            Check.MIGRATIONS,
            f"{counted(behind, 'migration')} missing; the database is at {seen.current}",
            "Run `tessera server migrate`.",
        )
    return ok(Check.MIGRATIONS, f"at the newest revision, {seen.current}")


# --- the record ---------------------------------------------------------------------------------


def of_facts(seen: FactsSeen) -> tuple[Finding, ...]:
    """Judge what the record holds."""
    return (
        _relay(seen.backlog),
        _parked(seen.parked),
        _overdue(seen.overdue),
        _stuck(seen.stuck),
        of_webhooks([each for each in seen.destinations if not each.belongs_to_settings]),
        of_deliveries(seen.late_events, seen.late_digests),
        _retirements(seen.late_retirements, seen.stuck_retirements),
        of_fallbacks(seen.fallbacks),
    )


def _relay(backlog: Backlog) -> Finding:
    if not backlog.waiting:
        return ok(Check.RELAY, "nothing waits in the outbox")
    rows = counted(backlog.waiting, "row")
    found = f"{rows} in the outbox, the oldest {span(backlog.oldest)} old"
    if backlog.last_error:
        found += f". Temporal said: {backlog.last_error}"
        advice = "Nothing is lost: rows go when Temporal takes them."
    else:
        advice = "Start `tessera server worker`, or one more: the relay runs in it."
    if backlog.oldest >= LAG_WRONG:
        return failure(Check.RELAY, found, advice)
    if backlog.oldest >= LAG_ODD:
        return warning(Check.RELAY, found, advice)
    return ok(Check.RELAY, found)


def _parked(rows: Sequence[ParkedRow]) -> Finding:
    if not rows:
        return ok(Check.PARKED, "none")
    errors = Counter(row.error for row in rows).most_common(NAMED)
    said = "; ".join(f"{error} ({number}×)" if number > 1 else error for error, number in errors)
    return failure(
        Check.PARKED,
        f"{counted(len(rows), 'row')} that Temporal refused for good: {said}",
        f"Mend the cause, then {REPAIR} sends them again.",
        [
            {
                "outbox_id": row.id,
                "kind": row.kind,
                "subject_id": str(row.subject_id),
                "error": row.error,
                "parked_at": row.parked_at.isoformat(),
            }
            for row in rows
        ],
    )


def _overdue(group: Group) -> Finding:
    if not group.count:
        return ok(Check.OVERDUE, "none")
    longest = max(each.late for each in group.listed)
    found = f"{reviews(group)} late, the longest by {span(longest)}: {names(group.listed)}"
    advice = f"{REPAIR} wakes them; the watch does so every minute when it runs."
    judge = failure if longest >= OVERDUE_WRONG else warning
    return judge(Check.OVERDUE, found, advice, items_of(group.listed))


def _stuck(group: Group) -> Finding:
    if not group.count:
        return ok(Check.STUCK, "none")
    errors = {each.stuck for each in group.listed}
    found = f"{names(group.listed)}: {'; '.join(sorted(filter(None, errors))[:NAMED])}"
    return failure(
        Check.STUCK,
        f"{counted(group.count, 'proposal')} cannot move on. {found}",
        f"Mend the cause, then {REPAIR} has them reviewed at once; else within an hour.",
        items_of(group.listed),
    )


def _retirements(late: int, stuck: Sequence[OpenRetirement]) -> Finding:
    if stuck:
        errors = {each.stuck for each in stuck}
        found = f"{names(stuck)}: {'; '.join(sorted(filter(None, errors))[:NAMED])}"
        return failure(
            Check.RETIREMENTS,
            f"{counted(len(stuck), 'retirement')} stuck. {found}",
            f"Mend the cause, then {REPAIR} has them looked at at once; else within an hour.",
            items_of(stuck),
        )
    if late:
        return warning(
            Check.RETIREMENTS,
            f"{counted(late, 'retirement')} not looked after for over a minute",
            f"Is a worker running? {REPAIR} wakes them.",
        )
    return ok(Check.RETIREMENTS, "none is overdue or stuck")


def of_workflows(
    group: Group, retirements: Sequence[OpenRetirement], running: frozenset[UUID]
) -> Finding:
    """Judge whether each open proposal and each open retirement has a running workflow."""
    subjects: tuple[OpenProposal | OpenRetirement, ...] = (*group.listed, *retirements)
    missing = [each for each in subjects if each.id not in running]
    numbers = {"open proposal": group.count, "open retirement": len(retirements)}
    of_all = " and ".join(counted(number, what) for what, number in numbers.items() if number)
    if not of_all:
        return ok(Check.WORKFLOWS, "no proposal and no retirement is open")
    if not missing:
        return ok(Check.WORKFLOWS, f"{of_all}: a workflow runs for each")
    return failure(
        Check.WORKFLOWS,
        f"{len(missing)} of {of_all} without a running workflow: {names(missing)}",
        f"{REPAIR} starts them again from the record.",
        items_of(missing),
    )


def names(subjects: Sequence[OpenProposal | OpenRetirement]) -> str:
    """The first few by the asset, or the version, that they are about."""
    first = ", ".join(each.name for each in subjects[:NAMED])
    more = len(subjects) - NAMED
    return f"{first} and {more} more" if more > 0 else first


def reviews(group: Group) -> str:
    """`the review of 2 proposals is`."""
    return f"the review of {counted(group.count, 'proposal')} is"


def items_of(subjects: Sequence[OpenProposal | OpenRetirement]) -> list[JsonObject]:
    """Proposals and retirements for scripts."""
    return [
        {
            "contract_id": str(each.id),
            "asset": each.asset,
            "version": each.version,
            "stuck": each.stuck,
        }
        if isinstance(each, OpenRetirement)
        else {
            "proposal_id": str(each.id),
            "asset": each.asset,
            "late_seconds": round(each.late.total_seconds()),
            "stuck": each.stuck,
        }
        for each in subjects
    ]
