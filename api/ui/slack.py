"""The Slack workspace of this server: which one, since when, and what is missing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from api.call import Call, May
from api.event_views import EventView
from api.once import Answer, answered
from api.slack import COMMANDS, INTERACTIONS
from api.ui.administration import SLACK, shown
from api.ui.entered import Entered
from api.ui.routing import PageRoute
from api.ui.slack_install import BACK, INSTALL, SCOPES
from domain.events import EventFilter, EventType
from domain.pages import PageRequest
from domain.permissions import Action
from store.database import Runner
from store.slack_installations import SlackInstallation
from store.transaction import Transaction

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Installs = Annotated[Call, Depends(May(Action.INSTALL_SLACK, "slack"))]
_SAID = {
    "installed": "Slack is connected.",
    "removed": "Slack is disconnected: the token is revoked there, and forgotten here.",
    "forgotten": "The token is forgotten here. Slack did not revoke it: remove the app there too.",
}
_LAST = EventFilter(types=frozenset({EventType.SLACK_INSTALLED}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting of Slack's, what it is for, and whether it is set as far as the API knows."""

    names: tuple[str, ...]
    purpose: str
    is_set: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackPage:
    """Everything that the page shows."""

    now: datetime
    installation: SlackInstallation | None
    installed: EventView | None
    """The event that tells who installed it, and when."""
    missing_scopes: tuple[str, ...]
    by_settings: bool
    """Whether the token is the settings', which comes before an installation's."""
    can_install: bool
    takes_requests: bool
    settings: tuple[Setting, ...]
    said: str


@router.get(SLACK)
async def show_slack(call: Installs, said: str = "") -> Response:
    """For administrators."""

    async def work(tx: Transaction) -> SlackPage:
        installation = await tx.slack_installations.current()
        events = await tx.events.page(PageRequest(limit=1), _LAST) if installation else None
        return _slack_page(
            call,
            await tx.now(),
            installation,
            None if events is None else next(map(EventView.of, events.items), None),
            _SAID.get(said, ""),
        )

    page = await call.resources.database.read(work)
    public = call.resources.public_url
    context = {
        "page": page,
        "now": page.now,
        "install": INSTALL,
        "addresses": [f"{public}{path}" for path in (INTERACTIONS, COMMANDS, BACK)],
    }
    return shown(call, "slack.html", context)


@router.post(f"{SLACK}/remove")
async def remove_slack(call: Installs) -> Response:
    """Revoke the token of the installation at Slack, and forget it, whatever Slack says."""
    from record import slack_workspace

    entered, door = await Entered.read(call.request, "remove"), call.resources.slack

    async def effect(runner: Runner) -> bool:
        return await slack_workspace.disconnect(
            call.resources.database, runner, call.caller, None if door is None else door.calls
        )

    async def render(_tx: Transaction, revoked: bool) -> Answer:
        return Answer(status=303, body="removed" if revoked else "forgotten")

    answer = await answered(call, entered.key(call), effect, render)
    return RedirectResponse(f"{SLACK}?said={answer.body}", 303)


def _slack_page(
    call: Call,
    now: datetime,
    installation: SlackInstallation | None,
    installed: EventView | None,
    said: str,
) -> SlackPage:
    door = call.resources.slack
    by_settings = door is not None and door.has_token
    can_install = door is not None and door.app is not None
    takes_requests = door is not None and door.signing_secret is not None
    given = set() if installation is None else set(installation.scopes.split(","))
    return SlackPage(
        now=now,
        installation=installation,
        installed=installed,
        missing_scopes=tuple(each for each in SCOPES if installation and each not in given),
        by_settings=by_settings,
        can_install=can_install,
        takes_requests=takes_requests,
        settings=(
            Setting(
                names=("SLACK_BOT_TOKEN",),
                purpose="The token of an app that was installed in Slack; it comes before all else",
                is_set=by_settings,
            ),
            Setting(
                names=("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"),
                purpose="To install the app from this page instead",
                is_set=can_install,
            ),
            Setting(
                names=("SLACK_SIGNING_SECRET",),
                purpose="To take buttons and commands over HTTP",
                is_set=takes_requests,
            ),
        ),
        said=said,
    )
