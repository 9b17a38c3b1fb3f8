"""A small world behind the HTTP API: builders for what tests need, by real requests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts

from api.app import create_app
from api.auth import Authenticator
from api.provider import Provider
from api.rate_limits import RateLimits
from api.resources import Resources
from api.setup_code import SetUp
from domain.answer_links import AnswerLinks
from domain.destinations import Channels
from domain.json_types import JsonObject
from domain.sessions import SessionLimits
from domain.timeline import Timeline
from record import settlement
from record.comparison import Comparer
from record.log_verifications import LogVerifications
from record.password_hashing import PasswordHashing
from store.database import Database
from store.feed import Feed
from store.transaction import Transaction

T = TypeVar("T")

KEY = "a-key-for-tests-0123456789"
OPEN = Authenticator(bootstrap_key=None, anonymous_allowed=True)
LOCKED = Authenticator(bootstrap_key=KEY, anonymous_allowed=False)


def app_over(
    database: Database,
    comparer: Comparer,
    feed: Feed,
    *,
    authenticator: Authenticator = OPEN,
    max_body_bytes: int = 1024 * 1024,
    timeline: Timeline | None = None,
    own_names: frozenset[str] | None = None,
    observe: bool = False,
    public_url: str = "http://tessera.test",
    cors_origins: tuple[str, ...] = (),
    rate_limits: RateLimits | None = None,
    provider: Provider | None = None,
    sessions: SessionLimits | None = None,
    hashing: PasswordHashing | None = None,
    answer_links: AnswerLinks | None = None,
    channels: Channels | None = None,
    verifications: LogVerifications | None = None,
    set_up: SetUp | None = None,
) -> FastAPI:
    """Return an app as the composition root makes it."""
    return create_app(
        Resources(
            database=database,
            comparer=comparer,
            feed=feed,
            authenticator=authenticator,
            timeline=timeline or Timeline(),
            own_names=own_names,
            observe=observe,
            public_url=public_url,
            cors_origins=cors_origins,
            rate_limits=rate_limits or RateLimits(),
            provider=provider,
            sessions=sessions or SessionLimits(),
            hashing=hashing or PasswordHashing(),
            answer_links=answer_links or AnswerLinks(),
            channels=channels or Channels(),
            verifications=verifications,
            set_up=set_up,
            temporal_ui_url="http://temporal.test",
            max_body_bytes=max_body_bytes,
        )
    )


def every_route(app: FastAPI) -> list[RouteContext]:
    """Return the routes of the API and of the pages, which are loaded for that."""
    app.state.pages.load()
    return list(iter_route_contexts(app.routes))


@asynccontextmanager
async def client_of(
    app: FastAPI, key: str | None = None, *, address: str = "127.0.0.1"
) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that speaks with the app without a socket, as if from this address."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(app=app, client=(address, 1))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://tessera.test", headers=headers
    ) as client:
        yield client


def client_at(
    address: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    cookies: Mapping[str, str] | None = None,
    timeout: float = 60,
    limits: httpx.Limits = httpx.Limits(),  # noqa: B008  # frozen
) -> httpx.AsyncClient:
    """Return a client of a server on this machine; reading certificates for it would take 50 ms."""
    return httpx.AsyncClient(
        base_url=address,
        headers=headers,
        cookies=dict(cookies or {}),
        timeout=timeout,
        limits=limits,
        verify=False,
    )


def table(*columns: str, **properties: JsonObject) -> JsonObject:
    """Return the schema of a table: columns are strings unless said otherwise."""
    return {
        "type": "object",
        "properties": {name: {"type": "string"} for name in columns} | properties,
    }


def unique(name: str) -> str:
    """Return a name that no other test uses."""
    return f"{name}-{uuid4().hex[:10]}"


async def eventually(
    check: Callable[[], Awaitable[T]],
) -> T:
    """Return the first true thing that `check` gives; a busy machine may take its time."""
    try:
        async with asyncio.timeout(60):
            while not (found := await check()):  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.02)
            return found
    except TimeoutError:
        raise AssertionError("it did not come to that") from None


class Api:
    """Builders over a client; each returns the JSON of what it made."""

    def __init__(self, client: httpx.AsyncClient, database: Database) -> None:
        self.client = client
        self.database = database

    async def team(self, name: str = "team") -> JsonObject:
        return await self.made("/api/v1/teams", {"name": unique(name)})

    async def asset(self, owner: JsonObject | None = None, **more: object) -> JsonObject:
        owner = owner or await self.team("owner")
        body = {"fqn": unique("orders.customers"), "owner_team_id": owner["id"], **more}
        return await self.made("/api/v1/assets", body)

    async def made(self, path: str, body: Mapping[str, object]) -> JsonObject:
        """Post and expect 201."""
        response = await self.client.post(path, json=body)
        assert response.status_code == 201, response.text
        document: JsonObject = response.json()
        return document

    async def publish(
        self,
        asset: JsonObject,
        schema: object,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> httpx.Response:
        return await self.client.post(
            f"/api/v1/assets/{asset['id']}/contracts",
            json={"schema": schema, **more},
            params=params,
            headers=headers,
        )

    async def register(
        self, asset: JsonObject, team: JsonObject, fields: Sequence[str] | None = None
    ) -> JsonObject:
        body: JsonObject = {"asset_id": asset["id"], "consumer_team_id": team["id"]}
        if fields is not None:
            body["fields"] = list(fields)
        return await self.made("/api/v1/registrations", body)

    async def proposal(self, *consumers: JsonObject, **timeline: object) -> JsonObject:
        """An asset that is about to lose `email`, which all consumers read."""
        asset = await self.asset()
        if timeline:
            path = f"/api/v1/assets/{asset['id']}/policy"
            changed = await self.client.patch(path, json={"timeline": timeline})
            assert changed.status_code == 200, changed.text
        await self.publish(asset, table("id", "email"))
        for consumer in consumers:
            await self.register(asset, consumer, ["email"])
        response = await self.publish(asset, table("id"))
        assert response.status_code == 202, response.text
        proposal: JsonObject = response.json()["proposal"]
        return proposal

    async def answer(
        self, proposal: JsonObject, team: JsonObject, response: str, **more: object
    ) -> httpx.Response:
        return await self.client.post(
            f"/api/v1/proposals/{proposal['id']}/acknowledge",
            json={"consumer_team_id": team["id"], "response": response, **more},
        )

    async def settle(self, proposal: JsonObject) -> JsonObject:
        """Do what the workflow does once it was woken, and return the proposal."""
        proposal_id = UUID(proposal["id"])

        async def read(tx: Transaction) -> tuple[int, str]:
            found = await tx.proposals.get(proposal_id)
            assert found is not None
            return found.revision, found.content_hash

        revision, content_hash = await self.database.run(read)
        at = await self.database.run(Transaction.now)
        await settlement.settle(self.database, proposal_id, revision, content_hash, (), at)
        return await self.got(f"/api/v1/proposals/{proposal_id}")

    async def got(self, path: str, **params: str) -> JsonObject:
        """Get and expect 200."""
        response = await self.client.get(path, params=params or None)
        assert response.status_code == 200, response.text
        document: JsonObject = response.json()
        return document
