"""The pool of connections, over the URL as the driver reads it."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from store.urls import dsn_of


def engine_of(
    url: str, connect_args: Mapping[str, object] | None = None, **options: object
) -> AsyncEngine:
    """Return SQLAlchemy's engine for a URL, which is read by the driver alone.

    SQLAlchemy would make a keyword of each parameter, and the driver takes few of them by keyword.
    """
    given = {**(connect_args or {}), "dsn": dsn_of(url)}
    return create_async_engine("postgresql+asyncpg://", connect_args=given, **options)
