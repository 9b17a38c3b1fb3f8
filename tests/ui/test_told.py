"""What somebody meets who was told by mail: the page of its links, and how one wants to be told.

All of it without JavaScript.
"""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from playwright.async_api import expect

from domain.answer_links import AnswerLink, AnswerLinks
from domain.destinations import Channels, DestinationKind
from domain.json_types import JsonObject
from record import rounds
from record.comparison import Comparer
from tests.support.api_client import KEY, LOCKED, Api, client_at
from tests.support.credentials import Credentials
from tests.ui.conftest import Site, Visit, serving
from tests.ui.test_people import sign_in

LINKS = AnswerLinks([b"k" * 32])
CHANNELS = Channels(kinds=frozenset({DestinationKind.WEBHOOK, DestinationKind.EMAIL}))


@pytest.fixture
async def mailing(database_url: str, comparer: Comparer) -> AsyncIterator[Site]:
    """A server that needs a key and sends mail."""
    async with serving(
        database_url, comparer, LOCKED, answer_links=LINKS, channels=CHANNELS
    ) as site:
        yield site


@pytest.fixture
async def administrator(mailing: Site) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with client_at(mailing.address, headers=headers) as client:
        yield client


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, mailing: Site) -> Credentials:
    return Credentials(administrator, mailing.database)


async def link_of(site: Site, proposal: JsonObject, user: JsonObject) -> str:
    """What stands in the mail of a user who is asked."""
    detail = await rounds.detail(site.database, UUID(proposal["id"]))
    (party,) = detail.parties
    return LINKS.sign(
        AnswerLink(
            proposal_id=detail.proposal.id,
            team_id=party.team.id,
            user_id=UUID(user["id"]),
            revision=party.stored.revision,
            changes_hash=party.stored.changes_hash,
            expires_at=datetime.now(UTC) + timedelta(days=9),
        )
    )


async def test_a_link_is_confirmed_on_its_page_and_the_answer_changed_there(
    mailing: Site,
    administrator: httpx.AsyncClient,
    credentials: Credentials,
    plain_visit: Visit,
) -> None:
    api, page = Api(administrator, mailing.database), plain_visit.page
    team = await api.team("growth")
    user = await credentials.member(team, "member")
    proposal = await api.proposal(team)
    link = await link_of(mailing, proposal, user)

    async def state() -> str:
        (party,) = (await api.got(f"/api/v1/proposals/{proposal['id']}"))["parties"]
        return str(party["state"])

    await page.goto(f"{mailing.address}/answer?link={link}&say=approved")
    await expect(page.get_by_text(f"Your answer for {team['name']}")).to_be_visible()
    await expect(page.locator(".broken li")).to_have_count(1)
    assert await state() == "pending"
    await page.get_by_role("button", name="is ready").click()
    await expect(page.get_by_role("status").first).to_contain_text("Recorded")
    assert await state() == "approved"

    await page.get_by_role("link", name="Need time").click()
    await page.get_by_label("We are done by").fill("2020-01-01")
    await page.get_by_label("Note").fill("The invoices first.")
    # The browser itself lets no date of the past through; the server refuses it besides.
    await page.evaluate("document.querySelector('[name=until]').removeAttribute('min')")
    await page.get_by_role("button", name="Ask for this time").click()
    await expect(page.get_by_role("alert")).to_contain_text("past")
    await expect(page.get_by_label("Note")).to_have_value("The invoices first.")
    day = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    await page.get_by_label("We are done by").fill(day)
    await page.get_by_role("button", name="Ask for this time").click()
    await expect(page.get_by_role("status").first).to_contain_text("needs time")
    assert await state() == "migrating"

    await page.get_by_role("link", name="Block", exact=True).click()
    await page.get_by_label("Why, and what").fill("We cannot do without it.")
    await page.get_by_role("button", name="Block it").click()
    assert await state() == "blocked"
    await api.settle(proposal)
    await page.reload()
    await expect(page.get_by_role("heading", name="It is decided already")).to_be_visible()


async def test_no_request_tells_another_address_the_link(
    mailing: Site,
    administrator: httpx.AsyncClient,
    credentials: Credentials,
    plain_visit: Visit,
) -> None:
    api, page = Api(administrator, mailing.database), plain_visit.page
    team = await api.team("growth")
    user = await credentials.member(team, "member")
    link = await link_of(mailing, await api.proposal(team), user)
    told: list[str] = []
    page.on("request", lambda sent: told.append(sent.headers.get("referer", "")))
    await page.goto(f"{mailing.address}/answer?link={link}&say=approved")
    await page.get_by_role("button", name="is ready").click()
    await expect(page.get_by_role("status").first).to_contain_text("Recorded")
    await page.get_by_role("link", name="Tessera", exact=True).click()
    assert any(told)
    assert link not in "".join(told)


async def test_one_says_how_one_is_told(
    mailing: Site,
    administrator: httpx.AsyncClient,
    credentials: Credentials,
    plain_visit: Visit,
) -> None:
    page, user = plain_visit.page, await credentials.user("ada")
    async with client_at(mailing.address) as client:
        password = await credentials.with_password(client, user)
    await page.goto(f"{mailing.address}/sign-in?next=/account")
    await sign_in(page, user["email"], password)
    section = page.get_by_role("form", name="E-mail")
    await expect(section.get_by_label("At once what no channel")).to_be_checked()
    await expect(section.get_by_label("Of what")).to_have_value("warning")
    await section.get_by_label("Once a day, together").check()
    await section.get_by_label("Of what").select_option("critical")
    await section.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("That is how you are told from now on.")).to_be_visible()
    await expect(section.get_by_label("Once a day, together")).to_be_checked()
    await expect(section.get_by_label("Of what")).to_have_value("critical")
    events = await administrator.get("/api/v1/events", params={"type": "destination.set"})
    (said,) = [each for each in events.json()["items"] if each["payload"]["user_id"] == user["id"]]
    assert (said["actor"]["name"], said["origin"]) == (user["name"], "page")
    before, after = said["payload"]["before"], said["payload"]["after"]
    assert (before["pace"], after["pace"]) == ("auto", "digest")
    assert (before["severity"], after["severity"]) == ("warning", "critical")
    await expect(page.get_by_role("form", name="Slack")).to_have_count(0)
    assert re.search("08:00 UTC", await page.inner_text("main"))
