"""Races over destinations: sent again twice, tried while it goes, two new secrets at once."""

from tests.races.arena import Arena, Racer, is_problem, read, repeat
from tests.races.posts import a_destination, a_lost_delivery


async def test_two_replays_at_once_are_one(arena: Arena) -> None:
    async def once() -> str:
        lost = await a_lost_delivery(arena)
        hook = lost["destination"]["id"]
        one = _post(arena, f"/deliveries/{lost['id']}/replay")
        all_ = _post(arena, f"/destinations/{hook}/replay", since=lost["created_at"])
        first, second, whole = await arena.at_once(one, one, all_)
        assert first.status_code == second.status_code == whole.status_code == 202
        assert read(first)["id"] == read(second)["id"]
        page = await arena.got(f"/deliveries?destination_id={hook}")
        assert [each["ordinal"] for each in page["items"]] == [1, 0]
        return "alone" if read(whole)["replayed"] == 0 else "all"

    await repeat(once, "alone", "all")


async def test_what_is_tried_while_it_goes_is_tried_or_not_there(arena: Arena) -> None:
    async def once() -> str:
        hook = await a_destination(arena)
        path = f"/teams/{hook['team_id']}/destinations/webhook"

        pinged, gone = await arena.at_once(
            _post(arena, f"/destinations/{hook['id']}/ping"), lambda: arena.send("DELETE", path)
        )
        assert gone.status_code == 204
        page = await arena.got(f"/deliveries?destination_id={hook['id']}")
        if is_problem(pinged, "not_found"):
            assert page["items"] == []
            return "gone"
        assert pinged.status_code == 202, pinged.text
        assert [each["id"] for each in page["items"]] == [read(pinged)["id"]]
        return "tried"

    await repeat(once, "gone", "tried")


async def test_of_two_new_secrets_at_once_one_is_made(arena: Arena) -> None:
    """A third secret would put the first one out of use while receivers still have it."""

    async def once() -> str:
        hook = await a_destination(arena)
        turn = _post(arena, f"/destinations/{hook['id']}/rotate-secret")
        answers = await arena.at_once(turn, turn)
        (made,) = [answer for answer in answers if answer.status_code == 200]
        (refused,) = [answer for answer in answers if answer is not made]
        assert is_problem(refused, "not_ready"), refused.text
        shown = await arena.got(f"/destinations/{hook['id']}")
        assert shown == {**read(made), "secret": None}
        return str(answers.index(made))

    await repeat(once, "0", "1")


def _post(arena: Arena, path: str, **body: object) -> Racer:
    return lambda: arena.post(path, body)
