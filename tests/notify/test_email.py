"""Sending mail to a real server on loopback: encrypted, signed in, slow, refusing."""

import asyncio
import time
from dataclasses import replace

import pytest

from domain.answer_links import AnswerLinks
from domain.deliveries import Sent
from domain.users import UserKind
from notify.email import EmailChannel
from notify.email_message import Sender
from notify.smtp_server import SmtpServer, Tls, checked_sender
from tests.support.smtp_server import PASSWORD, TAKEN, USER, MailServer
from tests.support.told_messages import DELIVERY, NOW, TEAM, ada, asked, destination

SENDER = Sender(
    address="Tessera <tessera@example.com>",
    public_url="https://tessera.example",
    links=AnswerLinks([b"k" * 32]),
)
A_LIST = destination(user_id=None, team_id=TEAM, address="growth@example.com")


def at(server: MailServer, **more: object) -> SmtpServer:
    plain = SmtpServer(host="127.0.0.1", port=server.port, tls=Tls.NONE)
    return replace(plain, **more)  # type: ignore[arg-type]  # named by each test


async def sent(server: MailServer, total_seconds: float = 60, **more: object) -> Sent:
    channel = EmailChannel(
        at(server, **more), SENDER, tls=server.trusted, total_seconds=total_seconds
    )
    return await channel.send(destination(), asked())


async def test_a_mail_arrives_and_its_id_is_the_receipt() -> None:
    async with MailServer.running() as server:
        outcome = await sent(server)
        (letter,) = server.letters
    assert outcome.taken
    assert outcome.receipt == f"<{DELIVERY}@example.com>" == letter.message["Message-ID"]
    assert (letter.sender, letter.to) == ("tessera@example.com", ["ada@example.com"])
    assert letter.message["To"] == "Ada Lovelace <ada@example.com>"
    assert letter.message.get_content_type() == "multipart/alternative"
    assert "Ready:" in letter.body()
    assert "Need time" in letter.body("html")
    assert outcome.request is not None
    assert "link=" not in str(outcome.request)


async def test_a_team_s_list_gets_links_that_need_signing_in() -> None:
    async with MailServer.running() as server:
        channel = EmailChannel(at(server), SENDER)
        assert (await channel.send(A_LIST, replace(asked(), recipient=None))).taken
        (letter,) = server.letters
    assert letter.to == ["growth@example.com"]
    assert "/answer?" not in letter.body()
    assert f"?team={TEAM}" in letter.body()


@pytest.mark.parametrize(("starttls", "tls"), [(True, Tls.REQUIRED), (False, Tls.IMPLICIT)])
async def test_the_password_goes_over_an_encrypted_way(starttls: bool, tls: Tls) -> None:
    async with MailServer.running(
        starttls=starttls, implicit_tls=not starttls, password=True
    ) as server:
        outcome = await sent(server, tls=tls, username=USER, password=PASSWORD)
        (letter,) = server.letters
    assert outcome.taken
    assert letter.encrypted
    assert letter.signed_in


async def test_without_starttls_nothing_is_sent_where_it_is_required() -> None:
    async with MailServer.running() as server:
        outcome = await sent(server, tls=Tls.REQUIRED)
    assert (outcome.taken, outcome.final, server.letters) == (False, False, [])


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted() -> None:
    async with MailServer.running(starttls=True) as server:
        channel = EmailChannel(at(server, tls=Tls.REQUIRED), SENDER)
        outcome = await channel.send(destination(), asked())
    assert (outcome.taken, outcome.final, server.letters) == (False, False, [])
    assert "certificate" in (outcome.error or "").lower()


async def test_a_wrong_password_is_ours_to_mend_so_it_is_tried_again() -> None:
    async with MailServer.running(starttls=True, password=True) as server:
        wrong = f"{PASSWORD}!"
        outcome = await sent(server, tls=Tls.REQUIRED, username=USER, password=wrong)
    assert (outcome.status_code, outcome.final) == (535, False)
    assert wrong not in repr(outcome)


@pytest.mark.parametrize(
    ("answer", "final"),
    [
        ("550 <ada@example.com>: no such user", True),
        ("450 <ada@example.com>: greylisted", False),
        ("421 too busy", False),
        ("553 not allowed", True),
    ],
)
async def test_5xx_of_a_recipient_is_final_and_4xx_is_tried_again(answer: str, final: bool) -> None:
    async with MailServer.running() as server:
        server.rcpt = lambda _address: answer
        outcome = await sent(server)
    assert (outcome.taken, outcome.final) == (False, final)
    assert outcome.status_code == int(answer[:3])
    assert "ada@example.com" not in (outcome.error or "")


@pytest.mark.parametrize(("answer", "final"), [("554 spam", True), ("451 disk full", False)])
async def test_so_is_what_is_said_of_the_mail_itself(answer: str, final: bool) -> None:
    async with MailServer.running() as server:
        server.data = lambda _address: answer
        outcome = await sent(server)
    assert (outcome.taken, outcome.final, outcome.receipt) == (False, final, None)


