"""Users on the pages: found while somebody types, made and let go by administrators."""

import re

import httpx
from playwright.async_api import expect

from tests.support.api_client import Api, unique
from tests.support.credentials import Credentials
from tests.ui.conftest import Site, Visit, signed_in

USERS = "/administration/users"


async def test_a_user_is_found_while_somebody_types(site: str, api: Api, visit: Visit) -> None:
    name = unique("grace")
    for each in (name, unique("edsger")):
        body = {"name": each, "email": f"{each}@example.com"}
        await api.made("/api/v1/users", body)
    await visit.page.goto(f"{site}{USERS}")
    await visit.page.get_by_label("Name or e-mail address").press_sequentially(name[-8:].upper())
    await expect(visit.page.locator(".rows .row")).to_have_count(1)
    await expect(visit.page.locator(".rows .row")).to_contain_text(f"{name}@example.com")
    await expect(visit.page).to_have_url(re.compile(f"q={name[-8:].upper()}"))


async def test_an_administrator_creates_a_user_and_lets_them_go(
    locked: str, served: Site, administrator: httpx.AsyncClient
) -> None:
    credentials = Credentials(administrator, served.database)
    admin = await credentials.user("admin", administrator=True)
    async with signed_in(locked, credentials, admin) as browser:
        name = unique("Ada")
        form = {"kind": "person", "name": name}
        refused = await browser.post(USERS, data=form)
        assert refused.status_code == 422
        assert f'value="{name}"' in refused.text
        made = await browser.post(USERS, data={**form, "email": f"{name}@example.com"})
        assert made.status_code == 303
        here = made.headers["location"].partition("?")[0]
        linked = await browser.post(f"{here}/password-link", data={})
        assert linked.status_code == 201
        assert "/set-password?link=" in linked.text
        assert "/set-password?link=" not in (await browser.get(here)).text

        user = {"id": here.rpartition("/")[2], "name": name}
        async with signed_in(locked, credentials, user) as theirs:
            assert (await theirs.get("/account")).status_code == 200
            page = (await theirs.get(here)).text
            assert "Deactivate" not in page
            assert (await theirs.post(f"{here}/deactivate", data={})).status_code == 403
            assert (await browser.post(f"{here}/deactivate", data={})).status_code == 303
            assert (await theirs.get("/account")).status_code == 401
        assert name in (await browser.get(USERS, params={"state": "deactivated"})).text
        changed = await browser.post(here, data={"name": f"{name} again", "administrator": "yes"})
        assert changed.status_code == 303
        assert "administrator" in (await browser.get(here)).text
