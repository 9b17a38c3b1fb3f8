"""Users and members, as people see them."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from tessera_sdk.cli.screen import done, facts, heading, identifier, table
from tessera_sdk.cli.times import ago, now, when
from tessera_sdk.models import Team
from tessera_sdk.people import Me, Member, PasswordLink, Session, SignedOut, User


def user_done(user: User, happened: str) -> Iterator[RenderableType]:
    yield done(f"`{user.name}` {happened}.")
    yield facts(("Id", identifier(user.id)))


def user_shown(user: User) -> Iterator[RenderableType]:
    yield heading(user.name)
    yield facts(
        ("Id", identifier(user.id)),
        ("Address", user.email),
        ("Kind", user.kind),
        ("Administrator", "yes" if user.administrator else "no"),
        ("Active", "yes" if user.active else f"no, since {when(user.deactivated_at, now())}"),
        ("Created", when(user.created_at, now())),
    )


def user_list(users: Sequence[User]) -> Iterator[RenderableType]:
    if not users:
        yield "No user yet. `tessera user create NAME --email ADDRESS` makes one."
        return
    grid = table("User", "Kind", "Active", "Id", ids_in="Id")
    for user in users:
        grid.add_row(user.name, user.kind, "yes" if user.active else "no", identifier(user.id))
    yield grid


def member_put(team: Team, member: Member) -> Iterator[RenderableType]:
    yield done(f"`{member.user.name}` is {member.role} of `{team.name}`.")


def member_removed(team: Team, user: User) -> Iterator[RenderableType]:
    yield done(f"`{user.name}` is no longer in `{team.name}`.")


def member_list(members: Sequence[Member]) -> Iterator[RenderableType]:
    if not members:
        yield "No member yet. `tessera team add TEAM USER` adds one."
        return
    grid = table("Member", "Role", "Added", "Id", ids_in="Id")
    present = now()
    for member in members:
        grid.add_row(
            member.user.name, member.role, ago(member.added_at, present), identifier(member.user_id)
        )
    yield grid


def me_shown(me: Me) -> Iterator[RenderableType]:
    yield heading(me.name)
    yield facts(
        ("Kind", me.kind),
        ("Id", me.id and identifier(me.id)),
        ("Address", me.user.email if me.user else None),
        ("Scope", me.scope),
        ("Administrator", "yes" if me.administrator else "no"),
    )
    if me.teams:
        grid = table("Team", "Role")
        for each in me.teams:
            grid.add_row(each.team.name, each.role)
        yield grid


def link_made(user: User, made: PasswordLink) -> Iterator[RenderableType]:
    yield done(f"`{user.name}` can set a password.")
    yield facts(("Link", made.link), ("Works until", when(made.expires_at, now())))
    if made.link:
        yield "  It is shown only now, and works once."


def session_list(sessions: Sequence[Session]) -> Iterator[RenderableType]:
    if not sessions:
        yield "Signed in nowhere."
        return
    grid = table("From", "By", "Status", "Begun", "Used", "Id", ids_in="Id")
    present = now()
    for each in sessions:
        begun, used = (ago(at, present) for at in (each.created_at, each.seen_at))
        grid.add_row(each.address, each.method, each.status, begun, used, identifier(each.id))
    yield grid


def session_ended(user: User, _ended: Session) -> Iterator[RenderableType]:
    yield done(f"`{user.name}` is signed out there.")


def signed_out(user: User, out: SignedOut) -> Iterator[RenderableType]:
    yield done(f"`{user.name}` is signed out everywhere: {out.ended} ended.")
