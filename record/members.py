"""The facts of members: who is what in which team."""

from dataclasses import dataclass
from uuid import UUID

from domain.actors import Caller
from domain.authorization import Resource, permitted
from domain.errors import NotFound
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.members import Member, TeamRole
from domain.permissions import Action
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
        if before is not None and before.role is role and not before.by_groups:
            return PutMember(member=before, added=False)
        await give(tx, by, team, user, before, role)
        member = lookup.found(await tx.members.get(team_id, user_id), "member", user_id)
        return PutMember(member=member, added=before is None)

    return await runner.run(work)


async def remove(runner: Runner, caller: Caller, team_id: UUID, user_id: UUID) -> None:
    """Take a user out of a team; nothing happens if they are not in it."""

    async def work(tx: Transaction) -> None:
        team = await lookup.locked_team(tx, team_id)
        by = permitted(caller, Action.CHANGE_MEMBERS, _resource(team))
        before = await tx.members.get(team_id, user_id)
        if before is not None:
            await take(tx, by, team, before)

    await runner.run(work)


async def give(
    tx: Transaction,
    by: Caller,
    team: Team,
    user: User,
    before: Member | None,
    role: TeamRole,
    *,
    by_groups: bool = False,
) -> None:
    """Give a role within a transaction that has locked the team."""
    await tx.members.put(team.id, user.id, role, by_groups=by_groups)
    kind = EventType.MEMBER_ADDED if before is None else EventType.MEMBER_ROLE_CHANGED
    was = None if before is None else before.role
    flags = (before is not None and before.by_groups, by_groups)
    await tell(tx, by, kind, team, user, was, role, by_groups=flags)


async def take(tx: Transaction, by: Caller, team: Team, before: Member) -> None:
    """Take a role within a transaction that has locked the team."""
    user, flags = before.user, (before.by_groups, False)
    await tx.members.remove(team.id, user.id)
    kind = EventType.MEMBER_REMOVED
    await tell(tx, by, kind, team, user, before.role, None, by_groups=flags)


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
    *,
    by_groups: tuple[bool, bool] = (False, False),
) -> None:
    """Append the event that tells what somebody is in a team now.

    `by_groups` says whether the provider's groups gave the role, before and after.
    """
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
                "before": _to_wire(before, by_groups=by_groups[0]),
                "after": _to_wire(after, by_groups=by_groups[1]),
            },
        ),
    )


def _to_wire(role: TeamRole | None, *, by_groups: bool) -> JsonObject | None:
    if role is None:
        return None
    return {"role": role.value, "by_groups": True} if by_groups else {"role": role.value}
