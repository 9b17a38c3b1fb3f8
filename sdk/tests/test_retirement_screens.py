"""What people read of the ends of old versions."""

import io
from collections.abc import Callable, Iterable

from rich.console import Console, RenderableType
from standin.http import Document, Json
from standin.samples import CUSTOMERS, MARKETING, from_now
from standin.server import StandIn
from standin.terminal import Outcome
from tessera_sdk.cli.screens.retirements import (
    retirement_list,
    retirement_said,
    retirement_shown,
)
from tessera_sdk.ends import Retirement
from test_inbox_screen import inbox

Tessera = Callable[..., Outcome]


def printed(parts: Iterable[RenderableType]) -> str:
    console = Console(file=io.StringIO(), width=100, color_system=None)
    for part in parts:
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def mover(**more: Json) -> Document:
    return {
        "team": {"id": MARKETING, "name": "marketing"},
        "reason": "reads `email`",
        "moved": False,
        "due_at": from_now(days=20),
        **more,
    }


def retirement(*movers: Document, **more: Json) -> Retirement:
    return Retirement.model_validate(
        {
            "contract_id": CUSTOMERS,
            "asset": {"id": CUSTOMERS, "fqn": "orders.customers", "environment": "production"},
            "owner": {"id": MARKETING, "name": "checkout"},
            "version": "1.0.0",
            "status": "open",
            "sunset_at": from_now(days=20),
            "ends_at": from_now(days=20),
            "latest_until": from_now(days=110),
            "movers": list(movers),
            "pending": ["marketing" for each in movers if not each["moved"]],
            **more,
        }
    )


def test_it_says_who_is_still_on_it_until_when_and_how_to_answer() -> None:
    out = printed(retirement_shown(retirement(mover(note="The spring sale."))))
    assert "orders.customers  1.0.0" in out
    assert "still on it" in out
    assert "in 20 days" in out
    assert "“The spring sale.”" in out
    assert "tessera retirement moved orders.customers 1.0.0 --team marketing" in out


def test_one_that_has_ended_asks_for_nothing() -> None:
    ended = retirement(mover(moved=True), mover(), status="retired", ended_at=from_now(days=-1))
    out = printed(retirement_shown(ended))
    has_moved, still_on_it = [line for line in out.splitlines() if "reads `email`" in line]
    assert "has moved" in has_moved
    assert "in 20 days" not in has_moved
    assert "in 20 days" in still_on_it
    assert "Answer with" not in out
    assert "stuck" not in out


def test_what_stops_an_end_is_said_and_a_command_quotes_a_name() -> None:
    stuck = retirement(mover(), stuck="a bug", pending=["data platform"])
    out = printed(retirement_shown(stuck))
    assert "! It is stuck: a bug" in out
    assert "moved orders.customers 1.0.0 --team 'data platform'" in out


def test_a_list_says_when_each_ends() -> None:
    out = printed(retirement_list([retirement(mover()), retirement()]))
    assert "marketing" in out
    assert "nobody" in out
    assert printed(retirement_list([])) == "No old version has an end here.\n"


def test_what_was_said_is_answered_with_what_holds_now() -> None:
    out = printed(retirement_said("The end is set.", retirement(mover())))
    assert "The end is set." in out
    assert "orders.customers 1.0.0" in out


def test_the_inbox_lists_what_is_to_be_left(server: StandIn, tessera: Tessera) -> None:
    move: Document = {
        "team": {"id": MARKETING, "name": "marketing"},
        "contract_id": CUSTOMERS,
        "asset": {"id": CUSTOMERS, "fqn": "orders.customers", "environment": "production"},
        "version": "1.0.0",
        "reason": "is pinned to 1.0.0",
        "due_at": from_now(days=20),
        "permitted": True,
    }
    server.tessera.inbox = {**inbox(move=1), "moves": [move]}
    out = tessera("inbox").out
    assert "1 thing waits for marketing" in out
    assert "Old versions to move off (1)" in out
    assert "tessera retirement extend orders.customers 1.0.0 --team marketing --until +30d" in out
    two_words: Document = {"team": {"id": MARKETING, "name": "data platform"}}
    server.tessera.inbox = {**inbox(move=1), "moves": [{**move, **two_words}]}
    assert "1.0.0 --team 'data platform' --until +30d" in tessera("inbox").flat
    server.tessera.inbox = {**inbox(move=1), "moves": [{**move, "permitted": False}]}
    assert "tessera retirement" not in tessera("inbox").out
