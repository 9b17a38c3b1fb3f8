"""A signed webhook as its receiver sees it, and receivers that misbehave."""

import asyncio
import base64
import ipaddress
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from domain.deliveries import Sent
from notify.addresses import Address
from notify.webhook import WebhookSender, secret_bytes, signature
from tests.support.receiver import Receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CODED = base64.b64encode(b"somebody:hunter2").decode()
BODY = '{"type": "test.told", "data": {"summary": "für alle"}}'.encode()


async def post(sender: WebhookSender, url: str, secret: str = SECRET) -> Sent:
    return await sender.send(
        url=url, secrets=[secret], message_id="evt_1", timestamp=int(time.time()), body=BODY
    )


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(talk: Talk) -> AsyncIterator[str]:
    """A server that reads the head of the request, then says what the test wants."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"


def saying(*lines: str, body: bytes = b"") -> Talk:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = "\r\n".join(["HTTP/1.1 " + lines[0], *lines[1:], "", ""]).encode("latin-1")
        writer.write(head + body)
        await writer.drain()

    return talk


# --- the signature ---


async def test_a_receiver_with_the_specification_s_own_library_verifies_it(
    sender: WebhookSender,
) -> None:
    async with Receiver.running() as receiver:
        sent = await post(sender, receiver.url)
    assert (sent.status_code, sent.error, sent.taken) == (204, None, True)
    (received,) = receiver.requests
    assert received.body == BODY
    verified = Webhook(SECRET).verify(received.body, received.headers)
    assert verified == received.message
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(received.body + b" ", received.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 32).verify(received.body, received.headers)


def test_the_signature_is_the_specification_s_example() -> None:
    """https://www.standardwebhooks.com, the values of its reference libraries' tests."""
    made = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "secret",
    ["a plain secret of one's own", "whsec_not base64 at all", "whsec_ünïcödé-sécrèt", "ü" * 16],
)
def test_a_secret_of_any_other_form_is_the_bytes_it_is_written_with(secret: str) -> None:
    assert secret_bytes(secret) == secret.encode()
    assert signature(secret, "m", 1, b"{}").startswith("v1,")


@pytest.mark.parametrize("secret", ["whsec_" + "A" * 32, "whsec_" + "B" * 44])
async def test_while_a_secret_is_replaced_a_receiver_with_either_verifies(
    sender: WebhookSender, secret: str
) -> None:
    secrets = ["whsec_" + "A" * 32, "whsec_" + "B" * 44]
    async with Receiver.running() as receiver:
        sent = await sender.send(
            url=receiver.url,
            secrets=secrets,
            message_id="evt_1",
            timestamp=int(time.time()),
            body=BODY,
        )
    assert sent.taken
    (received,) = receiver.requests
    assert len(received.headers["webhook-signature"].split(" ")) == 2
    assert Webhook(secret).verify(received.body, received.headers) == received.message
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "C" * 32).verify(received.body, received.headers)


async def test_a_name_and_a_password_in_the_address_are_said_to_the_receiver(
    sender: WebhookSender,
) -> None:
    async with Receiver.running() as receiver:
        for who in ("", "some%40body:p%3Ass@", "nobody@"):
            assert (await post(sender, receiver.url.replace("//", f"//{who}"))).taken
    sent = await post(sender, "http://user:content@127.0.0.1:1/")
    assert sent.request is not None
    assert {"user-agent", "content-type"} < set(sent.request["headers"])  # not cut in our own words
    said = [each.headers.get("authorization") for each in receiver.requests]
    coded = [f"Basic {base64.b64encode(each).decode()}" for each in (b"some@body:p:ss", b"nobody:")]
    assert said == [None, *coded]


# --- what is kept of it ---


