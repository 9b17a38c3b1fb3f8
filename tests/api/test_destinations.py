"""Destinations of teams, people and the server over HTTP."""

from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from domain.destinations import Channels
from domain.json_types import JsonObject
from record.comparison import Comparer
from record.destinations import DESTINATIONS_LIMIT
from store.database import Database
from store.feed import Feed
from tests.support.api_client import Api, app_over, client_of, unique
from tests.support.credentials import Credentials
from tests.support.failing import TAKEN, carried
from tests.support.problems import assert_problem

URL = "https://hooks.example.com/tessera"


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, database: Database) -> Credentials:
    return Credentials(administrator, database)


async def place_of(api: Api, name: str = "webhook") -> str:
    return f"/api/v1/teams/{(await api.team())['id']}/destinations/{name}"


async def put(api: Api, path: str, **body: object) -> JsonObject:
    response = await api.client.put(path, json=body)
    assert response.status_code == 200, response.text
    made: JsonObject = response.json()
    return made


async def test_a_secret_is_made_and_shown_once(api: Api) -> None:
    path = await place_of(api)
    made = await put(api, path, address=URL)
    assert made["secret"].startswith("whsec_")
    assert await api.got(path) == {**made, "secret": None}
    assert await api.got(f"/api/v1/destinations/{made['id']}") == {**made, "secret": None}
    assert await api.got(path.rpartition("/")[0]) == {"items": [{**made, "secret": None}]}


async def test_a_secret_of_ones_own_is_never_shown(api: Api) -> None:
    response = await api.client.put(
        await place_of(api), json={"address": URL, "secret": "0123456789abcdef"}
    )
    assert response.status_code == 200
    assert response.json()["secret"] is None
    assert "0123456789abcdef" not in response.text


async def test_setting_it_anew_keeps_its_secret_and_forgets_the_rest(api: Api) -> None:
    path = await place_of(api)
    wants = {"events": ["proposal.*"], "assets": ["orders.*"], "severity": "warning"}
    first = await put(api, path, address=URL, subscription=wants)
    assert first["subscription"] == wants
    second = await put(api, path, address=f"{URL}/2")
    assert (second["id"], second["secret"]) == (first["id"], None)
    assert second["subscription"] == {"events": [], "assets": [], "severity": "info"}


async def test_a_destination_can_be_removed_twice(api: Api) -> None:
    path = await place_of(api)
    await put(api, path, address=URL)
    for _ in range(2):
        response = await api.client.delete(path)
        assert (response.status_code, response.content) == (204, b"")
    assert_problem(await api.client.get(path), 404, "not_found")


@pytest.mark.parametrize(
    "url", ["ftp://example.com", "hooks", "http://", "https://[", "http://x/" + "y" * 2001]
)
async def test_what_is_no_webhook_is_refused(api: Api, url: str) -> None:
    response = await api.client.put(await place_of(api), json={"address": url})
    problem = assert_problem(response, 422, "invalid_request")
    assert problem["errors"][0]["path"] == "address"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"secret": "short"}, "secret"),
        ({"pace": "digest"}, "pace"),
        ({"subscription": {"events": ["proposal.*", "team.created"]}}, "subscription.events[1]"),
        ({"subscription": {"events": ["proposals.*"]}}, "subscription.events[0]"),
        ({"subscription": {"events": [""]}}, "subscription.events[0]"),
        ({"subscription": {"assets": ["x" * 301]}}, "subscription.assets[0]"),
        ({"subscription": {"assets": ["orders.*"] * 51}}, "subscription.assets"),
        ({"kind": "slack", "address": "#general"}, "address"),
        ({"kind": "email", "address": "nobody"}, "address"),
    ],
)
async def test_what_cannot_be_meant_is_refused_and_named(
    api: Api, body: JsonObject, path: str
) -> None:
    response = await api.client.put(await place_of(api), json={"address": URL, **body})
    assert path in str(assert_problem(response, 422, "invalid_request")["errors"])


async def test_a_pattern_that_matches_nothing_is_named(api: Api) -> None:
    body = {"address": URL, "subscription": {"events": ["proposal.aksed"]}}
    problem = assert_problem(
        await api.client.put(await place_of(api), json=body), 422, "invalid_request"
    )
    assert "`proposal.aksed` matches no kind of event that is sent" in problem["detail"]


async def test_there_is_a_most_of_destinations(api: Api) -> None:
    path = await place_of(api, "")
    for number in range(DESTINATIONS_LIMIT):
        await put(api, f"{path}hook-{number}", address=URL)
    response = await api.client.put(f"{path}one-more", json={"address": URL})
    assert "which is the most" in assert_problem(response, 422, "invalid_request")["detail"]
    await put(api, f"{path}hook-0", address=f"{URL}/2")


async def test_hosts_that_the_server_does_not_allow_are_refused(
    api: Api, database_url: str, comparer: Comparer, feed: Feed
) -> None:
    channels = Channels(webhook_hosts=("hooks.example.com", "*.example.org"))
    path = await place_of(api)
    connected = Database.connect(database_url, pool_size=1, channels=channels)
    async with (
        connected.closing() as database,
        client_of(app_over(database, comparer, feed)) as client,
    ):
        strict = Api(client, database)
        for url in (URL, "https://HOOKS.example.com./x", "https://a.b.example.org"):
            await put(strict, path, address=url)
        for host in ("example.org", "hooks.example.com.evil.net", "10.0.0.1"):
            response = await client.put(path, json={"address": f"https://{host}/"})
            problem = assert_problem(response, 422, "invalid_request")
            assert "WEBHOOK_ALLOWED_DOMAINS" in problem["detail"]


