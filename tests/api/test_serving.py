"""The server around the app: it stops when it is told to, and closes what is open in order."""

import asyncio
import os
import signal
import socket
import time

import pytest

from api.serving import STOP_WITHIN, ApiServer
from domain.errors import SetupFailed
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS
from tests.support.api_client import Api, app_over, client_at, eventually
from tests.support.live_api import live


async def test_a_signal_stops_it_and_is_not_raised_again(
    api: Api, database_url: str, database: Database, comparer: Comparer
) -> None:
    feed = Feed(database, Listener(database_url, [EVENTS]))
    async with live(app_over(database, comparer, feed), feed) as address:
        async with client_at(address) as client:
            assert (await client.get("/health/live")).status_code == 200
        os.kill(os.getpid(), signal.SIGTERM)
        started = time.monotonic()
    assert time.monotonic() - started < STOP_WITHIN


async def test_a_stop_answers_who_waits_with_the_state_so_far(
    api: Api, database_url: str, database: Database, comparer: Comparer
) -> None:
    proposal = await api.proposal(await api.team())
    path = f"{proposal['links']['self']}/withdraw"

    async def withdrawn() -> bool:
        return bool((await api.got(proposal["links"]["self"]))["withdrawn"])

    async with (
        Listener(database_url, [EVENTS]) as listener,
        Feed(database, listener) as feed,
        client_at() as client,
    ):
        async with live(app_over(database, comparer, feed), feed) as address:
            waiting = asyncio.create_task(
                client.post(f"{address}{path}", headers={"Prefer": "wait=60"})
            )
            await eventually(withdrawn)
            assert not waiting.done()
            started = time.monotonic()
        response = await waiting
        assert time.monotonic() - started < STOP_WITHIN

    assert (response.status_code, response.json()["status"]) == (200, "pending")
    assert response.json()["withdrawn"]


async def test_a_port_that_is_taken_is_told(
    database_url: str, database: Database, comparer: Comparer
) -> None:
    feed = Feed(database, Listener(database_url, [EVENTS]))
    app = app_over(database, comparer, feed)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SetupFailed) as refused:
            await ApiServer(app, feed, host="127.0.0.1", port=port).serve()

    assert str(port) in refused.value.detail
    assert "TESSERA_PORT" in str(refused.value.extra["hint"])
