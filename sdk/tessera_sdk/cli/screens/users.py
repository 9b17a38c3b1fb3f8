"""Users and members, as people see them."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from tessera_sdk.cli.screen import done, facts, heading, identifier, table
from tessera_sdk.cli.times import ago, now, when
from tessera_sdk.models import Team
from tessera_sdk.people import Member, User


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
