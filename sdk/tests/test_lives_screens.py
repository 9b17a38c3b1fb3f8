"""What people read when teams and assets come and go."""

from collections.abc import Callable

import pytest
from standin.http import Document
from standin.samples import BILLING, CHECKOUT, CUSTOMERS, CUSTOMERS_STAGING, tell_the_story
from standin.server import StandIn
from standin.terminal import Outcome

Tessera = Callable[..., Outcome]
ASSET = "orders.customers"


@pytest.fixture(autouse=True)
def story(server: StandIn) -> None:
    tell_the_story(server)


def sent(server: StandIn, method: str) -> list[tuple[str, object]]:
    return [(each.path, each.document) for each in server.requests if each.method == method]


def outcome(asset_id: str, word: str, detail: str | None = None) -> Document:
    return {
        "asset_id": asset_id,
        "asset": {"id": asset_id, "fqn": "orders.customers", "environment": "production"},
        "outcome": word,
        "problem": detail and {"type": "urn:tessera:problem:forbidden", "detail": detail},
    }


def test_a_team_is_renamed_deleted_restored_and_merged(server: StandIn, tessera: Tessera) -> None:
    assert "`billing` is called `money` now." in tessera("team", "rename", "billing", "money").out
    merged = tessera("team", "merge", "money", "--into", "checkout").out
    assert "All that `money` had is `checkout`'s" in merged
    restored = tessera("team", "restore", "money", "--name", "billing").out
    assert "✓ Team `billing` is there again." in restored
    deleted = tessera("team", "delete", "billing", "--reassign-to", "checkout").out
    assert f"tessera team restore {BILLING}" in deleted
    assert sent(server, "POST") == [
        (f"/api/v1/teams/{BILLING}/merge", {"into": CHECKOUT}),
        (f"/api/v1/teams/{BILLING}/restore", {"name": "billing"}),
    ]
    (removal,) = [each for each in server.requests if each.method == "DELETE"]
    assert removal.query == {"reassign_to": CHECKOUT}


def test_what_is_deleted_is_asked_for_and_marked(server: StandIn, tessera: Tessera) -> None:
    server.tessera.teams[0]["deleted_at"] = "2026-11-20T08:00:00Z"
    name = server.tessera.teams[0]["name"]
    assert f"{name} (deleted)" in tessera("team", "list", "--deleted").out
    assert server.requests[-1].query["deleted"] == "only"


def test_each_of_many_assets_has_its_line(server: StandIn, tessera: Tessera) -> None:
    server.tessera.bulk = {
        "dry_run": False,
        "changed": 1,
        "unchanged": 0,
        "refused": 1,
        "items": [
            outcome(CUSTOMERS, "changed"),
            outcome(CUSTOMERS_STAGING, "refused", "That is for owners."),
        ],
    }
    done = tessera("asset", "delete", ASSET, f"{ASSET}@staging")
    assert done.exit_code == 1
    assert "✓ `orders.customers` is deleted" in done.out
    assert "✗ `orders.customers` is refused: That is for owners." in done.out
    assert "1 deleted, 0 as before, 1 refused" in done.out
    assert "Nothing was done" not in done.out
    assert sent(server, "POST") == [
        (
            "/api/v1/assets/bulk/delete",
            {"asset_ids": [CUSTOMERS, CUSTOMERS_STAGING], "dry_run": False},
        )
    ]


def test_a_filter_names_the_assets_instead(server: StandIn, tessera: Tessera) -> None:
    tessera("asset", "tag", "--owner", "checkout", "--matching", "cust", "--add", "pii")
    (_, body), *_ = sent(server, "POST")
    assert body == {
        "filter": {"q": "cust", "owner_team_id": CHECKOUT},
        "dry_run": False,
        "add": ["pii"],
        "remove": [],
    }
    assert tessera("asset", "tag", "--add", "pii").exit_code == 2
    assert tessera("asset", "tag", ASSET, "--kind", "table", "--add", "pii").exit_code == 2
    assert tessera("asset", "tag", ASSET).exit_code == 2


def test_an_asset_is_changed_and_shows_who_knows_it(server: StandIn, tessera: Tessera) -> None:
    changed = tessera("asset", "change", ASSET, "--description", "Who buys.", "--tag", "core")
    assert "Description  Who buys." in changed.out
    server.tessera.stewards = [
        {
            "asset_id": CUSTOMERS,
            "user_id": name,
            "user": {"id": name, "name": name, "active": active},
        }
        for name, active in (("Ada", True), ("Bob", False))
    ]
    shown = tessera("asset", "show", ASSET).out
    assert "Stewards  Ada" in shown
    assert "About     Who buys." in shown
    listed = tessera("asset", "stewards", ASSET).out
    assert "Bob (deactivated)" in listed
    assert "Ada (deactivated)" not in listed
