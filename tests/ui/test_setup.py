"""A server that nobody has: whoever runs it makes its first administrator, and nobody else does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from playwright.async_api import expect
from sqlalchemy import select

from api.rate_limits import RateLimits
from api.setup_code import SetUp
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.transaction import Transaction
from store.users import UserRow
from tests.support.api_client import KEY, LOCKED, OPEN, app_over, client_at, client_of
from tests.support.servers import Run, create_database, drop_database, migrated_template
from tests.ui.conftest import Site, Visit, serving

CODE = "0123456789abcdef0123456789abcdef"
HTML = {"Accept": "text/html"}
ADA = {
    "name": "Ada",
    "email": "ada@example.com",
    "password": "a quiet morning in spring",
    "again": "a quiet morning in spring",
}


@pytest.fixture
def fresh_url(postgres_admin_url: str) -> Any:
    """A database that nobody has been in."""
    name = f"tessera_fresh_{id(object()):x}"
    template = migrated_template(Run.of_this_process(), postgres_admin_url)
    yield create_database(postgres_admin_url, name, template)
    drop_database(postgres_admin_url, name)


@pytest.fixture
async def fresh(fresh_url: str, comparer: Comparer) -> AsyncIterator[Site]:
    async with serving(fresh_url, comparer, LOCKED, set_up=SetUp(CODE)) as site:
        yield site


async def users_of(site: Site) -> list[str]:
    async def work(tx: Transaction) -> list[str]:
        return [row.name for row in await tx.sql.rows(select(UserRow))]

    return await site.database.read(work)


async def test_a_fresh_server_is_set_up_and_tried_on_demo_data(
    fresh: Site, plain_visit: Visit
) -> None:
    page = plain_visit.page
    await page.goto(fresh.address)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Set up this server")
    await page.get_by_label("Set-up code").fill(CODE)
    for label, name in (("Your name", "name"), ("E-mail address", "email")):
        await page.get_by_label(label).fill(ADA[name])
    for label in ("Password", "The same again"):
        await page.get_by_label(label).fill(ADA["password"])
    await page.get_by_role("button", name="Make the administrator").click()
    await page.get_by_role("button", name="Make the demo data").click()
    await page.get_by_role("link", name="Look at it").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("shop.customers")
    await expect(page.locator("#parties")).to_contain_text("demo-marketing")
    await page.goto(f"{fresh.address}/setup/demo")
    await page.get_by_text("Take the demo data away …").click()
    await page.get_by_role("button", name="Take it away").click()
    await expect(page.get_by_text("is taken away")).to_be_visible()
    await page.get_by_role("button", name="Make the demo data").click()
    await expect(page.get_by_text("The demo data is there.")).to_be_visible()


async def test_of_two_at_once_one_becomes_the_administrator(fresh: Site) -> None:
    async def comes(name: str) -> httpx.Response:
        form = {**ADA, "name": name, "email": f"{name}@example.com", "proof": CODE}
        async with client_at(fresh.address) as client:
            return await client.post("/setup", data=form, headers=HTML)

    answers = await asyncio.gather(*(comes(name) for name in ("ada", "bob", "cyd", "dan")))
    assert sorted(answer.headers["location"] for answer in answers) == [
        *("/setup/demo", "/sign-in", "/sign-in", "/sign-in"),
    ]
    assert len(await users_of(fresh)) == 1
    async with client_at(fresh.address) as client:
        assert (await client.get("/setup")).headers["location"] == "/"
        assert (await client.get("/", headers=HTML)).status_code == 401


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        ({"proof": "f" * 32}, 401, "That is not the code"),
        ({"proof": KEY}, 401, "That is not the code"),
        ({"proof": ""}, 401, "That is not the code"),
        ({"again": "another"}, 422, "not the same"),
        ({"password": "ada@example.com", "again": "ada@example.com"}, 422, "first that somebody"),
        ({"email": "nobody"}, 422, "e-mail address"),
    ],
)
async def test_what_is_refused_leaves_the_server_as_it_was(
    fresh: Site, changed: dict[str, str], status: int, says: str
) -> None:
    async with client_at(fresh.address, headers=HTML) as client:
        answer = await client.post("/setup", data={**ADA, "proof": CODE, **changed})
    assert answer.status_code == status
    assert says in answer.text
    assert 'value="Ada"' in answer.text
    assert ADA["password"] not in answer.text
    assert await users_of(fresh) == []


async def test_who_guesses_the_code_is_stopped(fresh_url: str, comparer: Comparer) -> None:
    async with Database.connect(fresh_url).closing() as database:
        app = app_over(
            database,
            comparer,
            Feed(database, Listener(fresh_url, [])),
            authenticator=LOCKED,
            set_up=SetUp(CODE),
            rate_limits=RateLimits(database, failures=5),
        )
        async with client_of(app) as client:
            guesses = [{**ADA, "proof": f"{number:032x}"} for number in range(8)]
            answers = [(await client.post("/setup", data=each)).status_code for each in guesses]
            assert (answers[0], answers[-1]) == (401, 429)
            right = await client.post("/setup", data={**ADA, "proof": CODE})
            assert right.status_code == 429


async def test_where_there_is_a_bootstrap_key_it_is_what_is_asked_for(
    fresh_url: str, comparer: Comparer
) -> None:
    async with (
        serving(fresh_url, comparer, LOCKED, set_up=SetUp()) as site,
        client_at(site.address, headers=HTML) as client,
    ):
        assert "Bootstrap key" in (await client.get("/setup")).text
        assert (await client.post("/setup", data={**ADA, "proof": "x"})).status_code == 401
        answer = await client.post("/setup", data={**ADA, "proof": KEY})
        assert answer.headers["location"] == "/setup/demo"
        assert (await client.get("/setup/demo")).status_code == 200


async def test_another_site_cannot_set_a_server_up(fresh: Site) -> None:
    async with client_at(fresh.address, headers={"Sec-Fetch-Site": "cross-site"}) as client:
        assert (await client.post("/setup", data={**ADA, "proof": CODE})).status_code == 403


async def test_the_demo_data_is_made_once_however_often(fresh_url: str, comparer: Comparer) -> None:
    async with (
        serving(fresh_url, comparer, OPEN) as site,
        client_at(site.address) as client,
    ):
        answer = await client.get("/setup")
        assert answer.headers["location"] == "/setup/demo"
        made = await asyncio.gather(*(client.post("/setup/demo") for _ in range(3)))
        assert {each.headers["location"] for each in made} == {"/setup/demo?said=made"}
        teams = (await client.get("/api/v1/teams")).json()["items"]
        assert sorted(each["name"] for each in teams) == [
            *("demo-analytics", "demo-billing", "demo-marketing", "demo-storefront"),
        ]
        everything = (await client.get("/api/v1/proposals")).json()["items"]
        ends = {each["asset"]["fqn"]: each["status"] for each in everything}
        assert ends == {
            "shop.customers": "pending",
            "shop.orders": "published",
            "shop.products": "rejected",
        }
        for each in everything:
            asked_at = {party["asked_at"] for party in each["parties"]}
            assert (None in asked_at) == (each["status"] == "pending"), "the worker asks those"
        (proposal,) = (each for each in everything if each["status"] == "pending")
        assert proposal["base_version"] == "1.1.0"
        asked = sorted(each["team"]["name"] for each in proposal["parties"])
        assert asked == ["demo-billing", "demo-marketing"]
        assert [each["name"] for each in proposal["told"]] == ["demo-analytics"]
        assert proposal["policy"]["timeline"]["migration_window"] == "P30D", "the old one ends"
        await client.post("/setup/demo/remove")
        assert (await client.get("/api/v1/teams")).json()["items"] == []
        assert (await client.get("/api/v1/assets")).json()["items"] == []


async def test_the_demo_data_leaves_no_page_of_who_makes_it_empty(
    fresh_url: str, comparer: Comparer
) -> None:
    async with (
        serving(fresh_url, comparer, LOCKED, set_up=SetUp()) as site,
        client_at(site.address, headers=HTML) as client,
    ):
        await client.post("/setup", data={**ADA, "proof": KEY})
        await client.post("/setup/demo")
        inbox, ended, catalogue, overview, made, account = [
            (await client.get(each)).text
            for each in ("/", "/ended", "/assets", "/overview", "/setup/demo", "/account")
        ]
        assert account.count("<td>owner</td>") == 2
        waits = inbox.split('id="waits-', 1)[1].split("</li>", 1)[0]
        assert "shop.customers" in waits
        assert "demo-billing" in waits
        assert 'value="approved"' in waits
        assert "We have not read it since" not in inbox
        assert "What your own proposals wait for" in inbox
        for fqn in ("shop.orders", "shop.products"):
            assert fqn in ended
        for fqn in ("shop.customers", "shop.orders", "shop.products", "shop.revenue"):
            assert f"<bdi>{fqn}</bdi>" in catalogue
        assert "shop.customers" in overview
        assert "/ended" in made
        orders = (
            catalogue.split("<bdi>shop.orders</bdi>", maxsplit=1)[0]
            .rsplit('href="', 1)[1]
            .split('"')[0]
        )
        asset, lineage = [
            (await client.get(f"{orders}{each}")).text for each in ("", "/dependencies")
        ]
        assert "2.0.0" in asset
        assert lineage.count("data-box=") == 4
        await client.post("/setup/demo/remove")
        assert "shop.customers" not in (await client.get("/assets")).text
        assert 'id="waits-' not in (await client.get("/")).text


async def test_the_code_is_the_same_in_all_processes_that_have_the_encryption_key() -> None:
    keys = [b"k" * 32]
    assert SetUp.with_code(keys).code == SetUp.with_code(keys).code
    assert SetUp.with_code([]).code != SetUp.with_code([]).code


async def test_nobodys_own_team_goes_with_the_demo_data(fresh_url: str, comparer: Comparer) -> None:
    async with (
        serving(fresh_url, comparer, OPEN) as site,
        client_at(site.address) as client,
    ):
        await client.post("/setup/demo")
        teams = {each["name"]: each for each in (await client.get("/api/v1/teams")).json()["items"]}
        renamed = f"/teams/{teams['demo-billing']['id']}/rename"
        assert (await client.post(renamed, data={"name": "billing"})).status_code == 303
        own = await client.post("/api/v1/teams", json={"name": "demo-billing"})
        owner = teams["demo-storefront"]["id"]
        asset = {"fqn": "shop.real", "owner_team_id": owner}
        assert (await client.post("/api/v1/assets", json=asset)).status_code == 201
        assert (await client.post("/setup/demo/remove")).status_code == 303
        left = (await client.get("/api/v1/teams")).json()["items"]
        kept = {own.json()["id"], teams["demo-billing"]["id"], owner}
        assert {each["id"] for each in left} == kept
