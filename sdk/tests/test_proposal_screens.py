"""What people read about proposals, and how they answer them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from standin.http import Document, Json
from standin.samples import (
    BILLING,
    CHECKOUT,
    MARKETING,
    PROPOSAL,
    from_now,
    open_proposal,
    party,
    proved_email,
    tell_the_story,
)
from standin.server import StandIn
from standin.terminal import Outcome

Tessera = Callable[..., Outcome]
ASSET = "orders.customers"


@pytest.fixture(autouse=True)
def story(server: StandIn) -> None:
    tell_the_story(server)


def test_proposals_are_listed_with_who_is_waited_for(tessera: Tessera) -> None:
    out = tessera("proposal", "list", "--status", "pending").out

    assert "2.0.0     ● pending   marketing, billing" in out
    assert "in 12 days" in out
    assert PROPOSAL in out


def test_an_open_proposal_says_how_to_answer(tessera: Tessera) -> None:
    out = tessera("proposal", "show", ASSET).out

    assert "orders.customers  1.2.0 → 2.0.0  ● pending" in out
    assert "Proposed by  checkout" in out
    assert "  tessera proposal acknowledge orders.customers --team marketing ready\n" in out
    assert "--team marketing needs-time --until +7d\n" in out


def test_a_proposal_shows_a_record_that_breaks_to_who_asks_for_it(
    server: StandIn, tessera: Tessera
) -> None:
    server.tessera.proposals[:] = [open_proposal(changes=[proved_email()])]

    without = tessera("proposal", "show", ASSET)
    assert server.last.query == {}
    out = tessera("proposal", "show", ASSET, "--witness").out

    assert server.last.query == {"include": "witnesses,suggestions"}
    assert "A record that breaks: fine before, refused after" in out
    assert without.exit_code == 0


def test_an_ended_proposal_says_why(server: StandIn, tessera: Tessera) -> None:
    server.tessera.proposals[:] = [
        open_proposal(status="rejected", cause="blocked", ended_at=from_now(hours=-1), pending=[])
    ]

    out = tessera("proposal", "show", PROPOSAL).out

    assert "✗ rejected" in out
    assert "Because      blocked" in out
    assert "1 hour ago" in out
    assert "Answer with" not in out


def test_an_ended_proposal_asks_for_nothing_any_more(server: StandIn, tessera: Tessera) -> None:
    server.tessera.proposals[:] = [
        open_proposal(
            status="withdrawn",
            ended_at=from_now(hours=-1),
            parties=[],
            base_moved=True,
            force_requested={"by": "alice@example.com"},
        )
    ]
    out = tessera("proposal", "show", PROPOSAL).out
    for asked in ("Answer with", "wants to force it", "nobody is asked", "contract changed"):
        assert asked not in out
    server.tessera.proposals[:] = [open_proposal(parties=[], base_moved=True, pending=[])]
    out = tessera("proposal", "show", PROPOSAL).out
    assert "Nobody is registered for what breaks, so nobody is asked." in out
    assert "The active contract changed since this was proposed." in out


def test_a_time_stands_beside_who_is_still_waited_for(server: StandIn, tessera: Tessera) -> None:
    until = from_now(days=5)
    server.tessera.proposals[:] = [
        open_proposal(
            parties=[
                party(MARKETING, "data platform", state="approved"),
                party(BILLING, "billing", state="migrating", until=until),
            ],
            pending=[{"id": MARKETING, "name": "data platform"}],
        )
    ]
    out = tessera("proposal", "show", PROPOSAL).out
    ready, needs_time = [line for line in out.splitlines() if "reads `user_email`" in line]
    assert "in " not in ready
    assert "in 5 days" in needs_time
    assert "acknowledge orders.customers --team 'data platform' ready" in " ".join(out.split())


def test_what_stops_a_proposal_is_said(server: StandIn, tessera: Tessera) -> None:
    server.tessera.proposals[:] = [open_proposal(stuck="a bug", confirmation_needed=True)]

    out = tessera("proposal", "show", PROPOSAL).out

    assert "! It is stuck: a bug" in out
    assert "tessera proposal confirm orders.customers" in out


def test_an_answer_says_how_the_proposal_stands(server: StandIn, tessera: Tessera) -> None:
    server.tessera.after_step = {"pending": ["marketing"]}
    shown = open_proposal(parties=[party(BILLING, "billing", changes_hash="51b0aa")])
    server.tessera.proposals[:] = [shown]
    command = ("proposal", "acknowledge", ASSET, "--team", "billing")

    out = tessera(*command, "needs-time", "--until", "+10d", "--note", "soon").out

    assert server.last.path.endswith(f"/proposals/{PROPOSAL}/acknowledge")
    assert server.last.document["response"] == "migrating"
    assert server.last.document["note"] == "soon"
    assert server.last.document["changes_hash"] == "51b0aa", "it answers what is asked now"
    assert "✓ `billing` needs time until" in out
    assert "Proposal: ● pending, waiting for marketing" in out


def test_a_revision_sends_the_other_schema(
    server: StandIn, tessera: Tessera, tmp_path: Path
) -> None:
    server.tessera.after_step = {"revision": 2}
    (tmp_path / "customers.json").write_text('{"type": "object"}')

    out = tessera("proposal", "revise", ASSET, str(tmp_path / "customers.json")).out

    assert server.last.path == f"/api/v1/proposals/{PROPOSAL}/revise"
    assert server.last.document == {"schema": {"type": "object"}}
    assert "✓ Revision 2 is recorded." in out
    assert "Proposal: ● pending, waiting for marketing, billing" in out


def test_a_dry_run_of_a_revision_says_who_keeps_its_answer_and_who_is_asked(
    server: StandIn, tessera: Tessera, tmp_path: Path
) -> None:
    def foreseen(team: str, state: str) -> dict[str, Json]:
        named: dict[str, Json] = {"id": MARKETING, "name": team}
        return {"team": named, "reason": "reads `email`", "state": state}

    server.tessera.preview = {
        "proposal_id": PROPOSAL,
        "revision": 3,
        "version": "3.0.0",
        "changes": [],
        "would_keep": [foreseen("marketing", "approved")],
        "would_ask": [foreseen("billing", "pending")],
        "would_release": [{"id": BILLING, "name": "support"}],
    }
    (tmp_path / "customers.json").write_text('{"type": "object"}')
    command = ("proposal", "revise", ASSET, str(tmp_path / "customers.json"), "--dry-run")

    out = tessera(*command).out

    assert server.last.path == f"/api/v1/proposals/{PROPOSAL}/revise"
    assert server.last.query == {"dry_run": "true"}
    assert "It would be 3.0.0, as revision 3." in out
    lines = out.splitlines()
    kept = lines.index("Would keep what they have said")
    asked = lines.index("Would be asked anew")
    assert "marketing" in out[out.index("Would keep") : out.index("Would be asked")]
    assert "ready" in " ".join(lines[kept:asked])
    assert "billing" in " ".join(lines[asked : asked + 2])
    assert "Would be released: support" in out
    assert "this was a dry run" in out


def test_what_a_team_answered_to_the_same_before_is_shown(
    server: StandIn, tessera: Tessera
) -> None:
    earlier: dict[str, Json] = {"proposal_id": PROPOSAL, "response": "approved", "carried": True}
    blocked: dict[str, Json] = {**earlier, "response": "blocked", "carried": False}
    server.tessera.proposals[:] = [
        open_proposal(
            parties=[
                party(MARKETING, "marketing", state="approved", earlier=earlier),
                party(BILLING, "billing", earlier=blocked),
            ]
        )
    ]

    out = " ".join(tessera("proposal", "show", ASSET).out.split())

    assert "answered ready to the same before, which counts again" in out
    assert "answered blocked to the same before, and is asked again" in out


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (("withdraw", PROPOSAL, "--reason", "not now"), {"reason": "not now"}),
        (("withdraw", PROPOSAL), {}),
        (("force", ASSET, "--reason", "leaks details"), {"reason": "leaks details"}),
        (("publish", ASSET, "--wait", "5"), {}),
        (("confirm", ASSET), {}),
        (("cancel", ASSET, "--reason", "by mistake"), {"reason": "by mistake"}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_the_other_steps_say_what_is_recorded(
    server: StandIn, tessera: Tessera, command: tuple[str, ...], body: Document
) -> None:
    server.tessera.after_step = {"status": "published", "pending": []}

    outcome = tessera("proposal", *command)

    assert server.last.path == f"/api/v1/proposals/{PROPOSAL}/{command[0]}"
    assert server.last.body == body
    assert "is recorded." in outcome.out
    assert "Proposal: ✓ published as 2.0.0" in outcome.out


def test_operators_ask_again_give_time_and_hand_over(server: StandIn, tessera: Tessera) -> None:
    marketing, billing = (
        next(team["id"] for team in server.tessera.teams if team["name"] == name)
        for name in ("marketing", "billing")
    )
    for command, body, says in (
        (
            ("ask-again", ASSET, "marketing"),
            {"team_id": marketing},
            "`marketing` was told just now, and is not told again.",
        ),
        (
            ("extend", ASSET, "--by", "7d", "--reason", "the holidays"),
            {"by": "7d", "reason": "the holidays"},
            "Everybody has more time.",
        ),
        (
            ("reassign", ASSET, "marketing", "--to", "billing", "--reason", "it moved"),
            {"team_id": marketing, "to_team_id": billing, "reason": "it moved"},
            "`billing` is asked in the place of `marketing`.",
        ),
    ):
        outcome = tessera("proposal", *command)
        assert server.last.path == f"/api/v1/proposals/{PROPOSAL}/{command[0]}"
        assert server.last.body == body
        assert says in outcome.out


def test_who_is_asked_again_is_told_so(server: StandIn, tessera: Tessera) -> None:
    marketing = str(server.tessera.teams[1]["id"])
    server.tessera.after_step = {"parties": [party(marketing, "marketing", reminders=7)]}
    assert "`marketing` is asked again." in tessera("proposal", "ask-again", ASSET, "marketing").out


def test_the_first_of_two_who_force_is_told_that_it_takes_another(
    server: StandIn, tessera: Tessera
) -> None:
    server.tessera.after_step = {"force_requested": {"by": "alice@example.com", "reason": "law"}}
    out = tessera("proposal", "force", ASSET, "--reason", "law").out
    assert "is recorded. It takes a second person too." in out
    server.tessera.proposals[:] = [
        open_proposal(force_requested={"by": "alice@example.com"}, extended_by="P7D")
    ]
    out = tessera("proposal", "show", ASSET).out
    assert "alice@example.com wants to force it; a second administrator" in out
    assert "Given beyond that  P7D" in out


def test_it_is_shown_who_is_told_next_whose_days_count_and_who_has_it(
    server: StandIn, tessera: Tessera
) -> None:
    party: Document = {
        "team": {"id": MARKETING, "name": "marketing"},
        "state": "pending",
        "delegate": {"id": CHECKOUT, "name": "ann"},
        "calendar": {
            "time_zone": "Europe/Berlin",
            "opens": "08:00",
            "closes": "16:00",
            "workdays": ["mon"],
            "holidays": ["2026-12-25"],
            "days_off": [],
        },
        "next": [
            {"kind": "escalate_fallback", "at": from_now(days=3), "to": ["platform"]},
            {"kind": "remind", "at": from_now(days=1), "to": ["ann"]},
            {"kind": "escalate_owners", "at": from_now(days=2), "to": ["bob", "eve"]},
        ],
    }
    timeline: Document = {"deadline": "P14D", "days": "working", "on_deadline": "expire"}
    server.tessera.proposals[:] = [open_proposal(parties=[party], policy={"timeline": timeline})]

    out = tessera("proposal", "show", ASSET).out

    assert "handed to ann" in out
    assert "Europe/Berlin; free: 25 Dec" in " ".join(out.split())
    assert "14 days, in working days of who is asked; silence: expire" in out
    told = [out.index(words) for words in ("ann is reminded", "bob, eve are", "platform is told")]
    assert told == sorted(told)


def test_an_answer_is_handed_to_somebody_and_back(server: StandIn, tessera: Tessera) -> None:
    assert tessera("proposal", "delegate", ASSET, "--team", "marketing").exit_code == 0
    assert server.last.path.endswith("/delegate")
    assert server.last.body == {"consumer_team_id": MARKETING, "user_id": None}
