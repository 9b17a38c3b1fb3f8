"""Users, members and keys for tests, made by real requests of an administrator."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx

from domain.actors import Actor, ActorKind, Caller, Origin
from domain.json_types import JsonObject
from domain.sessions import SessionLimits, SignInMethod, Visitor
from record import lookup, sessions
from record.sessions import Beginning, Started
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

    async def session(self, user: JsonObject, *, ended: bool = False) -> str:
        """Return the token of a session of a user, as a sign-in by password starts one."""
        caller = Caller(actor=Actor(kind=ActorKind.PERSON, name=user["name"]), origin=Origin.PAGE)
        beginning = Beginning(
            method=SignInMethod.PASSWORD,
            visitor=Visitor(address="127.0.0.1", agent="a test"),
            limits=SessionLimits(),
        )

        async def work(tx: Transaction) -> Started:
            found = await lookup.user(tx, UUID(user["id"]))
            return await sessions.started(tx, caller, beginning, user=found)

        started = await self.database.run(work)
        if ended:
            await sessions.sign_out(self.database, caller, started.session.id)
        return started.token

    async def password_link(self, user: JsonObject) -> str:
        """Return the token of a link by which the user sets a password."""
        made = await self.posted(f"/users/{user['id']}/password-link", {})
        return str(made["link"]).rpartition("=")[2]

    async def with_password(self, browser: httpx.AsyncClient, user: JsonObject) -> str:
        """Give a user a password, set in this browser, and return it."""
        password = f"{unique('correct horse')} staple"
        form = {"link": await self.password_link(user), "password": password, "again": password}
        response = await browser.post("/set-password", data=form)
        assert response.status_code == 303, response.text
        return password
