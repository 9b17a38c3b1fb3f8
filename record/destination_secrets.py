"""Giving a webhook another secret; the one before signs too until its receivers know it."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from domain.actors import Caller
from domain.api_keys import checked_overlap
from domain.authorization import permitted
from domain.destination_addresses import secret_of
from domain.destinations import DestinationKind
from domain.errors import InvalidRequest, NotReady
from domain.events import EventType, NewEvent
from domain.permissions import Action
from record import destinations, events
from record.destination_events import name_of, named_in_log, place_of
from record.destinations import Put
from store.database import Runner
from store.transaction import Transaction

OVERLAP = timedelta(days=1)


async def rotate(
    runner: Runner, caller: Caller, destination_id: UUID, *, overlap: timedelta = OVERLAP
) -> Put:
    """Make a new secret; for `overlap` both sign, each with a signature of its own.

    Raises `NotReady` while another rotation's overlap lasts: a third secret would put the first one
    out of use before its time. An overlap of nothing is always possible, and ends the others.
    """
    checked_overlap(overlap)

    async def work(tx: Transaction) -> Put:
        before = await destinations.locked(tx, destination_id)
        by = permitted(caller, Action.CHANGE_DESTINATION, destinations.resource_of_one(before))
        destinations.check_is_ours(before)
        if before.kind is not DestinationKind.WEBHOOK:
            raise InvalidRequest("Only a webhook has a secret.")
        now = await tx.now()
        if overlap and before.overlaps(now):
            raise NotReady(
                f"The secret before signs until {before.overlap_until:%Y-%m-%d %H:%M} UTC. An "
                "`overlap` of `0s` replaces both now."
            )
        made = secret_of(secrets.token_bytes(32))
        after = replace(
            before,
            secret=made,
            previous_secret=before.secret if overlap else None,
            overlap_until=now + overlap if overlap and before.secret is not None else None,
        )
        await tx.destinations.save(after)
        whose = name_of(await destinations.whose_is(tx, after))
        await events.append(
            tx,
            NewEvent(
                type=EventType.DESTINATION_SECRET_ROTATED,
                caller=by,
                summary=f"{whose} is told at {place_of(after)} with another secret.",
                team_id=after.team_id,
                payload={
                    **named_in_log(after),
                    "before": {"overlap_until": _written(before.overlap_until)},
                    "after": {"overlap_until": _written(after.overlap_until)},
                },
            ),
        )
        return Put(destination=after, made_secret=made)

    return await runner.run(work)


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
