"""What people read about releases."""

import json
from collections.abc import Callable
from pathlib import Path

from standin.http import Document
from standin.server import StandIn
from standin.terminal import Outcome

Tessera = Callable[..., Outcome]
RELEASE = "01939a10-0000-7000-8000-0000000000c1"
FIRST = "01939a10-0000-7000-8000-0000000000d1"
SECOND = "01939a10-0000-7000-8000-0000000000d2"
SHOWN: Document = {
    "id": RELEASE,
    "name": "checkout",
    "status": "open",
    "opened_by": "ada",
    "opened_at": "2026-11-20T08:00:00Z",
    "awaited": 1,
    "proposals": [
        {
            "proposal_id": id_,
            "asset": {"id": id_, "fqn": fqn, "environment": "production"},
            "version": "2.0.0",
            "status": status,
            "ready": status == "approved",
        }
        for id_, fqn, status in (
            (FIRST, "orders.customers", "approved"),
            (SECOND, "orders.items", "pending"),
        )
    ],
}


def sent(server: StandIn) -> list[tuple[str, str, object]]:
    return [
        (each.method, each.path.removeprefix("/api/v1"), each.body)
        for each in server.requests
        if each.method != "GET"
    ]


def test_a_release_is_opened_over_contract_files(
    server: StandIn, tessera: Tessera, tmp_path: Path
) -> None:
    server.tessera.release = SHOWN
    (tmp_path / "orders.items.json").write_text(json.dumps({"type": "object"}))
    run = tessera("release", "open", "checkout", "--contracts", str(tmp_path))
    assert run.exit_code == 0, run.err
    contract = {"fqn": "orders.items", "schema": {"type": "object"}}
    body = {"name": "checkout", "proposal_ids": [], "contracts": [contract]}
    assert sent(server) == [("POST", "/releases", body)]
    assert "checkout  ● open" in run.out
    assert run.flat.count("ready") == 1
    server.tessera.release = {**SHOWN, "awaited": 2}
    assert "0 of 2 ready" in tessera("release", "list").flat
    assert "Waits for  1 of 2" in run.out
    assert FIRST in run.out
    assert SECOND in run.out


def test_a_release_is_changed_and_ended(server: StandIn, tessera: Tessera) -> None:
    server.tessera.release = SHOWN
    server.tessera.proposals = [{"id": FIRST, "status": "pending"}]
    for words in (
        ("add", RELEASE, FIRST),
        ("remove", RELEASE, FIRST),
        ("cancel", RELEASE, "--reason", "Not yet."),
        ("force", RELEASE, "--reason", "By law."),
    ):
        assert tessera("release", *words).exit_code == 0
    path = f"/releases/{RELEASE}"
    assert sent(server) == [
        ("POST", f"{path}/proposals", {"proposal_ids": [FIRST]}),
        ("DELETE", f"{path}/proposals/{FIRST}", None),
        ("POST", f"{path}/cancel", {"reason": "Not yet."}),
        ("POST", f"{path}/force", {"reason": "By law."}),
    ]


def test_a_failed_release_says_which_kept_the_others_back(
    server: StandIn, tessera: Tessera
) -> None:
    server.tessera.release = {**SHOWN, "status": "failed", "failed_proposal_id": SECOND}
    shown = tessera("release", "show", RELEASE).out
    assert "● pending    kept the others" in shown
    assert "Waits for" not in shown
    assert "ready" not in shown
    listed = tessera("release", "list", "--status", "failed")
    assert "checkout" in listed.out
    assert server.requests[-1].query["status"] == "failed"
