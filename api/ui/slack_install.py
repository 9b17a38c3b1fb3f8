"""Installing the app in a Slack workspace, for administrators: to Slack and back, by OAuth 2.

Both ways are a GET, as with the identity provider. What comes back is believed by `state`: signed,
for ten minutes, for the one session that set out.
"""

import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode, urljoin

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from api.call import Call, May
from api.slack import door_of
from api.ui import sessions
from api.ui.administration import SLACK
from api.ui.routing import PageRoute
from domain.errors import Forbidden, NotFound, Unavailable
from domain.permissions import Action

if TYPE_CHECKING:
    from api.slack_door import SlackApp, SlackDoor

SCOPES = (
    *("chat:write", "chat:write.public", "commands"),
    *("im:write", "users:read", "users:read.email"),
)
INSTALL, BACK = "/slack/install", "/slack/oauth"
STATE_SECONDS = 600

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Installing = Annotated[Call, Depends(May(Action.INSTALL_SLACK, "slack"))]


@router.get(INSTALL)
async def go(call: Installing) -> Response:
    """Send the browser to Slack."""
    door, app = _app(call)
    asked = {
        "client_id": app.client_id,
        "scope": ",".join(SCOPES),
        "redirect_uri": _back(call),
        "state": _state(call, app, int(time.time()) + STATE_SECONDS),
    }
    page = urljoin(door.calls.api_url, "../oauth/v2/authorize")
    return RedirectResponse(f"{page}?{urlencode(asked)}", 303)


@router.get(BACK)
async def come_back(call: Installing, code: str = "", state: str = "", error: str = "") -> Response:
    """Exchange what Slack gave for a token, and keep that encrypted."""
    from notify.slack_errors import sentence
    from record import slack_workspace
    from store.slack_installations import SlackInstallation

    door, app = _app(call)
    _check(call, app, state)
    if not code:
        raise Forbidden(f"Slack did not install the app ({error[:100] or 'no code'}).")
    answer = await door.calls.call(
        None,
        # Not by `oauth_v2_access`, which uses what is deprecated in aiohttp.
        lambda client: client.api_call(
            "oauth.v2.access",
            data={
                "client_id": app.client_id,
                "client_secret": app.client_secret,
                "code": code,
                "redirect_uri": _back(call),
            },
        ),
    )
    token, workspace_id = answer.text("access_token"), answer.text("team", "id")
    if not answer.is_ok or not token or not workspace_id:
        why = f"Slack gave no token: {sentence(answer.error or 'no token')}."
        raise Forbidden(why) if answer.body else Unavailable(why)
    installation = SlackInstallation(
        workspace_id=workspace_id,
        workspace_name=answer.text("team", "name") or workspace_id,
        bot_user_id=answer.text("bot_user_id") or None,
        scopes=answer.text("scope"),
        token=token,
    )
    await slack_workspace.install(call.resources.database, call.caller, installation)
    return RedirectResponse(f"{SLACK}?said=installed", 303)


def _app(call: Call) -> "tuple[SlackDoor, SlackApp]":
    door = door_of(call.request)
    if door.app is None:
        raise NotFound("The app cannot be installed from here: SLACK_CLIENT_ID is not set.")
    return door, door.app


def _back(call: Call) -> str:
    return f"{call.resources.public_url}{BACK}"


def _state(call: Call, app: "SlackApp", until: int) -> str:
    session = sessions.session_of(call.request)
    actor = call.principal.actor
    whose = f"{actor.id or actor.name}" if session is None else f"{session.session.id}"
    said = f"tessera slack install {until} {whose}".encode()
    return f"{until}.{hmac.new(app.client_secret.encode(), said, hashlib.sha256).hexdigest()}"


def _check(call: Call, app: "SlackApp", state: str) -> None:
    until = state.partition(".")[0]
    is_ours = until.isdecimal() and len(until) < 12
    if not is_ours or not hmac.compare_digest(
        _state(call, app, int(until)).encode(), state.encode()
    ):
        raise Forbidden("This browser was not on its way to install the app. Set out again.")
    if int(until) < time.time():
        raise Forbidden("That took too long. Set out again.")
