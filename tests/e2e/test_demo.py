"""`tessera demo` as somebody types it: real servers, the real command, nothing in between."""

import io
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console
from tessera_sdk import Client, ProblemError

from domain.errors import SetupFailed
from embedded.demo.play import Place, play
from embedded.ports import free_port, is_free
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS, Notifier
from tests.support import obtained
from tests.support.api_client import app_over
from tests.support.live_api import live
from tests.support.servers import unavailable

pytestmark = pytest.mark.timeout(420)

COMMAND = (sys.executable, "-m", "tessera_sdk")
ENDS_WITHIN = 180
TOLD = (
    "Published at once as `1.1.0`.",
    "`email` is removed.",
    "Not published, but proposed as `2.0.0`.",
    "both answers stay",
    "One reminder, to the one team that is waited for.",
    "All have agreed, so `2.0.0` is published.",
    "Rejected. `2.0.0` stays active",
    "Compatible: published at once as `3.1.0`.",
    "so `4.0.0` is published.",
    "Every step did what it must",
)


class Ground:
    """A data directory and ports of its own."""

    def __init__(self, directory: Path, temporal: Path) -> None:
        self.directory = directory
        self.ports = [free_port() for _ in range(3)]
        api, temporal_port, ui = map(str, self.ports)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TESSERA_", "TEMPORAL_")) and name != "DATABASE_URL"
        }
        self.environment = kept | {
            "TESSERA_PORT": api,
            "TESSERA_TEMPORAL_PORT": temporal_port,
            "TESSERA_TEMPORAL_UI_PORT": ui,
            "TESSERA_TEMPORAL_BINARY": str(temporal),
            "COLUMNS": "200",
        }

    @property
    def url(self) -> str:
        return f"http://localhost:{self.ports[0]}"

    def demo(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, "demo"],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=ENDS_WITHIN,
            check=False,
        )

    @contextmanager
    def up(self) -> Iterator[None]:
        """`tessera up` until the block ends."""
        log = self.directory / "up.log"
        with (
            log.open("w", encoding="utf-8") as output,
            subprocess.Popen(
                [*COMMAND, "up"],
                cwd=self.directory,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            while "Ctrl-C stops it" not in (said := log.read_text(encoding="utf-8")):
                assert process.poll() is None, f"it did not come up:\n{said}"
                time.sleep(0.1)
            try:
                yield
            finally:
                process.terminate()
                process.wait(60)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    try:
        return Ground(tmp_path, obtained.temporal_program())
    except SetupFailed as problem:
        unavailable(problem)


def assert_told(text: str) -> None:
    missing = [part for part in TOLD if part not in text]
    assert not missing, f"not told: {missing}\n{text}"


def test_it_starts_what_is_missing_plays_and_stops_it_again(ground: Ground) -> None:
    ended = ground.demo()
    assert ended.returncode == 0, ended.stdout
    assert_told(ended.stdout)
    assert f"http://localhost:{ground.ports[2]}/namespaces/default/workflows/" in ended.stdout
    assert "up` starts the server again" in ended.stdout
    assert all(map(is_free, ground.ports))
    log = ground.directory / ".tessera" / "logs" / "demo.log"
    assert "worker polls" in log.read_text(encoding="utf-8")
    assert "worker polls" not in ended.stdout


def test_it_plays_on_a_server_that_runs_and_leaves_what_is_there_alone(ground: Ground) -> None:
    with ground.up(), Client(ground.url) as client:
        owner = client.teams.create("storefront")
        client.destinations.set("http://127.0.0.1:9/somebody", team_id=owner.id)
        ended = ground.demo()
        assert ended.returncode == 0, ended.stdout
        assert_told(ended.stdout)
        assert "shop-2.customers" in ended.stdout
        assert client.destinations.named(team_id=owner.id).address == "http://127.0.0.1:9/somebody"
        billing = client.teams.find("billing-2")
        with pytest.raises(ProblemError, match="no destination"):
            client.destinations.named(team_id=billing.id)


@pytest.fixture
async def url_without_worker(fresh_database_url: str) -> AsyncIterator[str]:
    """A server that takes everything and does nothing about it."""
    async with (
        Notifier(fresh_database_url) as notifier,
        Database.connect(fresh_database_url, notifier=notifier, pool_size=3).closing() as database,
        Listener(fresh_database_url, [EVENTS]) as listener,
        Feed(database, listener) as feed,
        Comparer(processes=1) as comparer,
        live(app_over(database, comparer, feed), feed) as url,
    ):
        yield url


async def test_a_server_whose_worker_is_away_fails_the_story(url_without_worker: str) -> None:
    screen = io.StringIO()
    place = Place(url_without_worker, "127.0.0.1", None, ours=False, stays_up=True, patience=1)
    assert not await play(place, Console(file=screen, width=200))
    assert "No webhook came" in screen.getvalue()
    assert "The parties were not all asked within 1 seconds" in screen.getvalue()
    assert "Every step did what it must" not in screen.getvalue()
