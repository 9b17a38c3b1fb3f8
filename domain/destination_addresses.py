"""What a destination's address and secret look like, kind by kind."""

import base64
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from domain.destinations import DestinationKind
from domain.errors import InvalidRequest
from domain.users import UserKind, checked_email

URL_LIMIT = 2000
SECRET_PREFIX = "whsec_"  # the Standard Webhooks specification's prefix
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,30}")
"""A Slack channel's id: a name can be changed, and then another channel may get it."""
_BRACKETED = re.compile(r"\[[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*\](:[0-9]*)?")
"""An IPv6 address with a port or without; readers differ in what else they let stand there."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def checked_name(name: str) -> str:
    """Return the name that an owner calls a destination, or raise `InvalidRequest`."""
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            "A destination's name has 1 to 63 of a-z, 0-9, `.`, `_` and `-`, and begins with a "
            "letter or a digit.",
            errors=[{"path": "name", "message": "not a usable name"}],
        )
    return name


def checked_address(
    kind: DestinationKind, address: str | None, *, in_person: bool = False
) -> str | None:
    """Return the address, or raise `InvalidRequest`; whether anybody is there is seen at sending.

    A person's may be None: where that person's own e-mail address leads.
    """
    if in_person:
        _check_own(kind, address)
        return None
    if kind is DestinationKind.WEBHOOK:
        return checked_url(address or "")
    if kind is DestinationKind.EMAIL:
        return checked_email(address, UserKind.PERSON)
    if not _CHANNEL.fullmatch(address or ""):
        raise _invalid(
            "A Slack channel is named by its id, such as `C024BE91L`: in Slack it stands at the "
            "foot of the channel's details.",
            "not a channel's id",
        )
    return address


def _check_own(kind: DestinationKind, address: str | None) -> None:
    if kind is DestinationKind.WEBHOOK:
        raise _invalid("A webhook is a team's or the server's, not a person's.", "not a person's")
    if address is not None:
        raise _invalid(
            "A person is told where their own e-mail address leads; leave `address` out.",
            "not a person's to say",
        )


def checked_url(url: str) -> str:
    """Return the URL of a webhook, or raise `InvalidRequest`."""
    if not is_usable_url(url):
        raise _invalid(
            "A webhook's URL begins with http:// or https://, names a host, and is plain ASCII.",
            "not a usable URL",
        )
    return url


def is_usable_url(url: str) -> bool:
    """Whether it is a URL that a webhook can be sent to; says nothing of where it leads."""
    if len(url) > URL_LIMIT or not url.isascii() or not url.isprintable():
        return False
    if " " in url or "\\" in url:  # which some readers take for a slash
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # brackets that are no address, a port that is no number
        return False
    place = parts.netloc.rpartition("@")[2]
    if "[" in place and not _BRACKETED.fullmatch(place):
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0


def check_host(url: str, allowed: Sequence[str]) -> None:
    """Raise `InvalidRequest` unless a webhook's host is among those that the server allows."""
    if not is_allowed_host(host := host_of(url), allowed):
        raise _invalid(
            f"This server sends webhooks only to the hosts of WEBHOOK_ALLOWED_DOMAINS, and "
            f"`{host}` is none of them.",
            "not an allowed host",
        )


def is_allowed_host(host: str, allowed: Sequence[str]) -> bool:
    """Whether a host is one of these, or below one that is written as `*.example.com`."""
    return not allowed or any(
        host.endswith(each.removeprefix("*")) if each.startswith("*.") else host == each
        for each in allowed
    )


def host_of(url: str) -> str:
    """Return the host of a URL, in lower case and without the dot of the root at its end."""
    return (urlsplit(url).hostname or "").removesuffix(".")


def checked_secret(secret: str) -> str:
    """Return a webhook's secret, or raise `InvalidRequest`.

    `whsec_` and base64 is the Standard Webhooks specification's form. A secret of any other form is
    taken as the bytes that it is written with.
    """
    if not 16 <= len(secret) <= 200:
        raise InvalidRequest(
            "A webhook's secret has 16 to 200 characters.",
            errors=[{"path": "secret", "message": "too short or too long"}],
        )
    if secret.startswith(SECRET_PREFIX) and not _is_base64(secret.removeprefix(SECRET_PREFIX)):
        raise InvalidRequest(
            f"What follows `{SECRET_PREFIX}` in a webhook's secret is base64; receivers decode it.",
            errors=[{"path": "secret", "message": "not base64"}],
        )
    return secret


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:  # not base64, or not even ASCII
        return False
    return True


def secret_of(key: bytes) -> str:
    """Return the secret of a key of 24 to 64 bytes, in the specification's form."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def _invalid(detail: str, message: str) -> InvalidRequest:
    return InvalidRequest(detail, errors=[{"path": "address", "message": message}])
