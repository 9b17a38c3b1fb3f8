"""Composition root of the API: what a process that serves it is wired up with.

What only some servers have, such as an identity provider, is imported when the settings name it.
"""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from api.app import create_app
from api.auth import Authenticator
from api.rate_limits import RateLimits
from api.resources import Resources
from api.serving import ApiServer
from api.setup_code import LABEL as SETUP_CODE
from api.setup_code import SetUp
from domain.answer_links import LABEL as ANSWER_LINKS
from domain.answer_links import AnswerLinks
from record.comparison import Comparer
from record.log_verifications import LogVerifications
from settings import Settings
from starting import leave_out_of_collections, revealed
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS, Notifier

if TYPE_CHECKING:
    from api.provider import Provider
    from api.slack_door import SlackDoor


async def serve(settings: Settings, database_url: str) -> None:
    """Serve the API until the process is told to stop."""
    async with AsyncExitStack() as stack:
        notifier = await stack.enter_async_context(Notifier(database_url))
        database = Database.connect(
            database_url,
            notifier=notifier,
            encryption=settings.encryption,
            channels=settings.channels,
        )
        stack.push_async_callback(database.close)
        comparer = await stack.enter_async_context(_comparer(settings))
        listener = await stack.enter_async_context(Listener(database_url, [EVENTS]))
        feed = await stack.enter_async_context(Feed(database, listener))
        resources = Resources(
            database=database,
            comparer=comparer,
            feed=feed,
            authenticator=_authenticator(settings),
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
            answer_links=AnswerLinks(settings.encryption.derived(ANSWER_LINKS)),
            slack=_slack(settings, database, stack),
            verifications=LogVerifications(database_url),
            set_up=await _set_up(settings, database),
        )
        await _serve(settings, resources, stack)


async def _serve(settings: Settings, resources: Resources, stack: AsyncExitStack) -> None:
    stack.push_async_callback(resources.authenticator.uses.written)
    app = create_app(resources)
    server = ApiServer(
        app,
        resources.feed,
        host=settings.host,
        port=settings.port,
        then=resources.comparer.start,  # two processes that load would take the start's cores
    )
    leave_out_of_collections()
    await server.serve()


def _comparer(settings: Settings) -> Comparer:
    within = settings.comparison_time.total_seconds()
    return Comparer(within=within, memory=settings.comparison_memory)


def _authenticator(settings: Settings) -> Authenticator:
    return Authenticator(
        bootstrap_key=revealed(settings.bootstrap_api_key),
        anonymous_allowed=settings.anonymous_allowed,
    )


async def _set_up(settings: Settings, database: Database) -> SetUp | None:
    if settings.anonymous_allowed:
        return None
    has_key = settings.bootstrap_api_key is not None
    set_up = SetUp() if has_key else SetUp.with_code(settings.encryption.derived(SETUP_CODE))
    return await set_up.announced(database, settings.address)


def _rate_limits(settings: Settings, database: Database) -> RateLimits:
    limits = settings.limits(development=settings.in_development)
    return RateLimits(
        database,
        credential=limits["rate_limit"],
        address=limits["rate_limit_address"],
        failures=limits["rate_limit_failures"],
        addresses=settings.addresses,
    )


def _provider(settings: Settings) -> "Provider | None":
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    from api.provider import Provider, ProviderOptions
    from domain.provider_groups import GroupRules

    return Provider(
        ProviderOptions(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=revealed(settings.oidc_client_secret),
            scopes=settings.oidc_scopes,
            name=settings.oidc_name,
            groups_claim=settings.oidc_groups_claim,
            rules=GroupRules.parse(settings.oidc_groups),
            trust_email=settings.oidc_trust_email,
        )
    )


def _slack(settings: Settings, database: Database, stack: AsyncExitStack) -> "SlackDoor | None":
    if not settings.speaks_slack:
        return None
    from api.slack_door import SlackApp, SlackDoor
    from api.slack_interactions import SlackInteractions
    from notify.slack_calls import SlackCalls
    from record.slack_workspace import SlackWorkspace

    calls = SlackCalls(settings.slack_api_url)
    stack.push_async_callback(calls.close)
    workspace = SlackWorkspace(database, calls, revealed(settings.slack_bot_token))
    app_id, app_secret = settings.slack_client_id, revealed(settings.slack_client_secret)
    return SlackDoor(
        interactions=SlackInteractions(database, calls, workspace, settings.address),
        calls=calls,
        signing_secret=revealed(settings.slack_signing_secret),
        has_token=settings.slack_bot_token is not None,
        app=None
        if not app_id or not app_secret
        else SlackApp(client_id=app_id, client_secret=app_secret),
    )


def _own_names(settings: Settings) -> frozenset[str] | None:
    if not settings.anonymous_allowed:
        return None
    named = urlsplit(settings.address).hostname or "localhost"
    return frozenset({"localhost", "127.0.0.1", "::1", settings.host.lower(), named})
