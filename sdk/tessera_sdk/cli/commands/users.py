"""`tessera user …`"""

from typing import Annotated

import typer

from tessera_sdk.cli.options import All, AsJson, Cursor, Key, Limit
from tessera_sdk.cli.session import session

group = typer.Typer(help="Users are people and bots; they belong to teams.", no_args_is_help=True)

UserArgument = Annotated[
    str, typer.Argument(metavar="USER", help="The e-mail address, a bot's name, or an id.")
]
Email = Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="Unique.")]


@group.command("create")
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people see.")],
    email: Email = None,
    bot: Annotated[bool, typer.Option("--bot", help="A program; it needs no address.")] = False,
    administrator: Annotated[
        bool, typer.Option("--administrator", help="May hold keys of the scope `admin`.")
    ] = False,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Create a person or a bot; for administrators.

    Example:  tessera user create Ada --email ada@example.com
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.users import user_done

        user = s.client.users.create(
            name,
            email=email,
            kind="bot" if bot else "person",
            administrator=administrator,
            idempotency_key=idempotency_key,
        )
        s.show(user, lambda: user_done(user, "is there"))


@group.command("list")
def list_(
    ctx: typer.Context,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List users."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.users import user_list

        users = s.client.users.list(limit=limit, cursor=cursor)
        s.show_listing(users, user_list, everything=everything)


@group.command("show")
def show(ctx: typer.Context, user: UserArgument, as_json: AsJson = False) -> None:
    """Show a user."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.users import user_shown

        found = s.client.users.find(user)
        s.show(found, lambda: user_shown(found))


@group.command("change")
def change(
    ctx: typer.Context,
    user: UserArgument,
    name: Annotated[str | None, typer.Option("--name", help="What people see.")] = None,
    email: Email = None,
    administrator: Annotated[
        bool | None,
        typer.Option("--administrator/--no-administrator", help="May hold `admin` keys, or not."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a user; for administrators.

    Example:  tessera user change ada@example.com --administrator
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.users import user_shown

        found = s.client.users.find(user)
        changed = s.client.users.update(
            found.id, name=name, email=email, administrator=administrator
        )
        s.show(changed, lambda: user_shown(changed))


@group.command("deactivate")
def deactivate(ctx: typer.Context, user: UserArgument, as_json: AsJson = False) -> None:
    """Let a user come in no more: no key or session of theirs works from now on.

    Example:  tessera user deactivate ada@example.com
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.users import user_done

        changed = s.client.users.deactivate(s.client.users.find(user).id)
        s.show(changed, lambda: user_done(changed, "is deactivated"))


@group.command("reactivate")
def reactivate(ctx: typer.Context, user: UserArgument, as_json: AsJson = False) -> None:
    """Let a user come in again, by the keys that they had."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.users import user_done

        changed = s.client.users.reactivate(s.client.users.find(user).id)
        s.show(changed, lambda: user_done(changed, "is active again"))


@group.command("password-link")
def password_link(
    ctx: typer.Context, user: UserArgument, as_json: AsJson = False, idempotency_key: Key = None
) -> None:
    """Make a link by which a person sets a password, and print it, once; for administrators.

    Example:  tessera user password-link ada@example.com
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.users import link_made

        found = s.client.users.find(user)
        made = s.client.users.password_link(found.id, idempotency_key=idempotency_key)
        s.show(made, lambda: link_made(found, made))


@group.command("sessions")
def sessions(
    ctx: typer.Context,
    user: UserArgument,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List the browsers in which a user is signed in, or was."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.users import session_list

        found = s.client.users.find(user)
        there = s.client.users.sessions(found.id, limit=limit, cursor=cursor)
        s.show_listing(there, session_list, everything=everything)


@group.command("sign-out")
def sign_out(
    ctx: typer.Context,
    user: UserArgument,
    only: Annotated[
        str | None,
        typer.Option("--session", metavar="ID", help="Only this one, as `sessions` shows it."),
    ] = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Sign a user out everywhere, or in one browser. Their keys go on working.

    Example:  tessera user sign-out ada@example.com
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.users import session_ended, signed_out

        users, found = s.client.users, s.client.users.find(user)
        if only is not None:
            ended = users.end_session(found.id, only, idempotency_key=idempotency_key)
            s.show(ended, lambda: session_ended(found, ended))
            return
        out = users.sign_out(found.id, idempotency_key=idempotency_key)
        s.show(out, lambda: signed_out(found, out))


def whoami(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Say who you are to the server, and what you may do."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.users import me_shown

        me = s.client.users.me()
        s.show(me, lambda: me_shown(me))
