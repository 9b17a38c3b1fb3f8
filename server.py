"""Composition root: the commands that the server adds to `tessera`, and what each of them wires up.

Only here, in `worker.py` and in `relay.py` do the layers meet; only here are settings read.
Everything heavy is imported by the command that needs it, so that `tessera --help` stays quick.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, NoReturn

import typer

from doctor import doctor, leave

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp
    from temporalio.client import Client

    from embedded.stack import Stack, StackOptions
    from embedded.supervisor import Command
    from settings import Settings
    from worker import WorkerOptions

_PANEL = "Server"
_server = typer.Typer(
    no_args_is_help=True,
    help="Run the parts of a Tessera server. Settings come from the environment.",
)


def commands(app: typer.Typer) -> None:
    """Add our commands to the `tessera` command; found through its entry point."""
    app.add_typer(_server, name="server", rich_help_panel=_PANEL)
    app.command("up", rich_help_panel=_PANEL)(up)
    app.command("demo", rich_help_panel=_PANEL)(demo)
    app.command("doctor", rich_help_panel=_PANEL)(doctor)


@_server.command()
def api() -> None:
    """Serve the API and the pages; needs Postgres only."""
    settings = _settings()
    _run(_serve_api(settings, _database_url(settings)))


@_server.command()
def worker() -> None:
    """Run workflows, activities and the relay; needs Postgres and Temporal."""
    settings = _settings()
    _run(_serve_worker(settings, _database_url(settings)))


@_server.command()
def migrate() -> None:
    """Bring the database to this release's tables; safe to repeat and to run twice at once."""
    from store.migrate import migrate as migrate_database

    settings = _settings()
    migrate_database(settings.migration_database_url or _database_url(settings))
    typer.echo("The database is at the newest revision.")


@_server.command()
def setup() -> None:
    """Register Temporal's search attributes and the watch schedule; safe to repeat."""
    settings = _settings()

    async def prepare() -> None:
        from workflows.namespace import ensure_search_attributes, ensure_watch_schedule

        client = await _temporal(settings)
        added = await ensure_search_attributes(client)
        await ensure_watch_schedule(client, settings.temporal_task_queue)
        typer.echo(f"Temporal is set up (search attributes added: {', '.join(added) or 'none'}).")

    _run(prepare())
    leave(0)


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
                target.api_key or (None if own_key is None else own_key.get_secret_value()),
                _stack_options(settings),
                _prepare(settings),
                address=f"http://localhost:{settings.port}",
            )
        )
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(code)


# --- the API --------------------------------------------------------------------------------------


async def _serve_api(settings: "Settings", database_url: str) -> None:
    from contextlib import AsyncExitStack

    from api.app import create_app
    from api.auth import Authenticator
    from api.resources import Resources
    from api.serving import ApiServer
    from record.comparison import Comparer
    from store.database import Database
    from store.feed import Feed
    from store.listener import Listener
    from store.notifier import EVENTS, Notifier

    key = settings.bootstrap_api_key
    async with AsyncExitStack() as stack:
        notifier = await stack.enter_async_context(Notifier(database_url))
        database = Database.connect(database_url, notifier=notifier)
        stack.push_async_callback(database.close)
        comparer = await stack.enter_async_context(Comparer())
        listener = await stack.enter_async_context(Listener(database_url, [EVENTS]))
        feed = await stack.enter_async_context(Feed(database, listener))
        await comparer.warm()
        resources = Resources(
            database=database,
            comparer=comparer,
            feed=feed,
            authenticator=Authenticator(
                bootstrap_key=None if key is None else key.get_secret_value(),
                anonymous_allowed=settings.anonymous_allowed,
            ),
            timeline=settings.timeline(),
            public_url=settings.address,
            temporal_ui_url=settings.temporal_ui_url,
            temporal_namespace=settings.temporal_namespace,
            max_body_bytes=settings.max_body_bytes,
        )
        app = _guarded(create_app(resources), settings)
        server = ApiServer(app, feed, host=settings.host, port=settings.port)
        await server.serve()


