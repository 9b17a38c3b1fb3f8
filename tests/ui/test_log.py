"""The event log on its page: narrowed, taken along as a file, and compared with its seals."""

import json

import httpx
import pytest
from playwright.async_api import expect

from api.ui.log_verification import told
from domain.errors import NotReady, Unavailable
from record import log_verifications, seals
from record.log_verifications import LogVerifications, Progress
from tests.support.api_client import Api
from tests.support.sealing import follows_from_here
from tests.ui.conftest import Site, Visit

LOG = "/administration/log"
PATIENCE = 60.0
"""Seconds for a process to start on a machine that is busy."""


async def test_the_log_is_narrowed_and_exported_alike(
    client: httpx.AsyncClient, api: Api, served: Site
) -> None:
    team, other = await api.team("growth"), await api.team("billing")
    asset = await api.asset(team)
    while await seals.seal_next(served.database):
        pass
    page = (await client.get(LOG, params={"team": team["name"]})).text
    assert f"Team {team['name']} is created." in page.replace("<bdi>", "").replace("</bdi>", "")
    assert other["name"] not in page.partition('id="list"')[2]
    assert "not sealed yet" not in page
    assert f'"name": "{team["name"]}"' in page.replace("&#34;", '"')

    wanted = {"type": "asset.*", "asset": asset["fqn"], "from": "2020-01-01"}
    page = (await client.get(LOG, params=wanted)).text
    assert page.count('<details class="event"') == 1
    file = await client.get(f"{LOG}/export", params={**wanted, "format": "ndjson"})
    assert [json.loads(each)["asset_id"] for each in file.text.splitlines()] == [asset["id"]]
    assert (await client.get(LOG, params={**wanted, "to": "2020-01-02"})).text.count("event-") == 0
    (event,) = (await api.got("/api/v1/events", asset_id=asset["id"]))["items"]
    for name, found in ((event["actor"]["name"], 1), ("somebody else", 0)):
        page = (await client.get(LOG, params={**wanted, "actor": name})).text
        assert page.count('<details class="event"') == found
    for name, value in (("team", "nobody"), ("type", "no.such"), ("from", "tomorrow")):
        refused = await client.get(LOG, params={name: value})
        assert refused.status_code == 422
        assert f'id="fault-{name}"' in refused.text
        led_back = await client.get(f"{LOG}/export", params={name: value})
        assert led_back.headers["location"] == f"{LOG}?{name}={value}"


async def test_what_happens_is_on_the_page_without_a_reload(
    site: str, api: Api, visit: Visit
) -> None:
    await visit.page.goto(f"{site}{LOG}")
    team = await api.team("arrives")
    row = visit.page.locator(".event").filter(has_text=team["name"])
    await expect(row).to_have_count(1)
    await row.locator("summary").click()
    await expect(row).to_contain_text("not sealed yet")


async def test_the_log_is_verified_from_its_page(
    client: httpx.AsyncClient, site: str, api: Api, served: Site, plain_visit: Visit
) -> None:
    await api.team()
    await follows_from_here(served.database)  # so much can be sealed
    await seals.seal_next(served.database)
    page = plain_visit.page
    await page.goto(f"{site}{LOG}")
    head = await page.locator("#head .hash").inner_text()
    await page.get_by_text("Verify the log …").click()
    await page.get_by_label("A head that was kept").fill(head.upper())
    await page.get_by_role("button", name="Verify the log").click(no_wait_after=True)
    outcome = page.locator(".notice")
    await expect(outcome).to_contain_text("The log is what was sealed", timeout=PATIENCE * 1000)
    await expect(outcome).to_contain_text("The head that you named is in the chain.")

    wrong = {"head": "0" * 64}
    answer = await client.post(f"{LOG}/verify", data=wrong, timeout=PATIENCE)
    assert "The log was changed" in answer.text
    assert answer.text.rstrip().endswith("</html>")
    refused = await client.post(f"{LOG}/verify", data={"head": "no <hash>"})
    assert refused.status_code == 422
    assert 'value="no &lt;hash&gt;" aria-invalid="true"' in refused.text
    assert 'id="fault-verify">' in refused.text.partition('name="head"')[2]


async def test_one_verification_goes_on_at_a_time_and_none_for_ever(database_url: str) -> None:
    verifications = LogVerifications(database_url)
    steps = verifications.start(None)
    await anext(steps)
    with pytest.raises(NotReady):
        verifications.start(None)
    await steps.aclose()
    verifications.start(None)
    hurried = LogVerifications(database_url, within=0)
    with pytest.raises(Unavailable, match="tessera events verify"):
        await anext(hurried.start(None))


async def test_the_child_says_how_far_it_has_come(
    api: Api, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.team()
    monkeypatch.setattr(log_verifications, "_A_MOMENT", 0.0)
    *told, outcome = [step async for step in LogVerifications(database_url).start(None)]
    assert max(step.done for step in told if isinstance(step, Progress)) > 0
    assert not isinstance(outcome, Progress)


def test_while_the_log_is_read_the_page_says_how_far() -> None:
    assert "1,200 of about 60,000 events read" in told(Progress(1200, 60_000))
    assert "1,200 events read" in told(Progress(1200, 0))
