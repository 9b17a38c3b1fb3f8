"""Proposing by form: what it would do is shown first, and nothing else is done."""

import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from markupsafe import escape
from playwright.async_api import expect

from domain.json_types import JsonObject
from domain.pages import LARGEST_LIMIT
from record.comparison import Comparer
from store.transaction import Transaction
from tests.support.api_client import KEY, Api, client_at, table, unique
from tests.support.credentials import Credentials
from tests.ui.conftest import Visit, serving

HTML = {"Accept": "text/html"}


def text(schema: JsonObject) -> str:
    return json.dumps(schema, indent=2)


def agreed_in(page: str) -> str:
    found = re.search(r'name="agreed" value="(\w+)"', page)
    assert found is not None, page
    return found[1]


async def test_a_breaking_change_is_seen_and_proposed_without_javascript(
    api: Api, plain_visit: Visit, site: str
) -> None:
    growth, billing = await api.team("growth"), await api.team("billing")
    asset = await api.asset()
    await api.publish(asset, table("id", "email"))
    await api.register(asset, growth, ["email"])
    await api.register(asset, billing, ["id"])
    page = plain_visit.page
    await page.goto(f"{site}/propose")
    await page.get_by_role("searchbox", name="Asset").fill(asset["fqn"])
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("link", name=asset["fqn"]).click()
    schema = page.get_by_role("textbox", name="Schema")
    assert json.loads(await schema.input_value()) == table("id", "email")
    await schema.fill(text(table("id")))
    await page.get_by_role("button", name="See what it would do").click()
    verdict = page.locator("#verdict")
    await expect(verdict).to_contain_text("Breaks 1 team")
    await expect(verdict).to_contain_text(growth["name"])
    await expect(verdict).to_contain_text("They have 14 days")
    await expect(page.locator("#what-changes")).to_contain_text("email")
    assert (await api.got("/api/v1/proposals", asset_id=asset["id"]))["items"] == []
    await page.get_by_role("button", name="Propose 2.0.0 to 1 team").click()
    await expect(page.get_by_text("It is proposed.")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(asset["fqn"])


async def test_a_new_asset_may_be_of_any_of_very_many_teams(
    fresh_database_url: str, comparer: Comparer
) -> None:
    async with (
        serving(fresh_database_url, comparer) as site,
        client_at(site.address) as client,
    ):
        api = Api(client, site.database)
        oldest = await api.team("oldest")

        async def many(tx: Transaction) -> None:
            for number in range(LARGEST_LIMIT):
                await tx.teams.insert(f"team {number}")

        await site.database.run(many)
        form = {"team": oldest["name"], "fqn": "orders.new", "schema": text(table("id"))}
        shown = await client.post("/propose/preview", data=form, headers=HTML)
        assert "Name a team" not in shown.text
        sent = await client.post("/propose", data=form | {"agreed": agreed_in(shown.text)})
        assert sent.status_code == 303
        unknown = await client.post("/propose/preview", data=form | {"team": "nobody"})
        assert "Name a team" in unknown.text


async def test_what_it_would_do_is_shown_while_somebody_types(
    api: Api, visit: Visit, site: str
) -> None:
    reader = await api.team("growth")
    asset = await api.asset()
    await api.publish(asset, table("id", "email"))
    await api.register(asset, reader, ["email"])
    page = visit.page
    await page.goto(f"{site}/propose?asset={asset['id']}")
    schema = page.get_by_role("textbox", name="Schema")
    await schema.fill(text(table("id", "email", "country")))
    await expect(page.get_by_role("button", name="Publish 1.1.0")).to_be_visible()
    await schema.fill('{"type": "object",\n "properties": {]}')
    await expect(page.locator("#verdict")).to_contain_text("line 2, column 17")
    await expect(page.get_by_role("button", name="Publish")).to_have_count(0)
    await schema.fill(text(table("id")))
    await expect(page.get_by_role("button", name="Propose 2.0.0 to 1 team")).to_be_visible()
    await expect(schema).to_have_value(text(table("id")))


class Form:
    """The form as a browser sends it."""

    def __init__(self, client: httpx.AsyncClient, **values: str) -> None:
        self.client = client
        self.values = {"once": "0" * 32, **values}

    async def send(self, path: str = "/propose", **more: str) -> httpx.Response:
        parts = {name: (None, value) for name, value in (self.values | more).items()}
        return await self.client.post(path, files=parts, headers=HTML)


async def test_the_same_form_sent_twice_publishes_once(api: Api, client: httpx.AsyncClient) -> None:
    asset = await api.asset()
    await api.publish(asset, table("id"))
    form = Form(client, asset=asset["id"], schema=text(table("id", "more")))
    agreed = agreed_in((await form.send("/propose/preview")).text)
    answers = [await form.send(agreed=agreed) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert {answer.headers["location"] for answer in answers} == {
        f"/assets/{asset['id']}?said=published"
    }
    versions = (await api.got(f"/api/v1/assets/{asset['id']}/contracts"))["items"]
    assert [each["version"] for each in versions] == ["1.1.0", "1.0.0"]


async def test_what_it_does_is_what_was_seen_or_nothing(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset, reader = await api.asset(), await api.team("growth")
    await api.publish(asset, table("id", "email"))
    form = Form(client, asset=asset["id"], schema=text(table("id")))
    agreed = agreed_in((await form.send("/propose/preview")).text)
    await api.register(asset, reader, ["email"])  # since then somebody reads it
    answer = await form.send(agreed=agreed)
    assert answer.status_code == 409
    assert "Nothing was done" in answer.text
    assert "Propose 2.0.0 to 1 team" in answer.text
    assert (await api.got("/api/v1/proposals", asset_id=asset["id"]))["items"] == []
    answer = await form.send(agreed=agreed_in(answer.text))
    assert answer.headers["location"].startswith("/proposals/")


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ("{'type': 'object'}", "line 1, column 2"),
        ("type: object\nproperties:\n  id: [string\n", "line 4, column 1"),
        ('{"type": "objekt"}', "objekt"),
        ("", "Paste a schema"),
        ("type: object\nx: \x00", "cannot be kept"),
    ],
)
async def test_a_schema_that_is_none_says_where_and_stays(
    api: Api, client: httpx.AsyncClient, schema: str, says: str
) -> None:
    asset = await api.asset()
    form = Form(client, asset=asset["id"], schema=schema)
    answer = await form.send()
    assert answer.status_code == 422
    assert says in answer.text
    assert str(escape(schema[:20])) in answer.text


@pytest.mark.parametrize("number", [".nan", "-.inf", "1e999"])
async def test_a_number_that_json_cannot_hold_is_refused(
    api: Api, client: httpx.AsyncClient, number: str
) -> None:
    asset = await api.asset()
    promise = f"custom: [{{type: sql, most: {number}}}]"
    form = Form(client, asset=asset["id"], schema=text(table("id")), guarantees=promise)
    answer = await form.send()
    assert answer.status_code == 422
    assert "is no number of JSON" in answer.text


async def test_yaml_a_file_and_guarantees_are_taken(api: Api, client: httpx.AsyncClient) -> None:
    asset = await api.asset()
    file = "type: object\nproperties:\n  id: {type: string}\n"
    parts = {
        "asset": (None, asset["id"]),
        "schema": (None, "not this"),
        "guarantees": (None, "unique: [id]"),
        "file": ("customers.yaml", file),
    }
    answer = await client.post("/propose/preview", files=parts, headers=HTML)
    assert "The first version" in answer.text
    assert "id: {type: string}" in answer.text  # the file's text is in the field now
    form = Form(client, asset=asset["id"], schema=file, guarantees="unique: [id]")
    published = await form.send(agreed=agreed_in(answer.text))
    assert published.status_code == 303
    (contract,) = (await api.got(f"/api/v1/assets/{asset['id']}/contracts", include="schema"))[
        "items"
    ]
    assert contract["guarantees"] == {"unique": ["id"]}


async def test_a_new_asset_comes_with_its_first_schema_or_not_at_all(
    api: Api, client: httpx.AsyncClient
) -> None:
    team = await api.team("owner")
    named = {"fqn": f"orders.{team['id']}", "environment": "production", "team": team["name"]}
    form = Form(client, **named, schema='{"type": "nothing"}')
    assert (await form.send()).status_code == 422
    assert (await api.got("/api/v1/assets", fqn=named["fqn"]))["items"] == []
    form = Form(client, **named, schema=text(table("id")))
    agreed = agreed_in((await form.send("/propose/preview")).text)
    assert (await form.send(agreed="something else")).status_code == 409
    assert (await api.got("/api/v1/assets", fqn=named["fqn"]))["items"] == []
    answer = await form.send(agreed=agreed)
    (asset,) = (await api.got("/api/v1/assets", fqn=named["fqn"]))["items"]
    assert answer.headers["location"] == f"/assets/{asset['id']}?said=published"


@pytest.fixture
async def administrator(locked: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with client_at(locked, headers=headers) as client:
        yield client


async def test_only_who_may_publish_for_the_owner_sees_the_form(
    api: Api, administrator: httpx.AsyncClient, locked: str
) -> None:
    credentials = Credentials(administrator, api.database)
    own, foreign = await api.team("own"), await api.team("foreign")
    asset = await api.asset(own)
    for team, status in ((own, 200), (foreign, 403)):
        key = str((await credentials.team_key(team))["key"])
        headers = {"Authorization": f"Bearer {key}", **HTML}
        async with client_at(locked, headers=headers) as client:
            assert (await client.get(f"/propose?asset={asset['id']}")).status_code == status
            form = Form(client, asset=asset["id"], schema=text(table("id")))
            assert (await form.send("/propose/preview")).status_code == status
            listed = (await client.get("/propose")).text
            assert (asset["fqn"] in listed) == (team is own)
            first = Form(client, fqn="x.y", team=own["name"], schema=text(table("id")))
            named = "Name a team for which" not in (await first.send("/propose/preview")).text
            assert named == (team is own)
            found = (await client.get("/propose", params={"q": asset["fqn"]})).text
            assert (f"/propose?asset={asset['id']}" in found) == (team is own)


async def test_a_search_that_finds_more_than_stands_there_says_so(
    api: Api, client: httpx.AsyncClient
) -> None:
    tag = unique("many").replace("-", "")
    for _ in range(31):
        last = await api.asset(tags=[tag])
    many = (await client.get("/propose", params={"q": tag})).text
    assert "More than 30 assets found" in many
    assert "There are more: type a part of the name." in many
    assert "1 asset found" in (await client.get("/propose", params={"q": last["fqn"]})).text
