"""Signing in by the identity provider: who that is here, and what their groups make of them.

Issuer and subject are the identity. An e-mail address only leads to a user the first time, and only
one that the provider says is theirs: else whoever can write an address into a profile there could
become anybody here.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from domain.actors import Actor, ActorKind, Caller, Origin
from domain.errors import InvalidRequest, SignInRefused
from domain.events import EventType, NewEvent
from domain.members import Member, TeamRole
from domain.provider_groups import Granted, GroupRules, ProviderIdentity
from domain.users import NAME_LIMIT, User, UserKind, checked_email, checked_user_name
from record import events, lookup, members, sessions, users
from record.sessions import Beginning, Started
from store.database import Database
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSignIn:
    """A session by the provider's word; `unknown_teams` are named by rules and not there."""

    started: Started
    unknown_teams: tuple[str, ...]


async def sign_in(
    database: Database,
    identity: ProviderIdentity,
    rules: GroupRules,
    beginning: Beginning,
    request_id: str | None,
) -> ProviderSignIn:
    """Return the session of who the provider says it is; a user is made at the first sign-in.

    Raises `SignInRefused` for who is deactivated here, or new and without a verified address.
    """
    by = Caller(
        actor=Actor(kind=ActorKind.SYSTEM, name="identity provider"),
        origin=Origin.PAGE,
        request_id=request_id,
    )

    async def work(tx: Transaction) -> ProviderSignIn:
        if rules.administrators:
            await tx.users.lock_all()
        user = await _user(tx, by, identity)
        if not user.active or user.kind is UserKind.BOT:
            raise SignInRefused(f"{user.name} may not sign in here. Ask an administrator.")
        unknown: tuple[str, ...] = ()
        if rules and identity.groups is not None:
            granted = rules.granted(identity.groups)
            user = await _keep_administrator(tx, by, user, granted)
            unknown = await _keep_roles(tx, by, user, granted)
        own = replace(by, actor=sessions.person(user))
        return ProviderSignIn(
            started=await sessions.started(tx, own, beginning, user=user), unknown_teams=unknown
        )

    return await database.run(work)


async def _user(tx: Transaction, by: Caller, identity: ProviderIdentity) -> User:
    """Return the locked user of an identity, who is found by address or made the first time."""
    user_id = await tx.identities.user_id(identity.issuer, identity.subject)
    if user_id is not None:
        return await lookup.locked_user(tx, user_id)
    try:
        email = checked_email(identity.email, UserKind.PERSON)
    except InvalidRequest:
        email = None
    if email is None:
        raise SignInRefused(
            "The provider does not say that your e-mail address is verified, so nobody here can "
            "be known by it."
        )
    user = await tx.users.of_email(email)
    if user is None:
        user = await users.made(tx, by, _name(identity, email), email)
    user = await lookup.locked_user(tx, user.id)
    if user.active and user.kind is UserKind.PERSON:
        await _check_unlinked(tx, user, identity)
        await _link(tx, by, user, identity)
    return user


async def _check_unlinked(tx: Transaction, user: User, identity: ProviderIdentity) -> None:
    """An address that somebody had before is given to another person: that is not the same user."""
    now = await tx.identities.user_id(identity.issuer, identity.subject)
    if now is None and await tx.identities.is_known(identity.issuer, user.id):
        raise SignInRefused(
            "Somebody else at the identity provider has signed in with your address before. Ask "
            "an administrator to change theirs here.",
            why="address of another subject",
        )


async def _link(tx: Transaction, by: Caller, user: User, identity: ProviderIdentity) -> None:
    if not await tx.identities.link(identity.issuer, identity.subject, user.id):
        if await tx.identities.user_id(identity.issuer, identity.subject) == user.id:
            return
        raise SignInRefused("You signed in twice at once, under two addresses. Try again.")
    await events.append(
        tx,
        NewEvent(
            type=EventType.USER_LINKED,
            caller=by,
            summary=f"{user.name} signs in by {identity.issuer}.",
            payload={
                "user_id": str(user.id),
                "before": None,
                "after": {"issuer": identity.issuer, "subject": identity.subject},
            },
        ),
    )


async def _keep_administrator(tx: Transaction, by: Caller, user: User, granted: Granted) -> User:
    """Make an administrator of who is in the group for it; only what groups gave they take away.

    The last administrator stays one.
    """
    if granted.administrator == user.administrator:
        return user
    if not granted.administrator:
        is_ours = user.administrator_by_groups
        if not is_ours or not await tx.users.are_other_administrators(user.id):
            return user
    after = replace(
        user,
        administrator=granted.administrator,
        administrator_by_groups=granted.administrator,
    )
    await users.put(tx, by, user, after)
    return after


async def _keep_roles(tx: Transaction, by: Caller, user: User, granted: Granted) -> tuple[str, ...]:
    """Give and take roles in teams; those that somebody gave by hand stay. Unknown teams' names."""
    wanted: dict[UUID, TeamRole] = {}
    unknown = []
    for name, role in sorted(granted.roles.items()):
        team = await tx.teams.named(name)
        if team is None:
            unknown.append(name)
        else:
            wanted[team.id] = role
    held = {member.team_id: member for member in await tx.members.of_user(user.id)}
    given = {team_id for team_id, member in held.items() if member.by_groups}
    for team_id in sorted({*wanted, *given}):
        await _keep_role(tx, by, user, team_id, wanted.get(team_id))
    return tuple(unknown)


async def _keep_role(
    tx: Transaction, by: Caller, user: User, team_id: UUID, role: TeamRole | None
) -> None:
    await tx.teams.lock(team_id)
    team = await tx.teams.get(team_id)
    held = await tx.members.get(team_id, user.id)
    if team is None or not _is_ours(held) or (held is not None and held.role is role):
        return
    if role is not None:
        await members.give(tx, by, team, user, held, role, by_groups=True)
    elif held is not None:
        await members.take(tx, by, team, held)


def _is_ours(held: Member | None) -> bool:
    return held is None or held.by_groups


def _name(identity: ProviderIdentity, email: str) -> str:
    """What somebody is called: as the provider says, or by the address."""
    try:
        return checked_user_name(identity.name[:NAME_LIMIT])
    except InvalidRequest:
        return email.partition("@")[0][:NAME_LIMIT]
