"""The command line as scripts see it: JSON, names and ids, files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from standin.http import Reply
from standin.samples import (
    BILLING,
    CONTRACT,
    CUSTOMERS,
    CUSTOMERS_STAGING,
    PROPOSAL,
    REGISTRATION,
    contract,
    tell_the_story,
)
from standin.server import StandIn
from standin.terminal import Outcome

Tessera = Callable[..., Outcome]
ASSET = "orders.customers"


@pytest.fixture(autouse=True)
def story(server: StandIn) -> None:
    tell_the_story(server)


# --- JSON --------------------------------------------------------------------------------


def test_json_is_what_the_server_said_and_nothing_else(server: StandIn, tessera: Tessera) -> None:
    server.tessera.proposals[0]["a_later_invention"] = {"é": 1}

    assert tessera("proposal", "show", ASSET, "--json").json == server.tessera.proposals[0]
    assert tessera("team", "list", "--json").json == {
        "items": [*server.tessera.teams],
        "next": None,
    }
    assert tessera("registration", "remove", REGISTRATION, "--json").out == ""


def test_json_of_all_pages_is_one_listing(tessera: Tessera) -> None:
    listed = tessera("team", "list", "--limit", "1", "--all", "--json").json

    assert isinstance(listed, dict)
    assert isinstance(listed["items"], list)
    assert len(listed["items"]) == 3
    assert listed["next"] is None


def test_a_problem_is_json_on_stderr_when_json_was_asked_for(tessera: Tessera) -> None:
    outcome = tessera("proposal", "show", "0193a000-0000-7000-8000-000000000000", "--json")

    assert outcome.exit_code == 1
    assert outcome.out == ""
    problem_document = json.loads(outcome.err)
    assert problem_document["status"] == 404
    assert problem_document["code"] == "not_found"


# --- names and ids ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        (ASSET, CUSTOMERS),
        (f"{ASSET}@production", CUSTOMERS),
        (f"{ASSET}@staging", CUSTOMERS_STAGING),
        (CUSTOMERS_STAGING, CUSTOMERS_STAGING),
    ],
)
def test_an_asset_goes_by_name_environment_or_id(
    server: StandIn, tessera: Tessera, name: str, id_: str
) -> None:
    tessera("asset", "policy", name)

    assert server.last.path == f"/api/v1/assets/{id_}/policy"


def test_a_team_goes_by_name_or_id(server: StandIn, tessera: Tessera) -> None:
    for team in ("billing", BILLING):
        tessera("register", ASSET, "--team", team)
        assert server.last.document["consumer_team_id"] == BILLING


def test_a_proposal_goes_by_id_or_by_its_asset(server: StandIn, tessera: Tessera) -> None:
    for proposal in (PROPOSAL, ASSET, CUSTOMERS):
        assert tessera("proposal", "show", proposal, "--json").json == server.tessera.proposals[0]
    missing = tessera("proposal", "show", f"{ASSET}@staging")
    assert "orders.customers has no proposal." in missing.err


def test_a_contract_goes_by_id_or_by_asset_and_version(tessera: Tessera) -> None:
    by_id = tessera("contract", "show", CONTRACT, "--json").json
    by_asset = tessera("contract", "show", ASSET, "--json").json
    missing = tessera("contract", "show", ASSET, "--version", "9.9.9")

    assert by_id == by_asset
    assert "orders.customers has no version 9.9.9." in missing.err


def test_a_registration_goes_by_id_or_by_asset_and_team(server: StandIn, tessera: Tessera) -> None:
    missing = tessera("registration", "remove", ASSET, "--team", "billing")
    gone = tessera("registration", "remove", ASSET, "--team", "marketing")

    assert "`billing` is not registered as a reader" in missing.err
    assert "The registration is gone." in gone.out
    assert server.last.path == f"/api/v1/registrations/{REGISTRATION}"


# --- files --------------------------------------------------------------------------------


def test_several_files_are_a_bundle_with_the_first_as_its_root(
    server: StandIn, tessera: Tessera, tmp_path: Path
) -> None:
    server.tessera.publish_reply = Reply(200, {"action": "unchanged"})
    for name in ("root.json", "part.json"):
        (tmp_path / name).write_text(f'{{"title": "{name}"}}')
    (tmp_path / "promises.json").write_text('{"unique": ["id"]}')

    files = [str(tmp_path / name) for name in ("root.json", "part.json")]
    promises = str(tmp_path / "promises.json")
    tessera("contract", "publish", ASSET, *files, "--guarantees", promises, "--version", "3.0.0")

    assert server.last.body == {
        "documents": {"root.json": {"title": "root.json"}, "part.json": {"title": "part.json"}},
        "root": "root.json",
        "version": "3.0.0",
        "guarantees": {"unique": ["id"]},
    }


def test_a_schema_comes_from_standard_input(server: StandIn, tessera: Tessera) -> None:
    server.tessera.publish_reply = Reply(
        201, {"action": "published", "contract": contract(CONTRACT, "1.3.0", "active")}
    )

    outcome = tessera("contract", "publish", ASSET, "-", stdin='{"type": "object"}')

    assert outcome.exit_code == 0
    assert server.last.body == {"schema": {"type": "object"}}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b'{"type": }', "is not JSON: Expecting value (line 1, column 10)"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"type: object", "is not JSON"),
    ],
)
def test_a_file_that_is_no_json_is_named_with_the_place(
    server: StandIn, tessera: Tessera, tmp_path: Path, content: bytes, complaint: str
) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(content)
    server.requests.clear()

    outcome = tessera("contract", "publish", ASSET, str(file))

    assert outcome.exit_code == 2
    unboxed = " ".join(outcome.err.replace("│", " ").split())
    assert complaint in unboxed
    assert server.requests == []


def test_two_files_of_a_bundle_need_two_names(tessera: Tessera, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.json").write_text("{}")

    files = [str(tmp_path / folder / "same.json") for folder in ("a", "b")]

    assert tessera("contract", "publish", ASSET, *files).exit_code == 2
