"""What people read of single changes and of users, whatever command shows them."""

import io
from collections.abc import Iterable

import pytest
from rich.console import Console, RenderableType
from standin.http import Json
from standin.samples import added_nickname, removed_email
from tessera_sdk.cli.screens.changes import (
    ASKS,
    COMPATIBLE,
    LONGEST_TEXT,
    TELLS,
    change_list,
    group_of,
    json_lines,
    shortened,
)
from tessera_sdk.cli.screens.users import me_shown, user_list, user_shown
from tessera_sdk.models import Change
from tessera_sdk.people import Me, User


def printed(parts: Iterable[RenderableType]) -> str:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    for part in parts:
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


def change(**more: Json) -> Change:
    return Change.model_validate({**removed_email(), **more})


@pytest.mark.parametrize(
    ("said", "group"),
    [
        ({"group": TELLS, "gating": True}, TELLS),
        ({"gating": True, "breaks_backward": False}, ASKS),
        ({"gating": False}, TELLS),
        ({"gating": None}, ASKS),
        ({"gating": None, "breaks_backward": False, "undecided": True}, ASKS),
        ({"gating": None, "breaks_backward": False, "breaks_forward": True}, TELLS),
        ({"gating": None, "breaks_backward": False}, COMPATIBLE),
    ],
)
def test_the_server_says_what_gates_and_an_older_one_is_read_by_what_breaks(
    said: dict[str, Json], group: str
) -> None:
    assert group_of(change(**said)) == group


def test_other_places_are_named_up_to_five_but_not_of_a_new_name() -> None:
    paths = [f"place_{number}" for number in range(6)]
    assert "also at place_0, place_1" in printed(change_list([change(also=[*paths[:5]])]))
    assert "place_4 and 1 more" in printed(change_list([change(also=[*paths])]))
    assert "also at" not in printed(change_list([change(also=[*paths], kind="field_renamed")]))


def test_what_breaks_stands_before_what_does_not() -> None:
    out = printed(change_list([Change.model_validate(added_nickname()), change()]))
    assert out.index("`user_email` is removed.") < out.index("`nickname` is added.")


def test_a_value_has_twelve_lines_and_says_how_many_it_has_more() -> None:
    whole: dict[str, Json] = {f"a_long_name_{number}": number for number in range(10)}
    assert len(json_lines(whole)) == 12
    assert json_lines({**whole, "another": 1})[12:] == ["… 1 more lines"]
    assert shortened("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT
    assert "… (61 characters)" in str(shortened("x" * (LONGEST_TEXT + 1)))


def test_a_user_says_what_they_may_and_whether_they_are_still_there() -> None:
    boss = User(id="1", name="ann", administrator=True)
    gone = User(id="2", name="bob", active=False)
    assert "Administrator yes Active yes" in printed(user_shown(boss))
    assert "Administrator no Active no, since" in printed(user_shown(gone))
    assert "ann person yes 1 bob person no 2" in printed(user_list([boss, gone]))
    me = Me(kind="person", name="ann", administrator=True)
    assert "Administrator yes" in printed(me_shown(me))
    assert "Administrator no" in printed(me_shown(Me(kind="person", name="bob")))
