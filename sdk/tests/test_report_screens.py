"""What people read of proofs and reports."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from standin.http import Document, Json
from standin.samples import CUSTOMERS, MARKETING, from_now, open_proposal, tell_the_story
from standin.server import StandIn
from standin.terminal import Outcome
from tessera_sdk import Client
from tessera_sdk.cli.screens.reports import took

Tessera = Callable[..., Outcome]
ASSET: Document = {"id": CUSTOMERS, "fqn": "orders.customers", "environment": "production"}
TEAM: Document = {"id": MARKETING, "name": "marketing"}


@pytest.fixture(autouse=True)
def story(server: StandIn) -> None:
    tell_the_story(server)


def proof(**check: Json) -> Document:
    return {
        "form": 1,
        "proposal": open_proposal(),
        "asked": [{"team": TEAM, "asks": 1, "reminders": 2, "escalations": 0}],
        "answers": [
            {"team": TEAM, "response": "blocked", "standing": "changed"},
            {"team": TEAM, "response": "migrating", "standing": "changed"},
            {"team": TEAM, "response": "approved", "standing": "counts"},
        ],
        "events": [{"id": "e1"}, {"id": "e2"}],
        "check": {"head": "ab", "unsealed": 0, "intact": True, "command": "", **check},
    }


def test_a_proof_is_printed_as_it_came(server: StandIn, tessera: Tessera) -> None:
    server.tessera.proof = proof()
    printed = json.loads(tessera("proposal", "proof", "orders.customers").out)
    assert printed == server.tessera.proof


def test_a_proof_in_a_file_is_told_of_with_the_line_that_checks_it(
    server: StandIn, tessera: Tessera, tmp_path: Path
) -> None:
    server.tessera.proof = proof(unsealed=1)
    path = tmp_path / "proof.json"
    out = tessera("proposal", "proof", "orders.customers", "--output", str(path)).out
    assert json.loads(path.read_text()) == server.tessera.proof
    assert "1 team" in out
    assert "3 times" in out
    assert "1 that count, of 3" in out
    assert "2, 1 not sealed yet" in out
    assert f"  tessera events verify --proof {path}\n" in out
    assert "the log was changed" not in out


def test_a_proof_of_a_changed_log_says_so(
    server: StandIn, tessera: Tessera, tmp_path: Path
) -> None:
    server.tessera.proof = proof(intact=False)
    out = tessera("proposal", "proof", "orders.customers", "-o", str(tmp_path / "p.json")).out
    assert "the log was changed" in out


def times(**more: Json) -> Document:
    return {
        "asked": 4,
        "answered": 3,
        "median_seconds": 7200.0,
        "p90_seconds": 180_000.0,
        "overdue": 1,
        "reminders": 2,
        "reminded": 1,
        "open": 1,
        **more,
    }


def test_response_times_have_a_line_for_each(server: StandIn, tessera: Tessera) -> None:
    server.tessera.report = {
        "by": "team",
        "total": times(),
        "items": [{"team": TEAM, "asset": None, "times": times(overdue=2, open=3)}],
        "found": 3,
        "next": "more",
    }
    shown = tessera("report", "response-times", "--since", "30d")
    out = shown.out
    assert "3 of 4 questions answered, half of them within 2 h, nine of ten within 2.1 d" in out
    (of_team,) = [line.split() for line in out.splitlines() if "marketing" in line]
    assert of_team == ["marketing", "4", "3", "2", "h", "2.1", "d", "2", "3"]
    assert "There are more: --all, or --cursor more" in shown.err


def line(name: str) -> Document:
    return {"team": {"id": name, "name": name}, "asset": None, "times": times()}


def test_all_pages_of_a_report_are_shown_as_one(server: StandIn, tessera: Tessera) -> None:
    first: Document = {"by": "team", "total": times(), "items": [line("one")], "next": "more"}
    server.tessera.report = first
    server.tessera.following = {"more": {**first, "items": [line("two")], "next": None}}
    shown = tessera("report", "response-times", "--all")
    assert ("one" in shown.out, "two" in shown.out, shown.err) == (True, True, "")
    printed = json.loads(tessera("report", "response-times", "--all", "--json").out)
    assert printed == {**first, "items": [line("one"), line("two")], "next": None}
    one = json.loads(tessera("report", "response-times", "--cursor", "more", "--json").out)
    assert one["items"] == [line("two")]


def test_a_client_goes_through_the_lines_of_all_pages(server: StandIn) -> None:
    for path in ("response_times_lines", "observed_lines"):
        server.tessera.report = {"items": [line("one")], "next": "more"}
        server.tessera.following = {"more": {"items": [line("two")], "next": None}}
        with Client(server.url) as client:
            lines = list(getattr(client.reports, path)(by="team", limit=1))
        assert [each.team.name for each in lines] == ["one", "two"]


def test_without_questions_there_is_nothing_to_report(server: StandIn, tessera: Tessera) -> None:
    server.tessera.report = {"total": times(asked=0, answered=0), "items": []}
    assert "Nobody was asked" in tessera("report", "response-times").out


def test_what_would_have_been_asked_is_told_by_team(server: StandIn, tessera: Tessera) -> None:
    would: Document = {
        "asks": 2,
        "breaking": 2,
        "last_at": from_now(days=-1),
        "reason": "reads `user_email`",
        "sentences": ["`user_email` is removed."],
    }
    server.tessera.report = {
        "by": "team",
        "publications": 3,
        "nobody": 1,
        "asks": 2,
        "found": 1,
        "items": [
            {
                "team": TEAM,
                "asset": None,
                "would": would,
                "parts_found": 1,
                "parts": [{"team": None, "asset": ASSET, "would": would}],
            }
        ],
    }
    out = tessera("report", "observed").out
    assert "2 questions would have been asked about 3 breaking publications" in out
    assert "marketing  2 questions" in out
    assert "orders.customers" in out
    assert "`user_email` is removed." in out


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "–"), (45, "45 s"), (90, "1.5 min"), (3600, "1 h"), (172_800, "2 d")],
)
def test_lengths_of_time_have_one_unit(seconds: float | None, said: str) -> None:
    assert took(seconds) == said
