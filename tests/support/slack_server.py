"""A small Slack on loopback: the Web API and the socket that Tessera uses, with Slack's own rules.

It answers as Slack does: with 200 and `ok: false` for most that is wrong, with 429 and
`Retry-After` for who is too fast; it refuses what is beyond the documented limits, unknown tokens,
triggers that are older than three seconds or used before.
"""

import asyncio
import base64
import itertools
import json
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

import httpx
from aiohttp import WSMsgType, web

from notify.slack_requests import signed
from tests.support.slack_limits import faults_of_message, faults_of_view

WORKSPACE = "T0TESSERA"
BOT_TOKEN = "xoxb-" + secrets.token_hex(12)
APP_TOKEN = "xapp-" + secrets.token_hex(12)
SIGNING_SECRET = secrets.token_hex(16)
CLIENT_ID, CLIENT_SECRET = "123.456", secrets.token_hex(16)
TICKET = secrets.token_hex(12)
"""What the address of a socket opens with."""
TRIGGER_LIVES = 3.0
BETWEEN_POSTS = 0.5
"""Seconds; Slack says one message a second, and two that set out so may be closer on arrival."""


@dataclass
class Posted:
    """A message as it stands in a channel; `versions` are all that it said, the first one first."""

    channel: str
    ts: str
    versions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def now(self) -> dict[str, Any]:
        return self.versions[-1]

    @property
    def words(self) -> str:
        """Everything that it says now, in JSON."""
        return _words(self.now)

    @property
    def first_words(self) -> str:
        """Everything that it said when it was posted."""
        return _words(self.versions[0])

    def button(self, text: str) -> dict[str, Any] | None:
        """The button of this text, if it has one now."""
        for block in self.now["blocks"]:
            for element in block.get("elements", ()):
                if element.get("type") == "button" and element["text"]["text"] == text:
                    found: dict[str, Any] = element
                    return found
        return None


