"""Telling people in Slack: a message in a team's channel, or to a person directly."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.deliveries import Sent
from domain.destinations import Destination
from domain.events import Event
from notify.channels import not_sent
from notify.messages import Message
from notify.questions import is_current
from notify.slack_blocks import Post, post
from notify.slack_calls import SlackAnswer, SlackCalls
from notify.slack_digest import digest_post
from notify.slack_errors import FINAL, NOTHING_TO_REFRESH, sentence

TOTAL_SECONDS = 25.0
BETWEEN_POSTS = 1.0
"""Seconds: Slack takes one message a second per channel, and a short burst."""
NOT_INSTALLED = "not sent: this server is installed in no Slack workspace"
_KEPT = 2000
_REMEMBERED = 10_000

Token = Callable[[], Awaitable[str | None]]


class SlackChannel:
    """Posts and refreshes messages; their receipts are `channel/timestamp`."""

    def __init__(
        self,
        calls: SlackCalls,
        token: Token,
        public_url: str,
        *,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._calls = calls
        self._token = token
        self._public_url = public_url
        self._total_seconds = total_seconds
        self._next_post: dict[str, float] = {}
        self._direct: dict[str, str] = {}
        """The conversations with people, by their addresses."""

    async def send(self, destination: Destination, message: Message) -> Sent:
        """Post the event once, or bring up to date what was posted of its proposal."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._total_seconds):
                sent = await self._send(destination, message)
        except TimeoutError:
            sent = not_sent(f"Slack did not answer within {self._total_seconds:g} s")
        return replace(sent, duration=timedelta(seconds=time.monotonic() - started))

    async def _send(self, destination: Destination, message: Message) -> Sent:
        token = await self._token()
        if token is None:
            return not_sent(NOT_INSTALLED)
        if message.refreshes:
            return await self._refresh(token, destination, message)
        remembered = destination.address is None and _email_of(message) in self._direct
        channel = await self._channel(token, destination, message)
        if isinstance(channel, Sent):
            return channel
        await self._pace(channel)
        made = (
            digest_post(message, _teams(destination, message), self._public_url)
            if message.carried
            else self._post(
                destination, message, message.event, is_current=is_current(message, message.event)
            )
        )
        answer = await self._calls.call(
            token,
            lambda client: client.chat_postMessage(
                channel=channel,
                text=made.text,
                blocks=made.blocks,
                unfurl_links=False,
                unfurl_media=False,
            ),
        )
        sent = _sent("chat.postMessage", channel, made, answer)
        if not sent.taken and destination.address is None:
            self._direct.pop(_email_of(message) or "", None)
            # The conversation may be of a workspace that was ours: it is looked up again, once.
            sent = replace(sent, final=sent.final and not remembered)
        receipt = f"{answer.text('channel') or channel}/{answer.text('ts')}"
        return replace(sent, receipt=receipt) if sent.taken else sent

    async def _channel(self, token: str, destination: Destination, message: Message) -> str | Sent:
        """Return where it goes; a person's is found by the e-mail address and opened."""
        if destination.address is not None:
            return destination.address
        if message.recipient is not None and not message.recipient.active:
            return replace(not_sent("not sent: the user is deactivated"), final=True)
        email = _email_of(message)
        if email is None:
            return replace(not_sent("not sent: this person has no e-mail address"), final=True)
        if email in self._direct:
            return self._direct[email]
        found = await self._calls.call(
            token, lambda client: client.users_lookupByEmail(email=email)
        )
        if not found.is_ok:
            return _refused("users.lookupByEmail", found)
        user_id = found.text("user", "id")
        opened = await self._calls.call(
            token, lambda client: client.conversations_open(users=user_id)
        )
        if not opened.is_ok or not opened.text("channel", "id"):
            return _refused("conversations.open", opened)
        if len(self._direct) >= _REMEMBERED:
            self._direct.clear()
        self._direct[email] = opened.text("channel", "id")
        return self._direct[email]

    async def _refresh(self, token: str, destination: Destination, message: Message) -> Sent:
        """Rewrite every message; safe to repeat, so one that fails has all of them repeated."""
        sent = Sent(status_code=200, error=None, duration=timedelta(0))
        for each in message.earlier:
            channel, _, ts = each.receipt.partition("/")
            made = self._post(destination, message, each.event, is_current=each.is_current)
            answer = await self._update(token, channel, ts, made)
            if answer.error in NOTHING_TO_REFRESH:
                continue
            sent = _sent("chat.update", channel, made, answer)
            if not sent.taken:
                return sent
        return sent

    async def _update(self, token: str, channel: str, ts: str, made: Post) -> SlackAnswer:
        return await self._calls.call(
            token,
            lambda client: client.chat_update(
                channel=channel, ts=ts, text=made.text, blocks=made.blocks
            ),
        )

    def _post(
        self, destination: Destination, message: Message, event: Event, *, is_current: bool
    ) -> Post:
        asks_readers = destination.is_servers or event.team_id in _teams(destination, message)
        return post(
            replace(message, event=event),
            self._public_url,
            datetime.now(UTC),
            answerable=is_current and asks_readers,
            current=is_current,
        )

    async def _pace(self, channel: str) -> None:
        """Wait until this channel takes another message from this process."""
        now = time.monotonic()
        at = max(now, self._next_post.get(channel, now))
        if len(self._next_post) >= _REMEMBERED:
            self._next_post = {k: v for k, v in self._next_post.items() if v > now}
        self._next_post[channel] = at + BETWEEN_POSTS
        await asyncio.sleep(at - now)


def _email_of(message: Message) -> str | None:
    return None if message.recipient is None else message.recipient.email


def _teams(destination: Destination, message: Message) -> frozenset[UUID]:
    """Return the teams for which the readers answer."""
    team_id = destination.team_id
    return message.answers_for if team_id is None else frozenset({team_id})


def _sent(method: str, channel: str, made: Post, answer: SlackAnswer) -> Sent:
    said = json.dumps({"channel": channel, "text": made.text}, ensure_ascii=False)
    sent = _refused(method, answer) if not answer.is_ok else _taken(answer)
    return replace(sent, request={"headers": {"method": method}, "body": said[:_KEPT]})


def _taken(answer: SlackAnswer) -> Sent:
    return Sent(
        status_code=answer.status,
        error=None,
        duration=timedelta(0),
        response={"headers": {}, "body": f"ts {answer.text('ts')}"},
    )


def _refused(method: str, answer: SlackAnswer) -> Sent:
    """Slack says most of what is wrong with a 200, so its word counts and not the status."""
    error = answer.error or "no id in the answer"
    told = answer.body.get("response_metadata")
    details = told.get("messages") if isinstance(told, dict) else None
    return Sent(
        status_code=None if answer.status == 200 else answer.status,
        error=f"{method}: {sentence(error)}"[:500],
        duration=timedelta(0),
        retry_after=answer.retry_after,
        final=error in FINAL,
        response={"headers": {}, "body": f"{error} {details or ''}".strip()[:_KEPT]},
    )
