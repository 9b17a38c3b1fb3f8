"""No hostile URL makes the sender dial: seen at a connector that never does."""

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import httpcore
import pytest

from domain.deliveries import Sent
from domain.destination_addresses import checked_url
from domain.errors import InvalidRequest
from notify.addresses import Address
from notify.webhook import WebhookSender
from tests.notify.hostile_urls import DISGUISED, NAMES, NO_WEBHOOKS, PRIVATE_SPELLINGS

GOOD = "93.184.216.34"
SECRET = "whsec_" + "A" * 32


class Watch(httpcore.AsyncNetworkBackend):
    """Writes down where it was to connect, and plays an answer instead."""

    def __init__(self, *answer: bytes) -> None:
        self._answer = answer or (b"HTTP/1.1 204 -\r\n\r\n",)
        self.dialled: list[tuple[str, int]] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append((host, port))
        return httpcore.AsyncMockStream(list(self._answer))


async def read_by_the_system(host: str, port: int) -> Sequence[Address]:
    """What the system's resolver makes of a host without asking anybody; else a name of ours."""
    if found := NAMES.get(host) or NAMES.get(host.lower()):
        return [ipaddress.ip_address(found)]
    try:
        entries = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )
    except (OSError, UnicodeError) as error:
        raise OSError(f"{host} has no address") from error
    return [ipaddress.ip_address(entry[4][0]) for entry in entries]


async def sent_to(url: str, watch: Watch, **more: object) -> Sent:
    options: dict[str, object] = {"allow_private": False, "resolve": read_by_the_system, **more}
    async with WebhookSender(connector=watch, **options) as sender:  # type: ignore[arg-type]
        return await sender.send(url=url, secrets=[SECRET], message_id="1", timestamp=1, body=b"{}")


def test_there_are_enough_of_them() -> None:
    every = (*PRIVATE_SPELLINGS, *NAMES, *DISGUISED, *NO_WEBHOOKS)
    assert len(set(every)) == len(every) >= 60


async def test_what_is_not_hostile_is_dialled() -> None:
    """Else none of the others says anything."""
    watch = Watch()
    assert (await sent_to(f"http://{GOOD}:8443/x", watch)).taken
    assert watch.dialled == [(GOOD, 8443)]


@pytest.mark.parametrize("url", PRIVATE_SPELLINGS)
async def test_an_address_is_seen_through_however_it_is_written(url: str) -> None:
    watch = Watch()
    sent = await sent_to(checked_url(url), watch)
    assert watch.dialled == []
    assert sent.error is not None
    assert "is not allowed" in sent.error, sent.error


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_judged_by_where_it_leads(name: str) -> None:
    watch = Watch()
    sent = await sent_to(checked_url(f"https://{name}/hook"), watch)
    assert watch.dialled == []
    assert sent.error is not None
    assert "is not allowed" in sent.error, sent.error


@pytest.mark.parametrize("url", DISGUISED)
async def test_what_stands_around_the_host_deceives_nobody(url: str) -> None:
    watch = Watch()
    sent = await sent_to(checked_url(url), watch)
    assert watch.dialled == []
    assert sent.error is not None
    assert "is not allowed" in sent.error, sent.error
    assert "hooks.example.com resolves" not in sent.error


@pytest.mark.parametrize("url", NO_WEBHOOKS)
async def test_what_is_no_webhook_is_refused_when_it_is_set_and_not_dialled(url: str) -> None:
    with pytest.raises(InvalidRequest):
        checked_url(url)
    watch = Watch()
    sent = await sent_to(url, watch)
    assert watch.dialled == []
    assert not sent.taken


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1/", "//localhost/", "/elsewhere"],
)
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_leads_nowhere(location: str, code: int) -> None:
    answer = f"HTTP/1.1 {code} -\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    watch = Watch(answer.encode())
    sent = await sent_to(f"http://{GOOD}/", watch)
    assert watch.dialled == [(GOOD, 80)]
    assert (sent.status_code, sent.taken) == (code, False)


class Changing:
    """A name server that answers differently each time it is asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, _host: str, _port: int) -> Sequence[Address]:
        self.asked += 1
        return [ipaddress.ip_address(address) for address in self._answers.pop(0)]


async def test_a_name_that_changes_its_answer_is_dialled_where_it_was_checked() -> None:
    names, watch = Changing([GOOD], ["127.0.0.1"], ["169.254.169.254"]), Watch()
    sent = await sent_to("http://rebinding.example/", watch, resolve=names)
    assert sent.taken
    assert names.asked == 1
    assert watch.dialled == [(GOOD, 80)]


@pytest.mark.parametrize("inner", ["127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "::"])
async def test_one_hostile_answer_among_good_ones_is_enough(inner: str) -> None:
    for answers in ([GOOD, inner], [inner, GOOD]):
        watch = Watch()
        sent = await sent_to("http://both.example/", watch, resolve=Changing(answers))
        assert watch.dialled == []
        assert not sent.taken


async def test_a_host_that_is_not_among_the_allowed_ones_is_not_even_asked_for() -> None:
    hosts = ("hooks.example.com", "*.example.org")
    for host, allowed in {
        "hooks.example.com": True,
        "HOOKS.example.com.": True,
        "a.b.example.org": True,
        "example.org": False,
        "evil-hooks.example.com": False,
        "hooks.example.com.evil.example": False,
        "evilexample.org": False,
        "hooks.example.com@evil.example": False,
        GOOD: False,
    }.items():
        names, watch = Changing([GOOD]), Watch()
        sent = await sent_to(f"http://{host}/", watch, resolve=names, hosts=hosts)
        assert sent.taken is allowed, host
        assert names.asked == int(allowed)
        assert len(watch.dialled) == int(allowed)


async def test_an_allowed_host_may_still_not_lead_inside() -> None:
    watch = Watch()
    sent = await sent_to("http://localhost/", watch, hosts=("localhost",))
    assert watch.dialled == []
    assert not sent.taken


def test_the_checks_and_the_client_read_the_same_host() -> None:
    """Two readers of a URL that disagree are how such checks are got round."""
    for url in (*PRIVATE_SPELLINGS, *DISGUISED):
        seen = httpcore.URL(url).host.decode()
        assert seen.strip("[]") == urlsplit(url).hostname, url
