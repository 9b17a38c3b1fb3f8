"""Slack's own requests: signed by Slack, answered within three seconds, with no session and no key.

Nothing of a body is read before its signature is right. A browser cannot sign, so what another
site's page sends is refused like any stranger's. What only Slack needs is imported when it comes.
"""

import time
from typing import TYPE_CHECKING

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.background import BackgroundTask

from api.resources import resources_of
from domain.errors import NotFound, Unauthenticated

if TYPE_CHECKING:
    from api.slack_door import SlackDoor
    from api.slack_interactions import Reply

INTERACTIONS, COMMANDS = "/slack/interactions", "/slack/commands"
_log = structlog.get_logger("api")

router = APIRouter(include_in_schema=False)


@router.post(INTERACTIONS)
async def take_interaction(request: Request) -> Response:
    """Take a button or a form of somebody in Slack."""
    from notify import slack_requests

    door, body, signature = await _signed(request)
    payload = slack_requests.payload_of(body)
    return _response(await door.interactions.interaction(payload, signature))


@router.post(COMMANDS)
async def take_command(request: Request) -> Response:
    """Take `/tessera`."""
    from notify import slack_requests

    door, body, signature = await _signed(request)
    return _response(await door.interactions.command(slack_requests.form_of(body), signature))


async def _signed(request: Request) -> "tuple[SlackDoor, bytes, str]":
    """Return the body, if Slack signed it a moment ago; else raise `Unauthenticated`."""
    from notify import slack_requests

    door = door_of(request)
    if door.signing_secret is None:
        raise NotFound("This server takes no requests of Slack: SLACK_SIGNING_SECRET is not set.")
    body = await request.body()
    signature = request.headers.get("x-slack-signature", "")
    timestamp = request.headers.get("x-slack-request-timestamp", "")
    if slack_requests.is_slacks(door.signing_secret, timestamp, signature, body, time.time()):
        return door, body, signature
    _log.info("a request was not signed by slack", path=request.url.path)
    await resources_of(request).rate_limits.attempts.failed(request)
    raise Unauthenticated("Slack did not sign this, or not within the last five minutes.")


def door_of(request: Request) -> "SlackDoor":
    """Return how Slack comes in, or raise `NotFound`."""
    door = resources_of(request).slack
    if door is None:
        raise NotFound("This server is not set up for Slack.")
    return door


def _response(reply: "Reply") -> Response:
    then = None if reply.then is None else BackgroundTask(reply.then)
    if reply.body is None:
        return Response(status_code=200, background=then)
    return JSONResponse(reply.body, background=then)
