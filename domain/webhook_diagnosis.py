"""Webhooks as they are seen, judged: who is told, who is not, and what nobody carries any more."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from domain.amounts import counted
from domain.destinations import DestinationKind
from domain.health import Check, DestinationSeen, Finding, failure, ok, warning
from domain.json_types import JsonObject

NAMED = 3


def of_deliveries(late_events: int, late_digests: int = 0) -> Finding:
    """Judge what should have been sent by now, had its workflow or its schedule not gone."""
    late = [f"late for {counted(late_events, 'event')}"] if late_events else []
    late += [f"{counted(late_digests, 'digest')} not sent"] if late_digests else []
    if not late:
        return ok(Check.DELIVERIES, "none is overdue")
    return warning(
        Check.DELIVERIES,
        ", ".join(late),
        "`tessera doctor --repair` wakes them; the watch does so every minute when it runs.",
    )


def of_server_webhook(wanted: str | None, seen: DestinationSeen | None) -> Finding:
    """Judge the webhook that operators are told by; `wanted` is the setting."""
    if seen is None:
        if wanted is None:
            return ok(Check.SERVER_WEBHOOK, "none is set (WEBHOOK_URL)")
        return warning(
            Check.SERVER_WEBHOOK,
            "WEBHOOK_URL is set and the server does not use it yet",
            "The worker takes it over at its start: restart it with this setting.",
        )
    host = urlsplit(seen.url).hostname
    if seen.disabled_at is not None:
        return failure(
            Check.SERVER_WEBHOOK,
            f"{host} is disabled since {seen.disabled_at:%Y-%m-%d %H:%M} UTC{_why(seen)}",
            "Mend the receiver, then restart the worker with another WEBHOOK_SECRET.",
        )
    if wanted is not None and wanted != seen.url:
        return warning(
            Check.SERVER_WEBHOOK,
            f"the server tells {host}, WEBHOOK_URL is another address",
            "The worker takes it over at its start: restart it with this setting.",
        )
    if seen.given_up or seen.retrying:
        return warning(
            Check.SERVER_WEBHOOK, _failing(str(host), seen), "Look at the receiver's log."
        )
    return ok(Check.SERVER_WEBHOOK, f"{host} is told")


def of_webhooks(seen: Sequence[DestinationSeen]) -> Finding:
    """Judge all others; what their receivers do is never our failure."""
    disabled = [each for each in seen if each.disabled_at is not None]
    failing = [
        each for each in seen if each.disabled_at is None and (each.retrying or each.given_up)
    ]
    if not disabled and not failing:
        told = f"{counted(len(seen), 'webhook')} in use" if seen else "nobody has one"
        return ok(Check.WEBHOOKS, told)
    found = [f"disabled: {_called(each)}{_why(each)}" for each in disabled[:NAMED]]
    found += [_failing(_called(each), each) for each in failing[:NAMED]]
    more = len(disabled) + len(failing) - len(found)
    return warning(
        Check.WEBHOOKS,
        ". ".join(found) + (f". And {more} more" if more else ""),
        "Tell the team. `tessera destination set TEAM URL` sets it anew and enables it, `tessera "
        "destination replay TEAM` sends again what failed."
        if disabled
        else "Deliveries are tried for three days; tell the team.",
        [_item_of(each) for each in (*disabled, *failing)],
    )


def _called(seen: DestinationSeen) -> str:
    """Return whose it is, and what they call it where that says anything."""
    whose = seen.team or "the server"
    return whose if seen.name == DestinationKind.WEBHOOK.value else f"{whose} ({seen.name})"


def _failing(name: str, seen: DestinationSeen) -> str:
    numbers = [f"{seen.retrying} being tried again"] if seen.retrying else []
    numbers += [f"{seen.given_up} given up"] if seen.given_up else []
    return f"failing: {name}, {' and '.join(numbers)}{_why(seen)}"


def _why(seen: DestinationSeen) -> str:
    return f" ({seen.last_error.rstrip('.')})" if seen.last_error else ""


def _item_of(seen: DestinationSeen) -> JsonObject:
    return {
        "team": seen.team,
        "name": seen.name,
        "host": urlsplit(seen.url).hostname,
        "disabled_at": None if seen.disabled_at is None else seen.disabled_at.isoformat(),
        "retrying": seen.retrying,
        "given_up": seen.given_up,
        "error": seen.last_error,
    }
