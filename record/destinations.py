"""The facts of destinations: where a team, or the whole server, is told what happens."""

import base64
import hashlib
import secrets
from urllib.parse import urlsplit
from uuid import UUID

from domain.actors import SERVER, Caller
from domain.authorization import Action, Resource, permitted
from domain.deliveries import Destination
from domain.errors import InvalidRequest, NotFound
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.teams import Team
from record import events, lookup
from store.database import Runner
from store.transaction import Transaction

URL_LIMIT = 2000
SECRET_PREFIX = "whsec_"  # the Standard Webhooks specification's prefix


async def set_webhook(
    runner: Runner, caller: Caller, team_id: UUID, url: str, secret: str | None
) -> Destination:
    """Set a team's webhook; without a secret one is made. Setting it again enables it again."""
    url, secret = checked_url(url), checked_secret(secret)

    async def work(tx: Transaction) -> Destination:
        team = await lookup.standing_team(tx, team_id)
        by = _permitted(caller, team)
        standing = await tx.destinations.webhook_of(team_id)
        destination = await tx.destinations.set_webhook(team_id, url, secret)
        await events.append(tx, told(by, team, standing, destination))
        return destination

    return await runner.run(work)


async def remove_webhook(runner: Runner, caller: Caller, team_id: UUID) -> None:
    """Remove a team's webhook; nothing happens when it has none."""

    async def work(tx: Transaction) -> None:
        team = await lookup.team(tx, team_id)
        by = _permitted(caller, team)
        destination = await tx.destinations.webhook_of(team_id)
        if destination is not None:
            await tx.destinations.remove(destination.id)
            await events.append(tx, told(by, team, destination, None))

    await runner.run(work)


def _permitted(caller: Caller, team: Team) -> Caller:
    return permitted(caller, Action.CHANGE_DESTINATION, Resource(noun="webhooks", team_id=team.id))


async def webhook_of(runner: Runner, team_id: UUID) -> Destination:
    """Return a team's webhook, or raise `NotFound`."""

    async def work(tx: Transaction) -> Destination:
        team = await lookup.team(tx, team_id)
        destination = await tx.destinations.webhook_of(team_id)
        if destination is None:
            raise NotFound(f"{team.name} has no webhook.", noun="webhook", key=str(team_id))
        return destination

    return await runner.run(work)


async def ensure_server_webhook(runner: Runner, url: str | None, secret: str | None) -> None:
    """Make the server's own webhook what the settings say: set, changed, or taken away."""
    wanted = None if not url else checked_url(url)

    async def work(tx: Transaction) -> None:
        standing = await tx.destinations.webhook_of(None)
        if wanted is None:
            if standing is not None:
                await tx.destinations.remove(standing.id)
                await events.append(tx, told(SERVER, None, standing, None))
            return
        kept = secret
        if standing is not None and standing.url == wanted:
            if standing.disabled_at is None and secret in (None, standing.secret):
                return
            kept = secret or standing.secret  # enabled again with a restart, as it was
        destination = await tx.destinations.set_webhook(None, wanted, checked_secret(kept))
        await events.append(tx, told(SERVER, None, standing, destination))

    await runner.run(work)


def checked_url(url: str) -> str:
    """Return the URL, or raise `InvalidRequest`; whether it may be dialled is seen at sending."""
    if not _is_usable(url):
        raise InvalidRequest(
            "A webhook's URL begins with http:// or https://, names a host, and is plain ASCII.",
            errors=[{"path": "url", "message": "not a usable URL"}],
        )
    return url


def _is_usable(url: str) -> bool:
    if len(url) > URL_LIMIT or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # brackets that are no address, a port that is no number
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0


def checked_secret(secret: str | None) -> str:
    """Return the secret, made if there is none: `whsec_` and 24 to 64 bytes in base64.

    The form is the Standard Webhooks specification's. A secret of any other form is taken as the
    bytes that it is written with.
    """
    if secret is None:
        return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    if not 16 <= len(secret) <= 200:
        raise InvalidRequest(
            "A webhook's secret has 16 to 200 characters.",
            errors=[{"path": "secret", "message": "too short or too long"}],
        )
    return secret


def told(
    caller: Caller, team: Team | None, before: Destination | None, after: Destination | None
) -> NewEvent:
    """Return the event that tells what became of a destination."""
    destination = after or before
    assert destination is not None
    whose = "The server" if team is None else team.name
    verb = "is no longer told at" if after is None else "is told at"
    host = urlsplit(destination.url).hostname
    return NewEvent(
        type=EventType.DESTINATION_REMOVED if after is None else EventType.DESTINATION_SET,
        caller=caller,
        summary=f"{whose} {verb} {host}.",
        team_id=destination.team_id,
        payload={
            "destination_id": str(destination.id),
            "host": host,
            "before": _to_wire(before),
            "after": _to_wire(after),
            "secret_replaced": before is not None
            and after is not None
            and before.secret != after.secret,
        },
    )


def _to_wire(destination: Destination | None) -> JsonObject | None:
    """Return what the log keeps. Addresses hold keys often, so of one only a digest is kept."""
    if destination is None:
        return None
    return {
        "host": urlsplit(destination.url).hostname,
        "url_sha256": hashlib.sha256(destination.url.encode()).hexdigest(),
        "disabled": destination.disabled_at is not None,
    }
