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
            "missing or disabled",
            "Find out who did that, enable them again, and run `tessera events verify`.",
        )
    if not seen.may_rewrite:
        return ok(Check.LOG, f"{seen.user} may only add to it, and triggers refuse the rest")
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
            "the log holds events of transactions that this Postgres has not come to: it was "
            "restored from another one",
            "docs/operations/log.md says how to go on after a restore.",
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
