"""What is entered into forms, wherever it is: one reading, one behaviour."""

from datetime import UTC, date, datetime

import pytest

from api.ui.entered import Entered
from domain.errors import InvalidRequest
from tests.support.api_client import Api, unique


async def test_a_bot_whose_name_looks_like_an_address_is_found_by_every_form(api: Api) -> None:
    team = await api.team()
    name = f"{unique('deploy')}@ci"
    bot = await api.made("/api/v1/users", {"name": name, "kind": "bot"})
    added = await api.client.post(
        f"/teams/{team['id']}/members", data={"user": name, "role": "member"}
    )
    assert added.status_code == 303, added.text
    members = await api.got(f"/api/v1/teams/{team['id']}/members")
    assert [each["user"]["id"] for each in members["items"]] == [bot["id"]]
    key = {"name": "the pipeline", "user": name, "scope": "write", "lasts": "90"}
    made = await api.client.post("/administration/keys", data=key)
    assert made.status_code == 201, made.text


async def test_who_has_the_address_comes_before_a_bot_of_that_name(api: Api) -> None:
    team = await api.team()
    address = f"{unique('ada')}@example.com"
    person = await api.made("/api/v1/users", {"name": "Ada", "email": address})
    await api.made("/api/v1/users", {"name": address, "kind": "bot"})
    form = {"user": f" {address.upper()} ", "role": "member"}
    assert (await api.client.post(f"/teams/{team['id']}/members", data=form)).status_code == 303
    members = await api.got(f"/api/v1/teams/{team['id']}/members")
    assert [each["user"]["id"] for each in members["items"]] == [person["id"]]


def test_blanks_around_a_day_are_none_of_it() -> None:
    entered = Entered(step="replay", values={"since": " 2026-01-02\n", "until": "soon"})
    assert entered.day("since") == date(2026, 1, 2)
    assert entered.end_of_day("since") == datetime(2026, 1, 2, 23, 59, 59, tzinfo=UTC)
    for name in ("until", "nothing"):
        with pytest.raises(InvalidRequest, match="year-month-day"):
            entered.day(name)