def _guarded(app: "FastAPI", settings: "Settings") -> "ASGIApp":
    """Where nobody needs a key, answer only to our own names.

    Else any page in a browser on this machine could reach us by a name of its own that it lets
    resolve to loopback.
    """
    from urllib.parse import urlsplit

    from starlette.middleware.trustedhost import TrustedHostMiddleware

    if not settings.anonymous_allowed:
        return app
    named = urlsplit(settings.address).hostname or "localhost"
    return TrustedHostMiddleware(
        app, allowed_hosts=["localhost", "127.0.0.1", named, settings.host]
    )


# --- the worker -----------------------------------------------------------------------------------


async def _serve_worker(settings: "Settings", database_url: str) -> None:
    from record.destinations import ensure_server_webhook
    from store.database import Database
    from worker import serve

    secret = settings.webhook_secret
    async with Database.connect(database_url, pool_size=1).closing() as database:
        await ensure_server_webhook(
            database, settings.webhook_url, None if secret is None else secret.get_secret_value()
        )
    await serve(await _temporal(settings), _worker_options(settings, database_url))


def _worker_options(settings: "Settings", database_url: str) -> "WorkerOptions":
    from worker import WorkerOptions

    return WorkerOptions(
        database_url=database_url,
        task_queue=settings.temporal_task_queue,
        public_url=settings.address,
        direct_signals=settings.temporal_direct_signals,
        allow_private_webhooks=settings.webhook_allow_private,
    )


async def _temporal(settings: "Settings") -> "Client":
    from worker import connect

    key = settings.temporal_api_key
    return await connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        tls=settings.temporal_tls or key is not None,
        api_key=None if key is None else key.get_secret_value(),
    )


# --- everything on one machine --------------------------------------------------------------------


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
    return _settings(**given)


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
        client = await connect(stack.temporal_address, namespace=settings.temporal_namespace)
        await ensure_search_attributes(client)
        run = (sys.executable, "-m", "tessera_sdk", "server")
        environment = _child_environment(settings, stack)
        return [
            Command(
                "worker",
                (*run, "worker"),
                env=environment,
                ready_line="worker polls",
                stop_within=25.0,
            ),
            Command("api", (*run, "api"), env=environment, ready_line="api serves"),
        ]

    return prepare


def _child_environment(settings: "Settings", stack: "Stack") -> dict[str, str]:
    environment = {
        "DATABASE_URL": stack.database_url,
        "TEMPORAL_ADDRESS": stack.temporal_address,
        "ENVIRONMENT": settings.environment.value,
        "TESSERA_WEBHOOK_ALLOW_PRIVATE": str(settings.webhook_allow_private),
        "TEMPORAL_DIRECT_SIGNALS": str(settings.temporal_direct_signals),
        "TESSERA_LOG_FORMAT": "console",
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
            ]
        print("\n".join([*lines, "Ctrl-C stops it; nothing is lost.", ""]), flush=True)
        return None

    return greet


# --- shared ---------------------------------------------------------------------------------------


def _settings(**given: object) -> "Settings":
    """Read the settings, set up the log, and say what is odd; a bad setting ends the command."""
    import structlog

    from domain.errors import SetupFailed
    from logs import configure_logs
    from settings import Settings

    try:
        settings = Settings.load(**given)
    except SetupFailed as problem:
        _refuse(problem.detail, problem.extra.get("hint"))
    configure_logs(settings.log_format)
    for warning in settings.warnings():
        structlog.get_logger().warning(warning)
    return settings


def _database_url(settings: "Settings") -> str:
    if settings.database_url is None:
        _refuse("DATABASE_URL is not set.", "`tessera up` starts a Postgres of its own.")
    return settings.database_url


def _run(work: Coroutine[object, object, None]) -> None:
    from domain.errors import TesseraError

    try:
        asyncio.run(work)
    except TesseraError as problem:
        _refuse(problem.detail, problem.extra.get("hint"))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _refuse(detail: str, hint: object = None) -> NoReturn:
    """End the command with what is wrong and what to do about it."""
    typer.echo(f"Error: {detail}" + (f"\n{hint}" if hint else ""), err=True)
    raise typer.Exit(1)