@dataclass
class SlackServer:
    """Keeps what it is told."""

    url: str = ""
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    channels: set[str] = field(default_factory=set)
    archived: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=lambda: {BOT_TOKEN})
    posts: dict[tuple[str, str], Posted] = field(default_factory=dict)
    whispers: list[dict[str, Any]] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    """Method and token of every call."""
    faults: dict[str, list[web.Response]] = field(default_factory=lambda: defaultdict(list))
    """What the next calls of a method are answered with."""
    delays: dict[str, float] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    """The tokens that codes of an installation are exchanged for."""
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    _last_post: dict[str, float] = field(default_factory=dict)
    _triggers: dict[str, float] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    _opened: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator[Self]:
        slack = cls()
        app = web.Application()
        app.router.add_route("*", "/api/{method}", slack._serve)
        app.router.add_get("/socket", slack._socket)
        runner = web.AppRunner(app, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        slack.url = f"http://{host}:{port}/api/"
        try:
            yield slack
        finally:
            for socket in slack.sockets:
                await socket.close()
            await runner.cleanup()

    # --- what tests make and see ------------------------------------------------------------------

    def person(self, email: str, **more: object) -> str:
        """Add somebody to the workspace and return their id."""
        user_id = f"U{next(self._numbers):06}"
        self.users[user_id] = {
            "id": user_id,
            "team_id": WORKSPACE,
            "deleted": False,
            "is_bot": False,
            "is_email_confirmed": True,
            "profile": {"email": email},
            **more,
        }
        return user_id

    def channel(self) -> str:
        """Add a channel and return its id."""
        name = f"C{secrets.token_hex(5).upper()}"
        self.channels.add(name)
        return name

    def in_channel(self, channel: str) -> list[Posted]:
        """The messages of a channel, oldest first."""
        return [each for each in self.posts.values() if each.channel == channel]

    def limit(self, method: str, seconds: int) -> None:
        """Answer the next call of a method with 429."""
        body = {"ok": False, "error": "ratelimited"}
        headers = {"Retry-After": str(seconds)}
        self.faults[method].append(web.json_response(body, status=429, headers=headers))

    def refuse(self, method: str, error: str) -> None:
        """Answer the next call of a method with this error."""
        self.faults[method].append(web.json_response({"ok": False, "error": error}))

    def trigger(self) -> str:
        """A trigger as an interaction brings it along."""
        trigger = f"{next(self._numbers)}.{secrets.token_hex(8)}"
        self._triggers[trigger] = time.monotonic()
        return trigger

    def click(self, user_id: str, message: Posted, text: str) -> dict[str, Any]:
        """The payload of somebody who presses a button of a message."""
        element = message.button(text)
        assert element is not None, f"there is no button `{text}` in {message.words}"
        return {
            "type": "block_actions",
            "user": {"id": user_id, "team_id": WORKSPACE},
            "team": {"id": WORKSPACE},
            "trigger_id": self.trigger(),
            "channel": {"id": message.channel},
            "container": {"type": "message", "channel_id": message.channel},
            "actions": [{**element, "type": "button", "action_ts": f"{time.time()}"}],
        }

    def submission(
        self, user_id: str, view: dict[str, Any], **values: dict[str, Any]
    ) -> dict[str, Any]:
        """The payload of somebody who sends a form: `until={"selected_date": …}`."""
        return {
            "type": "view_submission",
            "user": {"id": user_id, "team_id": WORKSPACE},
            "team": {"id": WORKSPACE},
            "view": {
                **{name: view[name] for name in ("callback_id", "private_metadata")},
                "id": f"V{next(self._numbers)}",
                "state": {"values": {name: {name: value} for name, value in values.items()}},
            },
        }

    async def envelope(self, kind: str, payload: dict[str, Any], envelope_id: str = "") -> str:
        """Send an envelope over a socket that is open, and return its id."""
        envelope_id = envelope_id or secrets.token_hex(8)
        await self.connected()
        said = {"type": kind, "envelope_id": envelope_id, "payload": payload}
        await self.sockets[-1].send_json({**said, "accepts_response_payload": True})
        return envelope_id

    async def connected(self) -> None:
        """Wait until a socket is open."""
        self.sockets[:] = [each for each in self.sockets if not each.closed]
        while not self.sockets:
            self._opened.clear()
            await self._opened.wait()

    # --- the Web API ------------------------------------------------------------------------------

    async def _serve(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.calls.append((method, token))
        await asyncio.sleep(self.delays.get(method, 0))
        if self.faults[method]:
            return self.faults[method].pop(0)
        given = await _given(request)
        handler = getattr(self, "_" + method.replace(".", "_"), None)
        if handler is None:
            return _refusal("unknown_method")
        if method not in ("oauth.v2.access", "apps.connections.open") and token not in self.tokens:
            return _refusal("invalid_auth" if token else "not_authed")
        answer: web.Response = handler({**given, "token": token, "request": request})
        return answer

    def _auth_test(self, _given: Mapping[str, Any]) -> web.Response:
        return _answer(team_id=WORKSPACE, user_id="UBOT", bot_id="B1")

    def _auth_revoke(self, given: Mapping[str, Any]) -> web.Response:
        self.tokens.discard(given["token"])
        return _answer(revoked=True)

    def _chat_postMessage(self, given: Mapping[str, Any]) -> web.Response:  # noqa: N802
        channel = given["channel"]
        if refusal := self._refused_place(channel) or _refused_message(given):
            return refusal
        now = time.monotonic()
        if now - self._last_post.get(channel, 0.0) < BETWEEN_POSTS:
            body = {"ok": False, "error": "ratelimited"}
            return web.json_response(body, status=429, headers={"Retry-After": "1"})
        self._last_post[channel] = now
        ts = f"{int(time.time())}.{next(self._numbers):06}"
        self.posts[channel, ts] = Posted(channel, ts, [_kept(given)])
        return _answer(channel=channel, ts=ts)

    def _chat_update(self, given: Mapping[str, Any]) -> web.Response:
        if refusal := self._refused_place(given["channel"]) or _refused_message(given):
            return refusal
        posted = self.posts.get((given["channel"], given["ts"]))
        if posted is None:
            return _refusal("message_not_found")
        posted.versions.append(_kept(given))
        return _answer(channel=posted.channel, ts=posted.ts)

    def _chat_postEphemeral(self, given: Mapping[str, Any]) -> web.Response:  # noqa: N802
        if refusal := self._refused_place(given["channel"]) or _refused_message(given):
            return refusal
        if given["user"] not in self.users:
            return _refusal("user_not_in_channel")
        self.whispers.append({"channel": given["channel"], "user": given["user"], **_kept(given)})
        return _answer(message_ts="1.0")

    def _views_open(self, given: Mapping[str, Any]) -> web.Response:
        opened = self._triggers.pop(given["trigger_id"], None)
        if opened is None:
            return _refusal("exchanged_trigger_id")
        if time.monotonic() - opened > TRIGGER_LIVES:
            return _refusal("expired_trigger_id")
        if faults := faults_of_view(given["view"]):
            return _refusal("invalid_arguments", faults)
        self.views.append(given["view"])
        return _answer(view={"id": f"V{next(self._numbers)}"})

    def _users_info(self, given: Mapping[str, Any]) -> web.Response:
        user = self.users.get(given["user"])
        return _refusal("user_not_found") if user is None else _answer(user=user)

    def _users_lookupByEmail(self, given: Mapping[str, Any]) -> web.Response:  # noqa: N802
        for user in self.users.values():
            if user["profile"]["email"] == given["email"]:
                return _answer(user=user)
        return _refusal("users_not_found")

    def _conversations_open(self, given: Mapping[str, Any]) -> web.Response:
        if given["users"] not in self.users:
            return _refusal("user_not_found")
        name = f"D{given['users'].removeprefix('U')}"
        self.channels.add(name)
        return _answer(channel={"id": name})

    def _oauth_v2_access(self, given: Mapping[str, Any]) -> web.Response:
        said = given["request"].headers.get("Authorization", "").removeprefix("Basic ")
        who = base64.b64decode(said).decode() if said else ""
        posted = f"{given.get('client_id')}:{given.get('client_secret')}"
        if f"{CLIENT_ID}:{CLIENT_SECRET}" not in (who, posted):
            return _refusal("bad_client_secret")
        token = self.codes.pop(given.get("code", ""), None)
        if token is None:
            return _refusal("invalid_code")
        self.tokens.add(token)
        return _answer(
            access_token=token,
            token_type="bot",
            scope="chat:write,commands",
            bot_user_id="UBOT",
            team={"id": WORKSPACE, "name": "Tessera & Co"},
        )

    def _apps_connections_open(self, given: Mapping[str, Any]) -> web.Response:
        if given["token"] != APP_TOKEN:
            return _refusal("invalid_auth")
        place = self.url.replace("http", "ws").replace("/api/", "/socket")
        return _answer(url=f"{place}?ticket={TICKET}")

    def _refused_place(self, channel: str) -> web.Response | None:
        if channel in self.archived:
            return _refusal("is_archived")
        return None if channel in self.channels else _refusal("channel_not_found")

    # --- the socket -------------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        self.sockets.append(socket)
        self._opened.set()
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                said = message.json()
                self.acknowledged[said["envelope_id"]] = said.get("payload") or {}
        return socket


async def _given(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    found = {**request.query, **dict(parse_qsl((await request.read()).decode()))}
    return {
        name: json.loads(value) if name in ("blocks", "view") else value
        for name, value in found.items()
    }


def _answer(**fields: object) -> web.Response:
    return web.json_response({"ok": True, **fields})


def _refusal(error: str, messages: object = None) -> web.Response:
    more = {} if messages is None else {"response_metadata": {"messages": messages}}
    return web.json_response({"ok": False, "error": error, **more})


def _refused_message(given: Mapping[str, Any]) -> web.Response | None:
    faults = faults_of_message(given["text"], given["blocks"])
    return _refusal("invalid_blocks", faults) if faults else None


def _kept(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": given["text"], "blocks": given["blocks"]}


async def sent_by_slack(
    http: httpx.AsyncClient,
    path: str,
    fields: Mapping[str, str],
    *,
    secret: str = SIGNING_SECRET,
    at: float | None = None,
    tampered: bool = False,
) -> httpx.Response:
    """Post as Slack does: a form, signed over its raw body."""
    body = urlencode(fields).encode()
    timestamp = str(int(time.time() if at is None else at))
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signed(secret, timestamp, body),
    }
    return await http.post(path, content=body + b"&a=b" * tampered, headers=headers)


async def interacted(
    http: httpx.AsyncClient, payload: Mapping[str, Any], **more: Any
) -> httpx.Response:
    """Post an interaction."""
    fields = {"payload": json.dumps(payload)}
    return await sent_by_slack(http, "/slack/interactions", fields, **more)


def _words(version: Mapping[str, Any]) -> str:
    return json.dumps(version["blocks"], ensure_ascii=False)
