"""Looking at a Postgres server: one that answers, and every way not to."""

from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import pytest

from domain.errors import Unavailable
from embedded.postgres import with_database
from store.postgres import look_at, place_of


async def test_a_server_that_answers_is_described(fresh_database_url: str) -> None:
    seen = await look_at(fresh_database_url)
    assert seen.version_number >= 140_000
    assert seen.version.startswith(str(seen.version_number // 10_000))
    assert not seen.read_only
    assert timedelta(0) < seen.latency < timedelta(seconds=10)
    assert abs(seen.clock_ahead) < timedelta(seconds=2) + seen.latency
    assert seen.notifies


async def test_a_database_that_takes_no_writes_is_told(fresh_database_url: str) -> None:
    seen = await look_at(f"{fresh_database_url}?options=-c%20default_transaction_read_only%3Don")
    assert seen.read_only


async def refusal(url: str) -> str:
    with pytest.raises(Unavailable) as refused:
        await look_at(url)
    return refused.value.detail


async def test_what_keeps_us_out_is_said_in_words(fresh_database_url: str) -> None:
    parts = urlsplit(fresh_database_url)
    nobody = urlunsplit(parts._replace(netloc=f"tessera:wrong@127.0.0.1:{parts.port}"))
    assert "password authentication failed" in await refusal(nobody)
    assert "does not exist" in await refusal(with_database(fresh_database_url, "nowhere"))
    assert await refusal("postgresql://a@127.0.0.1:1/b") == "nothing listens there"
    assert await refusal("postgresql://a@localhost:1/b") == "nothing listens there"


def test_a_place_has_no_password() -> None:
    assert place_of("postgresql://a:secret@db/tessera") == "db:5432/tessera"
