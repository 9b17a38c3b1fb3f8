"""Users, members and keys for tests, made by real requests of an administrator."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx

from domain.json_types import JsonObject
from store.api_keys import ApiKeyRow
from store.database import Database
from store.transaction import Transaction
from tests.support.api_client import unique


@dataclass(frozen=True, slots=True)
class Credentials:
    """Builders over a client of an administrator; each returns the JSON of what it made."""

    admin: httpx.AsyncClient
    database: Database

    async def posted(self, path: str, body: JsonObject) -> JsonObject:
        response = await self.admin.post(f"/api/v1{path}", json=body)
        assert response.status_code == 201, response.text
        made: JsonObject = response.json()
        return made

    async def user(self, name: str = "ada", **more: object) -> JsonObject:
        name = unique(name)
        email = None if more.get("kind") == "bot" else f"{name}@example.com"
        return await self.posted("/users", {"name": name, "email": email, **more})

    async def member(self, team: JsonObject, role: str, **more: object) -> JsonObject:
        user = await self.user(role, **more)
        path = f"/api/v1/teams/{team['id']}/members/{user['id']}"
        response = await self.admin.put(path, json={"role": role})
        assert response.status_code == 200, response.text
        return user

    async def team_key(self, team: JsonObject, scope: str = "write") -> JsonObject:
        return await self.posted(
            "/api-keys", {"name": scope, "scope": scope, "team_id": team["id"]}
        )

    async def user_key(self, user: JsonObject, scope: str = "write") -> JsonObject:
        return await self.posted(
            "/api-keys", {"name": scope, "scope": scope, "user_id": user["id"]}
        )

    async def revoked(self, key: JsonObject) -> JsonObject:
        response = await self.admin.post(f"/api/v1/api-keys/{key['id']}/revoke")
        assert response.status_code == 200, response.text
        return key

    async def deactivated(self, user: JsonObject) -> JsonObject:
        response = await self.admin.post(f"/api/v1/users/{user['id']}/deactivate")
        assert response.status_code == 200, response.text
        return user

    async def expired(self, key: JsonObject) -> JsonObject:
        """Let its time be over: the API makes no key that is."""
        before = datetime.now(UTC) - timedelta(seconds=1)

        async def work(tx: Transaction) -> None:
            table = ApiKeyRow.__table__
            await tx.sql.execute(
                table.update()  # type: ignore[attr-defined]  # of a table
                .where(table.c.id == UUID(key["id"]))
                .values(expires_at=before)
            )

        await self.database.run(work)
        return key
