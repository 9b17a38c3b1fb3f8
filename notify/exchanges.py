"""What is kept of a request and of what came back: enough to see what went wrong, and no secret."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from domain.json_types import JsonObject

KEPT = 4096
"""Characters of a body, and of all headers together."""
_SEARCHED = 4 * KEPT
"""A secret that begins before the end of what is kept is found whole."""
CUT = "[cut]"
_SECRET_HEADERS = frozenset(
    {
        *("webhook-signature", "authorization", "proxy-authorization", "cookie", "set-cookie"),
        "authentication-info",
    }
)
_SHORTEST = 4
"""What is shorter stands in any text."""


def request_kept(
    url: str, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]
) -> JsonObject:
    """Return what is kept of a request; of the address, whose path may be a secret, the origin."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return {
        "method": "POST",
        "origin": f"{parts.scheme}://{place}",
        "headers": _headers(headers.items(), secrets, ours=True),
        **_kept(body, secrets),
    }


def response_kept(
    headers: Iterable[tuple[bytes, bytes]], body: bytes, secrets: Sequence[str]
) -> JsonObject:
    """Return what is kept of a response, of which `body` is as much as was read."""
    named = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
    return {"headers": _headers(named, secrets), **_kept(body, secrets)}


def secrets_of(url: str, secrets: Iterable[str], signed: str) -> Sequence[str]:
    """Return every text that a receiver may give back and nobody may read later."""
    parts = urlsplit(url)
    named = [*signed.split(), parts.username or "", parts.password or ""]
    for secret in secrets:
        named += [secret, secret.removeprefix("whsec_")]
    return sorted((each for each in named if len(each) >= _SHORTEST), key=len, reverse=True)


def _kept(body: bytes, secrets: Sequence[str]) -> JsonObject:
    text = body[:_SEARCHED].decode(errors="replace")
    return {
        "body": _cut(text, secrets)[:KEPT],
        "body_bytes": len(body),
    }


def _headers(
    headers: Iterable[tuple[str, str]], secrets: Sequence[str], *, ours: bool = False
) -> dict[str, str]:
    """Return what is kept of headers; the names of `ours` are no secrets, whatever they hold."""
    kept: dict[str, str] = {}
    left = KEPT
    for name, value in headers:
        key = (name.lower() if ours else _cut(name.lower(), secrets))[:100]
        said = CUT if key in _SECRET_HEADERS else _cut(value[:_SEARCHED], secrets)
        left -= len(key) + len(said)
        if left < 0:
            break
        kept[key] = f"{kept[key]}, {said}" if key in kept else said
    return kept


def _cut(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, CUT)
    return text.replace("\0", "\ufffd")  # Postgres keeps no NUL
