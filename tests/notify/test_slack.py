"""The channel against a Slack on loopback, through Slack's own library."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from aiohttp import web

from domain.deliveries import Sent
from domain.destinations import Destination, DestinationKind
from domain.events import EventType
from domain.users import User, UserKind
from notify.messages import Earlier, Message, Question
from notify.slack import NOT_INSTALLED, SlackChannel
from notify.slack_calls import SlackCalls
from tests.support import slack_worlds as worlds
from tests.support.slack_server import BOT_TOKEN, SlackServer


async def the_token() -> str | None:
    return BOT_TOKEN


@pytest.fixture
def channel(calls: SlackCalls) -> SlackChannel:
    return SlackChannel(calls, the_token, "https://tessera.example", total_seconds=60.0)


def to(address: str | None, *, team_id: UUID | None = worlds.ASKED) -> Destination:
    return Destination(
        id=uuid4(),
        team_id=team_id,
        user_id=None if address else uuid4(),
        kind=DestinationKind.SLACK,
        name="slack",
        address=address,
        disabled_at=None,
        created_at=worlds.NOW,
    )


def for_person(email: str | None) -> Message:
    user = User(
        id=uuid4(),
        name="Ada",
        email=email,
        kind=UserKind.PERSON,
        administrator=False,
        administrator_by_groups=False,
        deactivated_at=None,
        created_at=worlds.NOW,
    )
    return replace(worlds.message(), recipient=user)


def refreshing(receipts: list[str], message: Message | None = None) -> Message:
    earlier = [Earlier(receipt=each, event=worlds.event(), is_current=True) for each in receipts]
    return replace(message or worlds.message(), refreshes=True, earlier=earlier)


async def test_a_channel_is_posted_to_and_the_receipt_names_the_message(
    slack: SlackServer, channel: SlackChannel
) -> None:
    room = slack.channel()
    sent = await channel.send(to(room), worlds.message())
    (posted,) = slack.in_channel(room)
    assert sent.taken
    assert sent.receipt == f"{room}/{posted.ts}"
    assert posted.button("Ready") is not None
    assert BOT_TOKEN not in f"{sent}"
    assert sent.request is not None
    assert room in str(sent.request)


async def test_a_channel_of_another_team_is_not_asked(
    slack: SlackServer, channel: SlackChannel
) -> None:
    room = slack.channel()
    await channel.send(to(room, team_id=worlds.OTHER), worlds.message())
    (posted,) = slack.in_channel(room)
    assert posted.button("Ready") is None
    assert "If nobody answers by" in posted.words
    assert "asks nobody any more" not in posted.words


async def test_a_question_that_has_changed_since_has_no_buttons(
    slack: SlackServer, channel: SlackChannel
) -> None:
    """What is escalated may have been put before the last revision."""
    room = slack.channel()
    now = Question(revision=2, changes_hash="", due_at=None)
    told = worlds.event(EventType.PROPOSAL_ESCALATED)
    await channel.send(to(room), replace(worlds.message(told), questions={worlds.ASKED: now}))
    (posted,) = slack.in_channel(room)
    assert posted.button("Ready") is None
    assert "asks nobody any more" in posted.words


@pytest.mark.parametrize(
    ("answers_for", "asked"), [({worlds.ASKED}, True), ({worlds.OTHER}, False)]
)
async def test_a_person_is_asked_for_the_teams_that_they_answer_for(
    slack: SlackServer, channel: SlackChannel, answers_for: set[UUID], *, asked: bool
) -> None:
    ada = slack.person("ada@example.com")
    message = replace(for_person("ada@example.com"), answers_for=frozenset(answers_for))
    await channel.send(to(None, team_id=None), message)
    (posted,) = slack.in_channel(f"D{ada[1:]}")
    assert (posted.button("Ready") is not None) is asked


async def test_the_server_s_channel_asks_whoever_reads_it(
    slack: SlackServer, channel: SlackChannel
) -> None:
    room = slack.channel()
    await channel.send(to(room, team_id=None), worlds.message())
    assert slack.in_channel(room)[0].button("Ready") is not None


async def test_a_conversation_that_is_not_there_any_more_is_looked_up_again_once(
    slack: SlackServer, channel: SlackChannel
) -> None:
    slack.person("ada@example.com")
    ada, message = to(None, team_id=None), for_person("ada@example.com")
    assert (await channel.send(ada, message)).taken
    for final in (False, True):  # as after an installation in another workspace
        slack.refuse("chat.postMessage", "channel_not_found")
        assert (await channel.send(ada, message)).final is final
    assert (await channel.send(ada, message)).taken
    assert [method for method, _ in slack.calls].count("conversations.open") == 3


async def test_a_person_is_found_by_address_once(slack: SlackServer, channel: SlackChannel) -> None:
    ada = slack.person("ada@example.com")
    for _ in range(2):
        sent = await channel.send(to(None, team_id=None), for_person("ada@example.com"))
        assert sent.taken, sent
        assert (sent.receipt or "").startswith(f"D{ada[1:]}/")
    methods = [method for method, _ in slack.calls]
    assert methods.count("users.lookupByEmail") == methods.count("conversations.open") == 1


@pytest.mark.parametrize(("email", "said"), [(None, "no e-mail"), ("no@example.com", "nobody")])
async def test_a_person_whom_slack_does_not_know_is_given_up(
    channel: SlackChannel, email: str | None, said: str
) -> None:
    sent = await channel.send(to(None, team_id=None), for_person(email))
    assert sent.final
    assert said in (sent.error or "")


async def test_who_is_deactivated_meanwhile_is_told_no_more(
    slack: SlackServer, channel: SlackChannel
) -> None:
    slack.person("ada@example.com")
    message = for_person("ada@example.com")
    assert message.recipient is not None
    gone = replace(message.recipient, deactivated_at=worlds.NOW)
    sent = await channel.send(to(None, team_id=None), replace(message, recipient=gone))
    assert (sent.taken, sent.final) == (False, True)
    assert slack.calls == []


@pytest.mark.parametrize(
    ("error", "final"),
    [
        ("channel_not_found", True),
        ("is_archived", True),
        ("msg_too_long", True),
        ("restricted_action", True),
        ("not_in_channel", False),
        ("invalid_auth", False),
        ("token_revoked", False),
        ("missing_scope", False),
        ("internal_error", False),
        ("something_new", False),
    ],
)
async def test_only_what_waiting_cannot_mend_is_final(
    slack: SlackServer, channel: SlackChannel, error: str, final: bool
) -> None:
    slack.refuse("chat.postMessage", error)
    sent = await channel.send(to(slack.channel()), worlds.message())
    assert (sent.taken, sent.final) == (False, final)
    assert error in (sent.error or "")
    assert sent.receipt is None


async def test_slack_says_when_to_come_back(slack: SlackServer, channel: SlackChannel) -> None:
    slack.limit("chat.postMessage", 37)
    sent = await channel.send(to(slack.channel()), worlds.message())
    assert (sent.taken, sent.final, sent.status_code) == (False, False, 429)
    assert sent.retry_after == timedelta(seconds=37)
    posts = [method for method, _ in slack.calls if method == "chat.postMessage"]
    assert len(posts) == 1  # the library repeats nothing behind our back


@pytest.mark.parametrize(
    "answer",
    [
        {"text": "<html>", "content_type": "text/html"},
        {"text": "[1]", "content_type": "application/json"},
        {"text": "{", "content_type": "application/json"},
        {"text": "", "status": 500},
        {"text": "upstream", "status": 503},
        {"text": '{"ok": false}', "content_type": "application/json"},
        {"text": '{"ok": false, "error": 7}', "content_type": "application/json"},
    ],
)
async def test_what_is_no_answer_of_slacks_is_repeated_later(
    slack: SlackServer, channel: SlackChannel, answer: dict[str, object]
) -> None:
    slack.faults["chat.postMessage"].append(web.Response(**answer))  # type: ignore[arg-type]
    sent = await channel.send(to(slack.channel()), worlds.message())
    assert (sent.taken, sent.final) == (False, False)
    assert sent.error


async def test_an_attempt_ends_in_time(slack: SlackServer, calls: SlackCalls) -> None:
    hasty = SlackChannel(calls, the_token, "https://t.example", total_seconds=0.3)
    slack.delays["chat.postMessage"] = 60.0
    started = time.monotonic()
    sent = await hasty.send(to(slack.channel()), worlds.message())
    assert time.monotonic() - started < 30
    assert "did not answer within 0.3 s" in (sent.error or "")
    assert sent.duration >= timedelta(seconds=0.3)


async def test_nobody_is_dialled_where_nobody_listens() -> None:
    calls = SlackCalls("http://127.0.0.1:9/api/")
    sent = await SlackChannel(calls, the_token, "").send(to("C024BE91L"), worlds.message())
    await calls.close()
    assert (sent.taken, sent.final) == (False, False)
    assert sent.error


async def test_without_an_installation_nothing_is_sent(
    slack: SlackServer, calls: SlackCalls
) -> None:
    async def none() -> str | None:
        return None

    sent = await SlackChannel(calls, none, "").send(to(slack.channel()), worlds.message())
    assert (sent.error, sent.final) == (NOT_INSTALLED, False)
    assert slack.calls == []


async def test_a_channel_gets_one_message_a_second_and_others_meanwhile(
    slack: SlackServer, channel: SlackChannel
) -> None:
    room, other = slack.channel(), slack.channel()
    started = time.monotonic()
    sent = await asyncio.gather(
        *(channel.send(to(each), worlds.message()) for each in (room, room, other))
    )
    assert all(each.taken for each in sent), sent  # this Slack answers 429 to who is faster
    assert time.monotonic() - started > 0.95
    assert [each.channel for each in slack.posts.values()][-1] == room, "the other room waited too"


async def posted(slack: SlackServer, channel: SlackChannel, room: str) -> str:
    sent = await channel.send(to(room), worlds.message())
    assert sent.receipt is not None
    return sent.receipt


async def test_a_refresh_rewrites_what_stands_there_and_posts_nothing(
    slack: SlackServer, channel: SlackChannel
) -> None:
    room = slack.channel()
    receipt = await posted(slack, channel, room)
    sent = await channel.send(to(room), refreshing([receipt], worlds.message(parties=[])))
    assert (sent.taken, sent.receipt) == (True, None)
    (message,) = slack.in_channel(room)
    assert len(message.versions) == 2
    assert message.button("Ready") is None


async def test_a_message_that_is_gone_holds_up_no_refresh(
    slack: SlackServer, channel: SlackChannel
) -> None:
    room = slack.channel()
    receipt = await posted(slack, channel, room)
    sent = await channel.send(to(room), refreshing([f"{room}/1.000000", receipt]))
    assert sent.taken
    assert len(slack.in_channel(room)[0].versions) == 2


async def test_a_refresh_that_slack_does_not_take_is_repeated_whole(
    slack: SlackServer, channel: SlackChannel
) -> None:
    room = slack.channel()
    receipt = await posted(slack, channel, room)
    slack.limit("chat.update", 5)
    failed: Sent = await channel.send(to(room), refreshing([receipt]))
    assert (failed.taken, failed.retry_after) == (False, timedelta(seconds=5))
    assert (await channel.send(to(room), refreshing([receipt]))).taken
