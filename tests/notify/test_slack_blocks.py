"""What stands in Slack: the whole message once, and with any words within Slack's limits."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.acknowledgments import Response
from domain.events import EventType
from domain.inbox import Task
from domain.json_types import JsonObject
from domain.parties import Answer
from domain.proposals import ProposalStatus
from domain.timeline import OnDeadline
from notify import slack_views
from notify.messages import About, Message
from notify.slack_blocks import Post, post
from notify.slack_requests import Named
from notify.slack_text import code, escaped, plain
from tests.support import slack_worlds as worlds
from tests.support.slack_limits import faults_of_message, faults_of_view, mentions, size

URL = "https://tessera.example"
WITNESS: JsonObject = {"instance": {"email": "ada"}, "valid_before": True, "valid_after": False}
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.builds(
        lambda piece, times: piece * times,
        st.sampled_from(
            ["<!channel> ", "<@U123>", "&", "<", "&amp;", "```", "🙂", "\x00", "a", " ", "\u202e"]
        ),
        st.integers(0, 4000),
    ),
)


def made(message: Message, *, answerable: bool = True) -> Post:
    return post(message, URL, worlds.NOW, answerable=answerable)


def buttons(found: Post) -> list[str]:
    return [
        element["text"]["text"]
        for block in found.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def words(found: Post) -> str:
    return json.dumps(found.blocks, ensure_ascii=False)


def test_an_ask_says_what_breaks_whom_it_asks_until_when_and_what_silence_means() -> None:
    parties = [worlds.party(), worlds.party("search", worlds.OTHER)]
    found = made(worlds.message(parties=parties, witness=WITNESS))
    due = int((worlds.NOW + timedelta(days=14)).timestamp())
    date = f"<!date^{due}^{{date_short_pretty}} at {{time}}|2026-03-16 09:00 UTC>"
    shown = [
        (block["type"], block.get("text", {}).get("text") or block["elements"][0]["text"])
        for block in found.blocks
        if block["type"] != "actions"
    ]
    assert shown == [
        ("header", "Can orders.customers become 2.0.0?"),
        ("section", "billing is asked about orders.customers 2.0.0."),
        ("section", "*What breaks for you*\n• `email` is removed."),
        (
            "section",
            '*A record that is right today and is not afterwards*\n```{\n "email": "ada"\n}```',
        ),
        (
            "section",
            f"*Who is asked*\n• *billing*: no answer yet, due {date}\n"
            f"• *search*: no answer yet, due {date}",
        ),
        (
            "section",
            f"If *billing* says nothing by {date}: nothing is published, and the proposal expires.",
        ),
        ("context", f"from orders · production · <{URL}/proposals/{UUID(int=2)}|Open in Tessera>"),
    ]
    assert buttons(found) == ["Ready", "Need time", "Block", "Details"]


def test_a_button_names_what_was_shown_and_nothing_else() -> None:
    found = made(worlds.message())
    (actions,) = [block for block in found.blocks if block["type"] == "actions"]
    for button in actions["elements"]:
        assert Named.read(button["value"]) == Named(event_id=UUID(int=1), revision=1)


@pytest.mark.parametrize(
    ("on_deadline", "said"),
    [
        (OnDeadline.EXPIRE, "nothing is published"),
        (OnDeadline.APPROVE, "silence is taken for consent, and it is published"),
        (OnDeadline.ESCALATE, "it is escalated; 7 days later the proposal expires"),
    ],
)
def test_silence_means_what_the_policy_says(on_deadline: OnDeadline, said: str) -> None:
    proposed = worlds.proposal(on_deadline=on_deadline)
    assert said in words(made(worlds.message(proposed=proposed)))


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (timedelta(days=1), "1 day later"),
        (timedelta(hours=36), "36 hours later"),
        (timedelta(hours=5), "5 hours later"),
        (timedelta(minutes=2), "2 minutes later"),
        (timedelta(seconds=3), "moments later"),
    ],
)
def test_the_last_limit_is_said_in_words(limit: timedelta, said: str) -> None:
    proposed = worlds.proposal(on_deadline=OnDeadline.ESCALATE)
    timeline = replace(proposed.policy.timeline, last_limit=limit)
    proposed = replace(proposed, policy=replace(proposed.policy, timeline=timeline))
    assert said in words(made(worlds.message(proposed=proposed)))


def test_who_is_not_asked_is_not_told_that_it_breaks_for_them() -> None:
    found = words(made(worlds.message(worlds.event(EventType.PROPOSAL_OPENED))))
    assert "*What breaks*" in found
    assert "for you" not in found


@pytest.mark.parametrize(
    ("response", "left"),
    [
        (Response.APPROVED, ["Details"]),
        (Response.BLOCKED, ["Details"]),
        (Response.MIGRATING, ["Ready", "Need time", "Block", "Details"]),
    ],
)
def test_an_answer_takes_the_buttons_away_unless_it_is_to_be_followed_by_another(
    response: Response, left: list[str]
) -> None:
    until = worlds.NOW + timedelta(days=3) if response is Response.MIGRATING else None
    answered = worlds.party(answer=Answer(response=response, until=until, answered_at=worlds.NOW))
    found = made(worlds.message(parties=[answered]))
    assert buttons(found) == left
    assert f"*billing*: {response.plain}" in words(found)
    assert ("If *billing* says nothing" in words(found)) is (response is Response.MIGRATING)


@pytest.mark.parametrize("status", [each for each in ProposalStatus if each.value != "pending"])
def test_what_is_decided_asks_nobody(status: ProposalStatus) -> None:
    found = made(worlds.message(proposed=worlds.proposal(status=status)))
    assert buttons(found) == ["Details"]
    assert f"2.0.0 is {status.value}" in words(found)


def test_who_only_looks_on_and_what_is_asked_anew_have_no_buttons() -> None:
    looking_on = made(worlds.message(), answerable=False)
    asked_anew = post(worlds.message(), URL, worlds.NOW, answerable=False, current=False)
    for found in (looking_on, asked_anew):
        assert buttons(found) == ["Details"]
        assert "If nobody answers by" in words(found)
    assert "asks nobody any more" not in words(looking_on)
    assert "asks nobody any more" in words(asked_anew)


@pytest.mark.parametrize("type_", [EventType.PROPOSAL_OPENED, EventType.ACKNOWLEDGED])
def test_whoever_is_told_of_what_waits_is_told_what_silence_means(type_: EventType) -> None:
    found = words(made(worlds.message(worlds.event(type_))))
    assert "If nobody answers by" in found
    assert "nothing is published, and the proposal expires" in found


def test_an_event_about_no_proposal_has_neither_parties_nor_buttons() -> None:
    told = replace(
        worlds.event(EventType.DESTINATION_DISABLED, "A destination is disabled."),
        proposal_id=None,
        payload={},
    )
    found = made(Message(event=told, about=About()))
    assert [block["type"] for block in found.blocks] == ["header", "section", "context"]


@settings(deadline=None)
@given(text=HOSTILE, limit=st.integers(10, 300))
def test_text_of_others_is_cut_within_the_limit_and_calls_nobody(text: str, limit: int) -> None:
    found = escaped(text, limit)
    assert size(found) <= limit
    assert not [each for each in "<>" if each in found]
    assert found.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").count("&") == 0
    assert 0 < size(plain(text, limit)) <= limit
    fenced = code(text, limit)
    assert size(fenced) <= limit
    assert "`" not in fenced[3:-3]


@settings(deadline=None)
@given(
    told=st.sampled_from(list(EventType)),
    status=st.sampled_from(list(ProposalStatus)),
    texts=st.lists(HOSTILE, min_size=5, max_size=5),
    sentences=st.lists(HOSTILE, max_size=30),
    names=st.lists(HOSTILE, max_size=60),
    answerable=st.booleans(),
)
def test_no_words_break_slacks_limits_or_call_anybody(
    told: EventType,
    status: ProposalStatus,
    texts: list[str],
    sentences: list[str],
    names: list[str],
    answerable: bool,
) -> None:
    summary, fqn, producer, version, instance = texts
    message = worlds.message(
        worlds.event(told, summary, sentences),
        worlds.proposal(status=status, version=version),
        [worlds.party(name, UUID(int=4 + number)) for number, name in enumerate(names)],
        witness={"instance": {instance: instance}, "valid_after": False},
        fqn=fqn,
        producer=producer,
    )
    found = made(message, answerable=answerable)
    assert faults_of_message(found.text, found.blocks) == []
    assert mentions(found.blocks) == []
    json.dumps(found.blocks).encode()


@settings(deadline=None)
@given(texts=st.lists(HOSTILE, min_size=3, max_size=3), names=st.lists(HOSTILE, max_size=60))
def test_no_words_break_a_form(texts: list[str], names: list[str]) -> None:
    asset, version, sentence = texts
    proposed = worlds.proposal(version=version, changes=[worlds.change(sentence)] * 30)
    round_ = worlds.round_of(
        proposed,
        *(worlds.party(name, UUID(int=4 + number)) for number, name in enumerate(names)),
    )
    token = f"{UUID(int=1).hex}.{10**8}"
    for view in (
        slack_views.need_time_modal(token, asset, worlds.NOW),
        slack_views.block_modal(token, asset),
        slack_views.details_modal(proposed, asset, round_, worlds.NOW, URL),
    ):
        assert faults_of_view(view) == []
        assert mentions(view["blocks"]) == []


@settings(deadline=None)
@given(texts=st.lists(HOSTILE, min_size=1, max_size=40))
def test_no_words_break_an_answer_to_the_command(texts: list[str]) -> None:
    opened = [
        slack_views.Open(
            task=task,
            proposal_id=UUID(int=1),
            fqn=text,
            version=text,
            team=text,
            due_at=worlds.NOW,
        )
        for text, task in zip(texts, cycle(Task), strict=False)
    ]
    found = [
        slack_views.Found(fqn=text, environment=text, owner=text, kind="table") for text in texts
    ]
    answers: list[dict[str, Any]] = [
        slack_views.opened(opened, True, URL),
        slack_views.assets_found(found, texts[0], True),
        slack_views.assets_found([], texts[0], False),
        slack_views.said(texts[0] or "-"),
    ]
    for answer in answers:
        assert faults_of_message(answer["text"], answer["blocks"]) == []
        assert mentions(answer["blocks"]) == []


def test_the_checks_of_these_tests_find_what_is_wrong() -> None:
    """A test of limits that never fails would say nothing."""
    long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    assert faults_of_message("x", [long]) == ["section of 3001"]
    assert faults_of_message("x", [long] * 51)[:2] == ["too many blocks", "blocks too long"]
    assert mentions([{"type": "mrkdwn", "text": "<!channel>"}]) == ["<!channel"]
    button = {"type": "button", "text": {"text": "x" * 76}, "action_id": "a", "value": "v"}
    assert faults_of_message("x", [{"type": "actions", "elements": [button]}]) == ["button"]
    assert faults_of_view({"type": "modal", "title": {"text": "x" * 25}, "blocks": []}) == ["title"]
