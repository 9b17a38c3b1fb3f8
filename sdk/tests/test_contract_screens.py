"""What people read about contracts, and after publishing one."""

from collections.abc import Callable
from pathlib import Path

import pytest
from standin.http import Document, Reply, problem
from standin.samples import (
    BILLING,
    CONTRACT,
    PROPOSAL,
    added_nickname,
    contract,
    open_proposal,
    proved_email,
    removed_email,
    tell_the_story,
)
from standin.server import StandIn
from standin.terminal import Outcome

Tessera = Callable[..., Outcome]
ASSET = "orders.customers"


@pytest.fixture(autouse=True)
def story(server: StandIn) -> None:
    tell_the_story(server)


@pytest.fixture
def schema(tmp_path: Path) -> str:
    file = tmp_path / "customers.json"
    file.write_text('{"type": "object"}')
    return str(file)


def test_a_published_contract_says_what_changed(
    server: StandIn, tessera: Tessera, schema: str
) -> None:
    server.tessera.publish_reply = Reply(
        201,
        {
            "action": "published",
            "version": "1.3.0",
            "contract": contract(CONTRACT, "1.3.0", "active"),
            "changes": [added_nickname()],
        },
    )

    out = tessera("contract", "publish", ASSET, schema).out

    assert "✓ Published `orders.customers` 1.3.0." in out
    assert "Told only: breaks in a way that does not gate\n  !  `nickname` is added." in out
    assert "Breaking" not in out


def test_publishing_under_an_open_proposal_says_so_and_who_is_told(
    server: StandIn, tessera: Tessera, schema: str
) -> None:
    server.tessera.publish_reply = Reply(
        201,
        {
            "action": "published",
            "version": "1.3.0",
            "contract": contract(CONTRACT, "1.3.0", "active"),
            "changes": [added_nickname()],
            "told": [{"id": BILLING, "name": "billing", "reason": "reads `email`"}],
            "base_moved_proposal": PROPOSAL,
        },
    )

    out = tessera("contract", "publish", ASSET, schema).out

    assert "Told what breaks for them: billing" in out
    assert "A proposal is open for this asset; it is compared again now." in out
    assert f"tessera proposal show {PROPOSAL}" in out


def test_an_unchanged_contract_says_which_stays(
    server: StandIn, tessera: Tessera, schema: str
) -> None:
    server.tessera.publish_reply = Reply(200, {"action": "unchanged", "version": "1.2.0"})

    out = tessera("contract", "publish", ASSET, schema).out

    assert "`orders.customers` is unchanged; 1.2.0 stays active." in out


def test_a_breaking_contract_says_what_breaks_and_who_is_asked(
    server: StandIn, tessera: Tessera, schema: str
) -> None:
    server.tessera.publish_reply = Reply(
        202,
        {
            "action": "proposed",
            "version": "2.0.0",
            "proposal": open_proposal(),
            "changes": [removed_email(), added_nickname()],
        },
    )

    out = tessera("contract", "publish", ASSET, schema).out

    assert "● `orders.customers` 2.0.0 is breaking, so its consumers are asked first." in out
    assert "Breaking\n  ✗  `user_email` is removed." in out
    assert "marketing   … no answer yet   in 12 days" in out
    assert "billing     ● needs time      in 5 days" in out
    assert "“invoices still print it”" in out
    assert "Told only: data platform" in out
    assert f"http://localhost:8000/proposals/{PROPOSAL}\n" in out


def test_a_dry_run_says_who_would_be_asked(server: StandIn, tessera: Tessera, schema: str) -> None:
    server.tessera.publish_reply = Reply(
        200,
        {
            "action": "proposed",
            "version": "2.0.0",
            "changes": [removed_email()],
            "would_ask": [
                {"team": "marketing", "reason": "reads `user_email`"},
                {"team": {"id": BILLING, "name": "billing"}, "reason": "reads the whole asset"},
            ],
            "would_tell": ["data platform"],
        },
    )

    out = tessera("contract", "publish", ASSET, schema, "--dry-run").out

    assert server.last.query == {"dry_run": "true", "include": "witnesses,suggestions"}
    assert "`orders.customers` 2.0.0 would wait for its consumers" in out
    assert "marketing  reads `user_email`" in out
    assert "billing    reads the whole asset" in out
    assert "Would be told: data platform" in out
    assert "Nothing was published: this was a dry run." in out


