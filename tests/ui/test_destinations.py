"""A destination on the pages: added, tried, mended, and what failed sent again."""

import re
from uuid import UUID

import httpx
from playwright.async_api import expect

from domain.json_types import JsonObject
from tests.support.api_client import Api
from tests.support.credentials import Credentials
from tests.ui.administered import REFUSED, TAKEN, carried, disabled
from tests.ui.conftest import Site, Visit, signed_in

DESTINATIONS = "/administration/destinations"
ADDRESS = "https://hooks.example.com/tessera"
FORM = {"kind": "webhook", "address": ADDRESS, "severity": "info"}


async def test_a_member_adds_a_webhook_whose_secret_is_shown_once(
    locked: str, served: Site, administrator: httpx.AsyncClient
) -> None:
    api, credentials = (
        Api(administrator, served.database),
        Credentials(administrator, served.database),
    )
    team, other = await api.team("growth"), await api.team("billing")
    member = await credentials.member(team, "member")
    async with signed_in(locked, credentials, member) as browser:
        form = {**FORM, "team": team["name"], "name": "ops", "events": "proposal.* nothing.at.all"}
        refused = await browser.post(DESTINATIONS, data=form)
        assert refused.status_code == 422
        assert "matches no kind of event" in refused.text
        assert 'value="ops"' in refused.text
        form["events"] = "proposal.*"
        assert (await browser.post(DESTINATIONS, data={**form, "team": other["name"]})).is_error
        made = await browser.post(DESTINATIONS, data=form)
        assert made.status_code == 201
        (secret,) = re.findall(r"whsec_[\w+/=]+", made.text)
        there = await browser.post(DESTINATIONS, data=form)
        assert there.status_code == 409
        (here,) = re.findall(
            rf'{DESTINATIONS}/[0-9a-f-]+(?=")', (await browser.get(DESTINATIONS)).text
        )
        assert secret not in (await browser.get(here)).text
        rotated = await browser.post(f"{here}/rotate-secret", data={"overlap": "1d"})
        assert rotated.status_code == 201
        assert secret not in rotated.text
        assert "whsec_" in rotated.text
        assert (await browser.post(f"{here}/ping", data={})).status_code == 303
        delivery = await newest(api, {"id": here.rpartition("/")[2]})
        sent = f"/administration/deliveries/{delivery['id']}"
        assert (await browser.get(sent)).status_code == 200
    stranger = await credentials.member(other, "owner")
    async with signed_in(locked, credentials, stranger) as browser:
        assert here not in (await browser.get(DESTINATIONS)).text
        assert (await browser.get(here)).status_code == 403
        assert (await browser.get(sent)).status_code == 403
        assert (await browser.post(f"{sent}/replay", data={})).status_code == 403


async def test_what_failed_is_seen_with_its_attempts_and_sent_again(
    client: httpx.AsyncClient, api: Api, served: Site
) -> None:
    team = await api.team("growth")
    path = f"/api/v1/teams/{team['id']}/destinations/ops"
    destination = (await client.put(path, json={"address": ADDRESS})).json()
    here = f"{DESTINATIONS}/{destination['id']}"
    assert (await client.post(f"{here}/ping", data={})).status_code == 303
    delivery = await newest(api, destination)
    await carried(served.database, UUID(delivery["id"]), REFUSED)
    page = (await client.get(here, params={"status": "failed"})).text
    assert "<code>503</code>" in page
    assert "1 delivery failed since" in page
    assert "1210 ms" in (await client.get(f"/administration/deliveries/{delivery['id']}")).text
    assert delivery["id"] not in (await client.get(here, params={"status": "delivered"})).text

    await disabled(served.database, UUID(destination["id"]), "answered 503")
    page = (await client.get(here)).text
    assert "Nothing is sent here since" in page
    assert REFUSED.error is not None
    assert REFUSED.error in page
    assert (await client.post(f"{here}/replay", data={"since": "2020-01-01"})).status_code == 409
    saved = await client.post(f"{here}/change", data=FORM)
    assert saved.headers["location"] == f"{here}?said=changed"
    again = await client.post(f"{here}/replay", data={"since": "2020-01-01"})
    assert again.headers["location"] == f"{here}?said=all"
    replayed = await newest(api, destination)
    assert (replayed["ordinal"], replayed["status"]) == (1, "pending")
    assert "data-soon" in (await client.get(here)).text
    await carried(served.database, UUID(replayed["id"]), TAKEN)
    assert "data-soon" not in (await client.get(here)).text
    once = await client.post(f"/administration/deliveries/{replayed['id']}/replay", data={})
    assert once.headers["location"] == f"{here}?said=replayed"
    none = await client.post(f"{here}/replay", data={"since": "2020-01-01"})
    assert none.headers["location"] == f"{here}?said=none"
    assert (await client.post(f"{here}/remove", data={})).status_code == 303
    assert (await client.get(here)).status_code == 404


async def test_what_becomes_of_a_ping_is_seen_without_a_reload(
    api: Api, visit: Visit, site: str, served: Site
) -> None:
    team, page = await api.team("growth"), visit.page
    path = f"/api/v1/teams/{team['id']}/destinations/ops"
    destination = (await api.client.put(path, json={"address": ADDRESS})).json()
    await page.goto(f"{site}{DESTINATIONS}/{destination['id']}")
    await page.get_by_role("button", name="Send a ping").click()
    badge = page.locator("#deliveries .badge")
    await expect(badge).to_have_text("On its way")
    await carried(served.database, UUID((await newest(api, destination))["id"]), TAKEN)
    await expect(badge).to_have_text("Delivered")


async def test_a_destination_is_deleted_once_however_often_that_is_sent(
    api: Api, client: httpx.AsyncClient
) -> None:
    team = await api.team("growth")
    path = f"/api/v1/teams/{team['id']}/destinations/ops"
    destination = (await client.put(path, json={"address": ADDRESS})).json()
    here, form = f"{DESTINATIONS}/{destination['id']}", {"once": "0123456789abcdef" * 2}
    sent = [await client.post(f"{here}/remove", data=form) for _ in range(2)]
    assert [each.headers.get("location") for each in sent] == [f"{DESTINATIONS}?said=removed"] * 2
    assert (await client.post(f"{here}/remove", data={})).status_code == 404


async def newest(api: Api, destination: JsonObject) -> JsonObject:
    page = await api.got("/api/v1/deliveries", destination_id=destination["id"], limit="1")
    found: JsonObject = page["items"][0]
    return found
