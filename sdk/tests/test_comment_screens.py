"""What people read and send when they comment, object, and say what is made of what."""

from collections.abc import Callable

import pytest
from standin.http import Document
from standin.samples import (
    BILLING,
    CUSTOMERS,
    CUSTOMERS_STAGING,
    MARKETING,
    PROPOSAL,
    from_now,
    open_proposal,
    tell_the_story,
)
from standin.server import StandIn
from standin.terminal import Outcome

Tessera = Callable[..., Outcome]
ASSET = "orders.customers"
COMMENT = "0198c0de-0000-7000-8000-0000000000c1"


@pytest.fixture(autouse=True)
def story(server: StandIn) -> None:
    tell_the_story(server)


def test_a_comment_is_sent_and_can_be_answered(server: StandIn, tessera: Tessera) -> None:
    server.tessera.said = [{"id": COMMENT, "thread_id": COMMENT}]

    out = tessera("proposal", "comment", ASSET, "When?", "--team", "marketing").out
    assert server.last.path == f"/api/v1/proposals/{PROPOSAL}/comments"
    assert server.last.document == {"team_id": MARKETING, "text": "When?"}
    assert "✓ The comment of `marketing` is recorded." in out
    assert COMMENT in out

    command = ("proposal", "comment", ASSET, "In May.", "--team", "billing")
    tessera(*command, "--reply-to", COMMENT)
    assert server.last.document == {"team_id": BILLING, "text": "In May.", "reply_to": COMMENT}


def test_comments_are_listed_with_who_said_them(server: StandIn, tessera: Tessera) -> None:
    assert "Nobody has said anything yet." in tessera("proposal", "comments", ASSET).out
    said: Document = {"team": {"id": BILLING, "name": "billing"}, "text": "When?", "by": "ada"}
    server.tessera.said = [{"id": COMMENT, "thread_id": COMMENT, "at": from_now(hours=-2), **said}]
    out = tessera("proposal", "comments", ASSET).out
    assert server.last.path == f"/api/v1/proposals/{PROPOSAL}/comments"
    for word in ("When?", "billing", "ada", "2 hours ago"):
        assert word in out
    assert out.count(COMMENT[:8]) == 1
    server.tessera.said = [{"id": COMMENT, "thread_id": PROPOSAL, "reply_to": PROPOSAL, **said}]
    assert PROPOSAL[:8] in tessera("proposal", "comments", ASSET).out


def test_an_objection_is_sent_listed_and_shown(server: StandIn, tessera: Tessera) -> None:
    assert "Nobody objects." in tessera("proposal", "objections", ASSET).out
    made: Document = {
        "id": COMMENT,
        "team": {"id": BILLING, "name": "billing"},
        "reason": "our report",
    }
    server.tessera.said = [made]

    out = tessera("proposal", "object", ASSET, "our report", "--team", "billing").out
    assert server.last.path == f"/api/v1/proposals/{PROPOSAL}/objections"
    assert server.last.document == {"team_id": BILLING, "reason": "our report"}
    assert "✓ The objection of `billing` is recorded; it is no veto." in out
    assert "our report" in tessera("proposal", "objections", ASSET).out
    server.tessera.proposals[:] = [open_proposal(objections=[made])]
    assert "billing objects: “our report”" in tessera("proposal", "show", ASSET).out


def test_what_is_made_of_what_is_said_listed_and_taken_back(
    server: StandIn, tessera: Tessera
) -> None:
    listing = ("asset", "dependencies", ASSET)
    assert "Nobody has said so of any." in tessera(*listing).out
    made: Document = {
        "id": COMMENT,
        "downstream": {"id": CUSTOMERS, "fqn": ASSET, "environment": "production"},
        "upstream": {"id": CUSTOMERS_STAGING, "fqn": ASSET, "environment": "staging"},
        "declared_by": "ada",
    }
    server.tessera.said = [made]
    edge = ("asset", "dependency", ASSET, f"{ASSET}@staging")
    path = f"/api/v1/assets/{CUSTOMERS}/dependencies"

    assert f"✓ `{ASSET}` is made of `{ASSET}@staging`." in tessera(*edge).out
    assert (server.last.method, server.last.path) == ("PUT", f"{path}/{CUSTOMERS_STAGING}")
    assert "ada" in tessera(*listing, "--downstream").out
    assert server.last.query["direction"] == "downstream"
    out = tessera(*edge, "--remove").out
    assert f"✓ `{ASSET}` is no longer made of `{ASSET}@staging`." in out
    assert (server.last.method, server.last.path) == ("DELETE", f"{path}/{CUSTOMERS_STAGING}")
