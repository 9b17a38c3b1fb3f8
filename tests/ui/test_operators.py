"""What operators do by form: ask again, give more time, end it; what was sent, for who may see."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import func, update

from api.ui.sessions import SESSION
from domain.json_types import JsonObject
from store.deliveries import DeliveryRow
from store.parties import NoticeRow
from store.transaction import Transaction
from tests.support.api_client import KEY, Api, client_at
from tests.support.credentials import Credentials
from tests.ui.conftest import Site
from tests.ui.stand_in import tell


@pytest.fixture
async def world(locked: str, served: Site) -> AsyncIterator[Api]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with client_at(locked, headers=headers) as client:
        yield Api(client, served.database)


async def page_for(world: Api, locked: str, team: JsonObject, proposal: JsonObject) -> str:
    """The page as a member of a team sees it."""
    people = Credentials(world.client, world.database)
    token = await people.session(await people.member(team, "member"))
    async with client_at(locked, cookies={SESSION: token}) as browser:
        return (await browser.get(f"/proposals/{proposal['id']}")).text


async def test_answers_and_comments_are_offered_to_who_may_give_them(
    world: Api, locked: str
) -> None:
    reader = await world.team("growth")
    proposal = await world.proposal(reader)
    await tell(world.database, proposal)
    own, producer = f'name="team" value="{reader["id"]}"', proposal["producer"]["id"]
    answer, comment = (
        f'action="/proposals/{proposal["id"]}/{each}"' for each in ("answer", "comment")
    )
    page = await page_for(world, locked, reader, proposal)
    assert (answer in page, comment in page) == (True, True)
    said = page.split(comment)[1].split("</form>")[0]
    assert (own in said, producer in said) == (True, False)
    policy = f"/api/v1/teams/{reader['id']}/policy"
    assert (await world.client.patch(policy, json={"who_answers": "owners"})).status_code == 200
    page = await page_for(world, locked, reader, proposal)
    assert (answer in page, comment in page) == (False, True)
    page = await page_for(world, locked, await world.team("other"), proposal)
    assert (answer in page, comment in page) == (False, False)


async def test_a_party_is_asked_again(api: Api, client: httpx.AsyncClient) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader)
    await tell(api.database, proposal)

    async def asked_long_ago(tx: Transaction) -> None:
        await tx.sql.execute(
            update(NoticeRow)
            .where(NoticeRow.proposal_id == proposal["id"])
            .values(noted_at=func.now() - func.make_interval(0, 0, 0, 0, 1))
        )

    await api.database.run(asked_long_ago)
    path = f"/proposals/{proposal['id']}"
    assert f'<option value="{reader["id"]}"' in (await client.get(path)).text
    for team, status in ((reader["id"], 303), ("", 422)):
        sent = await client.post(f"{path}/ask-again", data={"team": team})
        assert sent.status_code == status
    (party,) = (await api.got(f"/api/v1{path}"))["parties"]
    assert party["reminders"] == 1


async def test_everybody_is_given_more_time_within_the_policy(
    api: Api, client: httpx.AsyncClient
) -> None:
    proposal = await api.proposal(await api.team("growth"), max_extension="10d")
    path = f"/proposals/{proposal['id']}"
    assert 'max="10"' in (await client.get(path)).text
    for by, told in (("11", "by 10 days"), ("0", "whole number"), ("some", "whole number")):
        refused = await client.post(f"{path}/extend", data={"by": by, "reason": "A <feast>."})
        assert refused.status_code == 422
        assert told in refused.text or "P10D" in refused.text
        assert f'value="{by}"' in refused.text
        assert "A &lt;feast&gt;.</textarea>" in refused.text
    for by in ("0000000019999999999", "1" * 5000):
        assert (await client.post(f"{path}/extend", data={"by": by})).status_code == 422
    sent = await client.post(f"{path}/extend", data={"by": "4", "reason": "A feast."})
    assert sent.status_code == 303
    assert (await api.got(f"/api/v1{path}"))["extended_by"] == "P4D"
    page = (await client.get(sent.headers["location"])).text
    assert "has more time." in page
    assert 'max="6"' in page


async def test_an_administrator_ends_it_with_a_reason(api: Api, client: httpx.AsyncClient) -> None:
    proposal = await api.proposal(await api.team("growth"))
    path = f"/proposals/{proposal['id']}"
    assert (await client.post(f"{path}/cancel", data={"reason": " "})).status_code == 422
    sent = await client.post(f"{path}/cancel", data={"reason": "By mistake."})
    assert sent.status_code == 303
    assert (await api.settle(proposal))["cause"] == "cancelled"
    assert "By mistake." in (await client.get(path)).text


async def test_another_team_is_asked_instead(api: Api, client: httpx.AsyncClient) -> None:
    wrong, right = await api.team("wrong"), await api.team("right")
    proposal = await api.proposal(wrong)
    path = f"/proposals/{proposal['id']}"
    assert f'<option value="{right["name"]}">' in (await client.get(path)).text
    form = {"team": wrong["id"], "to_team": right["name"], "reason": "It <moved>."}
    for named, told in (("", "Name the team"), ("nobody at all", "There is no team")):
        refused = await client.post(f"{path}/reassign", data={**form, "to_team": named})
        assert (refused.status_code, told in refused.text) == (422, True)
        assert "It &lt;moved&gt;.</textarea>" in refused.text
        assert f'value="{named}" aria-invalid="true"' in refused.text
    sent = await client.post(f"{path}/reassign", data=form)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}?said=reassign")
    (party,) = (await api.got(f"/api/v1{path}"))["parties"]
    assert party["team"]["id"] == right["id"]
    assert "The other team is asked instead" in (await client.get(sent.headers["location"])).text


async def test_only_administrators_are_offered_another_team(world: Api, locked: str) -> None:
    proposal = await world.proposal(await world.team("growth"))
    step = f'action="/proposals/{proposal["id"]}/reassign"'
    assert step not in await page_for(world, locked, proposal["producer"], proposal)
    assert step in (await world.client.get(f"/proposals/{proposal['id']}")).text


async def test_what_was_sent_stands_beneath_its_event_for_those_who_are_told(
    world: Api, locked: str
) -> None:
    reader, other = await world.team("growth"), await world.team("other")
    hook = await world.client.put(
        f"/api/v1/teams/{reader['id']}/destinations/alerts",
        json={"address": "https://hooks.example.com/growth"},
    )
    assert hook.is_success, hook.text
    proposal = await world.proposal(reader, other)
    await tell(world.database, proposal)
    asked = await world.got(
        "/api/v1/events", proposal_id=proposal["id"], type="proposal.asked", team_id=reader["id"]
    )
    (event,) = asked["items"]

    async def fails(tx: Transaction) -> None:
        await tx.sql.execute(
            update(DeliveryRow)
            .where(DeliveryRow.event_id == event["id"])
            .values(attempts=3, last_error="Connection refused")
        )

    await world.database.run(fails)
    seen = await page_for(world, locked, reader, proposal)
    line = re.search(r'id="sent-[^"]+">(.*?)</details>', seen, re.DOTALL)
    assert line is not None
    for told in ("To 1 destination: 1 failing", "alerts", "3 attempts", "Connection refused"):
        assert told in line[1]
    assert "hooks.example.com" not in seen
    hidden = await page_for(world, locked, other, proposal)
    assert 'id="sent-' not in hidden
    assert "alerts" not in hidden


async def test_each_event_and_each_comment_has_a_link_that_can_be_copied(
    api: Api, client: httpx.AsyncClient
) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader)
    await tell(api.database, proposal)
    made = await api.made(
        f"/api/v1/proposals/{proposal['id']}/comments", {"team_id": reader["id"], "text": "When?"}
    )
    page = (await client.get(f"/proposals/{proposal['id']}")).text
    events = (await api.got("/api/v1/events", proposal_id=proposal["id"]))["items"]
    assert len(events) == 3
    for name in (*(f"event-{each['id']}" for each in events), f"comment-{made['id']}"):
        assert page.count(f'id="{name}"') == page.count(f'href="#{name}"') == 1
    for section in ("breaking", "fields", "schemas", "parties", "comments", "timeline"):
        assert page.count(f'id="{section}"') == 1
        assert f'class="anchor" href="#{section}"' in page


async def test_fields_and_both_schemas_stand_beside_one_another(
    api: Api, client: httpx.AsyncClient
) -> None:
    proposal = await api.proposal(await api.team("growth"))
    page = (await client.get(f"/proposals/{proposal['id']}")).text
    fields = page.partition('id="fields"')[2].partition("</section>")[0]
    assert "<code><bdi>email</bdi></code>" in fields
    assert "<td>field removed</td>" in fields
    assert "<code>string, optional</code>" in fields
    beside = page.partition('id="schemas"')[2].partition("</section>")[0]
    assert "<del>    &#34;email&#34;: {</del>" in beside
    assert "<ins>" not in beside


async def test_the_command_on_the_page_is_one_that_there_is(
    api: Api, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.ui.reading.EVENTS_SHOWN", 1)
    proposal = await api.proposal(await api.team("growth"))
    await tell(api.database, proposal)
    page = (await client.get(f"/proposals/{proposal['id']}")).text
    assert f"tessera events list --proposal {proposal['id']}" in page
