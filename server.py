"""Composition root: the commands that the server adds to `tessera`, and what each of them wires up.

The layers meet in the modules of this folder and nowhere else. Everything heavy is imported by the
command that needs it, so that `tessera --help` stays quick.
"""

import asyncio
from typing import TYPE_CHECKING

import typer

from deployments import builds, promote
from diff import diff
from doctor import doctor, leave
from event_log import add_to
from rotation import rotate_secrets
from starting import (
    database_url_of,
    encrypting,
    leave_out_of_collections,
    load_without_collecting,
    read_settings,
    run,
)
from up import demo, up

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from pydantic import SecretStr

    from api.auth import Authenticator
    from api.provider import Provider
    from api.rate_limits import RateLimits
    from api.slack_door import SlackDoor
    from channels import SlackOptions
    from domain.answer_links import AnswerLinks
    from record.comparison import Comparer
    from settings import Settings
    from store.database import Database
    from store.notifier import Notifier
    from worker import WorkerOptions
    from workflows.deployments import Deployment

_PANEL = "Server"
_server = typer.Typer(
    no_args_is_help=True,
    help="Run the parts of a Tessera server. Settings come from the environment.",
)


def commands(app: typer.Typer) -> None:
    """Add our commands to the `tessera` command; found through its entry point."""
    for command in (promote, builds, rotate_secrets):
        _server.command()(command)
    app.add_typer(_server, name="server", rich_help_panel=_PANEL)
    app.command("up", rich_help_panel=_PANEL)(up)
    app.command("demo", rich_help_panel=_PANEL)(demo)
    app.command("diff", rich_help_panel=_PANEL)(diff)
    app.command("doctor", rich_help_panel=_PANEL)(doctor)
    add_to(app)


@_server.command()
def api() -> None:
    """Serve the API and the pages; needs Postgres only."""
    load_without_collecting()
    from uvloop import new_event_loop

    settings = read_settings()
    encrypting(settings)
    run(_serve_api(settings, database_url_of(settings)), new_event_loop)


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


# --- the API --------------------------------------------------------------------------------------


async def _serve_api(settings: "Settings", database_url: str) -> None:
    from contextlib import AsyncExitStack

    from api.app import create_app
    from api.resources import Resources
    from api.serving import ApiServer
    from store.feed import Feed
    from store.listener import Listener
    from store.notifier import EVENTS, Notifier

    authenticator = _authenticator(settings)
    async with AsyncExitStack() as stack:
        notifier = await stack.enter_async_context(Notifier(database_url))
        database = _database(settings, database_url, notifier)
        stack.push_async_callback(database.close)
        comparer = await stack.enter_async_context(_comparer(settings))
        listener = await stack.enter_async_context(Listener(database_url, [EVENTS]))
        feed = await stack.enter_async_context(Feed(database, listener))
        comparer.start()
        resources = Resources(
            database=database,
            comparer=comparer,
            feed=feed,
            authenticator=authenticator,
            timeline=settings.timeline(),
            server_policy=settings.server_policy(),
            observe=settings.observe,
            public_url=settings.address,
            temporal_ui_url=settings.temporal_ui_url,
            temporal_namespace=settings.temporal_namespace,
            max_body_bytes=settings.max_body_bytes,
            own_names=_own_names(settings),
            cors_origins=settings.origins,
            rate_limits=_rate_limits(settings, database),
            sessions=settings.session_limits(),
            provider=_provider(settings),
            channels=settings.channels,
            answer_links=_answer_links(settings),
            slack=_slack(settings, database, stack),
        )
        stack.push_async_callback(authenticator.uses.written)
        server = ApiServer(create_app(resources), feed, host=settings.host, port=settings.port)
        leave_out_of_collections()
        await server.serve()


def _database(settings: "Settings", database_url: str, notifier: "Notifier") -> "Database":
    from store.database import Database

    return Database.connect(
        database_url,
        notifier=notifier,
        encryption=settings.encryption,
        channels=settings.channels,
    )


def _comparer(settings: "Settings") -> "Comparer":
    from record.comparison import Comparer

    within = settings.comparison_time.total_seconds()
    return Comparer(within=within, memory=settings.comparison_memory)


def _authenticator(settings: "Settings") -> "Authenticator":
    from api.auth import Authenticator

    key = settings.bootstrap_api_key
    return Authenticator(
        bootstrap_key=None if key is None else key.get_secret_value(),
        anonymous_allowed=settings.anonymous_allowed,
    )


def _rate_limits(settings: "Settings", database: "Database") -> "RateLimits":
    from api.rate_limits import RateLimits

    limits = settings.limits(development=settings.in_development)
    return RateLimits(
        database,
        credential=limits["rate_limit"],
        address=limits["rate_limit_address"],
        failures=limits["rate_limit_failures"],
        addresses=settings.addresses,
    )


def _provider(settings: "Settings") -> "Provider | None":
    from api.provider import Provider, ProviderOptions
    from domain.provider_groups import GroupRules

    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    secret = settings.oidc_client_secret
    return Provider(
        ProviderOptions(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=None if secret is None else secret.get_secret_value(),
            scopes=settings.oidc_scopes,
            name=settings.oidc_name,
            groups_claim=settings.oidc_groups_claim,
            rules=GroupRules.parse(settings.oidc_groups),
            trust_email=settings.oidc_trust_email,
        )
    )


def _answer_links(settings: "Settings") -> "AnswerLinks":
    from domain.answer_links import LABEL, AnswerLinks

    return AnswerLinks(settings.encryption.derived(LABEL))


def _slack(
    settings: "Settings", database: "Database", stack: "AsyncExitStack"
) -> "SlackDoor | None":
    from api.slack_door import SlackApp, SlackDoor
    from api.slack_interactions import SlackInteractions
    from notify.slack_calls import SlackCalls
    from record.slack_workspace import SlackWorkspace

    if not settings.speaks_slack:
        return None
    calls = SlackCalls(settings.slack_api_url)
    stack.push_async_callback(calls.close)
    workspace = SlackWorkspace(database, calls, _revealed(settings.slack_bot_token))
    app_id, app_secret = settings.slack_client_id, _revealed(settings.slack_client_secret)
    return SlackDoor(
        interactions=SlackInteractions(database, calls, workspace, settings.address),
        calls=calls,
        signing_secret=_revealed(settings.slack_signing_secret),
        app=None
        if not app_id or not app_secret
        else SlackApp(client_id=app_id, client_secret=app_secret),
    )


def _revealed(secret: "SecretStr | None") -> str | None:
    return None if secret is None else secret.get_secret_value()


def _own_names(settings: "Settings") -> frozenset[str] | None:
    from urllib.parse import urlsplit

    if not settings.anonymous_allowed:
        return None
    named = urlsplit(settings.address).hostname or "localhost"
    return frozenset({"localhost", "127.0.0.1", "::1", settings.host.lower(), named})


# --- the worker -----------------------------------------------------------------------------------


async def _serve_worker(settings: "Settings", database_url: str) -> None:
    from record.destinations import ensure_server_webhook
    from store.database import Database
    from worker import connect_by, once_available, serve

    options = _worker_options(settings, database_url)
    leave_out_of_collections()
    secret = None if settings.webhook_secret is None else settings.webhook_secret.get_secret_value()
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
        bot_token=_revealed(settings.slack_bot_token),
        app_token=_revealed(settings.slack_app_token),
    )
