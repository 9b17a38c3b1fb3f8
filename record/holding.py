"""The locks under which a whole team changes: its assets by id, open proposals, then teams."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from domain.errors import PublishContended
from store.database import Runner
from store.transaction import Transaction

T = TypeVar("T")

_TRIES = 5


class _Grown(Exception):
    """Something came to the team between looking and locking."""


async def run(runner: Runner, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """Run a unit of work that holds a team; again, if more has come to it meanwhile."""
    for _ in range(_TRIES):
        try:
            return await runner.run(work)
        except _Grown:
            continue
    raise PublishContended("This team's assets keep changing; try again in a moment.")


async def hold(tx: Transaction, team_id: UUID, other_id: UUID | None = None) -> None:
    """Lock all that a team owns, reads or is asked about, and the team against newcomers.

    `other_id` is a team that goes on: others may refer to it meanwhile, but not change it. Who adds
    something to a team holds it by `lookup.standing_team`, so after this nothing is added.
    """
    touched = await _touched(tx, team_id)
    await tx.assets.lock_these(touched)
    await tx.proposals.lock_open_of(touched)
    for each in sorted({team_id, other_id or team_id}):
        if each == team_id:
            await tx.teams.lock_alone(each)
        else:
            await tx.teams.lock(each)
    if not await _touched(tx, team_id) <= touched:
        raise _Grown


async def _touched(tx: Transaction, team_id: UUID) -> frozenset[UUID]:
    owned = {asset.id for asset in await tx.assets.owned_by(team_id)}
    read = {
        registration.asset_id
        for ended in (False, True)
        for registration in await tx.registrations.of_consumer(team_id, ended=ended)
    }
    return frozenset(owned | read) | await tx.proposals.waiting_for(team_id)
