"""Which revision the tables are at. Without Alembic, which every start would wait for."""

from sqlalchemy import text

from store.sql import Sql

HEAD = "0024"
"""The newest revision in `store/migrations/versions`; a test holds it to that."""


async def current_revision(sql: Sql) -> str | None:
    """Return the revision that the database is at; None for an empty one."""
    there = (await sql.execute(text("SELECT to_regclass('alembic_version')"))).scalar_one()
    if there is None:
        return None
    return (await sql.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
