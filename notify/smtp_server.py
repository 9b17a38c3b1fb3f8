"""The mail server that we send by, as a URL says it."""

import ipaddress
from dataclasses import dataclass, field
from email.utils import parseaddr
from enum import StrEnum
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

_PORTS = {"smtp": 25, "smtps": 465}
SUBMISSION = 587


class Tls(StrEnum):
    """How the way to the mail server is encrypted; what `tls=…` says."""

    IMPLICIT = "implicit"
    """From the first byte: `smtps://`."""
    REQUIRED = "required"
    """STARTTLS, or nothing is sent."""
    OFFERED = "offered"
    """STARTTLS if the server offers it."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mail goes, and how one signs in there."""

    host: str
    port: int
    tls: Tls
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `smtp://user:password@host:587?tls=…`; raises `ValueError` that tells no secret."""
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port
            options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        except ValueError:
            raise ValueError("it is not a URL; write `smtp://user:password@host:587`") from None
        if parts.scheme not in _PORTS or not host or port == 0:
            raise ValueError("write `smtp://user:password@host:587` or `smtps://…`")
        if parts.path.strip("/") or parts.fragment or set(options) - {"tls"}:
            raise ValueError("behind the host only `?tls=…` may stand; encode `/` in a password")
        if (parts.username is None) is not (parts.password is None):
            raise ValueError("a user has a password, and a password a user")
        signs_in = parts.username is not None
        usual = SUBMISSION if signs_in and parts.scheme == "smtp" else _PORTS[parts.scheme]
        return cls(
            host=host,
            port=port or usual,
            tls=_tls(parts.scheme, options.get("tls", []), host, signs_in=signs_in),
            username=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )


def _tls(scheme: str, said: list[str], host: str, *, signs_in: bool) -> Tls:
    if scheme == "smtps":
        if said and said != [Tls.IMPLICIT.value]:
            raise ValueError("`smtps://` is encrypted from the first byte; leave `tls` out")
        return Tls.IMPLICIT
    here = _is_loopback(host)
    if not said:
        return Tls.NONE if here else Tls.REQUIRED if signs_in else Tls.OFFERED
    try:
        tls = Tls(said[-1])
    except ValueError:
        raise ValueError("`tls` is `required`, `offered` or `none`") from None
    if tls is Tls.IMPLICIT:
        raise ValueError("`tls=implicit` is written `smtps://`")
    if signs_in and not here and tls is not Tls.REQUIRED:
        raise ValueError("a password goes over an encrypted way only: leave `tls` out")
    return tls


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def checked_sender(text: str) -> str:
    """Return `Name <address>` as it stands in From, or raise `ValueError`."""
    text = text.strip()
    _, address = parseaddr(text)
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or not text.isprintable() or " " in address:
        raise ValueError("write an address, such as `Tessera <tessera@example.com>`")
    return text
