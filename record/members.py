"""The facts of members: who is what in which team."""

from dataclasses import dataclass
from uuid import UUID

from domain.actors import Caller
from domain.authorization import Action, Resource, permitted
from domain.errors import NotFound
from domain.events import EventType, NewEvent
from domain.members import Member, TeamRole
from domain.teams import Team
from domain.users import User
from record import events, lookup
from store.database import Runner
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class PutMember:
    """A member as it is now, and whether it was none before."""

    member: Member
    added: bool


async def put(
    runner: Runner, caller: Caller, team_id: UUID, user_id: UUID, role: TeamRole
) -> PutMember:
    """Add a user to a team, or give a member another role."""

    async def work(tx: Transaction) -> PutMember:
        team = await lookup.locked_team(tx, team_id)
        by = permitted(caller, Action.CHANGE_MEMBERS, _resource(team))
        user = await lookup.user(tx, user_id)
        before = await tx.members.get(team_id, user_id)
        if before is not None and before.role is role:
            return PutMember(member=before, added=False)
        await tx.members.put(team_id, user_id, role)
        kind = EventType.MEMBER_ADDED if before is None else EventType.MEMBER_ROLE_CHANGED
        await tell(tx, by, kind, team, user, None if before is None else before.role, role)
        member = lookup.found(await tx.members.get(team_id, user_id), "member", user_id)
        return PutMember(member=member, added=before is None)

    return await runner.run(work)


async def remove(runner: Runner, caller: Caller, team_id: UUID, user_id: UUID) -> None:
    """Take a user out of a team; nothing happens if they are not in it."""

    async def work(tx: Transaction) -> None:
        team = await lookup.locked_team(tx, team_id)
        by = permitted(caller, Action.CHANGE_MEMBERS, _resource(team))
        before = await tx.members.get(team_id, user_id)
        if before is None:
            return
        await tx.members.remove(team_id, user_id)
        await tell(tx, by, EventType.MEMBER_REMOVED, team, before.user, before.role, None)

    await runner.run(work)


async def get(runner: Runner, team_id: UUID, user_id: UUID) -> Member:
    """Return a member, or raise `NotFound`."""

    async def work(tx: Transaction) -> Member:
        team = await lookup.team(tx, team_id)
        member = await tx.members.get(team_id, user_id)
        if member is None:
            raise NotFound(
                f"{team.name} has no member `{user_id}`.", noun="member", key=str(user_id)
            )
        return member

    return await runner.run(work)


def _resource(team: Team) -> Resource:
    return Resource(noun="members", team_id=team.id)


async def tell(
    tx: Transaction,
    caller: Caller,
    kind: EventType,
    team: Team,
    user: User,
    before: TeamRole | None,
    after: TeamRole | None,
) -> None:
    """Append the event that tells what somebody is in a team now."""
    is_now = f"is {after.value} of" if after else "is no longer in"
    await events.append(
        tx,
        NewEvent(
            type=kind,
            caller=caller,
            summary=f"{user.name} {is_now} {team.name}.",
            team_id=team.id,
            payload={
                "user_id": str(user.id),
                "before": before and {"role": before.value},
                "after": after and {"role": after.value},
            },
        ),
    )
