"""What people read of their inbox."""

import json
from collections.abc import Callable

import pytest
from standin.http import Document, Json
from standin.samples import BILLING, CHECKOUT, CUSTOMERS, MARKETING, PROPOSAL, from_now
from standin.server import StandIn
from standin.terminal import Outcome

Tessera = Callable[..., Outcome]
NOTHING = dict.fromkeys(("answer", "confirm", "publish", "overdue", "due_soon", "own"), 0)


def proposal(**more: Json) -> Document:
    return {
        "id": PROPOSAL,
        "asset": {"id": CUSTOMERS, "fqn": "orders.customers", "environment": "production"},
        "producer": {"id": CHECKOUT, "name": "checkout"},
        "status": "pending",
        "base_version": "1.2.0",
        "version": "2.0.0",
        **more,
    }


def item(**more: Json) -> Document:
    return {
        "task": "answer",
        "team": {"id": MARKETING, "name": "marketing"},
        "proposal": proposal(),
        "reason": "reads `user_email`",
        "breaking": ["`user_email` is removed."],
        "breaking_count": 1,
        "due_at": from_now(days=5),
        "overdue": False,
        "permitted": True,
        **more,
    }


def inbox(*items: Document, of_own: tuple[Document, ...] = (), **counts: int) -> Document:
    return {
        "teams": [{"id": MARKETING, "name": "marketing"}],
        "counts": {**NOTHING, "answer": len(items), **counts},
        "items": list(items),
        "next": None,
        "own": list(of_own),
    }


def test_each_thing_says_when_what_and_how_to_answer(server: StandIn, tessera: Tessera) -> None:
    server.tessera.inbox = inbox(item())
    out = tessera("inbox").out
    assert "1 thing waits for marketing" in out
    assert "in 5 days" in out
    assert "orders.customers  1.2.0 → 2.0.0  for marketing to answer" in out
    assert "    `user_email` is removed." in out
    assert "  tessera proposal acknowledge orders.customers --team marketing ready\n" in out


def test_what_is_overdue_or_soon_is_counted_at_the_top(server: StandIn, tessera: Tessera) -> None:
    late = item(due_at=from_now(days=-1), overdue=True)
    server.tessera.inbox = inbox(late, item(due_at=from_now(hours=3)), overdue=1, due_soon=1)
    first, *rest = tessera("inbox").out.splitlines()
    assert first == "2 things wait for marketing  1 overdue  1 due within a day"
    assert any(line.startswith(("✗ 1 day ago", "✗ 24 hours")) for line in rest)
    server.tessera.inbox = inbox(item(due_at=from_now(hours=3)), due_soon=1)
    first, *_ = tessera("inbox").out.splitlines()
    assert first == "1 thing waits for marketing  1 due within a day"


def test_what_has_no_time_yet_says_why(server: StandIn, tessera: Tessera) -> None:
    server.tessera.inbox = inbox(item(due_at=None))
    assert "· not asked yet  orders.customers" in tessera("inbox").out
    server.tessera.inbox = inbox(item(due_at=None, task="confirm"))
    assert "· at once  orders.customers" in tessera("inbox").out


def test_a_longer_inbox_says_how_to_go_on(server: StandIn, tessera: Tessera) -> None:
    server.tessera.inbox = inbox(item())
    assert "More:" not in tessera("inbox").out
    server.tessera.inbox = {**inbox(item()), "next": "abc"}
    assert "More: --cursor abc" in tessera("inbox").out


def test_a_command_to_copy_quotes_the_name_of_a_team(server: StandIn, tessera: Tessera) -> None:
    server.tessera.inbox = inbox(item(team={"id": MARKETING, "name": "data platform"}))
    out = tessera("inbox").out
    assert "acknowledge orders.customers --team 'data platform' ready" in " ".join(out.split())


def test_many_changes_are_cut_and_counted(server: StandIn, tessera: Tessera) -> None:
    sentences = [f"`field_{number}` is removed." for number in range(20)]
    server.tessera.inbox = inbox(item(breaking=[*sentences], breaking_count=431))
    out = tessera("inbox").out
    assert "`field_2` is removed." in out
    assert "`field_3`" not in out
    assert "and 428 more" in out
    server.tessera.inbox = inbox(item(breaking=[*sentences[:4]], breaking_count=4))
    assert "and 1 more" in tessera("inbox").out


def test_who_asked_for_time_sees_until_when(server: StandIn, tessera: Tessera) -> None:
    answer: Document = {"response": "migrating", "note": None, "until": from_now(days=3)}
    server.tessera.inbox = inbox(item(answer=answer))
    assert "● needs time until in 3 days" in tessera("inbox").out


@pytest.mark.parametrize("task", ["confirm", "publish"])
def test_what_waits_for_the_producer_says_what_to_run(
    server: StandIn, tessera: Tessera, task: str
) -> None:
    counts = {"answer": 0, task: 1}
    server.tessera.inbox = {**inbox(item(task=task, reason=None)), "counts": {**NOTHING, **counts}}
    assert f"  tessera proposal {task} orders.customers\n" in tessera("inbox").out


def test_own_proposals_say_whom_they_wait_for(server: StandIn, tessera: Tessera) -> None:
    own: Document = {
        "proposal": proposal(),
        "pending": [{"team": {"id": BILLING, "name": "billing"}, "due_at": None}],
        "answered": 2,
        "deadline_at": from_now(days=9),
    }
    server.tessera.inbox = inbox(of_own=(own,), own=1)
    out = tessera("inbox").out
    assert "Nothing waits for marketing." in out
    assert "Their own proposals (1)" in out
    assert "billing (2 of 3 answered)" in out


def test_who_may_not_answer_is_shown_no_command(server: StandIn, tessera: Tessera) -> None:
    server.tessera.inbox = inbox(item(permitted=False))
    assert "tessera proposal" not in tessera("inbox").out


def test_teams_are_named_and_json_is_what_the_server_said(
    server: StandIn, tessera: Tessera
) -> None:
    server.tessera.teams.append({"id": MARKETING, "name": "marketing"})
    server.tessera.inbox = inbox(item())
    out = tessera("inbox", "--team", "marketing", "--json").out
    assert server.last.query == {"team_id": MARKETING, "limit": "50"}
    assert json.loads(out) == server.tessera.inbox
