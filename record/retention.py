"""Retention: taking whole seals out of the log at its beginning, so that the rest stays proven."""

from dataclasses import dataclass
from datetime import datetime

from domain.actors import Caller
from domain.amounts import counted
from domain.errors import Conflict, Forbidden
from domain.events import EventType, NewEvent
from record import events
from store.database import Runner
from store.retention import Prunable
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """What goes: the events of these seals. None of them: nothing can go."""

    before: datetime
    events: int
    first_seal: int
    through_seal: int
    permitted: bool
    """Whether this Postgres user may delete from the log at all."""
    held_back: bool
    """Whether an open proposal or a delivery under way keeps more from going."""


async def plan(runner: Runner, before: datetime) -> Pruning:
    """Return what pruning would take away; changes nothing.

    Raises `Conflict` when events are gone already and no pruning tells of it.
    """

    async def work(tx: Transaction) -> Pruning:
        return _pruning(before, await tx.retention.prunable(before))

    return await runner.run(work)


async def prune(runner: Runner, caller: Caller, before: datetime) -> Pruning:
    """Delete the events of whole seals that are older, with their deliveries; an event tells of it.

    The seals stay. Raises `Forbidden` without the owner's rights. Raises `Conflict` while somebody
    else seals or prunes, when an old event is just being delivered, and when there are not as many
    events as the seals count.
    """

    async def work(tx: Transaction) -> Pruning:
        if not await tx.seals.claim():
            raise Conflict("The log is being sealed or pruned at this moment; try again.")
        found = await tx.retention.prunable(before)
        if not found.permitted:
            raise Forbidden(f"{found.user} may not delete from the log; only its owner may.")
        pruning = _pruning(before, found)
        if found.last is None or not pruning.events:
            return pruning
        await tx.retention.delete_through(found.last, pruning.events)
        await events.append(tx, _event(caller, pruning, found))
        return pruning

    return await runner.run(work)


def _pruning(before: datetime, found: Prunable) -> Pruning:
    last = 0 if found.last is None else found.last.number
    return Pruning(
        before=before,
        events=found.events,
        first_seal=found.pruned_through + 1,
        through_seal=max(last, found.pruned_through),
        permitted=found.permitted,
        held_back=found.held_back,
    )


def _event(caller: Caller, pruning: Pruning, found: Prunable) -> NewEvent:
    assert found.last is not None
    gone = counted(pruning.events, "event")
    return NewEvent(
        type=EventType.LOG_PRUNED,
        caller=caller,
        summary=f"{gone} of before {pruning.before.date().isoformat()} taken out of the log: "
        f"seals {pruning.first_seal} to {pruning.through_seal}.",
        payload={
            "older_than": pruning.before.isoformat(),
            "events": pruning.events,
            "from_seal": pruning.first_seal,
            "through_seal": pruning.through_seal,
            "seal_hash": found.last.hash.hex(),
            "database_user": found.user,
        },
    )
