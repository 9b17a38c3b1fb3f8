"""Answering from a mail: nothing happens before it is confirmed, and then by the one policy."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import randrange
from uuid import UUID

import httpx
import pytest

from api.rate_limits import RateLimits
from domain.answer_links import AnswerLink, AnswerLinks
from domain.json_types import JsonObject
from record import rounds
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from tests.support.api_client import LOCKED, Api, app_over, client_of
from tests.support.credentials import Credentials

LINKS = AnswerLinks([b"k" * 32])


@pytest.fixture
async def browser(
    database: Database, comparer: Comparer, feed: Feed
) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not signed in, at a server that needs a key."""
    limits = RateLimits(database, failures=5)
    app = app_over(
        database,
        comparer,
        feed,
        authenticator=LOCKED,
        answer_links=LINKS,
        rate_limits=limits,
        public_url="http://tessera.test",
    )
    async with client_of(app, address=f"203.0.113.{randrange(1, 255)}") as client:
        yield client


@dataclass(frozen=True)
class Question:
    """A proposal that asks a team, one member of it, and the link in that member's mail."""

    api: Api
    credentials: Credentials
    proposal: JsonObject
    team: JsonObject
    user: JsonObject
    link: AnswerLink

    @property
    def text(self) -> str:
        return LINKS.sign(self.link)

    async def party(self) -> JsonObject:
        found = await self.api.got(f"/api/v1/proposals/{self.proposal['id']}")
        (party,) = found["parties"]
        answered: JsonObject = party
        return answered

    async def events(self) -> list[JsonObject]:
        page = await self.api.got(
            "/api/v1/events", proposal_id=self.proposal["id"], type="proposal.acknowledged"
        )
        items: list[JsonObject] = page["items"]
        return items

    async def shown(self, browser: httpx.AsyncClient, **more: str) -> httpx.Response:
        return await browser.get("/answer", params={"link": self.text, **more})

    async def sent(self, browser: httpx.AsyncClient, say: str, **more: str) -> httpx.Response:
        return await browser.post("/answer", data={"link": self.text, "say": say, **more})


@pytest.fixture
async def question(
    administrator: httpx.AsyncClient, database: Database, role: str = "member"
) -> Question:
    api, credentials = Api(administrator, database), Credentials(administrator, database)
    team = await api.team("growth")
    user = await credentials.member(team, "member")
    proposal = await api.proposal(team)
    detail = await rounds.detail(database, UUID(proposal["id"]))
    (party,) = detail.parties
    link = AnswerLink(
        proposal_id=detail.proposal.id,
        team_id=party.team.id,
        user_id=UUID(user["id"]),
        revision=party.stored.revision,
        changes_hash=party.stored.changes_hash,
        expires_at=datetime.now(UTC).replace(microsecond=0) + timedelta(days=20),
    )
    return Question(api, credentials, proposal, team, user, link)


@pytest.mark.parametrize("say", ["", "approved", "migrating", "blocked", "nonsense"])
async def test_a_scanner_that_opens_every_link_answers_nothing(
    browser: httpx.AsyncClient, question: Question, say: str
) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        await browser.request(method, "/answer", params={"link": question.text, "say": say})
    page = await question.shown(browser, say=say)
    assert page.status_code == 200
    assert question.team["name"] in page.text
    assert question.user["name"] in page.text
    assert "`email`" in page.text.replace("<code>", "`").replace("</code>", "`")
    assert (await question.party())["state"] == "pending"
    assert await question.events() == []
    # Whatever a page loads or links to, the address that holds the right to answer is not told.
    assert page.headers["referrer-policy"] == "strict-origin"
    assert page.headers["cache-control"] == "no-store"
    assert not re.findall(r'(?:src|href|action)="https?://', page.text)


async def test_a_confirmation_is_the_answer_of_whose_link_it_is(
    browser: httpx.AsyncClient, question: Question
) -> None:
    answer = await question.sent(browser, "approved", note="Fine with us.")
    assert answer.status_code == 303
    page = await browser.get(answer.headers["location"])
    assert "Recorded" in page.text
    assert "<strong>ready</strong>" in page.text
    assert (await question.party())["state"] == "approved"
    (event,) = await question.events()
    assert (event["actor"]["name"], event["origin"]) == (question.user["name"], "email")
    assert event["actor"]["kind"] == "person"
    assert event["payload"]["note"] == "Fine with us."
    assert question.text not in str(event)


async def test_who_confirms_twice_answers_once(
    browser: httpx.AsyncClient, question: Question
) -> None:
    for answer in await asyncio.gather(*(question.sent(browser, "approved") for _ in range(3))):
        assert answer.status_code == 303
    assert len(await question.events()) == 1


async def test_a_link_that_is_posted_to_answers_nothing(
    browser: httpx.AsyncClient, question: Question
) -> None:
    """As some programs do that look through mail: what the address says is not confirmed."""
    said = {"link": question.text, "say": "approved"}
    assert (await browser.post("/answer", params=said)).status_code == 410
    assert await question.events() == []


async def test_an_answer_can_be_changed_and_the_page_says_that_there_is_one(
    browser: httpx.AsyncClient, question: Question
) -> None:
    assert (await question.sent(browser, "approved")).status_code == 303
    page = await question.shown(browser, say="blocked")
    assert "has answered <strong>ready</strong>" in page.text
    assert (await question.sent(browser, "blocked", note="The invoices.")).status_code == 303
    assert (await question.party())["state"] == "blocked"
    assert len(await question.events()) == 2


