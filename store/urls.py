"""Database URLs as people write them, and as the drivers want them."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from domain.errors import InvalidRequest

_POSTGRES = frozenset({"postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"})


def async_url(url: str) -> URL:
    """Return the URL for SQLAlchemy with asyncpg; refuses anything that is not Postgres."""
    parsed = _parsed(url)
    query = dict(parsed.query)
    if "sslmode" in query:  # libpq's word; asyncpg's is `ssl`
        query["ssl"] = query.pop("sslmode")
    return parsed.set(drivername="postgresql+asyncpg", query=query)


def direct_dsn(url: str) -> str:
    """Return the URL for asyncpg itself, which listens and notifies on its own connection."""
    return _parsed(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InvalidRequest("DATABASE_URL is not a URL.") from error
    if parsed.drivername.startswith("sqlite"):
        raise InvalidRequest(
            "DATABASE_URL names SQLite; Tessera needs Postgres 14 or newer. "
            "Leave DATABASE_URL unset and `tessera up` starts one for you."
        )
    if parsed.drivername not in _POSTGRES:
        raise InvalidRequest(f"DATABASE_URL names {parsed.drivername}; Tessera needs Postgres.")
    return parsed


def user_of(url: str) -> str | None:
    """Return the user that a URL names."""
    return _parsed(url).username
