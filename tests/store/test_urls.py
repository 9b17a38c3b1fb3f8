"""Database URLs as people write them."""

import pytest

from domain.errors import InvalidRequest
from store.urls import async_url, direct_dsn


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"]
)
def test_every_usual_spelling_of_postgres_is_taken(scheme: str) -> None:
    url = async_url(f"{scheme}://user:p%40ss@db.example:5433/tessera")
    assert url.drivername == "postgresql+asyncpg"
    assert (url.username, url.password, url.port) == ("user", "p@ss", 5433)
    assert direct_dsn(f"{scheme}://user:p%40ss@db.example:5433/tessera") == (
        "postgresql://user:p%40ss@db.example:5433/tessera"
    )


def test_libpq_s_word_for_tls_is_translated_for_the_driver() -> None:
    assert async_url("postgresql://db/tessera?sslmode=require").query == {"ssl": "require"}
    assert direct_dsn("postgresql://db/tessera?sslmode=require").endswith("?sslmode=require")


@pytest.mark.parametrize("url", ["sqlite:///./tessera.db", "sqlite+aiosqlite://", "sqlite://"])
def test_sqlite_is_refused_with_what_to_do_instead(url: str) -> None:
    with pytest.raises(InvalidRequest, match="`tessera up` starts one for you"):
        async_url(url)


@pytest.mark.parametrize(
    ("url", "says"), [("mysql://db/tessera", "needs Postgres"), ("not a url", "is not a URL")]
)
def test_anything_else_is_refused_by_name(url: str, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says):
        async_url(url)


def test_a_refusal_never_shows_the_password() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        async_url("mysql://user:hunter2@db/tessera")
    assert "hunter2" not in str(refusal.value)
