"""The Slack workspace of this server: by the token in the settings, or as it was installed."""

from dataclasses import dataclass, field, replace

from domain.actors import Caller
from domain.authorization import Resource, permitted
from domain.errors import NotFound, Unavailable
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.permissions import Action
from notify.slack_calls import SlackCalls
from record import events
from store.database import Database, Runner
from store.slack_installations import SlackInstallation
from store.transaction import Transaction

_RESOURCE = Resource(noun="slack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Where we speak, and with what."""

    id: str
    token: str = field(repr=False)


class SlackWorkspace:
    """Finds the token; one from the settings comes before what was installed."""

    def __init__(self, database: Database, calls: SlackCalls, token: str | None) -> None:
        self._database = database
        self._calls = calls
        self._token = token
        self._of_token: Workspace | None = None

    async def token(self) -> str | None:
        """Return the token to send with, if there is one."""
        if self._token is not None:
            return self._token
        installed = await self._installed()
        return None if installed is None else installed.token

    async def current(self) -> Workspace:
        """Return the workspace whose people may come in.

        Raises `NotFound` if there is none, and `Unavailable` if Slack does not say which it is.
        """
        if self._token is not None:
            return self._of_token or await self._ask(self._token)
        installed = await self._installed()
        if installed is None or installed.token is None:
            raise NotFound("This server is installed in no Slack workspace.")
        return Workspace(id=installed.workspace_id, token=installed.token)

    async def _ask(self, token: str) -> Workspace:
        answer = await self._calls.call(token, lambda client: client.auth_test(), within=1.5)
        if not answer.is_ok or not answer.text("team_id"):
            raise Unavailable("Slack does not say which workspace this is; try again.")
        self._of_token = Workspace(id=answer.text("team_id"), token=token)
        return self._of_token

    async def _installed(self) -> SlackInstallation | None:
        return await self._database.read(lambda tx: tx.slack_installations.current())


async def install(runner: Runner, caller: Caller, installation: SlackInstallation) -> None:
    """Keep what Slack gave when the app was installed; for administrators."""

    async def work(tx: Transaction) -> None:
        by = permitted(caller, Action.INSTALL_SLACK, _RESOURCE)
        await tx.slack_installations.lock()
        before = await tx.slack_installations.current()
        await tx.slack_installations.replace(installation)
        await events.append(
            tx,
            NewEvent(
                type=EventType.SLACK_INSTALLED,
                caller=by,
                summary=f"Slack is connected: {installation.workspace_name}.",
                payload={"before": _to_wire(before), "after": _to_wire(installation)},
            ),
        )

    await runner.run(work)


def _to_wire(installation: SlackInstallation | None) -> JsonObject | None:
    if installation is None:
        return None
    said = replace(installation, token=None)
    return {
        "workspace_id": said.workspace_id,
        "workspace_name": said.workspace_name,
        "scopes": said.scopes,
    }
