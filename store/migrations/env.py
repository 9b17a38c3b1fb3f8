"""Alembic's environment: the URL comes from the caller, or from the environment for `alembic`."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.dialects.postgresql.base import ischema_names

from store.engine import engine_of
from store.rows import Xid8
from store.schema import METADATA

ischema_names["xid8"] = Xid8  # reflection does not know it by itself

MIGRATION_LOCK = 0x7E55E7A
"""Key of the advisory lock: two servers that start at once migrate one after the other."""


def _url() -> str:
    given = context.config.attributes.get("url")
    url = given or os.environ.get("MIGRATION_DATABASE_URL") or os.environ.get("DATABASE_URL")
    if not url:
        raise SystemExit("Set DATABASE_URL (or MIGRATION_DATABASE_URL) to migrate a database.")
    return str(url)


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        compare_type=True,
        compare_server_default=False,
    )
    with context.begin_transaction():
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        context.run_migrations()


async def _migrate_online() -> None:
    engine = engine_of(_url(), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
        await connection.commit()
    await engine.dispose()


if context.is_offline_mode():
    context.configure(url=_url(), target_metadata=METADATA, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    asyncio.run(_migrate_online())