async def test_request_and_response_are_kept_without_what_nobody_may_read(
    sender: WebhookSender,
) -> None:
    async def mirror(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A receiver that gives back the secrets, as badly written ones do in their errors."""
        body = (
            f"{SECRET} {SECRET.removeprefix('whsec_')} hunter2 {CODED} \0 ".encode() + b"\xff" * 9
        )
        head = "HTTP/1.1 500 -\r\nSet-Cookie: id=abc\r\nX-One: 1\r\nX-One: 2\r\n"
        writer.write(
            f"{head}X-Key: {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )
        await writer.drain()

    async with listening(mirror) as url:
        place = url.removeprefix("http://").removesuffix("/hook")
        sent = await post(sender, f"http://somebody:hunter2@{place}/token-in-the-path?key=in-it")
    assert sent.request is not None
    assert sent.response is not None
    assert sent.request["origin"] == f"http://{place}"
    assert sent.request["body"] == BODY.decode()
    assert sent.request["body_bytes"] == len(BODY)
    assert sent.request["headers"]["webhook-id"] == "evt_1"
    assert sent.request["headers"]["webhook-signature"] == "[cut]"
    assert sent.response["body"] == "[cut] [cut] [cut] [cut] \ufffd " + "\ufffd" * 9
    assert sent.response["headers"]["set-cookie"] == "[cut]"
    assert sent.response["headers"]["x-one"] == "1, 2"
    assert sent.response["headers"]["x-key"] == "[cut]"
    kept = f"{sent.request} {sent.response}"
    for nobodys in (
        SECRET,
        SECRET[6:],
        "hunter2",
        CODED,
        "token-in-the-path",
        "in-it",
        "id=abc",
        "v1,",
    ):
        assert nobodys not in kept


async def test_of_a_long_answer_so_much_is_kept_as_shows_what_it_is(sender: WebhookSender) -> None:
    headers = [f"X-{number}: {'y' * 300}" for number in range(40)]
    talk = saying("500 -", *headers, "Content-Length: 50000", body=b"x" * 50_000)
    async with listening(talk) as url:
        sent = await post(sender, url)
    assert sent.response is not None
    assert sent.response["body"] == "x" * 4096
    assert sent.response["body_bytes"] == 50_000
    assert 10 < len(sent.response["headers"]) < 14


async def test_a_secret_at_the_edge_of_what_is_kept_is_not_kept_in_part(
    sender: WebhookSender,
) -> None:
    body = b"x" * 4090 + SECRET.encode() + b"y" * 4096
    async with listening(saying("500 -", f"Content-Length: {len(body)}", body=body)) as url:
        sent = await post(sender, url)
    assert sent.response is not None
    assert sent.response["body"] == "x" * 4090 + "[cut]y"


async def test_of_what_was_never_answered_the_request_is_kept(sender: WebhookSender) -> None:
    sent = await post(sender, "http://127.0.0.1:1/")
    assert sent.request is not None
    assert sent.response is None


# --- where it may go ---


async def test_loopback_is_refused_unless_the_settings_allow_it() -> None:
    async with Receiver.running() as receiver, WebhookSender(allow_private=False) as careful:
        sent = await post(careful, receiver.url)
    assert receiver.requests == []
    assert sent.status_code is None
    assert sent.error is not None
    assert "127.0.0.1, which is not allowed" in sent.error


async def test_a_name_of_a_private_address_is_refused_before_anything_is_sent() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[Address]:
        return [ipaddress.ip_address("127.0.0.1")]

    async with Receiver.running() as receiver:
        port = receiver.url.split(":")[2]
        async with WebhookSender(allow_private=False, resolve=resolve) as careful:
            sent = await post(careful, f"http://hooks.example:{port}")
    assert receiver.requests == []
    assert not sent.taken


async def test_the_host_header_keeps_the_name_while_the_checked_address_is_dialled() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[Address]:
        return [ipaddress.ip_address("127.0.0.1")]

    async with Receiver.running() as receiver:
        port = receiver.url.rsplit(":", 1)[1].split("/")[0]
        async with WebhookSender(allow_private=True, resolve=resolve) as sender:
            sent = await post(sender, f"http://hooks.example:{port}/hook")
    assert sent.taken
    assert receiver.requests[0].headers["host"] == f"hooks.example:{port}"


async def test_a_redirect_is_an_answer_and_is_not_followed(sender: WebhookSender) -> None:
    async with Receiver.running() as other:
        location = f"Location: {other.url}"
        async with listening(saying("307 -", location, "Content-Length: 0")) as url:
            sent = await post(sender, url)
    assert (sent.status_code, sent.taken) == (307, False)
    assert other.requests == []


# --- receivers that misbehave ---


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()  # until the other side leaves


async def test_a_receiver_that_does_not_answer_is_left_after_the_limit(
    hasty: WebhookSender,
) -> None:
    async with listening(silent) as url, asyncio.timeout(60):
        sent = await post(hasty, url)
    assert (sent.status_code, sent.error) == (None, "no answer within 1 s")
    assert timedelta(seconds=1) <= sent.duration < timedelta(seconds=30)


async def endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 -\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def dripping(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 -\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(100):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.5)


async def breaking_off(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 -\r\nContent-Length: 100000\r\n\r\nx")


@pytest.mark.parametrize("talk", [endless, dripping, breaking_off])
async def test_the_status_is_the_answer_whatever_becomes_of_the_body(talk: Talk) -> None:
    async with listening(talk) as url, WebhookSender(allow_private=True) as sender:
        sent = await post(sender, url)
    assert (sent.status_code, sent.error) == (200, None)
    assert sent.duration < timedelta(seconds=8)  # before the attempt is out of time


async def garbage(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")


async def hanging_up(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    return


@pytest.mark.parametrize("talk", [garbage, hanging_up, saying("200 -", "X-Long: " + "x" * 200_000)])
async def test_what_is_no_answer_is_a_failed_attempt_and_never_an_exception(
    sender: WebhookSender, talk: Talk
) -> None:
    async with listening(talk) as url:
        sent = await post(sender, url)
    assert sent.status_code is None
    assert sent.error


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "https://127.0.0.1:1/", "http://a..b/", "ftp://127.0.0.1/"]
)
async def test_an_address_where_nobody_is_is_a_failed_attempt(
    sender: WebhookSender, url: str
) -> None:
    sent = await post(sender, url)
    assert sent.status_code is None
    assert sent.error


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("120", timedelta(minutes=2)),
        ("999999999", timedelta(days=1)),
        ("-5", None),
        ("soon", None),
        ("²", None),
        ("1" * 5000, None),
        (format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True), timedelta(0)),
        ("Mon, 01 Jan 0001 00:00:00 -0000", timedelta(0)),
    ],
)
async def test_a_wish_for_later_is_read_and_what_is_none_is_passed_over(
    sender: WebhookSender, header: str, pause: timedelta | None
) -> None:
    talk = saying("503 -", f"Retry-After: {header}", "Content-Length: 0")
    async with listening(talk) as url:
        sent = await post(sender, url)
    assert (sent.status_code, sent.retry_after) == (503, pause)


async def test_a_date_to_come_back_at_is_a_pause_from_now(sender: WebhookSender) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    async with listening(saying("503 -", f"Retry-After: {later}", "Content-Length: 0")) as url:
        sent = await post(sender, url)
    assert sent.retry_after is not None
    assert timedelta(minutes=9) < sent.retry_after <= timedelta(minutes=10)


async def test_a_date_without_a_zone_is_of_the_only_one_that_http_knows(
    sender: WebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    later = (datetime.now(UTC) + timedelta(minutes=10)).strftime("%a %b %d %H:%M:%S %Y")
    try:
        async with listening(saying("503 -", f"Retry-After: {later}", "Content-Length: 0")) as url:
            sent = await post(sender, url)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert sent.retry_after is not None
    assert timedelta(minutes=9) < sent.retry_after <= timedelta(minutes=10)


async def test_a_slow_receiver_holds_up_no_other(sender: WebhookSender) -> None:
    go, there = asyncio.Event(), asyncio.Semaphore(0)

    async def slowly(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there.release()
        await go.wait()
        writer.close()

    async with listening(slowly) as slow, Receiver.running() as receiver:
        waiting = [asyncio.create_task(post(sender, slow)) for _ in range(10)]
        for _ in waiting:
            await there.acquire()
        assert (await post(sender, receiver.url)).taken
        assert not any(each.done() for each in waiting)
        go.set()
        assert not any(sent.taken for sent in await asyncio.gather(*waiting))
