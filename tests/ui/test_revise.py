"""Revising by form: what it would do while somebody types, and what is refused."""

import json
import re
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import expect

from api.body_limit import FORM_BYTES
from api.ui.revise import CHANGES_SHOWN
from api.ui.schema_entry import LONGEST_PREFILLED
from domain.json_types import JsonObject
from tests.support.api_client import Api, table
from tests.ui.conftest import Visit
from tests.ui.stand_in import tell


async def test_whom_it_would_ask_stands_there_while_it_is_written(
    api: Api, visit: Visit, site: str
) -> None:
    growth, billing = await api.team("growth"), await api.team("billing")
    asset = await api.asset()
    await api.publish(asset, table("id", "email", "phone"))
    await api.register(asset, growth, ["email"])
    await api.register(asset, billing, ["phone"])
    proposal = (await api.publish(asset, table("id", "phone"))).json()["proposal"]
    await tell(api.database, proposal)
    page = visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    await page.get_by_role("link", name="Revise it").click()
    schema, preview = page.get_by_label("Schema"), page.locator("#preview")
    await expect(schema).to_have_value(re.compile('"phone"'))
    await schema.fill("{")
    await expect(preview).to_contain_text("The text is not JSON")
    await schema.fill(json.dumps(table("id", "email")))
    await expect(preview).to_contain_text(f"Asked{billing['name']}")
    await expect(preview).to_contain_text(f"Released{growth['name']}")
    await expect(preview).to_contain_text("phone is removed.")
    await expect(preview.locator("input[name=agreed]")).to_have_count(1)
    await page.get_by_role("button", name="Revise it").click()
    await expect(page.get_by_text("The revision is recorded")).to_be_visible()
    await expect(page.locator("#parties")).to_contain_text(billing["name"])
    await expect(page.locator("#parties")).not_to_contain_text(growth["name"])


async def test_what_is_refused_comes_back_with_the_text(
    api: Api, client: httpx.AsyncClient
) -> None:
    proposal = await api.proposal(await api.team("growth"))
    path = f"/proposals/{proposal['id']}/revise"
    for text, told in (
        ('{"type": <b>', "The text is not JSON"),
        ('{"type": "nothing"}', "nothing"),
        (" ", "Paste a schema"),
    ):
        answer = await client.post(path, data={"schema": text, "version": ""})
        assert answer.status_code == 422
        assert told in answer.text
        assert "<b>" not in answer.text
        assert text.replace("<b>", "&lt;b&gt;").replace('"', "&#34;") + "</textarea>" in answer.text
    assert (await api.got(f"/api/v1/proposals/{proposal['id']}"))["revision"] == 1


async def test_what_was_seen_ahead_is_what_happens(api: Api, client: httpx.AsyncClient) -> None:
    """Another team comes between the look ahead and the sending."""
    growth, billing = await api.team("growth"), await api.team("billing")
    asset = await api.asset()
    await api.publish(asset, table("id", "email", "phone"))
    await api.register(asset, growth, ["email"])
    proposal = (await api.publish(asset, table("id", "phone"))).json()["proposal"]
    path = f"/proposals/{proposal['id']}/revise"
    form = _form("id")
    ahead = (await client.post(f"{path}/preview", data=form)).text
    assert billing["name"] not in ahead
    await api.register(asset, billing, ["phone"])

    seen = {**form, "once": uuid4().hex, "agreed": _agreed(ahead)}
    for _ in range(2):
        refused = await client.post(path, data=seen)
        assert refused.status_code == 409
        assert "This is what it would do now." in refused.text
        assert billing["name"] in refused.text
        assert await _revisions(api, proposal) == (1, 0)

    seen["agreed"] = _agreed(refused.text)
    for once in (seen["once"], seen["once"], uuid4().hex):  # sent twice, and once more elsewhere
        assert (await client.post(path, data={**seen, "once": once})).status_code == 303
        assert await _revisions(api, proposal) == (2, 1)


async def test_what_was_written_after_the_look_was_not_seen(
    api: Api, client: httpx.AsyncClient
) -> None:
    """The same team is asked and the version is the same; what it is asked is not."""
    asset = await api.asset()
    await api.publish(asset, table("id", "email", "phone"))
    await api.register(asset, await api.team("growth"))
    proposal = (await api.publish(asset, table("id", "phone"))).json()["proposal"]
    path = f"/proposals/{proposal['id']}/revise"
    ahead = await client.post(f"{path}/preview", data=_form("id", "email"))
    sent = await client.post(path, data={**_form("id"), "agreed": _agreed(ahead.text)})
    assert sent.status_code == 409
    assert await _revisions(api, proposal) == (1, 0)


def _form(*columns: str) -> dict[str, str]:
    return {"schema": json.dumps(table(*columns)), "version": ""}