def test_evidence_stands_beside_the_change_that_it_is_about(
    server: StandIn, tessera: Tessera, schema: str
) -> None:
    server.tessera.publish_reply = Reply(
        202,
        {
            "action": "proposed",
            "version": "2.0.0",
            "proposal": open_proposal(changes=[proved_email()]),
            "changes": [proved_email()],
        },
    )

    out = tessera("contract", "publish", ASSET, schema, "--witness").out

    assert server.last.query == {"include": "witnesses,suggestions"}
    lines = [line.strip() for line in out.splitlines()]
    first = lines.index("✗  `user_email` is removed.  (breaks backward)")
    assert lines[first + 1 : first + 6] == [
        '- {"type": "string"}',
        "also at previous.user_email",
        "A record that breaks: fine before, refused after",
        '{"id": 0, "user_email": ""}',
        "→ Keep `user_email` and mark it as deprecated.",
    ]


def test_a_long_record_stands_on_several_lines_and_is_cut(
    server: StandIn, tessera: Tessera, schema: str
) -> None:
    change = proved_email()
    witness = {**removed_email(), **change}["witness"]
    assert isinstance(witness, dict)
    record: Document = {f"field_{number}": "" for number in range(20)}
    witness["instance"] = {**record, "field_0": "x" * 999}
    server.tessera.publish_reply = Reply(
        200, {"action": "proposed", "version": "2.0.0", "changes": [change]}
    )

    out = tessera("contract", "publish", ASSET, schema, "--dry-run").out

    assert '"field_10": "",' in out
    assert '"field_11": "",' not in out
    assert "… 10 more lines" in out
    assert "x… (999 characters)" in out
    assert "x" * 40 not in out


COMPARISON: Document = {
    "mode": "full",
    "content_model": "closed",
    "identical": False,
    "gating": True,
    "verdict": {"backward": False, "forward": None, "full": False, "why": "…"},
    "changes": [proved_email(), {**added_nickname(), "group": "tells"}],
}


def test_two_files_are_compared_by_the_server(
    server: StandIn, tessera: Tessera, schema: str
) -> None:
    server.tessera.comparison = COMPARISON

    outcome = tessera("contract", "compare", schema, schema, "--mode", "full", "--witness")

    assert server.last.body == {
        "old": {"type": "object"},
        "new": {"type": "object"},
        "mode": "full",
        "include": ["witnesses", "suggestions"],
    }
    assert outcome.exit_code == 4
    assert "backward  ✗ breaks      the new one cannot read all" in outcome.out
    assert "forward   ? undecided   the old one may not read all" in outcome.out
    assert "✗ 1 change asks for consent (full, closed content)." in outcome.out


@pytest.mark.parametrize(
    ("changes", "exit_code"),
    [
        ([], 0),
        ([added_nickname()], 0),
        ([removed_email(), {**removed_email(), "undecided": True}], 4),
        ([{**removed_email(), "undecided": True}], 5),
    ],
)
def test_comparing_ends_with_the_verdict(
    server: StandIn, tessera: Tessera, schema: str, changes: list[Document], exit_code: int
) -> None:
    server.tessera.comparison = {**COMPARISON, "changes": [*changes]}

    assert tessera("contract", "compare", schema, schema, "--json").exit_code == exit_code


def test_a_contract_shows_fields_and_guarantees(tessera: Tessera) -> None:
    out = tessera("contract", "show", ASSET, "--version", "1.1.0").out

    assert "orders.customers 1.1.0  – deprecated" in out
    assert "address.city   string   nullable, deprecated" in out
    assert 'nullability  {"user_email": "never"}' in out


def test_a_diff_goes_to_the_active_version_by_default(server: StandIn, tessera: Tessera) -> None:
    undecided: Document = {
        **removed_email(),
        "path": "payload",
        "sentence": "`payload` is changed.",
        "undecided": True,
    }
    server.tessera.diff = {"from": "1.1.0", "to": "1.2.0", "changes": [undecided]}

    out = tessera("contract", "diff", ASSET, "1.1.0").out

    assert server.last.query == {"from": "1.1.0", "to": "1.2.0"}
    assert "orders.customers  1.1.0 → 1.2.0" in out
    assert (
        "`payload` is changed. (cannot be decided, so it counts as breaking backward)"
        in " ".join(out.split())
    )


def test_a_refusal_shows_the_fault_its_place_and_what_to_do(
    server: StandIn, tessera: Tessera, schema: str
) -> None:
    server.tessera.publish_reply = problem(
        422,
        "invalid_schema",
        "The schema is not valid",
        "One keyword is wrong.",
        errors=[{"path": "/properties/a/type", "message": "`strng` is no type"}],
        hint="Did you mean `string`?",
        link="/api/v1/proposals/1",
    )

    outcome = tessera("contract", "publish", ASSET, schema)

    assert outcome.exit_code == 1
    assert outcome.out == ""
    assert outcome.err.splitlines() == [
        "✗ The schema is not valid",
        "  One keyword is wrong.",
        "  /properties/a/type: `strng` is no type",
        "  Did you mean `string`?",
        "  /api/v1/proposals/1",
    ]
