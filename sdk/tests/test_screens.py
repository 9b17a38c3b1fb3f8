"""What people read: every screen, 80 columns wide and without colours."""

from collections.abc import Callable

import pytest
from standin.samples import (
    BILLING,
    CHECKOUT,
    CUSTOMERS,
    REGISTRATION,
    tell_the_story,
)
from standin.server import StandIn
from standin.terminal import Outcome

Tessera = Callable[..., Outcome]
ASSET = "orders.customers"


@pytest.fixture(autouse=True)
def story(server: StandIn) -> None:
    tell_the_story(server)


@pytest.mark.parametrize(
    "command",
    [
        ("team", "list"),
        ("team", "show", "checkout"),
        ("asset", "list"),
        ("asset", "show", ASSET),
        ("asset", "policy", ASSET),
        ("contract", "list", ASSET),
        ("contract", "show", ASSET),
        ("contract", "diff", ASSET, "1.1.0"),
        ("registration", "list"),
        ("proposal", "list"),
        ("events",),
    ],
    ids=" ".join,
)
def test_a_screen_fits_80_columns(tessera: Tessera, command: tuple[str, ...]) -> None:
    outcome = tessera(*command)

    assert outcome.exit_code == 0
    assert outcome.err == ""
    assert max(len(line.rstrip()) for line in outcome.out.splitlines()) <= 80


def test_a_new_team_is_confirmed_with_its_id(server: StandIn, tessera: Tessera) -> None:
    outcome = tessera("team", "create", "search")

    assert "✓ Team `search` is there." in outcome.out
    assert str(server.tessera.teams[0]["id"]) in outcome.out


def test_teams_are_listed_with_ids_to_copy(tessera: Tessera) -> None:
    out = tessera("team", "list").out

    assert "marketing   2 months ago   01939a10-0000-7000-8000-000000000002" in out


def test_a_team_shows_what_it_owns_and_reads(tessera: Tessera) -> None:
    assert (
        "Owns     orders.customers, orders.customers@staging"
        in tessera("team", "show", CHECKOUT).out
    )
    assert "Reads    orders.customers" in tessera("team", "show", "marketing").out


def test_an_asset_says_who_owns_and_reads_it_and_what_is_open(tessera: Tessera) -> None:
    out = tessera("asset", "show", ASSET).out

    assert "Owner     checkout" in out
    assert "Read by   marketing" in out
    assert "Contract  1.2.0, active" in out
    assert "A proposal for 2.0.0 is open; it waits for marketing, billing." in out


def test_an_asset_is_created_in_its_environment(server: StandIn, tessera: Tessera) -> None:
    out = tessera("asset", "create", "orders.lines@staging", "--owner", "billing").out

    assert server.last.body == {
        "fqn": "orders.lines",
        "owner_team_id": BILLING,
        "environment": "staging",
    }
    assert "tessera contract publish orders.lines@staging SCHEMA.json" in out


def test_a_policy_is_shown_in_words_and_changed_by_its_keys(
    server: StandIn, tessera: Tessera
) -> None:
    shown = tessera("asset", "policy", ASSET).out
    assert "preset         default" in shown
    assert "remind_after   36 hours" in shown

    tessera("asset", "policy", ASSET, "mode=full", "deadline=7d", "observe=true", "last-limit=90")

    assert server.last.body == {
        "mode": "full",
        "observe": True,
        "timeline": {"deadline": "7d", "last_limit": 90},
    }


def test_a_team_says_for_its_assets_whether_they_observe(server: StandIn, tessera: Tessera) -> None:
    assert "as its team or the server says" in tessera("asset", "policy", ASSET).out
    assert "as the server says" in tessera("team", "policy", "billing").out
    assert "yes: nothing gates" in tessera("team", "policy", "billing", "observe=true").out
    assert server.last.body == {"observe": True}
    assert tessera("team", "policy", "billing", "observe=null").exit_code == 0
    assert server.last.body == {"observe": None}
    assert tessera("team", "policy", "billing", "mode=full").exit_code == 2


