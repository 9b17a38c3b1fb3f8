"""Socket mode against a Slack on loopback: envelopes are served, lost connections made anew."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notify.slack_calls import SlackCalls
from notify.slack_socket import Acknowledge, SlackSocket
from tests.support.slack_server import APP_TOKEN, SlackServer

PING = 1.0
"""Seconds; a connection on which nothing comes for four of them is taken for lost."""


@dataclass
class Served:
    """What came; each is answered with its own type, but `break` raises and `slow` waits."""

    envelopes: list[tuple[str, str]] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    finished: int = 0

    async def serve(
        self, kind: str, payload: Mapping[str, Any], envelope_id: str, acknowledge: Acknowledge
    ) -> None:
        self.envelopes.append((kind, envelope_id))
        if payload.get("do") == "break":
            raise RuntimeError("broken on purpose")
        if payload.get("do") == "slow":
            await self.go.wait()
        await acknowledge({"served": kind})
        self.finished += 1


async def until_acknowledged(slack: SlackServer, envelope_id: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while envelope_id not in slack.acknowledged:  # noqa: ASYNC110  # the server's own book
            await asyncio.sleep(0.02)
    return slack.acknowledged[envelope_id]


async def test_envelopes_are_served_side_by_side_and_a_broken_one_ends_no_other(
    slack: SlackServer, calls: SlackCalls
) -> None:
    served = Served()
    async with asyncio.timeout(90), SlackSocket(calls, APP_TOKEN, served.serve, ping=PING):
        await slack.envelope("interactive", {"do": "break"})
        slow = await slack.envelope("interactive", {"do": "slow"})
        quick = await slack.envelope("slash_commands", {})
        assert await until_acknowledged(slack, quick) == {"served": "slash_commands"}
        assert slow not in slack.acknowledged
        served.go.set()
        assert await until_acknowledged(slack, slow) == {"served": "interactive"}
    assert ("apps.connections.open", APP_TOKEN) in slack.calls


async def test_a_connection_that_is_lost_is_opened_again(
    slack: SlackServer, calls: SlackCalls
) -> None:
    served = Served()
    async with asyncio.timeout(90), SlackSocket(calls, APP_TOKEN, served.serve, ping=PING):
        await until_acknowledged(slack, await slack.envelope("interactive", {}))
        first = slack.sockets[-1]
        await first.close()
        await slack.connected()
        assert slack.sockets[-1] is not first
        await until_acknowledged(slack, await slack.envelope("interactive", {}))
        await slack.sockets[-1].send_json({"type": "disconnect", "reason": "refresh_requested"})
        second = slack.sockets[-1]
        while slack.sockets[-1] is second:  # noqa: ASYNC110  # until another has come
            await asyncio.sleep(0.02)
        await until_acknowledged(slack, await slack.envelope("interactive", {}))
    assert served.finished == 3


async def test_slack_is_asked_again_until_it_lets_us_in(
    slack: SlackServer, calls: SlackCalls
) -> None:
    served = Served()
    slack.refuse("apps.connections.open", "internal_error")
    slack.limit("apps.connections.open", 1)
    async with asyncio.timeout(90), SlackSocket(calls, APP_TOKEN, served.serve, ping=PING):
        await until_acknowledged(slack, await slack.envelope("interactive", {}))


async def test_a_stop_waits_for_what_is_being_served(slack: SlackServer, calls: SlackCalls) -> None:
    served = Served()
    async with asyncio.timeout(90):
        async with SlackSocket(calls, APP_TOKEN, served.serve, ping=PING):
            slow = await slack.envelope("interactive", {"do": "slow"})
            while not served.envelopes:  # noqa: ASYNC110  # until it has come
                await asyncio.sleep(0.02)
            asyncio.get_running_loop().call_later(0.3, served.go.set)
        assert served.finished == 1
        assert await until_acknowledged(slack, slow) == {"served": "interactive"}


async def test_a_stop_does_not_wait_for_slack(calls: SlackCalls) -> None:
    nowhere = SlackCalls("http://127.0.0.1:9/api/")
    async with asyncio.timeout(60):
        async with SlackSocket(nowhere, APP_TOKEN, Served().serve, ping=PING):
            await asyncio.sleep(0.1)
        await nowhere.close()
