"""What people do in Slack, whichever way it comes in: buttons, forms, the command.

A button names an event and allows nothing: who pressed it is asked of Slack, found here by their
e-mail address, and may do what the one policy says. Nothing here waits for a workflow. What goes
wrong is said to the person and not to the channel.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

import structlog

from domain.acknowledgments import Response
from domain.actors import Origin
from domain.authorization import Requester, Resource, admit, authorize
from domain.errors import Conflict, Forbidden, NotAParty, NotFound, TesseraError, Unavailable
from domain.json_types import JsonObject
from domain.permissions import Action
from notify import slack_requests, slack_views
from notify.slack_blocks import BLOCK, DETAILS, NEED_TIME, READY
from notify.slack_calls import SlackAnswer, SlackCalls
from notify.slack_requests import Click, Command, Named, Submission
from notify.slack_text import section
from record import acknowledgments, rounds, slack
from record.acknowledgments import NewAnswer
from record.rounds import ProposalDetail
from record.slack import Asked, OncePerRequest
from record.slack_workspace import SlackWorkspace
from store.database import Database
from store.idempotency import RequestKey

WITHIN = 2.4
"""Seconds: Slack gives up after three."""
LOOKS_UP_WITHIN = 1.5
OPENS_WITHIN = 3.0
"""Seconds: so long a trigger lives."""
SLOW = "That took too long. Look whether it was taken, else try again."
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What Slack is answered at once, and what is done after that."""

    body: JsonObject | None = None
    then: Callable[[], Awaitable[None]] | None = None


class SlackInteractions:
    """Does what somebody in Slack wants, if they may."""

    def __init__(
        self, database: Database, calls: SlackCalls, workspace: SlackWorkspace, public_url: str
    ) -> None:
        self._database = database
        self._calls = calls
        self._workspace = workspace
        self._public_url = public_url

    async def interaction(self, payload: Mapping[str, Any], request_id: str) -> Reply:
        """Serve a button or a form. Raises `Conflict` for a request that was taken before."""
        done = slack_requests.interaction(payload)
        if isinstance(done, Click):
            return await self._clicked(done, request_id)
        return Reply() if done is None else await self._submitted(done, request_id)

    async def command(self, form: Mapping[str, Any], request_id: str) -> Reply:
        """Serve `/tessera`; the answer is for who gave it alone."""
        given = slack_requests.command(form)
        if given is None:
            return Reply()
        try:
            async with asyncio.timeout(WITHIN):
                return Reply(body=await self._commanded(given, request_id))
        except TesseraError as refusal:
            return Reply(body=slack_views.said(refusal.detail))
        except TimeoutError:
            return Reply(body=slack_views.said(SLOW))

    # --- buttons --------------------------------------------------------------------------------

    async def _clicked(self, click: Click, request_id: str) -> Reply:
        if click.action not in (READY, NEED_TIME, BLOCK, DETAILS):
            return Reply()
        try:
            async with asyncio.timeout(WITHIN):
                return await self._acted(click, request_id)
        except Conflict:
            raise
        except TesseraError as refusal:
            return Reply(then=partial(self._whisper, click, refusal.detail))
        except TimeoutError:
            return Reply(then=partial(self._whisper, click, SLOW))

    async def _acted(self, click: Click, request_id: str) -> Reply:
        caller = await self._caller(click.user_id, request_id)
        named = _named(click.token)
        asked = await slack.asked(self._database, named.event_id)
        if click.action == READY:
            await self._answer(caller, asked, named, request_id, Response.APPROVED)
            return Reply()
        detail = await rounds.detail(self._database, asked.proposal_id)
        if click.action == DETAILS:
            admit(caller.principal, Action.READ, "proposals")
            view = self._details(detail)
        else:
            resource = Resource(noun="proposals", team_id=asked.team_id)
            authorize(caller.principal, Action.ACKNOWLEDGE, resource)
            for party in detail.parties:
                if party.team.id == asked.team_id:
                    acknowledgments.check_may_answer(caller, party)
            view = _form(click, detail, asked)
        return Reply(then=partial(self._open, click, view))

    def _details(self, detail: ProposalDetail) -> JsonObject:
        page = f"{self._public_url}/proposals/{detail.proposal.id}"
        return slack_views.details_modal(
            detail.proposal, detail.asset.fqn, detail.round, detail.read_at, page
        )

    async def _open(self, click: Click, view: JsonObject) -> None:
        token = await self._workspace.token()
        answer = await self._calls.call(
            token,
            lambda client: client.views_open(trigger_id=click.trigger_id, view=view),
            within=OPENS_WITHIN,
        )
        if not answer.is_ok:
            _log.warning("slack opened no form", error=answer.error)
            await self._whisper(click, "Slack opened no form. Try again.")

    async def _whisper(self, click: Click, sentence: str) -> None:
        """Say something to one person, where they are; nobody else sees it."""
        said = slack_views.said(sentence)
        token = await self._workspace.token()
        answer = await self._calls.call(
            token,
            lambda client: client.chat_postEphemeral(
                channel=click.channel_id,
                user=click.user_id,
                text=said["text"],
                blocks=[section(said["text"])],
            ),
            within=OPENS_WITHIN,
        )
        if not answer.is_ok:
            _log.warning("slack did not pass on a refusal", error=answer.error)

    # --- forms ----------------------------------------------------------------------------------

    async def _submitted(self, sent: Submission, request_id: str) -> Reply:
        forms = {
            slack_views.NEED_TIME_VIEW: (Response.MIGRATING, slack_views.UNTIL),
            slack_views.BLOCK_VIEW: (Response.BLOCKED, slack_views.NOTE),
        }
        if sent.form not in forms:
            return Reply()
        response, field = forms[sent.form]
        try:
            async with asyncio.timeout(WITHIN):
                caller = await self._caller(sent.user_id, request_id)
                named = _named(sent.token)
                asked = await slack.asked(self._database, named.event_id)
                await self._answer(
                    caller,
                    asked,
                    named,
                    request_id,
                    response,
                    note=sent.note,
                    until=None
                    if response is Response.BLOCKED
                    else await self._until(sent.until, asked),
                )
        except Conflict:
            raise
        except TesseraError as refusal:
            return Reply(body=slack_views.refused(field, refusal.detail))
        except TimeoutError:
            return Reply(body=slack_views.refused(field, SLOW))
        return Reply()

    async def _until(self, day: date | None, asked: Asked) -> datetime | None:
        """Return the end of a day; of the last that the form named, the moment that it named."""
        if day is None:
            return None
        until = datetime.combine(day, time(23, 59, 59), tzinfo=UTC)
        latest = _latest(await rounds.detail(self._database, asked.proposal_id), asked)
        return until if latest is None or latest.date() != day else min(until, latest)

    async def _answer(
        self,
        caller: Requester,
        asked: Asked,
        named: Named,
        request_id: str,
        response: Response,
        *,
        note: str | None = None,
        until: datetime | None = None,
    ) -> None:
        """Record the answer, which signals the workflow; what is read then is the workflow's."""
        if asked.team_id is None:
            raise NotAParty("This message asks nobody.")
        key = RequestKey(
            principal=f"slack:{caller.actor.id}",
            route="slack",
            key=hashlib.sha256(request_id.encode()).hexdigest(),
            body_hash="",
        )
        answer = NewAnswer(
            team_id=asked.team_id,
            response=response,
            note=note,
            until=until,
            revision=named.revision,
            once=True,
        )
        runner = OncePerRequest(self._database, key)
        await acknowledgments.acknowledge(runner, caller, asked.proposal_id, answer)

    # --- the command ----------------------------------------------------------------------------

    async def _commanded(self, given: Command, request_id: str) -> JsonObject:
        verb, _, rest = given.text.strip().partition(" ")
        if verb.lower() not in ("my", "search") or (verb.lower() == "search" and not rest.strip()):
            return slack_views.help_text()
        caller = await self._caller(given.user_id, request_id)
        admit(caller.principal, Action.READ, "proposals")
        if verb.lower() == "my":
            return await self._mine(caller)
        assets, more = await slack.search(self._database, rest.strip()[:200])
        found = [
            slack_views.Found(
                fqn=asset.fqn, environment=asset.environment, owner=team.name, kind=str(asset.kind)
            )
            for asset, team in assets
        ]
        return slack_views.assets_found(found, rest.strip()[:200], more)

    async def _mine(self, caller: Requester) -> JsonObject:
        found = await slack.waiting_for(self._database, caller.principal)
        lines = [
            slack_views.Open(
                task=item.waiting.task,
                proposal_id=item.proposal.id,
                fqn=item.asset.fqn,
                version=item.proposal.version,
                team=item.team.name,
                due_at=item.waiting.due_at,
            )
            for item in found.items
        ]
        return slack_views.opened(lines, found.next is not None, self._public_url)

    # --- who it is ------------------------------------------------------------------------------

    async def _caller(self, user_id: str, request_id: str) -> Requester:
        """Return who that is here, or raise `Forbidden`: by the address that Slack vouches for."""
        workspace = await self._workspace.current()
        answer = await self._calls.call(
            workspace.token,
            lambda client: client.users_info(user=user_id),
            within=LOOKS_UP_WITHIN,
        )
        if not answer.is_ok:
            _log.warning("slack did not say who somebody is", error=answer.error)
            raise Unavailable("Slack did not say who you are. Try again.")
        email = _vouched(answer, workspace.id)
        principal = await slack.person(self._database, email)
        if principal is None:
            raise Forbidden(f"Nobody in Tessera has your e-mail address in Slack, {email}.")
        return Requester(
            principal=principal,
            actor=principal.actor,
            origin=Origin.SLACK,
            request_id=hashlib.sha256(request_id.encode()).hexdigest()[:32],
        )


