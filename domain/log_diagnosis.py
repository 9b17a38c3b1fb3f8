"""The log judged: whether it can be rewritten, and whether it is sealed."""

from datetime import timedelta

from domain.amounts import counted, span
from domain.health import Check, Finding, LogSeen, failure, ok, warning

UNSEALED_ODD = timedelta(minutes=5)
"""The log is sealed every minute."""
UNSEALED_WRONG = timedelta(hours=1)


def of_log(seen: LogSeen, *, development: bool) -> tuple[Finding, ...]:
    """Judge the log; on a development server it is enough that a trigger guards it."""
    return _guard(seen, development), _seals(seen)


def _guard(seen: LogSeen, development: bool) -> Finding:
    if seen.missing_triggers:
        return failure(
            Check.LOG,
            f"nothing keeps the log from being rewritten: {', '.join(seen.missing_triggers)} "
            "missing, disabled or not what the migrations made",
            "Find out who did that, make or enable them again, and run `tessera events verify`.",
        )
    if seen.odd_tables:
        return failure(
            Check.LOG,
            f"what is read need not be what was written: {'; '.join(seen.odd_tables)}",
            "Find out who did that: `tessera events verify` refuses to read such a log.",
        )
    if seen.may_rewrite:
        return _owner(seen, development)
    if seen.may_say_where:
        return warning(
            Check.LOG,
            f"{seen.user} may say itself where in the log and when an event was written",
            "Run `tessera server migrate` with MIGRATION_DATABASE_URL, which grants anew.",
        )
    if seen.may_create:
        return warning(
            Check.LOG,
            f"{seen.user} may make functions beside the log's tables, where Postgres looks for "
            "those of the statements",
            "As the schema's owner: REVOKE CREATE ON SCHEMA public FROM PUBLIC.",
        )
    return ok(Check.LOG, f"{seen.user} may only add to it, and triggers refuse the rest")


def _owner(seen: LogSeen, development: bool) -> Finding:
    found = f"only triggers guard it: {seen.user} owns it or may change its rows"
    if development:
        return ok(Check.LOG, found)
    return warning(
        Check.LOG,
        found,
        "Give the application a user of its own in DATABASE_URL, the owner's to "
        "MIGRATION_DATABASE_URL, and run `tessera server migrate`, which grants what is needed.",
    )


def _seals(seen: LogSeen) -> Finding:
    if seen.from_elsewhere:
        return failure(
            Check.SEALS,
            "the log holds events or seals of transactions that this Postgres has not come to: it "
            "was restored from another one, or somebody wrote them by hand",
            "docs/operations/log.md says how to go on after a restore, and what to do about a "
            "false seal.",
        )
    waited = seen.oldest_unsealed
    seals = counted(seen.seals, "seal")
    if waited is None:
        return ok(Check.SEALS, f"{seals}, and nothing waits to be sealed")
    found = f"{seals}; the oldest event without one is {span(waited)} old"
    advice = "The schedule tessera-seal does it every minute: look at the worker and at Temporal."
    if waited >= UNSEALED_WRONG:
        return failure(Check.SEALS, found, advice)
    if waited >= UNSEALED_ODD:
        return warning(Check.SEALS, found, advice)
    return ok(Check.SEALS, found)
