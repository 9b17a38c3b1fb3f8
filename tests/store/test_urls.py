"""Database URLs as people write them."""

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest
from sqlalchemy import text

from domain.errors import InvalidRequest, Unavailable
from store.database import Database
from store.engine import engine_of
from store.listener import Listener
from store.migrate import migrate
from store.notifier import EVENTS, Notifier
from store.postgres import look_at
from store.transaction import Transaction
from store.urls import checked_url, dsn_of


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"]
)
def test_every_usual_spelling_of_postgres_is_taken(scheme: str) -> None:
    given = f"{scheme}://user:p%40ss@db.example:5433/tessera"
    url = checked_url(given)
    assert (url.username, url.password, url.port) == ("user", "p@ss", 5433)
    assert dsn_of(given) == "postgresql://user:p%40ss@db.example:5433/tessera"


def test_sqlalchemy_s_word_for_tls_is_translated_for_the_driver() -> None:
    assert dsn_of("postgresql://db/tessera?ssl=require").endswith("?sslmode=require")
    assert dsn_of("postgresql://db/tessera?sslmode=require").endswith("?sslmode=require")


def test_hosts_that_are_named_one_by_one_are_all_kept() -> None:
    dsn = dsn_of("postgresql://user@/tessera?host=one:1&host=two:2")
    assert dsn.endswith("?host=one%3A1%2Ctwo%3A2")


@pytest.mark.parametrize("url", ["sqlite:///./tessera.db", "sqlite+aiosqlite://", "sqlite://"])
def test_sqlite_is_refused_with_what_to_do_instead(url: str) -> None:
    with pytest.raises(InvalidRequest, match="`tessera up` starts one for you"):
        checked_url(url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://db/tessera", "needs Postgres"),
        ("not a url", "is not a URL"),
        ("postgresql://db:port/tessera", "is not a URL"),
        ("postgresql://db/tessera?keepalives=1&channel_binding=require", "channel_binding, keepa"),
    ],
)
def test_anything_else_is_refused_by_name(url: str, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says):
        checked_url(url)


@pytest.mark.parametrize(
    "url", ["mysql://user:hunter2@db/tessera", "postgresql://user:hunter2@db/t?keepalives=1"]
)
def test_a_refusal_never_shows_the_password(url: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        checked_url(url)
    assert "hunter2" not in str(refusal.value)


async def setting(database: Database, name: str) -> str:
    async def work(tx: Transaction) -> str:
        return str((await tx.sql.execute(text(f"SHOW {name}"))).scalar_one())

    return await database.run(work)


PARAMETERS = "options=-c%20lock_timeout%3D1234&sslmode=prefer&target_session_attrs=read-write"


def connected(url: str) -> AbstractAsyncContextManager[Database]:
    return Database.connect(url, pool_size=1).closing()


async def test_parameters_of_libpq_reach_postgres_by_the_pool(database_url: str) -> None:
    async with connected(f"{database_url}?{PARAMETERS}&statement_timeout=54321") as database:
        assert await setting(database, "lock_timeout") == "1234ms"
        assert await setting(database, "statement_timeout") == "54321ms"
        assert await setting(database, "application_name") == "tessera"


async def test_and_by_the_connections_beside_it(database_url: str) -> None:
    url = f"{database_url}?{PARAMETERS}"
    async with Listener(url, [EVENTS]) as listener, Notifier(url) as notifier:
        async with asyncio.timeout(30):
            await listener.wait(30)  # it listens now
            notifier.poke([EVENTS])
            await listener.wait(30)


def test_and_by_migrations(database_url: str) -> None:
    migrate(f"{database_url}?{PARAMETERS}")


async def test_a_certificate_that_is_not_there_is_said(database_url: str) -> None:
    url = f"{database_url}?sslmode=verify-full&sslrootcert=/nowhere/root.pem"
    async with connected(url) as database:
        with pytest.raises(Unavailable):
            await setting(database, "application_name")
    with pytest.raises(Unavailable, match="No such file or directory"):
        await look_at(url)


async def test_the_doctor_says_which_setting_postgres_does_not_know(database_url: str) -> None:
    with pytest.raises(Unavailable, match="no_such_setting"):
        await look_at(f"{database_url}?no_such_setting=1")


async def test_the_pool_keeps_its_options(database_url: str) -> None:
    engine = engine_of(database_url, pool_size=7)
    assert engine.pool.size() == 7  # type: ignore[attr-defined]  # of the pool that is the default
    await engine.dispose()
