"""Database URLs as people write them, and as the driver wants them."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from domain.errors import InvalidRequest

_POSTGRES = frozenset({"postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"})
_OF_LIBPQ_ALONE = frozenset(
    {
        "channel_binding",
        "connect_timeout",
        "fallback_application_name",
        "gssdelegation",
        "gssencmode",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "load_balance_hosts",
        "replication",
        "require_auth",
        "requirepeer",
        "requiressl",
        "sslcertmode",
        "sslcompression",
        "sslcrldir",
        "sslsni",
        "tcp_user_timeout",
    }
)
"""Of libpq's parameters those that asyncpg would pass on as settings; Postgres refuses them.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""


def checked_url(url: str) -> URL:
    """Return the parts of a URL; refuses what is not Postgres, or what the driver cannot do."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise InvalidRequest("DATABASE_URL is not a URL.") from error
    if parsed.drivername.startswith("sqlite"):
        raise InvalidRequest(
            "DATABASE_URL names SQLite; Tessera needs Postgres 14 or newer. "
            "Leave DATABASE_URL unset and `tessera up` starts one for you."
        )
    if parsed.drivername not in _POSTGRES:
        raise InvalidRequest(f"DATABASE_URL names {parsed.drivername}; Tessera needs Postgres.")
    if unknown := sorted(_OF_LIBPQ_ALONE & parsed.query.keys()):
        raise InvalidRequest(
            f"DATABASE_URL has {', '.join(unknown)}, which the driver asyncpg does not know. "
            "Leave it out."
        )
    return parsed


def dsn_of(url: str) -> str:
    """Return the URL as asyncpg reads it: libpq's parameters, all others settings of the session.

    https://magicstack.github.io/asyncpg/current/api/index.html#connection
    """
    parsed = checked_url(url)
    query = {
        name: value if isinstance(value, str) else ",".join(value)  # several hosts
        for name, value in parsed.query.items()
    }
    if "ssl" in query:  # SQLAlchemy's word
        query.setdefault("sslmode", query.pop("ssl"))
    dsn = parsed.set(drivername="postgresql", query=query)
    return dsn.render_as_string(hide_password=False)


def user_of(url: str) -> str | None:
    """Return the user that a URL names."""
    return checked_url(url).username
