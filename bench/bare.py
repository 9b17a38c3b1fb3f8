"""The yardstick: the same two reads as FastAPI and SQLAlchemy Core do them by themselves.

No key, no request id, no log, no transaction but the driver's; what one would write in an hour.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

import uvicorn
from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel
from sqlalchemy import MetaData, RowMapping, Table, select

from store.assets import AssetRow
from store.engine import engine_of
from store.teams import TeamRow

_METADATA = MetaData()
_ASSETS: Table = AssetRow.__table__.to_metadata(_METADATA)  # type: ignore[attr-defined]
_TEAMS: Table = TeamRow.__table__.to_metadata(_METADATA)  # type: ignore[attr-defined]
_SELECT = (
    select(
        *(
            _ASSETS.c[name]
            for name in ("id", "fqn", "environment", "kind", "tags", "owner_team_id", "created_at")
        ),
        _TEAMS.c.name.label("owner_name"),
    )
    .join_from(_ASSETS, _TEAMS, _ASSETS.c.owner_team_id == _TEAMS.c.id)
    .where(_ASSETS.c.deleted_at.is_(None))
)


class BareTeam(BaseModel):
    """The owner."""

    id: UUID
    name: str


class BareAsset(BaseModel):
    """The same members as our own answer has."""

    id: UUID
    fqn: str
    environment: str
    kind: str
    tags: list[str]
    owner_team_id: UUID
    owner: BareTeam
    created_at: datetime


class BarePage(BaseModel):
    """A page without a cursor."""

    items: list[BareAsset]


def create_bare_app(database_url: str) -> FastAPI:
    """Return an application with the two routes."""
    engine = engine_of(database_url, pool_size=20, max_overflow=0)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.get("/assets/{asset_id}")
    async def get_asset(asset_id: UUID) -> BareAsset:
        async with engine.connect() as connection:
            found = (await connection.execute(_SELECT.where(_ASSETS.c.id == asset_id))).mappings()
            row = found.one_or_none()
        if row is None:
            raise HTTPException(404)
        return _asset(row)

    @app.get("/assets")
    async def list_assets(limit: Annotated[int, Query(ge=1, le=200)] = 50) -> BarePage:
        async with engine.connect() as connection:
            statement = _SELECT.order_by(_ASSETS.c.id.desc()).limit(limit)
            rows = (await connection.execute(statement)).mappings().all()
        return BarePage(items=[_asset(row) for row in rows])

    return app


def _asset(row: RowMapping) -> BareAsset:
    owner = BareTeam(id=row["owner_team_id"], name=row["owner_name"])
    return BareAsset(**{k: v for k, v in row.items() if k != "owner_name"}, owner=owner)


def main() -> None:
    """Serve at TESSERA_PORT with what our own server is served with."""
    app = create_bare_app(os.environ["DATABASE_URL"])
    port = int(os.environ["TESSERA_PORT"])
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
