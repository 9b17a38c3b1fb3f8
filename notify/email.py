"""E-mail by SMTP: one connection per mail, all of it within one time."""

import asyncio
import contextlib
import ssl
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import aiosmtplib
from aiosmtplib import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from domain.deliveries import Sent
from domain.destinations import Destination
from notify.channels import not_sent
from notify.email_content import Reader
from notify.email_message import Sender, composed, one_line
from notify.messages import Message
from notify.smtp_server import SmtpServer, Tls

TOTAL_SECONDS = 25.0
_ACCEPTED = 250
_PERMANENT = 500
_ERROR_LIMIT = 300
_GOOD_BYE = 2.0
_STARTTLS = {Tls.IMPLICIT: False, Tls.REQUIRED: True, Tls.OFFERED: None, Tls.NONE: False}


class EmailChannel:
    """Tells people by e-mail: a team at its list, a person at their own address."""

    def __init__(
        self,
        server: SmtpServer,
        sender: Sender,
        *,
        tls: ssl.SSLContext | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._server = server
        self._sender = sender
        self._tls = tls or ssl.create_default_context()
        self._total_seconds = total_seconds

    async def send(self, destination: Destination, message: Message) -> Sent:
        """Send one mail; what the server refuses for good (5xx) is final, all else is repeated."""
        reader = reader_of(destination, message)
        if isinstance(reader, str):
            return replace(not_sent(reader), final=True)
        try:
            mail, to = composed(message, self._sender, reader, datetime.now(UTC))
        except ValueError:
            return replace(not_sent("not sent: no mail can go to this address"), final=True)
        started = time.monotonic()
        failure = await self._attempt(mail, to)
        status = _ACCEPTED if failure is None else _status_of(failure)
        return Sent(
            status_code=status,
            error=None if failure is None else self._told(failure, to),
            duration=timedelta(seconds=time.monotonic() - started),
            request={"message_id": str(mail["Message-ID"]), "subject": str(mail["Subject"])},
            response=None if status is None else {"code": status},
            receipt=str(mail["Message-ID"]) if failure is None else None,
            final=failure is not None and _is_final(failure),
        )

    async def _attempt(self, mail: EmailMessage, to: str) -> Exception | None:
        """Return why it was not taken, or None when it was."""
        client = self._client()
        try:
            async with asyncio.timeout(self._total_seconds):
                await client.connect()
                await client.send_message(mail, sender=self._sender.envelope, recipients=[to])
            # It is taken; that the server is slow to say good-bye changes nothing.
            with contextlib.suppress(SMTPException, OSError):
                async with asyncio.timeout(_GOOD_BYE):
                    await client.quit()
        except (SMTPException, OSError, ValueError) as failure:  # TimeoutError is an OSError
            return failure
        finally:
            client.close()
        return None

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            local_hostname=self._sender.domain,
            timeout=self._total_seconds,
            use_tls=server.tls is Tls.IMPLICIT,
            start_tls=_STARTTLS[server.tls],
            tls_context=None if server.tls is Tls.NONE else self._tls,
        )

    def _told(self, failure: Exception, to: str) -> str:
        """Return what went wrong, without what is nobody's business: servers repeat addresses."""
        if isinstance(failure, SMTPRecipientsRefused):
            failure = failure.recipients[0]
        if isinstance(failure, SMTPResponseException):
            said = f"the mail server answered {failure.code}: {failure.message}"
        elif isinstance(failure, TimeoutError):
            said = f"the mail server did not take it within {self._total_seconds:g} s"
        else:
            said = f"{type(failure).__name__}: {failure}"
        for hidden in (to, self._server.password):
            said = said.replace(hidden, "…") if hidden else said
        return one_line(said)[:_ERROR_LIMIT]


def reader_of(destination: Destination, message: Message) -> Reader | str:
    """Return who reads what is sent to a destination, or why nobody does."""
    if destination.user_id is None:
        teams = frozenset() if destination.team_id is None else frozenset({destination.team_id})
        if destination.address is None:
            return "not sent: the destination has no address"
        return Reader(address=destination.address, teams=teams)
    person = message.recipient
    if person is None or not person.active:
        return "not sent: the user is deactivated"
    if person.email is None:
        return "not sent: the user has no e-mail address"
    return Reader(
        address=person.email, name=person.name, user_id=person.id, teams=message.answers_for
    )


def _status_of(failure: Exception) -> int | None:
    if isinstance(failure, SMTPRecipientsRefused):
        failure = failure.recipients[0]
    code = failure.code if isinstance(failure, SMTPResponseException) else None
    return code if code is not None and code > 0 else None


def _is_final(failure: Exception) -> bool:
    """Whether this mail will never be taken.

    What is said of us (the password, the address in From) is ours to mend, so it is repeated.
    """
    if isinstance(failure, SMTPNotSupported | UnicodeError):
        return True
    of_mail = isinstance(failure, SMTPRecipientsRefused | SMTPRecipientRefused | SMTPDataError)
    return of_mail and (_status_of(failure) or 0) >= _PERMANENT
