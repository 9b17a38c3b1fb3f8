"""A company's week in one database, so that pages can be looked at with something on them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import httpx

from domain.json_types import JsonObject
from store.database import Database
from store.transaction import Transaction
from tests.support.api_client import Api
from tests.support.credentials import Credentials
from tests.ui.gallery_lineage import dependencies_of
from tests.ui.stand_in import tell

TEAMS = ("checkout", "growth", "billing", "data-science", "support-tools", "payments", "catalogue")

CUSTOMERS: JsonObject = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Customers",
    "description": "One row for each person or company that has ever ordered.",
    "type": "object",
    "properties": {
        "customer_id": {"type": "string", "format": "uuid"},
        "email": {"type": "string", "format": "email", "description": "As entered; not verified."},
        "name": {"type": "string", "maxLength": 200},
        "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
        "segment": {"enum": ["consumer", "business", "public"]},
        "address": {
            "type": "object",
            "properties": {
                "street": {"type": "string"},
                "city": {"type": "string"},
                "postcode": {"type": ["string", "null"]},
            },
            "required": ["street", "city"],
        },
        "lifetime_value": {"type": "number", "minimum": 0},
        "created_at": {"type": "string", "format": "date-time"},
    },
    "required": ["customer_id", "email", "country", "segment", "created_at"],
}

_STAMPS = """
    SELECT table_name, array_agg(column_name::text) FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' GROUP BY table_name
