"""The way in where a key is needed."""

import httpx
import pytest
from playwright.async_api import expect

from api.ui.sessions import SESSION
from tests.support.api_client import KEY, Api, client_at
from tests.ui.conftest import Visit

HTML = {"Accept": "text/html"}


async def test_without_a_key_there_is_a_page_that_asks_for_it(
    api: Api, locked: str, plain_visit: Visit
) -> None:
    proposal = await api.proposal(await api.team("growth"))
    page = plain_visit.page
    answer = await page.goto(f"{locked}/proposals/{proposal['id']}")
    assert answer is not None
    assert answer.status == 401
    await page.get_by_text("Sign in with a key").click()
    await page.get_by_label("Key").fill("not the key")
    await page.get_by_role("button", name="with the key").click()
    await expect(page.get_by_text("No key that works.")).to_be_visible()
    await page.get_by_label("Key").fill(KEY)  # its form is open now
    await page.get_by_role("button", name="with the key").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(proposal["asset"]["fqn"])
    await page.get_by_role("button", name="Ready").click()
    await expect(page.get_by_text("Your answer is recorded.")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("E-mail address")).to_be_visible()


async def test_a_signed_in_page_is_live(api: Api, locked: str, visit: Visit) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader)
    page = visit.page
    await page.goto(f"{locked}/sign-in?next=/proposals/{proposal['id']}")
    await page.get_by_text("Sign in with a key").click()
    await page.get_by_label("Key").fill(KEY)
    await page.get_by_role("button", name="with the key").click()
    await expect(page.get_by_role("button", name="Ready")).to_be_visible()
    await api.answer(proposal, reader, "approved")
    await expect(page.locator("#parties .badge.approved")).to_be_visible()


async def test_a_link_from_another_site_finds_the_session(
    api: Api, locked: str, site: str, visit: Visit
) -> None:
    """`localhost` and `127.0.0.1` are two sites."""
    proposal = await api.proposal(await api.team("growth"))
    page = visit.page
    await page.goto(f"{locked}/sign-in")
    await page.get_by_text("Sign in with a key").click()
    await page.get_by_label("Key").fill(KEY)
    await page.get_by_role("button", name="with the key").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")
    await page.goto(site.replace("127.0.0.1", "localhost"))
    await page.evaluate(
        "address => location.assign(address)", f"{locked}/proposals/{proposal['id']}"
    )
    await expect(page.get_by_role("heading", level=1)).to_contain_text(proposal["asset"]["fqn"])


async def test_the_session_is_kept_from_scripts_and_from_other_sites(locked: str) -> None:
    async with client_at(locked) as client:
        answer = await client.post("/sign-in", data={"key": KEY})
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "domain" not in cookie
        assert KEY not in answer.headers["set-cookie"]
        page = await client.get("/")
        assert (page.status_code, "Signed in with the" in page.text) == (200, True)
        assert (await client.get("/api/v1/teams")).status_code == 401


@pytest.mark.parametrize("session", ["", ".", "0" * 64, "٩" * 64, "x.y", "0" * 5000])
async def test_a_session_that_is_not_ours_opens_nothing(locked: str, session: str) -> None:
    async with client_at(locked, headers=HTML) as client:
        cookie = f"{SESSION}={session}".encode()
        assert (await client.get("/", headers={b"Cookie": cookie})).status_code == 401


async def test_a_form_without_a_session_says_how_to_keep_the_text(api: Api, locked: str) -> None:
    proposal = await api.proposal(await api.team("growth"))
    async with client_at(locked, headers=HTML) as client:
        answer = await client.post(f"/proposals/{proposal['id']}/answer", data={"note": "long"})
    assert answer.status_code == 401
    assert "What you wrote is not lost" in answer.text


@pytest.mark.parametrize("goal", ["//evil.test", "https://evil.test", "/\\evil.test", "/\r\nX: y"])
async def test_signing_in_leads_to_no_other_site(locked: str, goal: str) -> None:
    async with client_at(locked) as client:
        answer = await client.post("/sign-in", data={"key": KEY, "next": goal})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_another_site_cannot_sign_anybody_in_or_out(locked: str) -> None:
    async with client_at(locked, headers={"Sec-Fetch-Site": "cross-site"}) as client:
        for path in ("/sign-in", "/sign-out", "/set-password"):
            answer = await client.post(path, data={"key": KEY})
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers


async def test_where_no_key_is_needed_nobody_is_asked_for_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/sign-in", params={"next": "/ended"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/ended")
