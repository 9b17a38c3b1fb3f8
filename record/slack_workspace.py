"""The Slack workspace of this server: by the token in the settings, or as it was installed."""

from dataclasses import dataclass, field, replace

from domain.actors import Caller
from domain.authorization import Resource, permitted
from domain.errors import Conflict, NotFound, Unavailable
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.permissions import Action
from notify.slack_calls import SlackCalls
from record import events
from store.database import Database, Runner
from store.slack_installations import SlackInstallation
from store.transaction import Transaction

_RESOURCE = Resource(noun="slack")
_REVOKED_WITHIN = 5.0
"""Seconds that somebody who disconnects waits for Slack."""
_WORTH_NOTHING = ("token_revoked", "invalid_auth", "account_inactive", "token_expired")
"""What Slack says of a token that opens nothing any more."""


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


async def disconnect(
    database: Database, runner: Runner, caller: Caller, calls: SlackCalls | None
) -> bool:
    """Revoke the token at Slack, then forget it; for administrators. Without one nothing happens.

    `runner` carries the transaction that forgets it. Returns whether Slack said that the token
    opens nothing any more. It is forgotten if Slack cannot be reached too. Slack is asked
    before: whoever dies in between leaves what can be repeated, and a token that is revoked already
    is no error. Raises `Conflict` if Slack was connected anew meanwhile.
    """
    permitted(caller, Action.INSTALL_SLACK, _RESOURCE)
    installed = await database.read(lambda tx: tx.slack_installations.current())
    revoked = await _revoke(calls, installed)

    async def work(tx: Transaction) -> bool:
        by = permitted(caller, Action.INSTALL_SLACK, _RESOURCE)
        await tx.slack_installations.lock()
        before = await tx.slack_installations.current()
        if before is None:
            return revoked
        if installed is None or before.token != installed.token:
            raise Conflict("Slack was connected anew meanwhile; look at it again.")
        await tx.slack_installations.remove()
        await events.append(
            tx,
            NewEvent(
                type=EventType.SLACK_REMOVED,
                caller=by,
                summary=f"Slack is not connected any more: {before.workspace_name}.",
                payload={"before": _to_wire(before), "after": None, "revoked": revoked},
            ),
        )
        return revoked

    return await runner.run(work)


async def _revoke(calls: SlackCalls | None, installed: SlackInstallation | None) -> bool:
    """Return whether the token, if there is one, opens nothing at Slack any more."""
    if installed is None:
        return True
    if calls is None or installed.token is None:
        return False
    answer = await calls.call(
        installed.token, lambda client: client.auth_revoke(), within=_REVOKED_WITHIN
    )
    return answer.is_ok or answer.error in _WORTH_NOTHING


def _to_wire(installation: SlackInstallation | None) -> JsonObject | None:
    if installation is None:
        return None
    said = replace(installation, token=None)
    return {
        "workspace_id": said.workspace_id,
        "workspace_name": said.workspace_name,
        "scopes": said.scopes,
    }
