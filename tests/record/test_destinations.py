"""Where a team, or the whole server, is told what happens."""

import asyncio
import base64

import pytest

from domain.destinations import Destination
from domain.errors import InvalidRequest, NotFound
from domain.events import EventType
from record import destinations
from record.destinations import DESTINATIONS_LIMIT, WEBHOOK, Wanted
from store.destinations import Owner
from store.rows import new_id
from store.transaction import Transaction
from tests.support import webhooks
from tests.support.facts import CALLER, Facts

URL = "https://hooks.example/tessera"


async def test_a_secret_is_made_in_the_specification_s_form(facts: Facts) -> None:
    team = await facts.team("team")
    made = await webhooks.set_webhook(facts.database, CALLER, team.id, URL, None)
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert len(base64.b64decode(made.secret.removeprefix("whsec_"))) == 32


async def test_the_log_says_where_to_but_neither_the_path_nor_the_secret(facts: Facts) -> None:
    team = await facts.team("team")
    url = "https://user:hunter2@hooks.example/a/token-in-the-path"
    made = await webhooks.set_webhook(facts.database, CALLER, team.id, url, None)
    (event,) = await facts.log(team_id=team.id, type=EventType.DESTINATION_SET)
    assert event.payload["host"] == "hooks.example"
    written = f"{event.summary} {event.payload}"
    assert made.secret
    assert not any(part in written for part in ("hunter2", "token-in-the-path", made.secret))


async def test_setting_it_again_replaces_it(facts: Facts) -> None:
    team = await facts.team("team")
    first = await webhooks.set_webhook(facts.database, CALLER, team.id, URL, None)
    second = await webhooks.set_webhook(facts.database, CALLER, team.id, URL + "/2", None)
    assert second.id == first.id
    assert (await webhooks.webhook_of(facts.database, team.id)).address == URL + "/2"


async def test_a_removed_one_is_gone_and_removing_it_again_is_nothing(facts: Facts) -> None:
    team = await facts.team("team")
    await webhooks.set_webhook(facts.database, CALLER, team.id, URL, None)
    for _ in range(2):
        await webhooks.remove_webhook(facts.database, CALLER, team.id)
    with pytest.raises(NotFound, match="no destination `webhook`"):
        await webhooks.webhook_of(facts.database, team.id)
    types = await facts.events(team_id=team.id)
    assert types.count(EventType.DESTINATION_REMOVED) == 1


async def test_however_many_are_set_at_once_there_are_no_more_than_the_most(facts: Facts) -> None:
    owner, wanted = Owner((await facts.team("busy")).id), Wanted(address=URL)

    async def put(number: int) -> object:
        return await destinations.put(facts.database, CALLER, owner, f"hook-{number}", wanted)

    for _ in range(3):
        made = await asyncio.gather(
            *(put(number) for number in range(DESTINATIONS_LIMIT + 3)), return_exceptions=True
        )
        refused = [each for each in made if isinstance(each, BaseException)]
        assert [type(each) for each in refused] == [InvalidRequest] * 3
        there = await destinations.of_owner(facts.database, owner)
        assert len(there) == DESTINATIONS_LIMIT
        for each in there:
            await destinations.remove(facts.database, CALLER, owner, each.name)


async def test_an_unknown_team_is_not_found(facts: Facts) -> None:
    with pytest.raises(NotFound):
        await webhooks.set_webhook(facts.database, CALLER, new_id(), URL, None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "ftp://hooks.example",
        "file:///etc/passwd",
        "http://",
        "https:///path",
        "http://[::1",
        "http://hooks.example:99999/",
        "http://hooks.example:0/",
        "http://hooks.example/a b",
        "http://hooks.example/\n",
        "http://münchen.example/",
        "http://hooks.example/" + "x" * 2000,
    ],
)
async def test_what_is_no_usable_address_is_refused(facts: Facts, url: str) -> None:
    team = await facts.team("team")
    with pytest.raises(InvalidRequest) as refusal:
        await webhooks.set_webhook(facts.database, CALLER, team.id, url, None)
    assert refusal.value.extra["errors"] == [{"path": "address", "message": "not a usable URL"}]


@pytest.mark.parametrize("secret", ["", "x" * 15, "x" * 201])
async def test_a_secret_that_is_too_short_or_too_long_is_refused(facts: Facts, secret: str) -> None:
    team = await facts.team("team")
    with pytest.raises(InvalidRequest, match="16 to 200"):
        await webhooks.set_webhook(facts.database, CALLER, team.id, URL, secret)


@pytest.mark.parametrize(
    "rest", ["not base64 at all", "YWJjZGVmZ2hpamtsbW5vcA", "ünïcödé-and-more"]
)
async def test_what_receivers_could_not_decode_is_refused(facts: Facts, rest: str) -> None:
    team = await facts.team("team")
    with pytest.raises(InvalidRequest, match="is base64"):
        await webhooks.set_webhook(facts.database, CALLER, team.id, URL, f"whsec_{rest}")


async def own(facts: Facts) -> Destination | None:
    async def work(tx: Transaction) -> Destination | None:
        return await tx.destinations.named(Owner(), WEBHOOK)

    return await facts.database.run(work)


async def test_the_server_s_own_is_what_the_settings_say(lonely: Facts) -> None:
    async def ensure(url: str | None, secret: str | None = None) -> Destination | None:
        await destinations.ensure_server_webhook(lonely.database, url, secret)
        return await own(lonely)

    assert await ensure(None) is None
    first = await ensure(URL)
    assert first is not None
    assert await ensure(URL) == first  # a made secret stays over restarts
    second = await ensure(URL, "a secret of one's own")
    assert second is not None
    assert (second.id, second.secret) == (first.id, "a secret of one's own")
    assert await ensure("") is None
    told = await lonely.payloads(type=EventType.DESTINATION_SET)
    assert [each["secret_replaced"] for each in told] == [False, True]
    assert told[0]["before"] is None
    assert told[0]["after"] == told[1]["before"] == told[1]["after"]
    (removed,) = await lonely.payloads(type=EventType.DESTINATION_REMOVED)
    assert (removed["before"], removed["after"]) == (told[1]["after"], None)
    assert "a secret of one's own" not in str(told)
