"""`tessera destination …`"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from tessera_sdk.cli.options import AsJson, Key, moment_of
from tessera_sdk.cli.session import Session, session

if TYPE_CHECKING:
    from tessera_sdk.told import Delivery, Destination

group = typer.Typer(help="Where who is told what happens.", no_args_is_help=True)

PING_WAIT = 10.0
"""Seconds in which a destination that works has answered."""

OwnerArgument = Annotated[
    str,
    typer.Argument(
        metavar="OWNER",
        help="A team by name or id, `me`, `user:NAME`, or `server`; a team that is called so by "
        "its id.",
    ),
]
NameArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]", help="What its owner calls it. Default: webhook; of a person, email."
    ),
]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a destination is; with neither id the server's."""

    said: str
    team_id: str | None = None
    user_id: str | None = None


def owner_of(s: Session, said: str) -> Owner:
    if said == "server":
        return Owner(said)
    if said == "me":
        me = s.client.users.me()
        if me.user is None:
            raise typer.BadParameter("The key that you use is nobody's own.", param_hint="OWNER")
        return Owner(me.user.name, user_id=me.user.id)
    if said.startswith("user:"):
        user = s.client.users.find(said.removeprefix("user:"))
        return Owner(user.name, user_id=user.id)
    team = s.team(said)
    return Owner(team.name, team_id=team.id)


def kind_of(owner: Owner, address: str | None) -> str:
    """What an address looks like; a person is told by e-mail unless they say otherwise."""
    if address is None:
        return "webhook" if owner.user_id is None else "email"
    if address.startswith(("http:", "https:")):
        return "webhook"
    return "email" if "@" in address else "slack"


Address = Annotated[
    str | None,
    typer.Argument(
        metavar="[ADDRESS]",
        help="A URL, a Slack channel's id or an e-mail address; none for a person.",
    ),
]
Named = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="Default: as its kind is called.")
]
Kind = Annotated[
    str | None,
    typer.Option("--kind", metavar="KIND", help="webhook, slack or email. Default: by ADDRESS."),
]
Secret = Annotated[
    str | None,
    typer.Option(
        "--secret",
        help="Signs what a webhook is sent. Default: the one it has; a new one gets one, shown.",
    ),
]
Events = Annotated[
    list[str] | None,
    typer.Option("--event", metavar="PATTERN", help="Only such, as `proposal.*`; may be repeated."),
]
Assets = Annotated[
    list[str] | None,
    typer.Option(
        "--asset", metavar="PATTERN", help="Only of such, as `orders.*`; may be repeated."
    ),
]
Severity = Annotated[
    str | None,
    typer.Option("--severity", metavar="LEAST", help="At least info, warning or critical."),
]
Pace = Annotated[
    str | None,
    typer.Option("--pace", metavar="PACE", help="at_once, digest, off, or for people auto."),
]


@group.command("set")
def set_(
    ctx: typer.Context,
    owner: OwnerArgument,
    address: Address = None,
    name: Named = None,
    kind: Kind = None,
    secret: Secret = None,
    events: Events = None,
    assets: Assets = None,
    severity: Severity = None,
    pace: Pace = None,
    as_json: AsJson = False,
) -> None:
    """Say where a team, a person or the server is told, and of what; enables it again.

    Example:  tessera destination set marketing https://hooks.example.com/tessera

    Example:  tessera destination set me --pace digest --severity info
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.destinations import destination_set

        whose = owner_of(s, owner)
        kind = kind or kind_of(whose, address)
        made = s.client.destinations.set(
            address,
            team_id=whose.team_id,
            user_id=whose.user_id,
            name=name or kind,
            kind=kind,
            secret=secret,
            events=events or None,
            assets=assets or None,
            severity=severity,
            pace=pace,
        )
        s.show(made, lambda: destination_set(whose.said, made))


@group.command("list")
def list_(ctx: typer.Context, owner: OwnerArgument, as_json: AsJson = False) -> None:
    """List where a team, a person or the server is told."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.destinations import destination_list

        whose = owner_of(s, owner)
        found = s.client.destinations.list(team_id=whose.team_id, user_id=whose.user_id)
        s.show(found, lambda: destination_list(whose.said, found.items))


@group.command("show")
def show(
    ctx: typer.Context,
    owner: OwnerArgument,
    name: NameArgument = None,
    as_json: AsJson = False,
) -> None:
    """Show where a destination leads and what it wants."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.destinations import destination_shown

        found = _found(s, owner, name)
        s.show(found, lambda: destination_shown(found))


@group.command("remove")
def remove(
    ctx: typer.Context,
    owner: OwnerArgument,
    name: NameArgument = None,
    as_json: AsJson = False,
) -> None:
    """Send nothing there any more."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.destinations import destination_removed

        whose = owner_of(s, owner)
        name = name or kind_of(whose, None)
        s.client.destinations.remove(name, team_id=whose.team_id, user_id=whose.user_id)
        s.show_done(lambda: destination_removed(whose.said, name))


@group.command("ping")
def ping(
    ctx: typer.Context,
    owner: OwnerArgument,
    name: NameArgument = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Send a test there, wait a moment for the answer and show it; exits with 1 if it was none.

    Example:  tessera destination ping marketing
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.destinations import delivery_shown

        found = _found(s, owner, name)
        begun = s.client.destinations.ping(found.id, idempotency_key=idempotency_key)
        answered = _answered(s, begun.id)
        s.show(answered, lambda: delivery_shown(answered))
    if answered.status != "delivered":
        raise typer.Exit(1)


def _answered(s: Session, delivery_id: str) -> "Delivery":
    """Return a delivery when its first attempt was answered, or after a while as it is then."""
    until = time.monotonic() + PING_WAIT
    while True:
        delivery = s.client.deliveries.get(delivery_id)
        tried = any(each.status != "started" for each in delivery.made)
        if tried or delivery.status != "pending" or time.monotonic() > until:
            return delivery
        time.sleep(0.3)


@group.command("rotate-secret")
def rotate_secret(
    ctx: typer.Context,
    owner: OwnerArgument,
    name: NameArgument = None,
    overlap: Annotated[
        str | None,
        typer.Option(
            "--overlap", metavar="TIME", help="How long both sign: 36h, 7d, 0s. Default: a day."
        ),
    ] = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Make a webhook's new secret and print it, once; the one before signs too for a while.

    Example:  tessera destination rotate-secret marketing --overlap 7d
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.destinations import secret_rotated

        found = _found(s, owner, name)
        made = s.client.destinations.rotate_secret(
            found.id, overlap=overlap, idempotency_key=idempotency_key
        )
        s.show(made, lambda: secret_rotated(made))


@group.command("replay")
def replay(
    ctx: typer.Context,
    owner: OwnerArgument,
    name: NameArgument = None,
    since: Annotated[
        str,
        typer.Option("--since", metavar="TIME", help="2026-01-31, or 3d for three days ago."),
    ] = "3d",
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Send everything again that was given up there since a time, by default in three days.

    Example:  tessera destination replay marketing --since 12h
    """
    moment = moment_of(since, "--since", past=True)
    assert moment is not None
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.destinations import replayed

        found = _found(s, owner, name)
        made = s.client.destinations.replay(found.id, moment, idempotency_key=idempotency_key)
        s.show(made, lambda: replayed(made))


def _found(s: Session, owner: str, name: str | None) -> "Destination":
    whose = owner_of(s, owner)
    name = name or kind_of(whose, None)
    return s.client.destinations.named(name, team_id=whose.team_id, user_id=whose.user_id)
