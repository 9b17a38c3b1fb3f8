"""Many events as one message in Slack."""

import json
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import EventType
from domain.proposals import ProposalStatus
from domain.timeline import OnDeadline
from notify.messages import Message
from notify.slack_blocks import Post
from notify.slack_digest import digest_post
from tests.support.slack_limits import faults_of_message, mentions
from tests.support.told_messages import TEAM, asked, told

URL = "https://tessera.example"
TEAMS = frozenset({TEAM})
_PUBLISHED = ProposalStatus.PUBLISHED


def many() -> Message:
    carried = (
        asked(2, fqn="orders.refunds", later=-timedelta(days=3)),
        told(EventType.PROPOSAL_PUBLISHED, "orders.table_3 2.0.0 is published.", 3, _PUBLISHED),
    )
    return replace(asked(1), carried=carried)


def shown(post: Post) -> list[str]:
    return [
        str(block["text"]["text"] if "text" in block else block["elements"][0]["text"])
        for block in post.blocks
    ]


def test_a_digest_says_first_what_waits_and_by_when_then_what_was_decided() -> None:
    post = digest_post(many(), TEAMS, URL)
    header, waits, silence, decided, foot = shown(post)
    assert header == post.text == "2 proposals wait for your answer, the first by 13 Mar 2026"
    assert waits.startswith("*What waits for your answer*\n• <")
    assert waits.index("orders.refunds") < waits.index("orders.customers")
    assert f"{URL}/proposals/" in waits
    assert silence == ("If nobody answers in time: nothing is published, and the proposal expires.")
    assert decided.startswith("*What was decided*\n• <")
    assert "|orders.table_3 2.0.0 is published.>" in decided
    assert foot == f"<{URL}/proposals|Open in Tessera>"


def test_where_silence_means_different_things_each_question_says_what() -> None:
    consent = asked(2, fqn="orders.refunds", on_deadline=OnDeadline.APPROVE)
    (waits,) = shown(digest_post(replace(asked(1), carried=(consent,)), TEAMS, URL))[1:-1]
    of_each = {line.partition("|")[2][:14]: line for line in waits.splitlines()[1:]}
    assert of_each["orders.refunds"].endswith("silence is taken for consent, and it is published.")
    assert of_each["orders.custome"].endswith("nothing is published, and the proposal expires.")


def test_who_answers_for_nobody_is_asked_nothing_and_told_what_silence_means() -> None:
    post = digest_post(many(), frozenset(), URL)
    assert "What waits for your answer" not in json.dumps(post.blocks)
    breaks = next(text for text in shown(post) if text.startswith("*What breaks*"))
    assert breaks.count("the proposal expires and nothing is published") == 2


def test_five_hundred_questions_are_one_message_within_slacks_limits_that_counts_them() -> None:
    carried = tuple(asked(number, fqn=f"lake.table_{number}") for number in range(2, 501))
    post = digest_post(replace(asked(1), carried=carried), TEAMS, URL)
    assert faults_of_message(post.text, post.blocks) == []
    assert post.text.startswith("500 proposals wait for your answer")
    waits = shown(post)[1]
    assert int(waits.rsplit("and ", 1)[1].split()[0]) + waits.count("\n• <") == 500


@settings(deadline=None)
@given(
    fqn=st.text(max_size=2000),
    summary=st.sampled_from(["<!channel> ", "<@U1>", "a|b>", "&", "x" * 4000, "\x00🙂"]),
)
def test_no_words_break_its_limits_or_call_anybody(fqn: str, summary: str) -> None:
    event = told(EventType.PROPOSAL_PUBLISHED, summary, 3, _PUBLISHED)
    post = digest_post(replace(asked(1, fqn=fqn), carried=(event,)), TEAMS, URL)
    assert faults_of_message(post.text, post.blocks) == []
    assert mentions(post.blocks) == []