def _vouched(answer: SlackAnswer, workspace_id: str) -> str:
    """Return the address of a person of our own workspace.

    Somebody of another organisation, with whom a channel is shared, has whatever address their own
    administrators say.
    """
    user = answer.body.get("user")
    user = user if isinstance(user, dict) else {}
    grid = user.get("enterprise_user")
    workspaces = [user.get("team_id"), *((grid or {}).get("teams") or [])]
    stands = not (user.get("deleted") or user.get("is_bot") or user.get("is_stranger"))
    confirmed = user.get("is_email_confirmed", True)
    email = answer.text("user", "profile", "email")
    if not stands or not confirmed or workspace_id not in workspaces or not email:
        raise Forbidden("Only people of this server's own Slack workspace are known here.")
    return email


def _named(token: str) -> Named:
    named = Named.read(token)
    if named is None:
        raise NotFound("This button is not one of Tessera's.")
    return named


def _form(click: Click, detail: ProposalDetail, asked: Asked) -> JsonObject:
    if click.action == BLOCK:
        return slack_views.block_modal(click.token, detail.asset.fqn)
    return slack_views.need_time_modal(click.token, detail.asset.fqn, _latest(detail, asked))


def _latest(detail: ProposalDetail, asked: Asked) -> datetime | None:
    """Return the furthest moment that whom a message asked may ask for, if that is known."""
    party = next((each for each in detail.parties if each.team.id == asked.team_id), None)
    latest = None if party is None else detail.round.latest_until(party.party)
    return None if latest is None else latest.astimezone(UTC)