async def test_an_unknown_owner_has_no_destination(api: Api) -> None:
    for owner in ("teams", "users"):
        path = f"/api/v1/{owner}/{uuid4()}/destinations"
        assert_problem(await api.client.get(path), 404, "not_found")
        assert_problem(await api.client.get(f"{path}/email"), 404, "not_found")
        body = {"kind": "email", "address": "a@example.com" if owner == "teams" else None}
        assert_problem(await api.client.put(f"{path}/email", json=body), 404, "not_found")
        assert_problem(await api.client.delete(f"{path}/email"), 404, "not_found")


# --- people's and the server's ---


async def test_a_person_says_how_they_are_told(
    locked_app: FastAPI, credentials: Credentials
) -> None:
    one, other = await credentials.user("one"), await credentials.user("other")
    key = await credentials.user_key(one)
    path = f"/api/v1/users/{one['id']}/destinations"
    async with client_of(locked_app, key["key"]) as client:
        (email,) = (await client.get(path)).json()["items"]
        assert (email["name"], email["pace"], email["address"]) == ("email", "auto", None)
        body = {"kind": "email", "pace": "off", "subscription": {"severity": "critical"}}
        changed = (await client.put(f"{path}/email", json=body)).json()
        assert (changed["id"], changed["pace"]) == (email["id"], "off")
        assert changed["subscription"]["severity"] == "critical"
        slack = await client.put(f"{path}/slack", json={"kind": "slack"})
        assert slack.json()["address"] is None
        for wrong in ({"address": URL}, {"kind": "email", "address": "else@example.com"}):
            response = await client.put(f"{path}/more", json=wrong)
            assert_problem(response, 422, "invalid_request")
        theirs = f"/api/v1/users/{other['id']}/destinations"
        assert_problem(await client.get(theirs), 403, "forbidden")
        assert_problem(await client.put(f"{theirs}/email", json=body), 403, "forbidden")


async def test_the_servers_webhook_belongs_to_the_settings(api: Api) -> None:
    path = "/api/v1/server/destinations"
    name = unique("pager")
    made = await put(api, f"{path}/{name}", address=URL)
    assert (made["team_id"], made["user_id"]) == (None, None)
    assert made["id"] in [each["id"] for each in (await api.got(path))["items"]]
    for response in (
        await api.client.put(f"{path}/webhook", json={"address": URL}),
        await api.client.delete(f"{path}/webhook"),
    ):
        assert "WEBHOOK_URL" in assert_problem(response, 409, "conflict")["detail"]
    assert (await api.client.delete(f"{path}/{name}")).status_code == 204


# --- trying it, and another secret ---


async def pinged(api: Api, destination: JsonObject) -> JsonObject:
    response = await api.client.post(f"/api/v1/destinations/{destination['id']}/ping")
    assert response.status_code == 202, response.text
    delivery: JsonObject = response.json()
    return delivery


async def test_a_ping_goes_to_that_one_alone_whatever_it_wants(api: Api) -> None:
    path = await place_of(api, "")
    await put(api, f"{path}other", address=URL)
    wants = {"events": ["contract.published"], "severity": "critical"}
    tried = await put(api, f"{path}tried", address=URL, subscription=wants)
    delivery = await pinged(api, tried)
    assert delivery["event"]["type"] == "destination.pinged"
    assert (delivery["status"], delivery["destination"]["id"]) == ("pending", tried["id"])
    found = await api.got("/api/v1/deliveries", team_id=tried["team_id"])
    assert [each["id"] for each in found["items"]] == [delivery["id"]]
    await carried(api.database, UUID(delivery["id"]), TAKEN)
    assert (await api.got(f"/api/v1/deliveries/{delivery['id']}"))["status"] == "delivered"


async def test_nothing_is_tried_where_nothing_is_sent(api: Api) -> None:
    path = await place_of(api, "")
    slack = await put(api, f"{path}slack", kind="slack", address="C024BE91L")
    response = await api.client.post(f"/api/v1/destinations/{slack['id']}/ping")
    assert "not set up" in assert_problem(response, 409, "not_ready")["detail"]
    hook = await put(api, f"{path}hook", address=URL)
    await api.client.delete(f"{path}hook")
    for step in ("ping", "rotate-secret"):
        response = await api.client.post(f"/api/v1/destinations/{hook['id']}/{step}")
        assert_problem(response, 404, "not_found")


async def rotate(api: Api, destination: JsonObject, **body: object) -> httpx.Response:
    path = f"/api/v1/destinations/{destination['id']}/rotate-secret"
    return await api.client.post(path, json=body)


async def test_another_secret_is_shown_once_and_both_sign_for_a_while(api: Api) -> None:
    path = await place_of(api)
    made = await put(api, path, address=URL)
    turned = (await rotate(api, made, overlap="7d")).json()
    assert turned["secret"] not in (None, made["secret"])
    assert turned["overlap_until"] is not None
    assert await api.got(path) == {**turned, "secret": None}

    async def secrets() -> tuple[str, ...]:
        found = await api.database.read(lambda tx: tx.destinations.get(UUID(made["id"])))
        assert found is not None
        return found.secrets(found.created_at)

    assert await secrets() == (turned["secret"], made["secret"])
    again = await rotate(api, made)
    assert "signs until" in assert_problem(again, 409, "not_ready")["detail"]
    last = (await rotate(api, made, overlap="0s")).json()
    assert last["overlap_until"] is None
    assert await secrets() == (last["secret"],)


async def test_only_a_webhook_has_a_secret_to_replace(api: Api) -> None:
    slack = await put(api, await place_of(api, "slack"), kind="slack", address="C024BE91L")
    assert_problem(await rotate(api, slack), 422, "invalid_request")
    hook = await put(api, await place_of(api), address=URL)
    assert_problem(await rotate(api, hook, overlap="365d"), 422, "invalid_request")
