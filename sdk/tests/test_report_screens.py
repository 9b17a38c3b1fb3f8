"""What people read of proofs and reports."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from standin.http import Document, Json
from standin.samples import CUSTOMERS, MARKETING, from_now, open_proposal, tell_the_story
from standin.server import StandIn
from standin.terminal import Outcome
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
    assert "1 that count, of 2" in out
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
        "lines": [{"team": TEAM, "asset": None, "times": times()}],
        "found": 3,
    }
    out = tessera("report", "response-times", "--since", "30d").out
    assert "3 of 4 questions answered, half of them within 2 h, nine of ten within 2.1 d" in out
    assert "marketing" in out
    assert "2 more" in out


def test_without_questions_there_is_nothing_to_report(server: StandIn, tessera: Tessera) -> None:
    server.tessera.report = {"total": times(asked=0, answered=0), "lines": []}
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
        "lines": [
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
