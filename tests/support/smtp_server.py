"""A mail server on loopback, real down to TLS and passwords, that can misbehave."""

import asyncio
import email
import email.policy
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Self
from urllib.parse import quote

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PASSWORD = "a-p@ss/word:for-tests"
USER = "tessera"
TAKEN = "250 taken"

Answer = Callable[[str], str | Awaitable[str]]
"""What is said to one recipient's mail."""


@dataclass(frozen=True)
class Letter:
    """One mail as it came in."""

    sender: str
    to: list[str]
    raw: bytes
    encrypted: bool
    signed_in: bool

    @property
    def message(self) -> EmailMessage:
        message = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    def body(self, kind: str = "plain") -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        content: str = part.get_content()
        return content


@dataclass
class MailServer:
    """Keeps what it takes; `rcpt` and `data` choose what it answers."""

    port: int = 0
    letters: list[Letter] = field(default_factory=list)
    rcpt: Answer = lambda _address: "250 OK"
    data: Answer = lambda _address: TAKEN
    attempts: int = 0
    leaves_after: float = 0.0
    """Seconds that it takes to say good-bye."""
    implicit_tls: bool = False
    trusted: ssl.SSLContext | None = None
    """What a client trusts that this server may show its certificate to."""

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        *,
        starttls: bool = False,
        implicit_tls: bool = False,
        password: bool = False,
        utf8: bool = True,
    ) -> AsyncIterator[Self]:
        """Serve while the block runs: plain, with STARTTLS offered, or encrypted throughout."""
        server = cls(implicit_tls=implicit_tls)
        context = server._certified() if starttls or implicit_tls else None

        def protocol() -> SMTP:
            with warnings.catch_warnings():
                # It only knows of STARTTLS, and warns of a way encrypted from the first byte.
                warnings.filterwarnings("ignore", message="Requiring AUTH while not")
                return SMTP(
                    server,
                    hostname="mail.test",
                    enable_SMTPUTF8=utf8,
                    tls_context=context if starttls else None,
                    auth_required=password,
                    auth_require_tls=starttls,
                    authenticator=server._authenticate if password else None,
                    timeout=60,
                    loop=asyncio.get_running_loop(),
                )

        listening = await asyncio.get_running_loop().create_server(
            protocol, "127.0.0.1", 0, ssl=context if implicit_tls else None
        )
        server.port = listening.sockets[0].getsockname()[1]
        try:
            yield server
        finally:
            listening.close()

    def _certified(self) -> ssl.SSLContext:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        self.trusted = ssl.create_default_context()
        authority.configure_trust(self.trusted)
        return context

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or not."""
        self.attempts += 1
        answer = await _awaited(self.rcpt(address))
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a mail, or not."""
        answer = await _awaited(self.data(envelope.rcpt_tos[0]))
        if answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            letter = Letter(
                sender=envelope.mail_from or "",
                to=list(envelope.rcpt_tos),
                raw=content,
                encrypted=session.ssl is not None or self.implicit_tls,
                signed_in=bool(session.authenticated),
            )
            self.letters.append(letter)
        return answer

    async def handle_QUIT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, _envelope: Envelope
    ) -> str:
        """Say good-bye."""
        await asyncio.sleep(self.leaves_after)
        return "221 Bye"

    @property
    def url(self) -> str:
        """What SMTP_URL says of it, without a password."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def url_with_password(self) -> str:
        """What it says with one, which over loopback needs no TLS."""
        return f"smtp://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}"


async def _awaited(answer: str | Awaitable[str]) -> str:
    return answer if isinstance(answer, str) else await answer
