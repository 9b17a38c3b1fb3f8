"""The page of an asset: what it promises, who reads it, and the forms on it."""

import gzip
import re

import httpx
from playwright.async_api import expect

from domain.json_types import JsonObject
from tests.support.api_client import KEY, Api, client_at, table, unique
from tests.support.credentials import Credentials
from tests.ui.conftest import Site, Visit

NESTED: JsonObject = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "email": {"type": ["string", "null"], "description": "As <entered>."},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
    "required": ["id"],
}


def _row(text: str, path: str) -> str:
    return text.split(f'<tr id="field-{path}"')[1].split("</tr>", maxsplit=1)[0]


async def test_a_field_says_its_type_its_guarantees_and_who_reads_it(
    api: Api, client: httpx.AsyncClient
) -> None:
    growth, billing, audit = [await api.team(name) for name in ("growth", "billing", "audit")]
    asset = await api.asset()
    guarantees = {"nullability": {"id": "never"}, "volume": {"min_rows": 5}}
    await api.publish(asset, NESTED, guarantees=guarantees)
    await api.register(asset, growth, ["email"])
    await api.register(asset, billing, ["address"])
    await api.register(asset, audit)
    text = (await client.get(f"/assets/{asset['id']}")).text
    email, city, id_ = (_row(text, path) for path in ("email", "address.city", "id"))
    assert growth["name"] in email
    assert "optional" in email
    assert "or null" in email
    assert "As &lt;entered&gt;." in email
    assert billing["name"] in city
    assert 'class="deep-1"' in text
    assert "never null" in id_
    assert "required" in id_
    assert audit["name"] not in id_
    above = text.split("<strong>Every field</strong>")[1].split("</p>")[0]
    assert audit["name"] in above
    assert "at least 5 rows" in text