async def test_need_time_asks_for_a_date_and_block_for_a_reason(
    browser: httpx.AsyncClient, question: Question
) -> None:
    for say, field, fault in (
        ("migrating", "until", "Write the date"),
        ("blocked", "note", "Say why you block"),
    ):
        refused = await question.sent(browser, say, **{field: "  "})
        assert refused.status_code == 422
        assert fault in refused.text
        assert 'aria-invalid="true"' in refused.text
    past = await question.sent(browser, "migrating", until="2020-01-01", note="kept text")
    assert (past.status_code, "kept text" in past.text) == (422, True)
    assert (await question.sent(browser, "maybe")).status_code == 422
    assert await question.events() == []
    until = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    assert (await question.sent(browser, "migrating", until=until)).status_code == 303
    party = await question.party()
    assert party["state"] == "migrating"
    assert until in str(party["until"])


async def refusals(browser: httpx.AsyncClient, question: Question) -> list[tuple[int, str]]:
    """What the page and the form say, the same for both."""
    found = []
    for response in (
        await question.shown(browser, say="approved"),
        await question.sent(browser, "approved"),
    ):
        (title,) = re.findall("<h1>(.*?)</h1>", response.text)
        assert "Traceback" not in response.text
        assert response.headers["content-type"].startswith("text/html")
        found.append((response.status_code, title))
    return found


async def test_an_expired_link_says_so(browser: httpx.AsyncClient, question: Question) -> None:
    late = replace(question, link=replace(question.link, expires_at=datetime.now(UTC)))
    assert await refusals(browser, late) == [(410, "This link does not work any more")] * 2
    assert await question.events() == []


async def test_who_has_left_the_team_or_is_deactivated_answers_no_more(
    browser: httpx.AsyncClient, question: Question
) -> None:
    member = f"/api/v1/teams/{question.team['id']}/members/{question.user['id']}"
    admin = question.credentials.admin
    await admin.put(member, json={"role": "viewer"})
    said = [(403, "You may not answer this any more")] * 2
    assert await refusals(browser, question) == said
    await admin.delete(member)
    assert await refusals(browser, question) == said
    await admin.put(member, json={"role": "member"})
    assert (await question.shown(browser)).status_code == 200
    await question.credentials.deactivated(question.user)
    assert await refusals(browser, question) == said
    assert await question.events() == []


async def test_a_link_gives_an_administrator_no_more_than_a_membership(
    browser: httpx.AsyncClient, question: Question
) -> None:
    admin = await question.credentials.user("root", administrator=True)
    of_admin = replace(question, link=replace(question.link, user_id=UUID(admin["id"])))
    assert {status for status, _ in await refusals(browser, of_admin)} == {403}
    assert await question.events() == []


async def test_a_link_of_another_question_is_of_no_use(
    browser: httpx.AsyncClient, question: Question
) -> None:
    other = await question.api.team("other")
    for changed, status in (
        ({"revision": 2}, 409),
        ({"changes_hash": "00" * 32}, 409),
        ({"team_id": UUID(other["id"])}, 403),
    ):
        link = replace(question.link, **changed)
        assert {code for code, _ in await refusals(browser, replace(question, link=link))} == {
            status
        }
    assert await question.events() == []


async def test_what_is_decided_is_said(browser: httpx.AsyncClient, question: Question) -> None:
    await question.api.answer(question.proposal, question.team, "blocked", note="No.")
    ended = await question.api.settle(question.proposal)
    assert ended["status"] == "rejected"
    assert await refusals(browser, question) == [(409, "It is decided already")] * 2


async def test_what_comes_too_late_gives_the_text_back(
    browser: httpx.AsyncClient, question: Question
) -> None:
    note = 'Not "like" this.'
    await question.sent(browser, "blocked", note="No.")
    await question.api.settle(question.proposal)
    late = await question.sent(browser, "blocked", note=note)
    assert late.status_code == 409
    assert "Not &#34;like&#34; this." in late.text
    assert "What you wrote" not in (await question.shown(browser)).text


async def test_who_answers_last_is_not_told_that_nothing_was_recorded(
    browser: httpx.AsyncClient, question: Question
) -> None:
    """The answer may decide it before the browser comes to the page that says so."""
    answer = await question.sent(browser, "blocked", note="No.")
    assert (await question.api.settle(question.proposal))["status"] == "rejected"
    page = await browser.get(answer.headers["location"])
    assert (page.status_code, "was recorded." in page.text) == (409, True)
    assert "Nothing was recorded" not in page.text
    assert "Nothing was recorded" in (await question.shown(browser, say="blocked")).text


async def test_another_site_cannot_send_the_form(
    browser: httpx.AsyncClient, question: Question
) -> None:
    form = {"link": question.text, "say": "approved"}
    evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert (await browser.post("/answer", data=form, headers=evil)).status_code == 403
    assert await question.events() == []


async def test_guessing_is_counted_and_ends(browser: httpx.AsyncClient, question: Question) -> None:
    wrong = AnswerLinks([b"w" * 32]).sign(question.link)
    page = {"accept": "text/html"}
    answers = [await browser.get("/answer", params={"link": wrong}, headers=page) for _ in range(8)]
    assert answers[0].status_code == 410
    assert answers[-1].status_code == 429
    assert "text/html" in answers[-1].headers["content-type"]
    assert (await question.shown(browser)).status_code == 200  # who has a right one waits for none


async def test_the_log_of_requests_does_not_hold_the_link(
    browser: httpx.AsyncClient, question: Question, capsys: pytest.CaptureFixture[str]
) -> None:
    await question.shown(browser, say="approved")
    await question.sent(browser, "approved")
    said = capsys.readouterr()
    assert "/answer" in said.out + said.err
    assert question.text not in said.out + said.err
