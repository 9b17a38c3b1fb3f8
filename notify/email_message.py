"""A message as an e-mail: subject, text and HTML. Pure, so that it can be shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from domain.answer_links import AnswerLinks
from notify.digest import Digest
from notify.email_content import Reader, Writer, digest_of, single_of
from notify.messages import Message

_SUBJECT_LIMIT = 150
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who writes, and where the links lead."""

    address: str
    """As it stands in From: `Tessera <tessera@example.com>`."""
    public_url: str
    links: AnswerLinks

    @property
    def mailbox(self) -> Address:
        """The address with its name."""
        name, address = parseaddr(self.address)
        return _address(address, name)

    @property
    def envelope(self) -> str:
        """The address alone: what the mail server is told."""
        return self.mailbox.addr_spec

    @property
    def domain(self) -> str:
        """The domain of ids: that of the address, in ASCII."""
        return self.mailbox.domain


def composed(
    message: Message, sender: Sender, reader: Reader, now: datetime
) -> tuple[EmailMessage, str]:
    """Return the mail that tells this reader of a message, and the address that it goes to.

    Raises `ValueError` for an address that no mail can go to.
    """
    writer = Writer(public_url=sender.public_url, links=sender.links, reader=reader, now=now)
    if message.carried:
        digest = Digest.of(message, reader.teams)
        subject, template = digest.headline, "digest"
        content: object = digest_of(writer, digest)
    else:
        single = single_of(writer, message)
        subject, template, content = single.subject, "single", single
    to = _address(reader.address, reader.name)
    mail = EmailMessage(policy=SMTP if to.addr_spec.isascii() else SMTPUTF8)
    mail["From"] = sender.mailbox
    mail["To"] = to
    mail["Subject"] = one_line(subject)[:_SUBJECT_LIMIT]
    mail["Date"] = format_datetime(now)
    for header, value in _headers(message, sender, writer).items():
        mail[header] = value
    context = {"mail": content, "subject": subject}
    mail.set_content(_TEXT.get_template(f"{template}.txt").render(context).strip() + "\n")
    mail.add_alternative(_HTML.get_template(f"{template}.html").render(context), subtype="html")
    return mail, to.addr_spec


def message_id(message: Message, sender: Sender) -> str:
    """Return the id of a mail, the same for every attempt."""
    return f"<{message.delivery_id or message.event.id}@{sender.domain}>"


def _headers(message: Message, sender: Sender, writer: Writer) -> Mapping[str, str]:
    headers = {
        "Message-ID": message_id(message, sender),
        "List-Id": f"Tessera <notifications.{sender.domain}>",
        "List-Unsubscribe": f"<{writer.preferences}>",
        "Auto-Submitted": "auto-generated",
    }
    if not message.carried and message.event.proposal_id is not None:
        thread = f"<proposal-{message.event.proposal_id}@{sender.domain}>"
        headers |= {"In-Reply-To": thread, "References": thread}
    return headers


def one_line(text: str) -> str:
    """Return a text without line breaks and control characters: it stands in a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def in_ascii(address: str) -> str:
    """Return an address with its domain as DNS has it; raises `ValueError` if it has no such."""
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    import idna

    return f"{local}@{idna.encode(domain, uts46=True).decode()}"  # idna.IDNAError is a ValueError


def _address(address: str, name: str) -> Address:
    local, _, domain = in_ascii(address).rpartition("@")
    if not local or not domain or one_line(local) != local or one_line(domain) != domain:
        raise ValueError("not an e-mail address")
    return Address(display_name=one_line(name), username=local, domain=domain)


def _prose(sentence: str) -> Markup:
    """Return a sentence in which `code` is code; everything else in it is text."""
    parts = _CODE.split(sentence)  # every second one is code
    return Markup().join(
        Markup("<code>{}</code>").format(part) if place % 2 else part
        for place, part in enumerate(parts)
    )


def _environment(*, escaped: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["prose"] = _prose
    return environment


_HTML, _TEXT = _environment(escaped=True), _environment(escaped=False)
