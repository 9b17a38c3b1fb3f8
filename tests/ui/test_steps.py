"""What producers and administrators do by form, each behind a step of confirmation."""

from uuid import UUID, uuid4

import httpx
from playwright.async_api import expect

from domain.actors import Actor, ActorKind, Origin
from domain.api_keys import Scope
from domain.authorization import Principal, Requester, Role
from domain.json_types import JsonObject
from record import proposals
from tests.support.api_client import Api, table
from tests.ui.conftest import Visit
from tests.ui.stand_in import tell


async def test_a_producer_withdraws_with_a_reason(api: Api, plain_visit: Visit, site: str) -> None:
    proposal = await api.proposal(await api.team("growth"))
    page = plain_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    withdraw = page.get_by_role("button", name="Withdraw it")
    await expect(withdraw).to_be_hidden()
    await page.get_by_text("Withdraw it …").click()
    await page.locator("#step-withdraw").get_by_label("Reason").fill("Wrong table.")
    await withdraw.click()
    await expect(page.get_by_text("The withdrawal is recorded.")).to_be_visible()
    await expect(page.locator("#notices")).to_contain_text("is being settled")
    await expect(page.locator("#timeline blockquote")).to_have_text("Wrong table.")
    await api.settle(proposal)
    await page.reload()
    await expect(page.locator("#notices")).to_contain_text("Withdrawn: its producer took it back")


async def test_forcing_needs_a_reason_which_everybody_sees(
    api: Api, plain_visit: Visit, site: str
) -> None:
    proposal = await api.proposal(await api.team("growth"))
    page = plain_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    await page.get_by_text("Force it …").click()
    reason = page.locator("#step-force").get_by_label("Reason")
    await reason.fill("   ")
    await page.get_by_role("button", name="Publish without them").click()
    await expect(page.get_by_role("alert")).to_contain_text("needs a reason")
    await reason.fill("A court order.")
    await page.get_by_role("button", name="Publish without them").click()
    await expect(page.locator("#timeline blockquote")).to_have_text("A court order.")
    assert (await api.settle(proposal))["status"] == "published"


async def test_an_approved_proposal_is_published_on_demand(
    api: Api, plain_visit: Visit, site: str
) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader, publish="on_demand")
    await tell(api.database, proposal)
    await api.answer(proposal, reader, "approved")
    assert (await api.settle(proposal))["status"] == "approved"
    page = plain_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    await expect(page.get_by_text("Approved: it may be published")).to_be_visible()
    await expect(page.get_by_role("button", name="Ready")).to_have_count(0)
    await page.get_by_role("button", name="Publish 2.0.0").click()
    await expect(page.get_by_text("The wish to publish is recorded.")).to_be_visible()
    assert (await api.settle(proposal))["status"] == "published"


async def test_a_step_that_comes_too_late_is_refused_with_its_text(
    api: Api, client: httpx.AsyncClient
) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader)
    await api.answer(proposal, reader, "blocked", note="No.")
    await api.settle(proposal)
    answer = await client.post(
        f"/proposals/{proposal['id']}/withdraw", data={"reason": "We <changed> our mind."}
    )
    assert answer.status_code == 409
    assert "We &lt;changed&gt; our mind.</textarea>" in answer.text


async def test_what_nothing_waits_for_cannot_be_confirmed(
    api: Api, client: httpx.AsyncClient
) -> None:
    proposal = await api.proposal(await api.team("growth"))
    for step in ("confirm", "publish"):
        answer = await client.post(f"/proposals/{proposal['id']}/{step}", data={})
        assert answer.status_code == 409
        assert "Not recorded: not ready" in answer.text


async def test_a_long_schema_stands_on_a_page_of_its_own(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset = await api.asset()
    columns = [f"column_{number:04}" for number in range(1500)]
    await api.publish(asset, table("id", "email", *columns))
    await api.register(asset, await api.team("growth"), ["email"])
    response = await api.publish(asset, table("id", *columns))
    proposal: JsonObject = response.json()["proposal"]
    page = await client.get(f"/proposals/{proposal['id']}")
    assert "column_1499" not in page.text
    assert f"/proposals/{proposal['id']}/schema#v1" in page.text
    schema = await client.get(f"/proposals/{proposal['id']}/schema")
    assert schema.text.count("column_1499") == 2


async def test_many_breaking_changes_are_folded_behind_the_first(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset = await api.asset()
    columns = [f"column_{number:04}" for number in range(40)]
    await api.publish(asset, table("id", *columns))
    await api.register(asset, await api.team("growth"))
    response = await api.publish(asset, table("id"))
    page = await client.get(f"/proposals/{UUID(response.json()['proposal']['id'])}")
    assert "<summary>15 more</summary>" in page.text
    assert "column_0039" in page.text


async def test_what_takes_a_second_person_says_who_was_the_first(
    api: Api, plain_visit: Visit, site: str
) -> None:
    proposal = await api.proposal(await api.team("growth"), force="two_persons")
    first = Actor(kind=ActorKind.PERSON, name="alice@example.com", id=uuid4())
    principal = Principal(actor=first, role=Role.ADMIN, scope=Scope.ADMIN)
    caller = Requester(actor=first, origin=Origin.PAGE, principal=principal)
    await proposals.force(api.database, caller, UUID(proposal["id"]), "A court order.")
    page = plain_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    notices = page.locator("#notices")
    await expect(notices).to_contain_text("alice@example.com wants to force it")
    await expect(notices).to_contain_text("“A court order.”")
    # and who is nobody in particular is not the second one
    await page.get_by_text("Force it …").click()
    await page.locator("#step-force").get_by_label("Reason").fill("I agree.")
    await page.get_by_role("button", name="Publish without them").click()
    await expect(page.get_by_role("alert")).to_contain_text("two persons")
