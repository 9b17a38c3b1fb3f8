"""What the clients send and how they read the answers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from standin.http import Reply, problem
from standin.samples import CUSTOMERS, CUSTOMERS_STAGING, MARKETING, PROPOSAL, tell_the_story
from standin.server import StandIn
from tessera_sdk import (
    AsyncClient,
    Client,
    ConfigurationError,
    FieldError,
    ProblemError,
    Response,
    UnexpectedAnswerError,
)


def test_a_problem_keeps_everything_the_server_said(server: StandIn, client: Client) -> None:
    server.faults.append(
        problem(
            422,
            "invalid_schema",
            "The schema is not valid",
            "`strng` is no type.",
            errors=[{"path": "/properties/a/type", "message": "not a type"}],
            hint="Did you mean `string`?",
            keyword="type",
        )
    )

    with pytest.raises(ProblemError, match="is no type") as raised:
        client.teams.create("marketing")

    refusal = raised.value
    assert (refusal.status, refusal.code) == (422, "invalid_schema")
    assert refusal.type == "urn:tessera:problem:invalid_schema"
    assert refusal.title == "The schema is not valid"
    assert refusal.errors == (FieldError("/properties/a/type", "not a type"),)
    assert refusal.hint == "Did you mean `string`?"
    assert refusal.extras["keyword"] == "type"


def test_an_error_page_of_a_proxy_becomes_a_problem(server: StandIn, client: Client) -> None:
    server.faults.append(Reply(403, b"<h1>Forbidden</h1>", content_type="text/html"))

    with pytest.raises(ProblemError) as raised:
        client.teams.list().page()

    assert raised.value.code == "http_403"
    assert raised.value.title == "Forbidden"


def test_another_server_is_recognised(server: StandIn, client: Client) -> None:
    server.faults.append(Reply(200, b"<h1>It works!</h1>", content_type="text/html"))
    with pytest.raises(UnexpectedAnswerError, match="Is this a Tessera server"):
        client.teams.get("1")

    server.faults.append(Reply(200, {"hello": "world"}))
    with pytest.raises(UnexpectedAnswerError, match="id: Field required"):
        client.teams.get("1")


def test_unknown_members_are_kept_on_the_wire_only(server: StandIn, client: Client) -> None:
    server.faults.append(Reply(200, {"id": "1", "name": "a", "mood": "good"}))

    team = client.teams.get("1")

    assert team.wire == {"id": "1", "name": "a", "mood": "good"}
    assert not hasattr(team, "mood")


def test_every_request_says_who_asks(server: StandIn, client: Client) -> None:
    client.teams.list().page()

    headers = server.last.headers
    assert headers["authorization"] == "Bearer key-of-tests"
    assert headers["tessera-origin"] == "sdk"
    assert headers["user-agent"].startswith("tessera-sdk/")


def test_the_environment_names_server_and_key(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESSERA_URL", f"{server.url}/")
    monkeypatch.setenv("TESSERA_API_KEY", "from-environment")

    with Client() as client:
        client.teams.list().page()

    assert server.last.headers["authorization"] == "Bearer from-environment"


def test_the_key_does_not_show_in_a_representation() -> None:
    from tessera_sdk.cli.session import Target

    assert "secret" not in repr(Target("http://localhost", "secret"))


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host", "http://", "nonsense"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ConfigurationError, match="http://localhost:8000"):
        Client(url)


def test_a_listing_fetches_its_pages_on_the_way(server: StandIn, client: Client) -> None:
    for number in range(7):
        client.teams.create(f"team-{number}")
    server.requests.clear()

    names = {team.name for team in client.teams.list(limit=3)}

    assert names == {f"team-{number}" for number in range(7)}
    assert [request.query.get("cursor") for request in server.requests] == [None, "3", "6"]
    assert all(request.query["limit"] == "3" for request in server.requests)


async def test_an_asynchronous_listing_does_the_same(
    server: StandIn, async_client: AsyncClient
) -> None:
    for number in range(5):
        await async_client.teams.create(f"team-{number}")

    names = [team.name async for team in async_client.teams.list(limit=2)]

    assert len(names) == 5
    page = await async_client.teams.list(limit=2).page()
    assert len(page.items) == 2
    assert page.next == "2"


def test_assets_are_found_by_name_in_their_environment(server: StandIn, client: Client) -> None:
    tell_the_story(server)

    assert client.assets.find("orders.customers").id == CUSTOMERS
    assert client.assets.find("orders.customers@staging").id == CUSTOMERS_STAGING
    assert client.assets.find(CUSTOMERS_STAGING).environment == "staging"


def test_a_name_that_nothing_has_is_not_found(server: StandIn, client: Client) -> None:
    tell_the_story(server)

    with pytest.raises(ProblemError, match=r"'orders.customers' in development") as raised:
        client.assets.find("orders.customers@development")
    assert (raised.value.status, raised.value.code) == (404, "not_found")


def test_teams_are_found_by_name_whatever_its_case(server: StandIn, client: Client) -> None:
    tell_the_story(server)
    server.faults.append(Reply(200, {"items": [server.tessera.teams[1]], "next": None}))

    assert client.teams.find("Marketing").id == MARKETING


def test_publishing_sends_what_was_given_and_nothing_else(server: StandIn, client: Client) -> None:
    server.tessera.publish_reply = Reply(200, {"action": "unchanged"})

    client.contracts.publish(CUSTOMERS, schema={"type": "object"}, dry_run=True, wait=2.5)

    assert server.last.body == {"schema": {"type": "object"}}
    assert server.last.query == {"dry_run": "true"}
    assert server.last.headers["prefer"] == "wait=2.5"


@pytest.mark.parametrize(("wait", "text"), [(0, "0"), (2.5, "2.5"), (60, "60"), (1e7, "10000000")])
def test_a_wait_is_written_in_digits(
    server: StandIn, client: Client, wait: float, text: str
) -> None:
    tell_the_story(server)

    client.proposals.confirm(PROPOSAL, wait=wait)

    assert server.last.headers["prefer"] == f"wait={text}"


def test_a_schema_that_is_false_can_be_published(server: StandIn, client: Client) -> None:
    server.tessera.publish_reply = Reply(200, {"action": "unchanged"})

    client.contracts.publish(CUSTOMERS, schema=False)

    assert server.last.body == {"schema": False}
    with pytest.raises(ValueError, match="either a schema or documents"):
        client.contracts.publish(CUSTOMERS)


def test_a_published_contract_is_read_with_its_schema(server: StandIn, client: Client) -> None:
    tell_the_story(server)

    contract = client.contracts.list(CUSTOMERS, status="active").page().items[0]

    assert contract.content == {"type": "object", "properties": {"user_email": {"type": "string"}}}
    assert [field.path for field in contract.fields] == ["user_email", "address.city"]


@pytest.mark.parametrize("word", ["needs time", "needs-time", "Needs Time", "migrating"])
def test_an_answer_is_given_in_plain_words(server: StandIn, client: Client, word: str) -> None:
    tell_the_story(server)
    zone = timezone(timedelta(hours=2))

    client.proposals.acknowledge(
        PROPOSAL, MARKETING, word, until=datetime(2027, 1, 31, 18, tzinfo=zone)
    )

    sent = server.last.document
    assert sent["response"] == "migrating"
    until = sent["until"]
    assert isinstance(until, str)
    assert datetime.fromisoformat(until) == datetime(2027, 1, 31, 16, tzinfo=UTC)


def test_an_answer_that_is_none_is_not_sent(server: StandIn, client: Client) -> None:
    with pytest.raises(ValueError, match="ready, needs-time or blocked"):
        client.proposals.acknowledge(PROPOSAL, MARKETING, "perhaps")
    assert server.requests == []


async def test_an_open_proposal_reads_the_same_in_both_clients(
    server: StandIn, client: Client, async_client: AsyncClient
) -> None:
    tell_the_story(server)

    proposal = client.proposals.get(PROPOSAL)

    assert proposal == await async_client.proposals.get(PROPOSAL)
    assert [team.name for team in proposal.pending] == ["marketing", "billing"]
    assert [party.state for party in proposal.parties] == ["pending", Response.MIGRATING]
    assert proposal.changes[0].gating is True
    assert proposal.links.page is not None
