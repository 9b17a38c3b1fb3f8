"""People come in, by a link and a password and by a real identity provider, without JavaScript."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from api.provider import Provider, ProviderOptions
from domain.provider_groups import GroupRules
from embedded.ports import free_port
from embedded.supervisor import Command, Log, Supervisor
from record.comparison import Comparer
from tests.support.api_client import KEY, LOCKED, Api, client_at, unique
from tests.support.credentials import Credentials
from tests.ui.conftest import Site, Visit, serving

PROGRAM = Path(__file__).parents[1] / "support" / "openid_provider.mjs"
PASSWORD = "a fine morning for sailing"


async def sign_in(page: Page, email: str, password: str) -> None:
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def test_a_link_a_password_and_ones_own_page(
    locked: str, served: Site, administrator: httpx.AsyncClient, plain_visit: Visit
) -> None:
    credentials, page = Credentials(administrator, served.database), plain_visit.page
    team = await Api(administrator, served.database).team("growth")
    user = await credentials.member(team, "owner")
    link = await credentials.password_link(user)
    address = f"{locked}/set-password?link={link}"

    await page.goto(address)
    for password, again, told in (
        ("password1234", "password1234", "first that somebody would guess"),
        (PASSWORD, f"{PASSWORD}!", "not the same"),
    ):
        await page.get_by_label("New password").fill(password)
        await page.get_by_label("The same again").fill(again)
        await page.get_by_role("button", name="Set the password").click()
        await expect(page.get_by_role("alert")).to_contain_text(told)
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_label("The same again").fill(PASSWORD)
    await page.get_by_role("button", name="Set the password").click()
    await expect(page.get_by_text("Your password is set.")).to_be_visible()
    await sign_in(page, user["email"], "something else")
    await expect(page.get_by_role("alert")).to_contain_text("do not fit together")
    await expect(page.get_by_label("E-mail address")).to_have_value(user["email"])
    await sign_in(page, user["email"], PASSWORD)
    await page.get_by_role("link", name=user["name"]).click()
    await expect(page.get_by_role("row", name=f"{team['name']} owner")).to_be_visible()
    await expect(page.locator(".sessions li")).to_have_count(1)
    await expect(page.locator(".sessions li")).to_contain_text("Chrome on Linux this one")

    await page.get_by_label("Your password now").fill(PASSWORD)
    await page.get_by_label("New password").fill(f"{PASSWORD} again")
    await page.get_by_label("The same again").fill(f"{PASSWORD} again")
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_text("Your password is changed.")).to_be_visible()
    await page.get_by_role("button", name="Sign out everywhere").click()
    await expect(page.get_by_text("You are signed out everywhere.")).to_be_visible()
    await page.goto(f"{locked}/account")
    await expect(page.get_by_label("E-mail address")).to_be_visible()
    await page.goto(address)
    await expect(page.get_by_role("alert")).to_contain_text("This link was used")


async def test_a_session_is_ended_from_another_browser(
    locked: str,
    served: Site,
    administrator: httpx.AsyncClient,
    plain_visit: Visit,
) -> None:
    credentials, page = Credentials(administrator, served.database), plain_visit.page
    user = await credentials.user("ada")
    async with client_at(locked, headers={"User-Agent": "curl/8"}) as other:
        password = await credentials.with_password(other, user)
        await other.post("/sign-in", data={"email": user["email"], "password": password})
        await page.goto(f"{locked}/sign-in?next=/account")
        await sign_in(page, user["email"], password)
        await expect(page.locator(".sessions li")).to_have_count(2)
        await page.get_by_role("button", name="Sign out curl").click()
        await expect(page.get_by_text("That session is ended.")).to_be_visible()
        await expect(page.locator(".sessions li")).to_have_count(1)
        assert (await other.get("/account")).status_code == 401


async def test_ones_own_key_is_made_where_one_is_signed_in_and_shown_once(
    locked: str, served: Site, administrator: httpx.AsyncClient, plain_visit: Visit
) -> None:
    credentials, page = Credentials(administrator, served.database), plain_visit.page
    user = await credentials.user("ada")
    async with client_at(locked) as client:
        password = await credentials.with_password(client, user)
    await page.goto(f"{locked}/sign-in?next=/account")
    await sign_in(page, user["email"], password)
    await page.get_by_role("link", name="Your keys").click()
    await expect(page.get_by_text("None yet.")).to_be_visible()
    await page.get_by_label("What it is for").fill("my notebook")
    await page.get_by_label("What it may do").select_option("read")
    await page.get_by_role("button", name="Make the key").click()
    key = await page.locator(".key code").inner_text()
    headers = {"Authorization": f"Bearer {key}"}
    async with client_at(locked, headers=headers) as client:
        me = (await client.get("/api/v1/me")).json()
        assert (me["name"], me["scope"]) == (user["name"], "read")
        assert (await client.post("/account/keys", data={})).status_code == 403

    await page.reload()  # the browser sends the form again
    await expect(page.get_by_role("alert")).to_contain_text("nobody can show it again")
    await expect(page.locator(".sessions li")).to_have_count(1)
    await expect(page.locator(".sessions li")).to_contain_text("my notebook active")
    assert key not in await page.content()
    await page.get_by_role("button", name="Revoke my notebook").click()
    await expect(page.get_by_role("status")).to_contain_text("opens nothing any more")
    await expect(page.locator(".sessions li")).to_contain_text("revoked")
    async with client_at(locked, headers=headers) as client:
        assert (await client.get("/api/v1/me")).status_code == 401


@dataclass(frozen=True, slots=True)
class Organisation:
    """A server whose people come from a real provider."""

    site: Site
    team: str
    email: str


@pytest.fixture
async def organisation(
    database_url: str, comparer: Comparer, openid_provider_path: Path, tmp_path: Path
) -> AsyncIterator[Organisation]:
    port, provider_port = free_port(), free_port()
    issuer, address = (f"http://127.0.0.1:{each}" for each in (provider_port, port))
    email = f"{unique('grace')}@example.com"
    team = unique("data")
    client = {
        "client_id": "tessera",
        "client_secret": "with + and % in it",
        "redirect_uris": [f"{address}/sign-in/provider/back"],
        "post_logout_redirect_uris": [f"{address}/sign-in"],
    }
    grace = {"name": "Grace", "email": email, "email_verified": True, "groups": ["eng", "tea"]}
    settings = json.dumps({"client": client, "people": {"grace": grace}})
    options = ProviderOptions(
        issuer=issuer,
        client_id="tessera",
        client_secret=client["client_secret"],  # type: ignore[arg-type]  # a text
        scopes="openid email profile groups",
        name="Example & Co",
        rules=GroupRules.parse(f"eng={team}:owner,admins=*:admin"),
    )
    argv = ("node", str(PROGRAM), str(openid_provider_path), str(provider_port), settings)
    with (tmp_path / "provider.log").open("w") as log:
        async with (
            Supervisor(Log(log)) as supervisor,
            serving(database_url, comparer, LOCKED, provider=Provider(options), port=port) as site,
        ):
            await supervisor.start(Command("provider", argv, ready_line="serves"))
            headers = {"Authorization": f"Bearer {KEY}"}
            async with client_at(site.address, headers=headers) as admin:
                await admin.post("/api/v1/teams", json={"name": team})
            yield Organisation(site, team, email)


async def at_provider(page: Page, login: str) -> None:
    """Sign in and agree on the provider's own pages."""
    await page.locator("input[name=login]").fill(login)
    await page.locator("input[name=password]").fill("any")
    await page.locator("button[type=submit]").click()
    await page.locator("button[type=submit]").click()


async def test_by_a_real_provider_and_out_again(
    organisation: Organisation, browser: Browser
) -> None:
    async with await browser.new_context(java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(f"{organisation.site.address}/account")
        await page.get_by_role("link", name="Sign in with Example & Co").click()
        await at_provider(page, "grace")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Grace")
        await expect(page.get_by_text(organisation.email)).to_be_visible()
        await expect(page.get_by_role("row", name=f"{organisation.team} owner")).to_be_visible()
        await expect(page.locator(".sessions li")).to_contain_text("by the identity provider")

        await page.locator(".who").get_by_role("button", name="Sign out").click()
        await expect(page.get_by_text("You are signed out.")).to_be_visible()
        # The provider still knows who it is: one click, and nobody is asked again.
        await page.get_by_role("link", name="Sign in with Example & Co").click()
        await expect(page.get_by_text("Signed in as")).to_be_visible()
        await page.locator(".who").get_by_role("button", name="Sign out").click()
        await page.get_by_role("link", name="Sign out there too").click()
        await page.locator("button[name=logout]").click()
        await expect(page).to_have_url(f"{organisation.site.address}/sign-in")
        await page.get_by_role("link", name="Sign in with Example & Co").click()
        await expect(page.locator("input[name=login]")).to_be_visible()
