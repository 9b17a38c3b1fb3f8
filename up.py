"""`tessera up` and `tessera demo`: everything on one machine, wired for development."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import typer

from starting import PANEL, read_settings, revealed

if TYPE_CHECKING:
    from embedded.stack import Stack, StackOptions
    from embedded.supervisor import Command
    from settings import Settings


def commands(app: typer.Typer) -> None:
    """Add our commands to `tessera`; found through their entry point, as those of others are."""
    app.command("up", rich_help_panel=PANEL)(up)
    app.command("demo", rich_help_panel=PANEL)(demo)


def up() -> None:
    """Start everything on this machine: Postgres, Temporal with its UI, worker, API and page.

    A development server: loopback only, and without BOOTSTRAP_API_KEY everybody may do everything.
    Ctrl-C stops it; the data directory keeps all there is.
    """
    from embedded.foreground import run_foreground

    settings = _development()
    code = asyncio.run(
        run_foreground(_stack_options(settings), _prepare(settings), once_up=_greeting(settings))
    )
    raise typer.Exit(code)


def demo(ctx: typer.Context) -> None:
    """Play the main story on real input, on a server that is started if none answers.

    On a terminal a server that was started for it stays up until Ctrl-C.
    """
    from tessera_sdk.cli.session import Target

    from embedded.demo import play_or_bring_up

    settings = _development()
    target = ctx.find_object(Target) or Target()
    own_key = settings.bootstrap_api_key
    try:
        code = asyncio.run(
            play_or_bring_up(
                target.url,
                target.api_key or revealed(own_key),
                _stack_options(settings),
                _prepare(settings),
                address=f"http://localhost:{settings.port}",
            )
        )
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(code)


def _development() -> "Settings":
    """Return the settings with what `tessera up` takes for granted unless it is told otherwise."""
    import os

    from settings import Environment

    given: dict[str, object] = {}
    if not os.environ.get("ENVIRONMENT"):
        given["environment"] = Environment.DEVELOPMENT
    for name, field in (
        ("TESSERA_WEBHOOK_ALLOW_PRIVATE", "webhook_allow_private"),
        ("TEMPORAL_DIRECT_SIGNALS", "temporal_direct_signals"),
    ):
        if not os.environ.get(name):
            given[field] = True
    return read_settings(**given)


def _stack_options(settings: "Settings") -> "StackOptions":
    from embedded.stack import StackOptions

    given = settings.model_fields_set
    return StackOptions(
        data_dir=settings.data_dir,
        database_url=settings.database_url,
        postgres_port=settings.postgres_port,
        temporal_address=settings.temporal_address if "temporal_address" in given else None,
        temporal_ui_url=settings.temporal_ui_url,
        temporal_binary=settings.temporal_binary,
        temporal_port=settings.temporal_port,
        temporal_ui_port=settings.temporal_ui_port,
        api_port=settings.port,
    )


def _prepare(settings: "Settings") -> "Callable[[Stack], Awaitable[Sequence[Command]]]":
    """Return what follows once Postgres and Temporal run: migrate, set up, name the commands."""

    async def prepare(stack: "Stack") -> "Sequence[Command]":
        from embedded.supervisor import Command
        from store.migrate import migrate as migrate_database
        from worker import connect
        from workflows.namespace import ensure_search_attributes

        await asyncio.to_thread(migrate_database, stack.database_url)
        keys = _encryption_keys(settings, stack)
        await _encrypt_what_is_plain(stack.database_url, keys)
        client = await connect(stack.temporal_address, namespace=settings.temporal_namespace)
        await ensure_search_attributes(client)
        run = (sys.executable, "-m", "tessera_sdk", "server")
        environment = _child_environment(settings, stack, keys)
        return [
            Command(
                "worker",
                (*run, "worker"),
                env=environment,
                ready_line="worker polls",
                stop_within=30.0,
            ),
            Command("api", (*run, "api"), env=environment, ready_line="api serves"),
        ]

    return prepare


def _encryption_keys(settings: "Settings", stack: "Stack") -> str:
    from embedded.encryption_key import ensured_key

    told = settings.encryption_keys
    return ensured_key(stack.data_dir) if told is None else told.get_secret_value()


async def _encrypt_what_is_plain(database_url: str, keys: str) -> None:
    """Secrets of a data directory from before there was a key."""
    from record import secrets
    from store.database import Database
    from store.encryption import Encryption

    connecting = Database.connect(database_url, pool_size=1, encryption=Encryption.parse(keys))
    async with connecting.closing() as database:
        await secrets.rotate(database)


def _child_environment(settings: "Settings", stack: "Stack", keys: str) -> dict[str, str]:
    environment = {
        "DATABASE_URL": stack.database_url,
        "TEMPORAL_ADDRESS": stack.temporal_address,
        "ENVIRONMENT": settings.environment.value,
        "TESSERA_ENCRYPTION_KEYS": keys,
        "TESSERA_WEBHOOK_ALLOW_PRIVATE": str(settings.webhook_allow_private),
        "TEMPORAL_DIRECT_SIGNALS": str(settings.temporal_direct_signals),
        "TESSERA_LOG_FORMAT": "console",
        "TESSERA_WORKER_DEPLOYMENT": "",  # nobody would promote it
    }
    if stack.temporal_ui_url:
        environment["TEMPORAL_UI_URL"] = stack.temporal_ui_url
    return environment


def _greeting(settings: "Settings") -> "Callable[[Stack], Awaitable[int | None]]":
    async def greet(stack: "Stack") -> int | None:
        lines = [
            "",
            f"Tessera is up.      API and page   {settings.address}",
            f"                    API reference  {settings.address}/docs",
            f"                    Temporal       {stack.temporal_address}",
            f"                    Temporal's UI  {stack.temporal_ui_url or 'not started by us'}",
            f"                    Data           {stack.data_dir}",
        ]
        if settings.anonymous_allowed:
            lines += [
                "A development server: everybody on this machine may do everything, and",
                "webhooks may go to loopback. Set BOOTSTRAP_API_KEY to ask for a key.",
                f"Nothing in it yet? Demo data: {settings.address}/setup/demo",
            ]
        else:
            lines.append(f"Nobody has it yet? Its first administrator: {settings.address}/setup")
        print("\n".join([*lines, "Ctrl-C stops it; nothing is lost.", ""]), flush=True)
        return None

    return greet
