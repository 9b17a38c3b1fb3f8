"""What the application's own Postgres user may do, when it does not own the tables."""

from collections.abc import Mapping, Sequence

import asyncpg

from domain.errors import SetupFailed, Unavailable
from store.schema import METADATA
from store.urls import dsn_of, user_of

ADDED_TO: Mapping[str, Sequence[str] | None] = {
    "events": (
        *("id", "type", "caller", "summary", "asset_id", "proposal_id", "team_id", "payload"),
    ),
    "seals": None,
    "seal_leaves": None,
}
"""Tables to which the application may only add, and the columns that it may fill, None for all:
where and when an event stands in the log is Postgres' to say."""


async def grant(owner_url: str, application_url: str) -> str | None:
    """Let the user of `application_url` work with the tables; return its name.

    None when it is the same user or none is named: then there is nothing to grant. Safe to repeat;
    what was granted to it before on these tables is replaced, and nobody but the schema's owner may
    make anything in it any more. Raises `SetupFailed` when there is no
    such user, `Unavailable`.
    """
    role = user_of(application_url)
    if role is None or role == user_of(owner_url):
        return None
    try:
        connection = await asyncpg.connect(dsn_of(owner_url), timeout=10)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"Postgres cannot be reached: {error}.") from error
    try:
        async with connection.transaction():
            for statement in _statements(role, await connection.fetchval("SELECT current_schema")):
                await connection.execute(statement)
    except asyncpg.UndefinedObjectError as error:
        raise SetupFailed(
            f"Postgres has no user {role}, which DATABASE_URL names.",
            hint="Make it (`CREATE ROLE … LOGIN PASSWORD …`) and run this again.",
        ) from error
    finally:
        await connection.close()
    return role


def _statements(role: str, schema: str) -> list[str]:
    to, within = _quoted(role), _quoted(schema)
    found = [
        f"GRANT USAGE ON SCHEMA {within} TO {to}",
        # Before 15, Postgres lets everybody put functions beside the tables. Who may not take that
        # away is warned only; `tessera doctor` looks.
        f"REVOKE CREATE ON SCHEMA {within} FROM PUBLIC",
        f"REVOKE CREATE ON SCHEMA {within} FROM {to}",
    ]
    for table in (*sorted(METADATA.tables), "alembic_version"):
        may = "SELECT, INSERT, UPDATE, DELETE"
        if table in ADDED_TO:
            columns = ADDED_TO[table]
            may = "SELECT, INSERT" + (f" ({', '.join(columns)})" if columns else "")
        elif table == "alembic_version":
            may = "SELECT"
        found += [
            f"REVOKE ALL ON {within}.{table} FROM {to}",
            f"GRANT {may} ON {within}.{table} TO {to}",
        ]
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