"""


def without(schema: JsonObject, *names: str, **others: JsonObject) -> JsonObject:
    """The schema without some properties and with others."""
    kept = {name: each for name, each in schema["properties"].items() if name not in names}
    required = [name for name in schema.get("required", []) if name not in names]
    return {**schema, "properties": kept | others, "required": required}


class Gallery:
    """Plays the week by real requests, and lets time pass by dating everything back."""

    def __init__(self, client: httpx.AsyncClient, database: Database, admin_url: str) -> None:
        self.api = Api(client, database)
        self.database = database
        self._admin_url = admin_url
        self._teams: Mapping[str, JsonObject] = {}

    async def furnish(self) -> str:
        """Fill the database; gives the id of the proposal that is worth a look."""
        self._teams = {name: await self.api.made("/api/v1/teams", {"name": name}) for name in TEAMS}
        await self._ended_ones()
        products = await self._proposed(
            "catalogue", "catalog.products", {"growth": None}, {"price": {"type": "number"}}
        )
        await self._step(products)
        await self._passes(days=6)
        customers = await self._customers()
        await self._passes(days=2, hours=3)
        await self._step(customers)
        await self._answer(customers, "data-science", "approved", "We have no public customers.")
        await self._passes(days=1, hours=5)
        until = await self._in(days=9)
        await self._answer(customers, "billing", "migrating", "The invoice run moves first.", until)
        transactions = await self._proposed(
            "payments", "payments.transactions", {"billing": ["iban"]}, {"iban": {"type": "string"}}
        )
        await self._step(transactions)
        await dependencies_of(self.api, self._teams)
        await self._passes(hours=7)
        await self._people()
        await self._troubles(customers)
        return str(customers["id"])

    def team_id(self, name: str) -> str:
        """The id of one of the teams."""
        return str(self._teams[name]["id"])

    async def _people(self) -> None:
        for name, role in (("Ada Byron", "owner"), ("Grace Murray", "member")):
            user = await self.api.made(
                "/api/v1/users", {"name": name, "email": f"{name.split()[0].lower()}@example.com"}
            )
            path = f"/api/v1/teams/{self.team_id('billing')}/members/{user['id']}"
            assert (await self.api.client.put(path, json={"role": role})).status_code == 200

    async def _troubles(self, customers: JsonObject) -> None:
        """A webhook that is disabled, and the end of an old version."""
        path = f"/api/v1/teams/{self.team_id('growth')}/destinations/alerts"
        hook = {"address": "https://hooks.example.com/growth"}
        assert (await self.api.client.put(path, json=hook)).status_code == 200
        await self._execute(
            "UPDATE destinations SET disabled_at = now() - interval '5 hours' "
            "WHERE team_id IS NOT NULL"
        )
        versions = await self.api.got(f"/api/v1/assets/{customers['asset']['id']}/contracts")
        oldest = versions["items"][-1]["id"]
        ends = await self.api.client.post(
            f"/api/v1/contracts/{oldest}/retirement", json={"sunset_at": await self._in(days=20)}
        )
        assert ends.status_code == 200, ends.text
        await self._execute("DELETE FROM outbox")
        await self._execute("UPDATE proposals SET next_review_at = now() + interval '1 day'")

    async def signed_in(self) -> str:
        """Sign in somebody of teams that are asked and propose; gives the session's token."""
        people = Credentials(self.api.client, self.database)
        user = await people.user("ada")
        for team, role in {
            "growth": "owner",
            "support-tools": "member",
            "checkout": "member",
        }.items():
            path = f"/api/v1/teams/{self._teams[team]['id']}/members/{user['id']}"
            put = await self.api.client.put(path, json={"role": role})
            assert put.status_code == 200, put.text
        await self._leaves("orders.shipments", "checkout", "growth")
        return await people.session(user)

    async def _leaves(self, fqn: str, owner: str, reader: str) -> None:
        """An old version that one of the teams is pinned to, and its end."""
        asset = await self._asset(owner, fqn)
        pinned = {"asset_id": asset["id"], "consumer_team_id": self._teams[reader]["id"]}
        schema: JsonObject = {"type": "object", "properties": {"id": {"type": "string"}}}
        first = (await self.api.publish(asset, schema)).json()["contract"]
        await self.api.made("/api/v1/registrations", {**pinned, "pinned_version": "1.0.0"})
        await self.api.publish(asset, {**schema, "description": "One row for each parcel."})
        ends = {"sunset_at": await self._in(days=40)}
        path = f"/api/v1/contracts/{first['id']}/retirement"
        put = await self.api.client.post(path, json=ends)
        assert put.status_code == 200, put.text

    async def _customers(self) -> JsonObject:
        asset = await self._asset(
            "checkout",
            "orders.customers",
            tags=["gold", "pii"],
            description="One row for each person or company that has ever ordered.",
        )
        await self.api.publish(asset, CUSTOMERS)
        await self.api.publish(asset, without(CUSTOMERS, locale={"type": "string"}))
        for team, fields in {
            "growth": ["email", "segment"],
            "billing": ["email", "address.postcode"],
            "data-science": ["segment"],
            "support-tools": ["name", "country"],
        }.items():
            await self.api.register(asset, self._teams[team], fields)
        target = without(
            CUSTOMERS,
            "email",
            locale={"type": "string"},
            segment={"enum": ["consumer", "business"]},
            email_hash={"type": "string", "description": "SHA-256 of the address in lower case."},
        )
        proposal = await self._published(asset, target)
        await self._step(proposal)
        return proposal

    async def _ended_ones(self) -> None:
        for owner, name, answer, note in (
            ("payments", "payments.refunds", "approved", None),
            (
                "growth",
                "campaigns.sends",
                "blocked",
                "Support looks complaints up by it.",
            ),
            ("catalogue", "catalog.stock_levels", "approved", None),
        ):
            proposal = await self._proposed(
                owner, name, {"support-tools": None}, {"legacy_code": {"type": "integer"}}
            )
            await self._step(proposal)
            await self._passes(days=3)
            await self._answer(proposal, "support-tools", answer, note)
            await self.api.settle(proposal)
            await self._passes(days=2)

    async def _asset(self, owner: str, fqn: str, **more: object) -> JsonObject:
        body = {"fqn": fqn, "owner_team_id": self._teams[owner]["id"], **more}
        return await self.api.made("/api/v1/assets", body)

    async def _proposed(
        self,
        owner: str,
        fqn: str,
        readers: Mapping[str, list[str] | None],
        dropped: Mapping[str, JsonObject],
    ) -> JsonObject:
        asset = await self._asset(owner, fqn)
        kept: JsonObject = {"id": {"type": "string"}, "updated_at": {"type": "string"}}
        await self.api.publish(asset, {"type": "object", "properties": kept | dict(dropped)})
        for team, fields in readers.items():
            await self.api.register(asset, self._teams[team], fields)
        return await self._published(asset, {"type": "object", "properties": kept})

    async def _published(self, asset: JsonObject, schema: JsonObject) -> JsonObject:
        response = await self.api.publish(asset, schema)
        assert response.status_code == 202, response.text
        proposal: JsonObject = response.json()["proposal"]
        return proposal

    async def _answer(
        self,
        proposal: JsonObject,
        team: str,
        response: str,
        note: str | None = None,
        until: str | None = None,
    ) -> None:
        given = await self.api.answer(proposal, self._teams[team], response, note=note, until=until)
        assert given.status_code == 200, given.text

    async def _step(self, proposal: JsonObject) -> None:
        """Ask or remind, and have it delivered."""
        await tell(self.database, proposal)
        await self._execute("UPDATE notices SET delivered_at = noted_at")

    async def _in(self, **time: float) -> str:
        now = await self.database.run(Transaction.now)
        return (now + timedelta(**time)).isoformat()

    async def _passes(self, **time: float) -> None:
        """Everything there is becomes so much older."""
        passed = timedelta(**time)
        async with self._unheld() as connection:
            for table, columns in await connection.fetch(_STAMPS):
                older = ", ".join(f'"{each}" = "{each}" - $1::interval' for each in columns)
                await connection.execute(f'UPDATE "{table}" SET {older}', passed)

    async def _execute(self, statement: str, *values: object) -> None:
        async with self._unheld() as connection:
            await connection.execute(statement, *values)

    @asynccontextmanager
    async def _unheld(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """A superuser who is not held by the trigger that keeps the log from changing."""
        connection = await asyncpg.connect(self._admin_url)
        try:
            await connection.execute("SET session_replication_role = replica")
            yield connection
        finally:
            await connection.close()
