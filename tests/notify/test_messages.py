"""What a webhook says, without sending it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from domain.actors import WORKFLOW
from domain.events import Cursor, Event, EventType
from notify.messages import BODY_LIMIT, About, Message, webhook_body

EVENT = UUID(int=1)
PROPOSAL = UUID(int=2)


def event(proposal_id: UUID | None = None) -> Event:
    return Event(
        id=EVENT,
        cursor=Cursor(700, 42),
        type=EventType.PROPOSAL_ASKED,
        caller=WORKFLOW,
        summary="billing is asked about orders.customers 2.0.0.",
        asset_id=UUID(int=3),
        proposal_id=proposal_id,
        team_id=UUID(int=4),
        payload={"reason": "reads `email`"},
        at=datetime(2026, 3, 2, tzinfo=UTC),
    )


def test_a_message_has_type_timestamp_and_all_that_a_receiver_needs() -> None:
    about = About(
        asset_fqn="orders.customers",
        environment="production",
        producer="orders",
        status="pending",
        version="2.0.0",
    )
    body = webhook_body(Message(event=event(PROPOSAL), about=about), "https://tessera.example")
    assert json.loads(body) == {
        "type": "proposal.asked",
        "version": 1,
        "timestamp": "2026-03-02T00:00:00+00:00",
        "data": {
            "id": str(EVENT),
            "sequence": 42,
            "summary": "billing is asked about orders.customers 2.0.0.",
            "actor": {"kind": "workflow", "name": "tessera"},
            "team_id": str(UUID(int=4)),
            "asset": {
                "id": str(UUID(int=3)),
                "fqn": "orders.customers",
                "environment": "production",
                "producer": "orders",
            },
            "proposal": {
                "id": str(PROPOSAL),
                "status": "pending",
                "version": "2.0.0",
                "links": {
                    "page": f"https://tessera.example/proposals/{PROPOSAL}",
                    "api": f"https://tessera.example/api/v1/proposals/{PROPOSAL}",
                },
            },
            "details": {"reason": "reads `email`"},
        },
    }


def test_an_event_without_a_proposal_says_so() -> None:
    message = json.loads(
        webhook_body(Message(event=event(), about=About()), "https://tessera.example")
    )
    assert message["data"]["proposal"] is None


def test_changes_stand_in_a_message_that_tells_of_them_and_in_no_other() -> None:
    changes = [{"path": "email", "witness": {"instance": {"email": "ä"}}, "suggestion": None}]
    told = Message(event=event(PROPOSAL), about=About())
    proven = json.loads(webhook_body(replace(told, changes=changes), "https://t.example"))
    assert proven["data"]["changes"] == changes
    other = json.loads(webhook_body(told, "https://t.example"))
    assert "changes" not in other["data"]


def test_a_body_that_would_be_too_large_says_what_it_leaves_out() -> None:
    told = Message(event=event(PROPOSAL), about=About(), changes=[{"path": "x" * 1000}] * 300)
    body = webhook_body(told, "https://t.example")
    assert len(body) <= BODY_LIMIT
    content = json.loads(body)["data"]
    assert (content["changes"], content["left_out"]) == (None, ["changes"])
    assert content["details"] == {"reason": "reads `email`"}
    large = replace(event(), payload={"told": ["x" * 1000] * 300})
    body = webhook_body(replace(told, event=large, changes=None), "https://t.example")
    assert len(body) <= BODY_LIMIT
    content = json.loads(body)["data"]
    assert (content["details"], content["left_out"]) == ({}, ["details"])


def test_what_tells_of_several_events_is_a_digest_of_their_bodies() -> None:
    first = Message(event=event(PROPOSAL), about=About(version="2.0.0"))
    second = Message(event=replace(event(), id=UUID(int=9)), about=About())
    body = json.loads(webhook_body(replace(first, carried=(second,)), "https://t.example"))
    alone = [json.loads(webhook_body(each, "https://t.example")) for each in (first, second)]
    assert body == {
        "type": "digest",
        "version": 1,
        "timestamp": "2026-03-02T00:00:00+00:00",
        "data": {"events": alone},
    }


def test_a_digest_that_would_be_too_large_leaves_out_what_its_events_show_in_detail() -> None:
    large = replace(event(), payload={"told": ["x" * 1000] * 100})
    told = Message(event=large, about=About())
    body = webhook_body(replace(told, carried=(told,) * 4), "https://t.example")
    assert len(body) <= BODY_LIMIT
    contents = [each["data"] for each in json.loads(body)["data"]["events"]]
    assert [each["left_out"] for each in contents] == [["details"]] * 5
