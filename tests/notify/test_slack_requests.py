"""What Slack sends: its own example of a signature, and everything that is not Slack's."""

import json
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify import slack_requests
from notify.slack_requests import Click, Command, Named, Submission

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
STAMP = "1531420618"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
    b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
    b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
    b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
"""From https://docs.slack.dev/authentication/verifying-requests-from-slack."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "user", "id", "actions", "view", "state", "values", "until"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


def test_slacks_own_example_is_believed() -> None:
    assert slack_requests.is_slacks(SECRET, STAMP, SIGNATURE, BODY, int(STAMP) + 1)


@pytest.mark.parametrize("off", [-301, 301, 10_000])
def test_what_is_old_or_of_the_future_is_not_believed(off: int) -> None:
    assert not slack_requests.is_slacks(SECRET, STAMP, SIGNATURE, BODY, int(STAMP) + off)


@pytest.mark.parametrize(
    ("secret", "stamp", "signature", "body"),
    [
        ("another", STAMP, SIGNATURE, BODY),
        (SECRET, str(int(STAMP) + 1), SIGNATURE, BODY),
        (SECRET, STAMP, SIGNATURE[:-1] + "4", BODY),
        (SECRET, STAMP, SIGNATURE.removeprefix("v0="), BODY),
        (SECRET, STAMP, "", BODY),
        (SECRET, STAMP, "ü\udc80", BODY),
        (SECRET, STAMP, SIGNATURE, BODY + b"&"),
        (SECRET, "", SIGNATURE, BODY),
        (SECRET, "-1531420618", SIGNATURE, BODY),
        (SECRET, "1e9", SIGNATURE, BODY),
        (SECRET, "٣" * 10, SIGNATURE, BODY),
        (SECRET, "9" * 400, SIGNATURE, BODY),
    ],
)
def test_what_differs_at_any_place_is_not_believed(
    secret: str, stamp: str, signature: str, body: bytes
) -> None:
    assert not slack_requests.is_slacks(secret, stamp, signature, body, int(STAMP))


def test_a_button_a_form_and_a_command_are_read() -> None:
    who = {"user": {"id": "U1", "team_id": "T1"}, "team": {"id": "T9"}}
    click = {
        **who,
        "type": "block_actions",
        "trigger_id": "1.2",
        "channel": {"id": "C1"},
        "actions": [{"action_id": "tessera.ready", "value": "v"}],
    }
    assert slack_requests.interaction(click) == Click(
        user_id="U1",
        action="tessera.ready",
        token="v",
        trigger_id="1.2",
        channel_id="C1",
    )
    values = {
        "until": {"until": {"selected_date": "2026-03-04"}},
        "note": {"note": {"value": " a "}},
    }
    form: dict[str, Any] = {
        "callback_id": "f",
        "private_metadata": "v",
        "state": {"values": values},
    }
    sent = {**who, "type": "view_submission", "view": form}
    assert slack_requests.interaction(sent) == Submission(
        user_id="U1",
        form="f",
        token="v",
        until=date(2026, 3, 4),
        note="a",
    )
    given_form = slack_requests.form_of(BODY)
    assert slack_requests.command(given_form) == Command(user_id="U2CERLKJA", text="")


@settings(deadline=None)
@given(found=JSON)
def test_nothing_that_is_sent_makes_reading_fail(found: object) -> None:
    body = urlencode({"payload": json.dumps(found)}).encode()
    payload = slack_requests.payload_of(body)
    assert isinstance(payload, dict)
    for kind in ("block_actions", "view_submission", "other"):
        slack_requests.interaction({**payload, "type": kind})
    slack_requests.command(payload)


@settings(deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_make_reading_fail(body: bytes) -> None:
    assert isinstance(slack_requests.payload_of(body), dict)
    assert isinstance(slack_requests.payload_of(b"payload=" + body), dict)


@settings(deadline=None)
@given(token=st.text(max_size=60))
def test_a_button_that_is_not_ours_names_nothing(token: str) -> None:
    assert Named.read(token) is None


def test_what_a_button_names_is_read_back() -> None:
    assert Named.read(f"{UUID(int=7).hex}.12") == Named(event_id=UUID(int=7), revision=12)
    deep = "payload=" + "[" * 100_000
    assert slack_requests.payload_of(deep.encode()) == {}


def test_what_postgres_does_not_keep_is_left_out() -> None:
    found = slack_requests.command({"user_id": "U1", "text": "search a\x00b\ud800"})
    assert found == Command(user_id="U1", text="search ab?")