async def test_a_slow_server_takes_no_more_than_its_time() -> None:
    async with MailServer.running() as server:

        async def slow(_address: str) -> str:
            await asyncio.sleep(60)
            return "250 late"

        server.rcpt = slow
        started = time.monotonic()
        outcome = await sent(server, total_seconds=0.4)
    assert time.monotonic() - started < 30
    assert (outcome.taken, outcome.final) == (False, False)
    assert "within 0.4 s" in (outcome.error or "")


async def test_what_was_taken_is_sent_though_the_server_says_good_bye_too_late() -> None:
    async with MailServer.running() as server:

        async def slow(_address: str) -> str:
            await asyncio.sleep(0.5)
            return TAKEN

        server.data, server.leaves_after = slow, 60
        outcome = await sent(server, total_seconds=4)
    assert outcome.taken, outcome
    assert len(server.letters) == 1


async def test_a_server_that_drips_words_is_cut_off_too() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"220-still here\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        started = time.monotonic()
        there = SmtpServer(host="127.0.0.1", port=port, tls=Tls.NONE)
        channel = EmailChannel(there, SENDER, total_seconds=0.4)
        outcome = await channel.send(destination(), asked())
        assert time.monotonic() - started < 30
    assert not outcome.taken
    assert not outcome.final


async def test_nobody_there_is_tried_again() -> None:
    async with MailServer.running() as server:
        gone = at(server)
    outcome = await EmailChannel(gone, SENDER).send(destination(), asked())
    assert (outcome.taken, outcome.final, outcome.status_code) == (False, False, None)


@pytest.mark.parametrize(
    "recipient",
    [
        None,
        ada(deactivated_at=NOW),
        ada(email=None, kind=UserKind.BOT),
        ada(email="no address"),
    ],
    ids=["nobody", "deactivated", "without an address", "not an address"],
)
async def test_who_cannot_be_written_to_is_final_and_asks_no_server(recipient: object) -> None:
    async with MailServer.running() as server:
        message = replace(asked(), recipient=recipient)  # type: ignore[arg-type]  # None or a user
        outcome = await EmailChannel(at(server), SENDER).send(destination(), message)
    assert (outcome.taken, outcome.final, server.attempts) == (False, True, 0)


@pytest.mark.parametrize("utf8", [True, False])
async def test_an_address_of_another_script_needs_a_server_that_speaks_it(utf8: bool) -> None:
    async with MailServer.running(utf8=utf8) as server:
        message = replace(asked(), recipient=ada(email="ада@example.com"))
        outcome = await EmailChannel(at(server), SENDER).send(destination(), message)
    assert (outcome.taken, outcome.final) == (utf8, not utf8)
    assert [letter.to for letter in server.letters] == [["ада@example.com"]] * utf8


# --- what SMTP_URL says ---


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", ("mail.example", 25, Tls.OFFERED, None, None)),
        ("smtp://u:p%40%2F@mail.example", ("mail.example", 587, Tls.REQUIRED, "u", "p@/")),
        ("smtps://u:p@mail.example", ("mail.example", 465, Tls.IMPLICIT, "u", "p")),
        ("smtp://u:p@127.0.0.1:2525", ("127.0.0.1", 2525, Tls.NONE, "u", "p")),
        ("smtp://localhost?tls=required", ("localhost", 25, Tls.REQUIRED, None, None)),
        ("smtp://mail.example:26?tls=none", ("mail.example", 26, Tls.NONE, None, None)),
    ],
)
def test_a_url_says_where_and_how(url: str, server: tuple[object, ...]) -> None:
    found = SmtpServer.parse(url)
    assert (found.host, found.port, found.tls, found.username, found.password) == server
    if found.password is not None:
        assert found.password not in repr(found).replace(found.host, "").split()


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example",
        "smtp://",
        "mail.example:25",
        "smtp://secret-word@mail.example",
        "smtp://u:secret-word@mail.example?tls=none",
        "smtp://u:secret-word@mail.example?tls=offered",
        "smtp://u:secret-word@mail.example?tls=maybe",
        "smtp://u:secret-word@mail.example/path",
        "smtp://u:secret-word@mail.example?verify=no",
        "smtps://u:secret-word@mail.example?tls=none",
        "smtp://u:secret-word@mail.example:0",
        "smtp://u:secret-word@mail.example:port",
        "smtp://u:secret/word@mail.example",
    ],
)
def test_a_url_that_cannot_be_meant_is_refused_without_telling_its_secret(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as refusal:
        SmtpServer.parse(url)
    assert "secret" not in str(refusal.value)


def test_who_writes_has_an_address() -> None:
    assert checked_sender(" Tessera <t@example.com> ") == "Tessera <t@example.com>"
    for text in ("Tessera", "a@b\nBcc: c@d", "", "@x", "x@"):
        with pytest.raises(ValueError, match="address"):
            checked_sender(text)
