"""Composition root: the group `tessera server`, and what each of its commands wires up.

The layers meet in the modules of this folder and nowhere else. Everything heavy is imported by the
command that needs it, so that `tessera --help` stays quick.
"""

import asyncio
from typing import TYPE_CHECKING

import typer

from deployments import builds, promote
from event_log import add_to
from rotation import rotate_secrets
from starting import (
    PANEL,
    database_url_of,
    encrypting,
    leave,
    leave_out_of_collections,
    load_without_collecting,
    never_load,
    read_settings,
    revealed,
    run,
)

if TYPE_CHECKING:
    from channels import SlackOptions
    from settings import Settings
    from worker import WorkerOptions
    from workflows.deployments import Deployment

_server = typer.Typer(
    no_args_is_help=True,
    help="Run the parts of a Tessera server. Settings come from the environment.",
)


def commands(app: typer.Typer) -> None:
    """Add our commands to the `tessera` command; found through its entry point."""
    for command in (promote, builds, rotate_secrets):
        _server.command()(command)
    app.add_typer(_server, name="server", rich_help_panel=PANEL)
    add_to(app)


@_server.command()
def api() -> None:
    """Serve the API and the pages; needs Postgres only."""
    load_without_collecting()
    from uvloop import new_event_loop

    settings = read_settings()
    encrypting(settings)
    never_load("pydantic.v1")  # FastAPI would, to find that no parameter is of it: 1.5 MiB, 50 ms
    from api_process import serve

    run(serve(settings, database_url_of(settings)), new_event_loop)


@_server.command()
def worker() -> None:
    """Run workflows, activities and the relay; needs Postgres and Temporal."""
    load_without_collecting()
    from uvloop import new_event_loop

    settings = read_settings()
    encrypting(settings)
    run(_serve_worker(settings, database_url_of(settings)), new_event_loop)


@_server.command()
def migrate() -> None:
    """Bring the database to this release's tables; safe to repeat and to run twice at once."""
    from store.grants import grant
    from store.migrate import migrate as migrate_database

    settings = read_settings()
    owner = settings.migration_database_url or database_url_of(settings)

    async def bring_up() -> None:
        await asyncio.to_thread(migrate_database, owner)  # Alembic has a loop of its own
        typer.echo("The database is at the newest revision.")
        if role := await grant(owner, settings.database_url or owner):
            typer.echo(f"{role} may work with it, and to the log only add.")

    run(bring_up())


@_server.command()
def setup() -> None:
    """Register Temporal's search attributes and our schedules; safe to repeat."""
    settings = read_settings()

    async def prepare() -> None:
        from worker import connect_by
        from workflows.namespace import ensure_schedules, ensure_search_attributes

        client = await connect_by(settings)
        added = await ensure_search_attributes(client)
        await ensure_schedules(client, settings.temporal_task_queue)
        typer.echo(f"Temporal is set up (search attributes added: {', '.join(added) or 'none'}).")

    run(prepare())
    leave(0)


# --- the worker -----------------------------------------------------------------------------------


async def _serve_worker(settings: "Settings", database_url: str) -> None:
    from record.destinations import ensure_server_webhook
    from store.database import Database
    from worker import connect_by, once_available, serve

    options = _worker_options(settings, database_url)
    leave_out_of_collections()
    secret = revealed(settings.webhook_secret)
    connecting = Database.connect(database_url, pool_size=1, encryption=settings.encryption)
    async with connecting.closing() as database:
        await once_available(lambda: ensure_server_webhook(database, settings.webhook_url, secret))
    await serve(await connect_by(settings), options)


def _worker_options(settings: "Settings", database_url: str) -> "WorkerOptions":
    from worker import WorkerOptions

    return WorkerOptions(
        database_url=database_url,
        encryption=settings.encryption,
        channels=settings.channels,
        task_queue=settings.temporal_task_queue,
        public_url=settings.address,
        direct_signals=settings.temporal_direct_signals,
        allow_private_webhooks=settings.webhook_allow_private,
        smtp_server=settings.smtp_server(),
        mail_sender=settings.mail_sender(),
        webhook_networks=settings.webhook_networks,
        slack=_slack_options(settings),
        cached_workflows=settings.worker_cache,
        comparison_time=settings.comparison_time,
        comparison_memory=settings.comparison_memory,
        tasks_at_once=settings.worker_tasks,
        deployment=_deployment(settings),
    )


def _deployment(settings: "Settings") -> "Deployment | None":
    from worker_settings import Versioning
    from workflows.deployments import Deployment

    if settings.worker_deployment is None:
        return None
    return Deployment(
        settings.worker_deployment,
        settings.worker_build_id,
        pinned=settings.worker_versioning is Versioning.PINNED,
    )


def _slack_options(settings: "Settings") -> "SlackOptions | None":
    from channels import SlackOptions

    if not settings.speaks_slack:
        return None
    return SlackOptions(
        api_url=settings.slack_api_url,
        bot_token=revealed(settings.slack_bot_token),
        app_token=revealed(settings.slack_app_token),
    )