def test_a_team_says_when_it_works_and_changes_only_what_is_named(
    server: StandIn, tessera: Tessera
) -> None:
    assert "from Monday to Friday" in tessera("team", "policy", "billing").out
    first = ("time_zone=Europe/Berlin", "country=DE", "workdays=mon,tue", "deadline=20d")
    tessera("team", "policy", "billing", *first)
    assert server.last.body == {
        "timeline": {"deadline": "20d"},
        "calendar": {
            "time_zone": "Europe/Berlin",
            "country": "DE",
            "workdays": ["mon", "tue"],
        },
    }
    server.tessera.team_policy["calendar"] = {
        "time_zone": "Europe/Berlin",
        "workdays": ["mon", "tue"],
        "opens": "08:00",
        "closes": "16:00",
        "country": "DE",
        "subdivision": None,
        "holidays": ["2026-12-25"],
        "days_off": ["2026-12-24"],
    }
    out = tessera("team", "policy", "billing", "opens=07:30").out
    assert server.last.body["calendar"] == {
        "time_zone": "Europe/Berlin",
        "workdays": ["mon", "tue"],
        "opens": "07:30",
        "closes": "16:00",
        "country": "DE",
        "subdivision": None,
        "days_off": ["2026-12-24"],
    }
    assert "mon, tue" in out
    tessera("team", "policy", "billing", "calendar=null")
    assert server.last.body == {"calendar": None}


def test_a_team_says_who_answers_and_who_hears_of_its_silence(
    server: StandIn, tessera: Tessera
) -> None:
    tessera("team", "policy", "billing", "who_answers=owners", "fallback=team:billing")
    assert server.last.body == {"who_answers": "owners", "fallback": {"team_id": BILLING}}
    server.tessera.team_policy.update(who_answers="owners", fallback={"team_id": BILLING})
    out = tessera("team", "policy", "billing").out
    assert "who answers   owners" in out
    assert f"team {BILLING}" in out
    assert tessera("team", "policy", "billing", "fallback=billing").exit_code == 2
    tessera("team", "policy", "billing", "fallback=null", "answerers=null")
    assert server.last.body == {"fallback": None, "answerers": []}


def test_registrations_show_names_fields_and_uses(tessera: Tessera) -> None:
    out = tessera("registration", "list", "--asset", ASSET).out

    assert "user_email, address.city" in out
    assert "pinned to 1.2.0" in out
    assert "in newsletter" in out
    assert REGISTRATION in out


def test_registering_says_what_is_read(server: StandIn, tessera: Tessera) -> None:
    command = ("register", ASSET, "--team", "billing", "--field", "user_email", "--field", "total")

    out = tessera(*command, "--used-by", "invoices", "--link", "https://wiki.example.com").out

    assert server.last.body == {
        "asset_id": CUSTOMERS,
        "consumer_team_id": BILLING,
        "fields": ["user_email", "total"],
        "used_by": {"name": "invoices", "link": "https://wiki.example.com"},
    }
    assert "✓ `billing` is registered as a reader of `orders.customers`." in out
    assert "Reads    user_email, total" in out


def test_events_are_sentences(tessera: Tessera) -> None:
    out = tessera("events").out

    assert "proposal.acknowledged   `billing` needs time.  by ci" in out


def test_empty_lists_say_what_to_do(server: StandIn, tessera: Tessera) -> None:
    server.tessera.assets.clear()
    server.tessera.proposals.clear()

    assert "`tessera asset create FQN --owner TEAM` makes one." in tessera("asset", "list").out
    assert "No proposal here." in tessera("proposal", "list").out


def test_a_longer_list_says_how_to_go_on(server: StandIn, tessera: Tessera) -> None:
    first = tessera("team", "list", "--limit", "2")
    rest = tessera("team", "list", "--limit", "2", "--cursor", "2")
    everything = tessera("team", "list", "--limit", "2", "--all")

    assert "There are more: --all, or --cursor 2" in first.err
    assert "billing" not in first.out
    assert "billing" in rest.out
    assert all(name in everything.out for name in ("checkout", "marketing", "billing"))
    assert everything.err == ""


def test_what_was_observed_says_who_would_have_been_asked(
    server: StandIn, tessera: Tessera
) -> None:
    assert "Nothing was observed" in tessera("observed").out
    server.tessera.events[:] = [
        {
            "id": "9-9",
            "type": "contract.observed",
            "at": "2026-11-20T08:00:00Z",
            "summary": "orders.customers 2.0.0 would have asked billing: 1 breaking change.",
            "asset_id": CUSTOMERS,
            "payload": {
                "version": "2.0.0",
                "breaking": ["`email` is removed."],
                "would_ask": [{"team_id": BILLING, "name": "billing", "reason": "reads `email`"}],
            },
        }
    ]

    out = tessera("observed", "--asset", ASSET).out

    assert server.last.query["type"] == "contract.observed"
    assert "orders.customers 2.0.0 would have asked billing: 1 breaking change." in out
    assert "billing  reads `email`" in out
    assert "✗        `email` is removed." in out
