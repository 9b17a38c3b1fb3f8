"""What people read of destinations and deliveries, and what is asked of the server for it."""

from collections.abc import Callable

import pytest
from standin.http import Document
from standin.samples import BILLING, tell_the_story
from standin.server import StandIn
from standin.terminal import Outcome

Tessera = Callable[..., Outcome]
ID = "01939a10-0000-7000-8000-0000000000dd"


@pytest.fixture(autouse=True)
def story(server: StandIn) -> None:
    tell_the_story(server)
    server.tessera.deliveries = [delivery("failed", 503)]


def delivery(status: str, code: int, kind: str = "destination.pinged") -> Document:
    return {
        "id": ID,
        "destination": {"id": ID, "kind": "webhook", "name": "webhook"},
        "event": {"id": ID, "type": kind, "summary": "A test."},
        "status": status,
        "attempts": 1,
        "created_at": "2026-11-20T08:00:00Z",
        "made": [
            {
                "number": 1,
                "status": status,
                "status_code": code,
                "milliseconds": 12,
                "response": {"body": "come back later"},
            }
        ],
    }


def test_a_webhook_shows_its_secret_once(tessera: Tessera) -> None:
    made = tessera("destination", "set", "billing", "https://hooks.example.com/billing")
    later = tessera("destination", "show", "billing")
    gone = tessera("destination", "remove", "billing")
    assert "`billing` is told at https://hooks.example.com/billing" in made.out
    assert "whsec_made" in made.out
    assert "https://hooks.example.com/known" in later.out
    assert "whsec" not in later.out
    assert "Nothing is sent to `webhook` of `billing` any more." in gone.out


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://hooks.example.com/x", "webhook"),
        ("C024BE91L", "slack"),
        ("billing@example.com", "email"),
    ],
)
def test_an_address_says_of_which_kind_it_is(
    server: StandIn, tessera: Tessera, address: str, kind: str
) -> None:
    wanted = ("--event", "proposal.*", "--asset", "orders.*", "--severity", "critical")
    assert tessera("destination", "set", "billing", address, *wanted).exit_code == 0
    assert server.last.path == f"/api/v1/teams/{BILLING}/destinations/{kind}"
    assert server.last.document == {
        "kind": kind,
        "address": address,
        "subscription": {
            "events": ["proposal.*"],
            "assets": ["orders.*"],
            "severity": "critical",
        },
    }


def test_a_list_says_what_is_disabled(tessera: Tessera) -> None:
    listed = tessera("destination", "list", "billing").out
    assert "(disabled)" in listed
    assert "01939a10-0000-7000-8000-0000000000aa" in listed


def test_a_ping_that_is_not_taken_ends_with_1_and_shows_the_answer(
    server: StandIn, tessera: Tessera
) -> None:
    refused = tessera("destination", "ping", "billing")
    assert refused.exit_code == 1
    assert "answered 503 in 12 ms: come back later" in refused.out
    server.tessera.deliveries = [delivery("delivered", 204)]
    taken = tessera("destination", "ping", "billing")
    assert taken.exit_code == 0
    assert "answered 204" in taken.out


def test_another_secret_is_shown_with_the_end_of_the_first(
    server: StandIn, tessera: Tessera
) -> None:
    rotated = tessera("destination", "rotate-secret", "billing", "--overlap", "7d")
    assert "whsec_new" in rotated.out
    assert "The one before signs too" in rotated.out
    assert server.last.document == {"overlap": "7d"}


def test_an_id_to_copy_is_whole_beside_the_longest_words(server: StandIn, tessera: Tessera) -> None:
    server.tessera.deliveries = [delivery("superseded", 204, "proposal.confirmation_asked")]
    lines = tessera("deliveries", "list").out.splitlines()
    assert any(ID in line for line in lines)
    assert max(len(line.rstrip()) for line in lines) <= 80


def test_what_failed_is_listed_shown_and_sent_again(server: StandIn, tessera: Tessera) -> None:
    listed = tessera("deliveries", "list", "--status", "failed")
    assert server.last.query["status"] == "failed"
    assert "destination.pinged" in listed.out
    assert ID in listed.out
    shown = tessera("deliveries", "show", ID).out
    assert "answered 503" in shown
    assert "Sent again" not in shown
    assert tessera("deliveries", "replay", ID).exit_code == 0
    again = tessera("destination", "replay", "billing", "--since", "2026-11-20")
    assert "3 sent again." in again.out
    assert "1 more failed" in again.out
    assert str(server.last.document["since"]).startswith("2026-11-20")
    assert tessera("deliveries", "list", "server").exit_code == 2
