"""Destinations and what was sent there, as people see them."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from tessera_sdk.cli.screen import done, facts, heading, identifier, table
from tessera_sdk.cli.times import ago, now, when
from tessera_sdk.told import Attempt, Delivery, Destination, Replayed

_BODY = 300
"""So many characters of what came back are shown; `--json` shows what the server kept."""


def destination_set(owner: str, destination: Destination) -> Iterator[RenderableType]:
    place = destination.address or f"by {destination.kind}"
    yield done(f"`{owner}` is told at {place}")
    yield from _secret(destination)


def _secret(destination: Destination) -> Iterator[RenderableType]:
    if destination.secret:
        yield facts(("Secret", destination.secret))
        yield "  It is shown only now: the receiver needs it to check the signatures."


def secret_rotated(destination: Destination) -> Iterator[RenderableType]:
    yield done(f"`{destination.name}` has another secret.")
    yield from _secret(destination)
    if destination.overlap_until is not None:
        yield f"  The one before signs too: {when(destination.overlap_until, now())}."


def destination_shown(destination: Destination) -> Iterator[RenderableType]:
    wants = destination.subscription
    present = now()
    yield heading(destination.name)
    yield facts(
        ("Id", identifier(destination.id)),
        ("Kind", destination.kind),
        ("Address", destination.address),
        ("Events", ", ".join(wants.events) or "all"),
        ("Assets", ", ".join(wants.assets) or "all"),
        ("At least", wants.severity),
        ("Pace", destination.pace),
        ("Disabled", ago(destination.disabled_at, present)),
        ("Two secrets", when(destination.overlap_until, present)),
    )


def destination_list(owner: str, found: Sequence[Destination]) -> Iterator[RenderableType]:
    if not found:
        yield f"{owner} is told nowhere. `tessera destination set OWNER ADDRESS` changes that."
        return
    grid = table("Name", "Kind", "At least", "Pace", "Id", ids_in="Id")
    for each in found:
        name = f"{each.name} (disabled)" if each.disabled_at else each.name
        grid.add_row(name, each.kind, each.subscription.severity, each.pace, identifier(each.id))
    yield grid


def destination_removed(owner: str, name: str) -> Iterator[RenderableType]:
    yield done(f"Nothing is sent to `{name}` of `{owner}` any more.")


def delivery_list(found: Sequence[Delivery]) -> Iterator[RenderableType]:
    if not found:
        yield "Nothing was sent."
        return
    grid = table("Event", "Status", "When", "Id", ids_in="Id")
    present = now()
    for each in found:
        grid.add_row(
            each.event.type,
            each.status,
            ago(each.created_at, present),
            identifier(each.id),
        )
    yield grid


def delivery_shown(delivery: Delivery) -> Iterator[RenderableType]:
    present = now()
    to = f"{delivery.destination.name} ({delivery.destination.kind})"
    yield heading(delivery.event.summary)
    yield facts(
        ("Id", identifier(delivery.id)),
        ("Event", delivery.event.type),
        ("To", to),
        ("Status", delivery.status),
        ("Sent again", f"{delivery.ordinal}" if delivery.ordinal > 0 else None),
        ("Next attempt", when(delivery.next_attempt_at, present)),
        ("Last error", delivery.last_error),
    )
    for attempt in delivery.made:
        yield facts((f"Attempt {attempt.number}", _told(attempt)))


def _told(attempt: Attempt) -> str:
    took = "" if attempt.milliseconds is None else f" in {attempt.milliseconds} ms"
    answer = attempt.response if isinstance(attempt.response, dict) else {}
    body = str(answer.get("body") or "")[:_BODY]
    if attempt.status_code is not None:
        return f"{attempt.status}: answered {attempt.status_code}{took}" + (
            f": {body}" if body else ""
        )
    return f"{attempt.status}{took}" + (f": {attempt.error}" if attempt.error else "")


def replayed(made: Replayed) -> Iterator[RenderableType]:
    if not made.replayed:
        yield "Nothing failed since then that was not sent again."
        return
    yield done(f"{made.replayed} sent again.")
    if made.remaining:
        yield f"  {made.remaining} more failed: the same command goes on with them."
