"""Signing in by key: a cookie that says when it ends, signed with a secret made from the key.

No key itself is in the cookie, nor anything that it could be guessed from: only the lookup prefix
of the key that one signed in with. There is nothing to store: that key is looked up at every
request, so a session ends with it, and whoever changes the bootstrap key ends all sessions. Signing
out only makes the browser forget the cookie.

A cookie is sent by the browser of its own accord, so it counts for the pages alone: the API takes a
key in a header and nothing else. That another site's page cannot use it is held twice: the cookie
is `SameSite=Strict`, and `api.routing` refuses every POST that comes from another site, by what the
browser says of itself in `Sec-Fetch-Site` or `Origin`. Neither needs JavaScript or a token in the
forms.
"""

import hmac
import time

from fastapi import Request, Response

from api.auth import ADMINISTRATOR, Authenticator, holder_of
from api.resources import resources_of
from domain.api_keys import Recognized, prefix_of
from domain.authorization import Principal, Role
from domain.errors import Unauthenticated
from store.transaction import Transaction

COOKIE = "tessera_session"
LASTS_SECONDS = 12 * 3600
_PURPOSE = "session of the pages, version 2"
_BOOTSTRAP = "bootstrap"


async def principal_of(request: Request) -> Principal | None:
    """Return who is signed in, if the session is ours and neither it nor its key has ended."""
    expires, _, rest = request.cookies.get(COOKIE, "").partition(".")
    key, _, signature = rest.partition(".")
    if not (expires.isdecimal() and len(expires) <= 12 and signature.isascii()):
        return None
    ours = _signature(resources_of(request).authenticator, expires, key)
    if ours is None or not hmac.compare_digest(ours, signature):
        return None
    if int(expires) <= time.time():
        return None
    return ADMINISTRATOR if key == _BOOTSTRAP else await _holder(request, key)


async def sign_in(request: Request, response: Response, key: str) -> bool:
    """Give the browser a session; False if it is no key that works."""
    resources = resources_of(request)
    authenticator = resources.authenticator
    try:
        principal = await authenticator.principal(resources.database, f"Bearer {key}")
    except Unauthenticated:
        return False
    if principal.role in (Role.NOBODY, Role.DEVELOPER):
        return False
    name = prefix_of(key) or _BOOTSTRAP
    expires = str(int(time.time()) + LASTS_SECONDS)
    signature = _signature(authenticator, expires, name)
    if signature is None:
        return False
    response.set_cookie(
        COOKIE,
        f"{expires}.{name}.{signature}",
        max_age=LASTS_SECONDS,
        httponly=True,
        samesite="strict",
        secure=_is_encrypted(request),
    )
    return True


def sign_out(response: Response) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


async def _holder(request: Request, prefix: str) -> Principal | None:
    async def work(tx: Transaction) -> Recognized | None:
        return await tx.api_keys.of_prefix(prefix)

    found = await resources_of(request).database.read(work)
    try:
        return None if found is None else holder_of(found)
    except Unauthenticated:
        return None


def _signature(authenticator: Authenticator, expires: str, key: str) -> str | None:
    secret = authenticator.secret_for(_PURPOSE)
    if secret is None:
        return None
    return hmac.digest(secret, f"{expires}.{key}".encode(), "sha256").hex()


def _is_encrypted(request: Request) -> bool:
    public = resources_of(request).public_url
    return request.url.scheme == "https" or public.startswith("https://")
