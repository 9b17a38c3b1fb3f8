"""The three answers by form, with and without JavaScript, and what is refused."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.async_api import Browser, expect

from domain.json_types import JsonObject
from tests.support.api_client import Api
from tests.support.credentials import Credentials
from tests.ui.conftest import Visit, watched
from tests.ui.stand_in import tell

NOTE = "We move to the hashed one; “quotes” & <tags> are only text."


@pytest.fixture(params=[True, False], ids=["with-javascript", "without-javascript"])
async def any_visit(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Visit]:
    async with await browser.new_context(java_script_enabled=request.param) as context:
        visit = await watched(context)
        yield visit
        assert visit.complaints == []


async def asked(api: Api, *teams: str) -> tuple[JsonObject, list[JsonObject]]:
    """A proposal that has asked these teams."""
    readers = [await api.team(name) for name in teams]
    proposal = await api.proposal(*readers)
    await tell(api.database, proposal)
    return proposal, readers


async def answered(api: Api, proposal: JsonObject) -> JsonObject:
    """The first party of the proposal, as the API shows it."""
    found: JsonObject = (await api.got(f"/api/v1/proposals/{proposal['id']}"))["parties"][0]
    return found


async def test_a_team_answers_ready(api: Api, any_visit: Visit, site: str) -> None:
    proposal, _ = await asked(api, "growth")
    page = any_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    await page.get_by_label("Note, or the reason").fill(NOTE)
    await page.get_by_role("button", name="Ready").click()
    await expect(page.get_by_text("Your answer is recorded.")).to_be_visible()
    await expect(page.locator("#parties blockquote")).to_have_text(NOTE)
    party = await answered(api, proposal)
    assert (party["state"], party["note"]) == ("approved", NOTE)


async def test_a_team_answers_that_it_needs_time(api: Api, any_visit: Visit, site: str) -> None:
    proposal, _ = await asked(api, "growth")
    day = _in_days(20)
    page = any_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    await page.get_by_label("We are done by").fill(day)
    await page.get_by_role("button", name="Need time").click()
    await expect(page.locator("#parties")).to_contain_text("Needs time")
    party = await answered(api, proposal)
    assert (party["state"], party["until"]) == ("migrating", f"{day}T23:59:59Z")


async def test_the_last_day_that_the_form_offers_is_taken(
    api: Api, client: httpx.AsyncClient
) -> None:
    """The time that may be asked for ends within it, and the form means the whole day."""
    proposal, readers = await asked(api, "growth")
    path = f"/proposals/{proposal['id']}"
    (last,) = re.findall(r'max="(\d{4}-\d\d-\d\d)"', (await client.get(path)).text)
    entered = {"team": readers[0]["id"], "response": "migrating", "until": last}
    assert (await client.post(f"{path}/answer", data=entered)).status_code == 303
    assert (await answered(api, proposal))["until"].startswith(last)


async def test_one_of_several_teams_blocks(api: Api, any_visit: Visit, site: str) -> None:
    proposal, readers = await asked(api, "growth", "billing")
    page = any_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    await page.get_by_role("link", name=f"Answer for {readers[1]['name']}").click()
    await expect(page.get_by_label("Team")).to_have_value(readers[1]["id"])
    await page.get_by_label("Note, or the reason").fill("Not before the audit.")
    await page.get_by_role("button", name="Block").click()
    await expect(page.get_by_text("Your answer is recorded.")).to_be_visible()
    shown = await api.got(f"/api/v1/proposals/{proposal['id']}")
    states = {party["team"]["name"]: party["state"] for party in shown["parties"]}
    assert states == {readers[0]["name"]: "pending", readers[1]["name"]: "blocked"}


async def test_a_block_without_a_reason_is_refused_where_it_was_written(
    api: Api, plain_visit: Visit, site: str
) -> None:
    proposal, readers = await asked(api, "growth", "billing")
    page = plain_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}?team={readers[0]['id']}")
    async with page.expect_response("**/answer") as response:
        await page.get_by_role("button", name="Block").click()
    assert (await response.value).status == 422
    await expect(page.get_by_role("alert")).to_contain_text("Say why you block")
    reason = page.get_by_label("Note, or the reason")
    await expect(reason).to_have_attribute("aria-invalid", "true")
    await expect(reason).to_have_accessible_description(re.compile("Say why"))
    await expect(page.get_by_label("Team")).to_have_value(readers[0]["id"])


@pytest.mark.parametrize(
    ("until", "told"),
    [
        ("2001-01-01", "lies in the past"),
        ("next friday", "Write the date as"),
        ("", "Write the date as"),
        ("2999-01-01", "no later than"),
    ],
)
async def test_a_bad_date_is_refused_and_everything_that_was_entered_is_kept(
    api: Api, client: httpx.AsyncClient, until: str, told: str
) -> None:
    proposal, readers = await asked(api, "growth", "billing")
    answer = await client.post(
        f"/proposals/{proposal['id']}/answer",
        data={"team": readers[1]["id"], "response": "migrating", "until": until, "note": NOTE},
    )
    assert answer.status_code == 422
    assert told in answer.text
    assert "“quotes” &amp; &lt;tags&gt;" in answer.text
    assert f'value="{until}"' in answer.text
    assert f'<option value="{readers[1]["id"]}" selected>' in answer.text


@pytest.mark.parametrize(
    ("entered", "told"),
    [
        ({"response": "approved"}, "Choose the team"),
        ({"response": "maybe"}, "Answer ready, needs time or blocked"),
        ({"response": "approved", "note": "a\0b"}, "cannot be kept"),
        ({"response": "approved", "note": "x" * 2001}, "at most 2000"),
    ],
)
async def test_what_cannot_be_an_answer_is_refused_on_the_page(
    api: Api, client: httpx.AsyncClient, entered: dict[str, str], told: str
) -> None:
    proposal, readers = await asked(api, "growth")
    team = {} if told == "Choose the team" else {"team": readers[0]["id"]}
    answer = await client.post(f"/proposals/{proposal['id']}/answer", data=entered | team)
    assert answer.status_code == 422
    assert told in answer.text


async def test_a_team_that_is_not_asked_is_told_so(api: Api, client: httpx.AsyncClient) -> None:
    proposal, _ = await asked(api, "growth")
    stranger = await api.team("stranger")
    answer = await client.post(
        f"/proposals/{proposal['id']}/answer",
        data={"team": stranger["id"], "response": "approved"},
    )
    assert answer.status_code == 409
    assert "is not asked by this proposal" in answer.text


async def test_who_answers_after_the_end_gets_the_text_back(
    api: Api, plain_visit: Visit, site: str
) -> None:
    proposal, readers = await asked(api, "growth", "billing")
    page = plain_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}?team={readers[0]['id']}")
    await page.get_by_label("Note, or the reason").fill(NOTE)
    await api.answer(proposal, readers[1], "blocked", note="No.")
    await api.settle(proposal)
    await page.get_by_role("button", name="Ready").click()
    await expect(page.get_by_role("alert")).to_contain_text("This proposal has ended")
    await expect(page.get_by_label("What you wrote")).to_have_value(NOTE)


async def test_a_form_that_is_sent_twice_counts_once(api: Api, client: httpx.AsyncClient) -> None:
    proposal, readers = await asked(api, "growth", "billing")
    path = f"/proposals/{proposal['id']}"
    once = _once((await client.get(path)).text)
    entered = {"once": once, "team": readers[0]["id"], "response": "approved", "note": "fine"}

    async def send(**more: str) -> int:
        return (await client.post(f"{path}/answer", data=entered | more)).status_code

    assert [await send(), await send()] == [303, 303]
    assert await _answers(api, proposal) == 1
    assert await send(note="another text means another answer") == 303
    assert await _answers(api, proposal) == 2


async def test_enter_in_the_date_asks_for_time_and_never_says_ready(
    api: Api, plain_visit: Visit, site: str
) -> None:
    proposal, _ = await asked(api, "growth")
    page = plain_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    date_field = page.get_by_label("We are done by")
    await date_field.fill(_in_days(20))
    await date_field.press("Enter")
    await expect(page.get_by_text("Your answer is recorded.")).to_be_visible()
    assert (await answered(api, proposal))["state"] == "migrating"


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil"}],
)
async def test_another_sites_page_cannot_answer(
    api: Api, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    proposal, readers = await asked(api, "growth")
    answer = await client.post(
        f"/proposals/{proposal['id']}/answer",
        data={"team": readers[0]["id"], "response": "approved"},
        headers=headers,
    )
    assert answer.status_code == 403
    assert await _answers(api, proposal) == 0


async def test_the_log_says_that_it_came_from_the_page(api: Api, client: httpx.AsyncClient) -> None:
    proposal, readers = await asked(api, "growth")
    await client.post(
        f"/proposals/{proposal['id']}/answer",
        data={"team": readers[0]["id"], "response": "approved"},
    )
    (event,) = (await _events(api, proposal))["items"]
    assert event["origin"] == "page"
    assert event["actor"]["acting_for"] == readers[0]["id"]


def _in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


async def _answers(api: Api, proposal: JsonObject) -> int:
    return len((await _events(api, proposal))["items"])


async def _events(api: Api, proposal: JsonObject) -> JsonObject:
    return await api.got("/api/v1/events", proposal_id=proposal["id"], type="proposal.acknowledged")


def _once(text: str) -> str:
    found = re.search(r'name="once" value="([0-9a-f]{32})"', text)
    assert found is not None
    return found[1]


async def test_an_answer_is_handed_to_somebody_and_back(
    api: Api, any_visit: Visit, site: str
) -> None:
    proposal, (team,) = await asked(api, "growth")
    people = Credentials(api.client, api.database)
    ada = await people.member(team, "member")
    await people.member(team, "viewer")
    page = any_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    for chosen, delegate in ((ada["name"], ada["id"]), ("Nobody alone: the team", None)):
        await page.get_by_text("Hand it to somebody").click()
        await page.get_by_label("Who answers").select_option(label=chosen)
        await page.get_by_role("button", name="Hand it over").click()
        await expect(page.get_by_text("It is recorded who answers.")).to_be_visible()
        shown = (await answered(api, proposal))["delegate"]
        assert (shown and shown["id"]) == delegate
        handed = page.locator("#parties").get_by_text(f"handed to {ada['name']}")
        await expect(handed).to_have_count(1 if delegate else 0)
    options = await page.get_by_label("Who answers").locator("option").all_text_contents()
    assert options == ["Nobody alone: the team", ada["name"]]