async def _revisions(api: Api, proposal: JsonObject) -> tuple[int, int]:
    """Return which revision it is by now, and how many the log has."""
    shown = await api.got(f"/api/v1/proposals/{proposal['id']}")
    query = f"type=proposal.revision_recorded&proposal_id={proposal['id']}"
    return shown["revision"], len((await api.got(f"/api/v1/events?{query}"))["items"])


def _agreed(page: str) -> str:
    (found,) = re.findall(r'name="agreed" value="([0-9a-f]+)"', page)
    return str(found)


async def test_guarantees_stay_unless_they_are_changed(api: Api, client: httpx.AsyncClient) -> None:
    asset = await api.asset()
    await api.publish(asset, table("id", "email"))
    await api.register(asset, await api.team("growth"), ["email"])
    guarantees = {"unique": ["id"]}
    made = await api.publish(asset, table("id"), guarantees=guarantees)
    path = f"/proposals/{made.json()['proposal']['id']}"
    page = (await client.get(f"{path}/revise")).text
    found = re.search(r'name="guarantees"[^>]*>([^<]*)</textarea>', page)
    assert found is not None
    kept = found[1].replace("&#34;", '"')
    assert json.loads(kept) == guarantees
    revised = {"schema": json.dumps(table("id", "name")), "guarantees": kept, "version": ""}
    assert (await client.post(f"{path}/revise", data=revised)).status_code == 303
    page = (await client.get(path)).text
    assert "revised by" in page
    assert "&#34;unique&#34;" in page


async def test_a_long_schema_comes_as_a_file_and_in_yaml(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset = await api.asset()
    await api.publish(asset, table("id", "email"))
    await api.register(asset, await api.team("growth"), ["email"])
    described = {"description": "x" * (LONGEST_PREFILLED + 1)}
    proposed = table("id", name={"type": "string", **described})
    made = await api.publish(asset, proposed, guarantees={"unique": ["id"]})
    path = f"/proposals/{made.json()['proposal']['id']}"
    page = (await client.get(f"{path}/revise")).text
    assert len(page) < LONGEST_PREFILLED
    assert "What is proposed is too long to stand here" in page
    assert "&#34;unique&#34;" in page.split('name="guarantees"')[1].split("</textarea>")[0]
    long = f"type: object\nproperties: {{id: {{type: string, description: {'y' * FORM_BYTES}}}}}\n"
    sent: dict[str, Any] = {
        "data": {"schema": "this stands in the field", "version": ""},
        "files": {"file": ("schema.yaml", long.encode())},
    }
    ahead = await client.post(f"{path}/revise/preview", **sent)
    assert (ahead.status_code, "<code>email</code> is removed." in ahead.text) == (200, True)
    assert (await client.post(f"{path}/revise", **sent)).status_code == 303
    revised = await api.got(f"/api/v1{path}")
    assert (revised["revision"], {each["path"] for each in revised["changes"]}) == (
        2,
        {"id", "email"},
    )
    as_field = {"schema": "x" * FORM_BYTES}
    assert (await client.post(f"{path}/revise", data=as_field)).status_code == 413


async def test_looking_ahead_changes_nothing_and_says_so_of_what_has_ended(
    api: Api, client: httpx.AsyncClient
) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader)
    path = f"/proposals/{proposal['id']}/revise/preview"
    entered = {"schema": json.dumps(table("id"))}
    assert "nothing would change" in (await client.post(path, data=entered)).text
    back = await client.get(path, headers={"Accept": "text/html"})
    assert back.headers["location"] == path.removesuffix("/preview")
    await api.answer(proposal, reader, "blocked", note="No.")
    await api.settle(proposal)
    assert "This proposal has ended" in (await client.post(path, data=entered)).text


async def test_all_that_would_break_is_counted_and_the_first_of_it_named(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset, names = await api.asset(), [f"column_{number:03}" for number in range(60)]
    await api.publish(asset, table("id", *names))
    await api.register(asset, await api.team("growth"))
    made = await api.publish(asset, table("id", *names[1:]))
    path = f"/proposals/{made.json()['proposal']['id']}/revise/preview"
    text = (await client.post(path, data={"schema": json.dumps(table("id"))})).text
    assert "60 changes would break somebody" in text
    would = text.split('<ul class="would">')[1].split("</ul>")[0]
    assert would.count("<li>") == CHANGES_SHOWN
    assert f"and {60 - CHANGES_SHOWN} more" in text


async def test_the_enter_key_looks_ahead_and_revises_nothing(
    api: Api, plain_visit: Visit, site: str
) -> None:
    proposal = await api.proposal(await api.team("growth"))
    page = plain_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}/revise")
    await page.get_by_label("Schema").fill(json.dumps(table("id", "name")))
    await page.get_by_text("Guarantees and version").click()
    await page.get_by_label("Version").press("Enter")
    await expect(page.locator("#preview")).to_contain_text("1 change would break somebody")
    assert (await api.got(f"/api/v1/proposals/{proposal['id']}"))["revision"] == 1
