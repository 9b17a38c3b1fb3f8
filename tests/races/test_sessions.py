"""Sessions and links over two API processes: what one has ended opens nothing on the other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import httpx
import pytest

from tests.races.locked import ADMIN, two_locked

TIMES = 8
AT_ONCE = 20


@pytest.fixture(scope="module")
async def processes(
    races_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[httpx.AsyncClient]]:
    async with two_locked(races_database_url, tmp_path_factory.mktemp("sessions")) as clients:
        yield clients


class Person:
    """Somebody with a password, at two processes."""

    def __init__(self, processes: list[httpx.AsyncClient]) -> None:
        self.processes = processes
        self.user = ""
        self.email = f"{uuid4().hex}@example.com"
        self.password = f"sentence {uuid4().hex}"

    async def made(self) -> "Person":
        body = {"name": "Ada", "email": self.email}
        response = await self.processes[0].post("/api/v1/users", json=body, headers=ADMIN)
        self.user = f"/api/v1/users/{response.json()['id']}"
        answer = await self.processes[0].post("/set-password", data=await self.form())
        assert answer.status_code == 303, answer.text
        return self

    async def form(self) -> dict[str, str]:
        """A form with a new link."""
        made = await self.processes[0].post(f"{self.user}/password-link", headers=ADMIN)
        link = str(made.json()["link"]).rpartition("=")[2]
        return {"link": link, "password": self.password, "again": self.password}

    async def signed_in(self) -> dict[str, str]:
        """A session, which both processes have seen to work."""
        form = {"email": self.email, "password": self.password}
        self.processes[0].cookies.clear()
        answer = await self.processes[0].post("/sign-in", data=form)
        assert answer.status_code == 303, answer.text
        token = self.processes[0].cookies["tessera_session"]
        self.processes[0].cookies.clear()
        cookie = {"Cookie": f"tessera_session={token}"}
        for process in self.processes:
            assert (await process.get("/account", headers=cookie)).status_code == 200
        return cookie


End = Callable[[httpx.AsyncClient, Person, dict[str, str]], Awaitable[httpx.Response]]


async def sign_out(one: httpx.AsyncClient, _: Person, cookie: dict[str, str]) -> httpx.Response:
    return await one.post("/sign-out", headers=cookie)


async def everywhere(one: httpx.AsyncClient, _: Person, cookie: dict[str, str]) -> httpx.Response:
    return await one.post("/account/sign-out", headers=cookie)


async def by_its_id(
    one: httpx.AsyncClient, person: Person, cookie: dict[str, str]
) -> httpx.Response:
    page = await one.get(f"{person.user}/sessions", headers=ADMIN)
    session = next(each for each in page.json()["items"] if each["status"] == "active")
    return await one.post(f"/account/sessions/{session['id']}/sign-out", headers=cookie)


async def by_an_administrator(
    one: httpx.AsyncClient, person: Person, _: dict[str, str]
) -> httpx.Response:
    return await one.post(f"{person.user}/sign-out", headers=ADMIN)


async def by_a_new_password(
    one: httpx.AsyncClient, person: Person, _: dict[str, str]
) -> httpx.Response:
    return await one.post("/set-password", data=await person.form())


async def by_deactivation(
    one: httpx.AsyncClient, person: Person, _: dict[str, str]
) -> httpx.Response:
    return await one.post(f"{person.user}/deactivate", headers=ADMIN)


ENDS: tuple[End, ...] = (
    *(sign_out, everywhere, by_its_id, by_an_administrator, by_a_new_password, by_deactivation),
)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
async def test_the_very_next_request_on_the_other_process_is_refused(
    processes: list[httpx.AsyncClient], end: End
) -> None:
    one, other = processes
    person = await Person(processes).made()
    for _ in range(TIMES):
        cookie = await person.signed_in()
        answer = await end(one, person, cookie)
        assert answer.status_code in (200, 303), answer.text
        assert (await other.get("/account", headers=cookie)).status_code == 401
        await one.post(f"{person.user}/reactivate", headers=ADMIN)


async def test_a_link_is_used_by_one_of_many_that_come_at_once(
    processes: list[httpx.AsyncClient],
) -> None:
    for _ in range(TIMES):
        person = await Person(processes).made()
        form = await person.form()
        answers = await asyncio.gather(
            *(processes[number % 2].post("/set-password", data=form) for number in range(AT_ONCE))
        )
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses.count(303) == 1
        assert {*statuses} <= {303, 410, 503}
        happened = await processes[0].get(
            "/api/v1/events", params={"type": "user.password_changed", "limit": "5"}, headers=ADMIN
        )
        user_id = person.user.rpartition("/")[2]
        payloads = [each["payload"]["user_id"] for each in happened.json()["items"]]
        assert payloads.count(user_id) == 2


async def test_attempts_on_both_processes_are_counted_together(
    processes: list[httpx.AsyncClient],
) -> None:
    person = await Person(processes).made()
    for process in processes:
        process.cookies.clear()
    form = {"email": person.email, "password": "a guess"}
    answers = await asyncio.gather(
        *(processes[number % 2].post("/sign-in", data=form) for number in range(16))
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(401) == 10
    assert statuses.count(429) == 6


async def test_of_two_changes_by_the_same_old_password_one_is_made(
    processes: list[httpx.AsyncClient],
) -> None:
    for _ in range(TIMES):
        person = await Person(processes).made()
        cookie = await person.signed_in()
        new = [f"another sentence {number}" for number in range(2)]
        answers = await asyncio.gather(
            *(
                process.post(
                    "/account/password",
                    data={"old": person.password, "password": each, "again": each},
                    headers=cookie,
                )
                for process, each in zip(processes, new, strict=True)
            )
        )
        assert sorted(answer.status_code for answer in answers)[0] == 303
        works = []
        for password in new:
            process = processes[0]
            process.cookies.clear()
            form = {"email": person.email, "password": password}
            works.append((await process.post("/sign-in", data=form)).status_code)
        assert sorted(works) == [303, 401]
