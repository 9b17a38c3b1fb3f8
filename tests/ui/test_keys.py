"""The keys of a team, as its owner sees them on the pages."""

import re
from uuid import uuid4

import httpx
from sqlalchemy import select

from store.database import Database
from store.idempotency import IdempotencyRow
from store.transaction import Transaction
from tests.support.api_client import Api, client_at
from tests.support.credentials import Credentials
from tests.ui.conftest import Site, signed_in

KEYS = "/administration/keys"
HTML = {"Accept": "text/html"}


def shown(page: httpx.Response) -> str:
    """The key that a page shows."""
    found = re.search(r"tsr_[0-9a-f]{12}_[0-9a-f]{64}", page.text)
    assert found, page.text
    return found[0]


async def kept(database: Database) -> str:
    """The answers that are kept for a form that is sent again."""

    async def work(tx: Transaction) -> str:
        rows = await tx.sql.rows(select(IdempotencyRow).where(IdempotencyRow.status == 201))
        assert rows
        return " ".join(row.body or "" for row in rows)

    return await database.read(work)


async def test_an_owner_makes_replaces_and_revokes_a_key_of_the_team_and_sees_no_other(
    locked: str, served: Site, administrator: httpx.AsyncClient
) -> None:
    api, credentials = (
        Api(administrator, served.database),
        Credentials(administrator, served.database),
    )
    team, other = await api.team("growth"), await api.team("billing")
    foreign = await credentials.team_key(other)
    owner = await credentials.member(team, "owner")
    async with signed_in(locked, credentials, owner) as browser:
        form = {"name": "the pipeline", "team": team["name"], "scope": "write", "lasts": "90"}
        once = {**form, "once": uuid4().hex}
        made = await browser.post(KEYS, data=once)
        assert made.status_code == 201
        key = shown(made)
        again = await browser.post(KEYS, data=once)
        assert again.status_code == 200
        assert "nobody can show it again" in again.text
        assert key not in again.text
        assert key not in await kept(served.database)
        refused = await browser.post(KEYS, data={**form, "team": "nobody at all"})
        assert refused.status_code == 422
        assert "There is no team of this name." in refused.text
        assert 'value="the pipeline"' in refused.text
        assert (await browser.post(KEYS, data={**form, "team": other["name"]})).status_code == 403

        page = (await browser.get(KEYS)).text
        assert "the pipeline" in page
        assert foreign["prefix"] not in page
        (key_id,) = re.findall(rf"{KEYS}/([0-9a-f-]+)/revoke", page)
        newer = shown(await browser.post(f"{KEYS}/{key_id}/rotate", data={"overlap": "1d"}))
        assert "retiring" in (await browser.get(KEYS)).text
        done = await browser.post(f"{KEYS}/{key_id}/revoke", data={})
        assert (done.status_code, done.headers["location"]) == (303, f"{KEYS}?said=revoked")
        ended = (await browser.get(KEYS, params={"state": "ended"})).text
        assert (key[:16] in ended, newer[:16] in ended) == (True, False)
    for text, status in ((key, 401), (newer, 200)):
        headers = {"Authorization": f"Bearer {text}"}
        async with client_at(locked, headers=headers) as client:
            assert (await client.get("/api/v1/me")).status_code == status