async def test_five_hundred_fields_are_folded_small_and_found(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset = await api.asset()
    wide = {f"metric_{n:03}_total": {"type": "number", "description": f"{n}."} for n in range(500)}
    await api.publish(asset, {"type": "object", "properties": wide})
    answer = await client.get(f"/assets/{asset['id']}")
    assert answer.text.count("<tr id=") == 500
    assert answer.text.count('<details class="fold"') == 5
    assert len(gzip.compress(answer.content)) < 100_000
    found = (await client.get(f"/assets/{asset['id']}", params={"field": "metric_49"})).text
    assert found.count("<tr id=") == 10
    assert "10 of 500 fields" in found


async def test_an_asset_without_a_contract_says_how_it_gets_one(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset = await api.asset()
    text = (await client.get(f"/assets/{asset['id']}")).text
    assert f"tessera contract publish {asset['fqn']}" in text
    assert f'href="/propose?asset={asset["id"]}"' in text
    assert 'href="/assets/{}/dependencies"'.format(asset["id"]) in text
    assert (await client.get("/assets/nothing")).status_code == 404


async def test_a_team_is_registered_and_removed_and_what_is_refused_is_kept(
    api: Api, plain_visit: Visit, site: str
) -> None:
    growth, asset = await api.team("growth"), await api.asset()
    await api.publish(asset, NESTED)
    page = plain_visit.page
    await page.goto(f"{site}/assets/{asset['id']}")
    await page.get_by_text("Register a team …").click()
    await page.locator("#step-register").get_by_label("Team").fill("no such team")
    await page.get_by_role("button", name="Register").click()
    await expect(page.locator("#fault-register")).to_contain_text("There is no team no such team")
    await page.locator("#step-register").get_by_label("Team").fill(growth["name"])
    await page.get_by_label("Fields, one on each line").fill("email\naddress.town")
    await page.get_by_label("What reads it").fill("newsletter")
    await page.get_by_label("Its link").fill("https://wiki.example.com/newsletter")
    await page.get_by_role("button", name="Register").click()
    await expect(page.get_by_role("alert")).to_contain_text("has no field address.town")
    fields = page.get_by_label("Fields, one on each line")
    await expect(fields).to_have_value("email\naddress.town")
    await fields.fill("email\naddress.city")
    await page.get_by_role("button", name="Register").click()
    await expect(page.get_by_role("status").first).to_contain_text("The registration stands.")
    consumer = page.locator(".consumer")
    await expect(consumer).to_contain_text("reads address.city, email")
    await expect(consumer.get_by_role("link", name="newsletter")).to_be_visible()
    await consumer.get_by_text("Remove", exact=False).first.click()
    await consumer.get_by_role("button", name="Remove it").click()
    await expect(page.get_by_text("Nobody has registered.")).to_be_visible()


async def test_a_version_that_is_refused_is_marked_as_what_is_wrong(
    api: Api, client: httpx.AsyncClient
) -> None:
    team, asset = await api.team("growth"), await api.asset()
    await api.publish(asset, NESTED)
    path = f"/assets/{asset['id']}"
    field = (await client.get(path)).text.split("Stays on version")[1].split('name="')[1]
    form = {"team": team["name"], field.split('"')[0]: "9.9.9"}
    refused = await client.post(f"{path}/register", data=form)
    assert (refused.status_code, "has no version 9.9.9" in refused.text) == (422, True)
    marked = refused.text.split("Stays on version")[1].split(">")[0]
    assert 'aria-invalid="true" aria-describedby="fault-register"' in marked


async def test_a_registration_is_removed_once_however_often_that_is_sent(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset = await api.asset()
    registered = await api.register(asset, await api.team("growth"))
    page = f"/assets/{asset['id']}"
    (path,) = re.findall(r'action="([^"]*/remove)"', (await client.get(page)).text)
    form = {"once": "0123456789abcdef" * 2}
    sent = [await client.post(path, data=form) for _ in range(2)]
    assert [each.headers.get("location") for each in sent] == [f"{page}?said=remove#consumers"] * 2
    again = await client.post(path, data={})
    assert (again.status_code, registered["id"] in again.text) == (404, True)
    led = await client.get(path, headers={"Accept": "text/html"})
    assert led.headers["location"] == page


async def test_who_deletes_an_asset_is_told_what_that_does(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset = await api.asset()
    path = f"/assets/{asset['id']}"
    says = "It goes out of the catalogue."
    assert f"{says} Nobody reads it. It can be restored." in (await client.get(path)).text
    await api.publish(asset, NESTED)
    await api.register(asset, await api.team("growth"), ["email"])
    text = (await client.get(path)).text
    assert f"{says} 1 team that reads it is told. It can be restored." in text
    await api.publish(asset, table("id"))
    text = (await client.get(path)).text
    assert "is told. Its open proposal is rejected. It can be restored." in text


async def test_it_is_described_deleted_and_restored_by_forms(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset = await api.asset()
    path = f"/assets/{asset['id']}"
    said = {"description": " Who buys. ", "tags": "pii, gold ,", "kind": "topic"}
    answer = await client.post(f"{path}/describe", data=said)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?said=describe")
    shown = await api.got(f"/api/v1{path}")
    assert (shown["description"], shown["tags"], shown["kind"]) == (
        "Who buys.",
        ["pii", "gold"],
        "topic",
    )
    refused = await client.post(f"{path}/describe", data={**said, "tags": "x" * 101})
    assert (refused.status_code, "A tag has at most 100" in refused.text) == (422, True)
    assert "x" * 101 in refused.text
    assert (await client.post(f"{path}/delete", data={})).status_code == 303
    text = (await client.get(path)).text
    assert "It is deleted" in text
    assert "Delete it …" not in text
    assert (await client.post(f"{path}/restore", data={})).status_code == 303
    assert "It is deleted" not in (await client.get(path)).text


async def test_its_stewards_and_its_owner_are_changed_by_forms(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset, other = await api.asset(), await api.team("other")
    email = f"{unique('ada')}@example.com"
    user = await api.made("/api/v1/users", {"name": "Ada <i>", "email": email})
    path = f"/assets/{asset['id']}"
    refused = await client.post(f"{path}/stewards", data={"user": "no@example.com"})
    assert (refused.status_code, "Nobody has this e-mail" in refused.text) == (422, True)
    assert 'value="no@example.com"' in refused.text
    sent = await client.post(f"{path}/stewards", data={"user": email.upper()})
    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}?said=steward")
    assert "<bdi>Ada &lt;i&gt;</bdi></dd>" in (await client.get(path)).text
    gone = await client.post(f"{path}/stewards/{user['id']}/remove", data={})
    assert gone.status_code == 303
    assert (await api.got(f"/api/v1{path}/stewards"))["items"] == []
    assert (await client.post(f"{path}/give", data={"team": ""})).status_code == 422
    assert (await client.post(f"{path}/give", data={"team": other["name"]})).status_code == 303
    assert (await api.got(f"/api/v1{path}"))["owner_team_id"] == other["id"]


async def test_how_it_is_judged_and_its_times_are_changed_by_forms(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset = await api.asset()
    path = f"/assets/{asset['id']}"
    form = {"mode": "full", "content_model": "open", "semver_mode": "enforce"}
    sent = await client.post(f"{path}/judging", data={**form, "observe": "observes"})
    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}?said=judging")
    policy = await api.got(f"/api/v1{path}/policy")
    assert form == {name: policy[name] for name in form}
    assert (policy["observe"], policy["observe_override"]) == (True, True)
    text = (await client.get(path)).text
    assert '<option value="full" selected>' in text
    assert '<option value="observes" selected>' in text
    for bad in ({"mode": "loose"}, {"observe": "perhaps"}):
        assert (await client.post(f"{path}/judging", data={**form, **bad})).status_code == 422
    assert (await client.post(f"{path}/judging", data={**form, "observe": ""})).status_code == 303
    assert (await api.got(f"/api/v1{path}/policy"))["observe_override"] is None
    assert 'name="preset" value="strict"' in text, "of what no preset says, none is now"
    assert (await client.post(f"{path}/judging", data={"preset": "loose"})).status_code == 422
    assert (await client.post(f"{path}/judging", data={"preset": "strict"})).status_code == 303
    assert (await api.got(f"/api/v1{path}/policy"))["preset"] == "strict"
    text = (await client.get(path)).text
    assert 'value="protect-readers"' in text
    assert 'value="strict"' not in text
    times = {"timeline.deadline": "36h", "timeline.on_deadline": "approve"}
    assert (await client.post(f"{path}/timeline", data=times)).status_code == 303
    policy = await api.got(f"/api/v1{path}/policy")
    assert policy["timeline_overrides"] == {"deadline": "P1DT12H", "on_deadline": "approve"}
    text = (await client.get(path)).text
    assert 'name="timeline.deadline" value="36h"' in text
    back = dict.fromkeys(re.findall(r'type="hidden" name="(timeline\.\w+)"', text), "")
    assert set(back) == set(times), "what it says itself can be left to others at once"
    refused = await client.post(f"{path}/timeline", data={"timeline.deadline": "9999d"})
    assert (refused.status_code, "lies between" in refused.text) == (422, True)
    assert 'aria-describedby="fault-timeline" autofocus' in refused.text


async def test_a_link_that_is_no_web_address_is_refused(
    api: Api, client: httpx.AsyncClient
) -> None:
    team, asset = await api.team(), await api.asset()
    form = {"team": team["id"], "use": "job", "link": "javascript:alert(1)"}
    answer = await client.post(f"/assets/{asset['id']}/register", data=form)
    assert (answer.status_code, "A link begins with" in answer.text) == (422, True)


async def test_only_what_one_may_do_is_offered(served: Site, locked: str) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with client_at(locked, headers=headers) as client:
        api, credentials = Api(client, served.database), Credentials(client, served.database)
        growth, billing = await api.team("growth"), await api.team("billing")
        asset = await api.asset()
        await api.publish(asset, table("id"))
        for team in (growth, billing):
            await api.register(asset, team)
        key = (await credentials.team_key(growth))["key"]
        headers = {"Authorization": f"Bearer {key}"}
        text = (await client.get(f"/assets/{asset['id']}", headers=headers)).text
        mine = text.split(growth["name"])
        assert f'Remove<span class="unseen"> the registration of {growth["name"]}' in text
        assert f"the registration of {billing['name']}" not in text
        assert len(mine) > 2
        for other in (
            *("Describe it …", "Delete it …", "Propose a change</a></li>", "Change its times …"),
            *("Change its stewards …", "Give it to another team …", "Change how it is judged …"),
        ):
            assert other not in text
        assert "Register a team …" in text
        own = (await client.get(f"/assets/{asset['id']}")).text
        assert "Describe it …" in own
        key = (await credentials.team_key(growth, "read"))["key"]
        headers = {"Authorization": f"Bearer {key}"}
        text = (await client.get(f"/assets/{asset['id']}", headers=headers)).text
        assert "Register a team …" not in text


async def test_its_history_is_told_newest_first_and_in_pages(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset = await api.asset()
    path = f"/api/v1/assets/{asset['id']}"
    for number in range(55):
        await client.patch(path, json={"description": f"{number}"})
    text = (await client.get(f"/assets/{asset['id']}")).text
    assert text.count("is changed.") == 12
    assert f'href="/assets/{asset["id"]}/history"' in text
    first = (await client.get(f"/assets/{asset['id']}/history")).text
    assert first.count("is changed.") == 50
    older = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    last = (await client.get(older)).text
    assert last.count("is changed.") == 5
    assert last.rindex("is changed.") < last.index(f"owns {asset['fqn']}")


async def test_an_open_proposal_stands_on_the_page(api: Api, client: httpx.AsyncClient) -> None:
    reader = await api.team(unique("growth"))
    proposal = await api.proposal(reader)
    text = (await client.get(f"/assets/{proposal['asset']['id']}")).text
    notice = text.split('id="proposal"')[1].split("</div>")[0]
    assert f'href="/proposals/{proposal["id"]}"' in notice
    assert reader["name"] in notice
    assert "is removed" in notice
