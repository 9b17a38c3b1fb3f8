"""Signing in by key: a cookie that says when it ends, signed with a secret made from the key.

The key itself is never in the cookie, nor anything that it could be guessed from. There is nothing
to store: whoever changes the bootstrap key ends all sessions. Signing out only makes the browser
forget the cookie.

A cookie is sent by the browser of its own accord, so it counts for the pages alone: the API takes a
key in a header and nothing else. That another site's page cannot use it is held twice: the cookie
is `SameSite=Strict`, and `api.routing` refuses every POST that comes from another site, by what the
browser says of itself in `Sec-Fetch-Site` or `Origin`. Neither needs JavaScript or a token in the
forms.
"""

import hmac
import time

from fastapi import Request, Response

from api.auth import ADMINISTRATOR, Authenticator
from api.resources import resources_of
from domain.authorization import Principal, Role

COOKIE = "tessera_session"
LASTS_SECONDS = 12 * 3600
_PURPOSE = "session of the pages, version 1"


def principal_of(request: Request) -> Principal | None:
    """Return who is signed in, if the session is ours and has not ended."""
    expires, _, signature = request.cookies.get(COOKIE, "").partition(".")
    if not (expires.isdecimal() and len(expires) <= 12 and signature.isascii()):
        return None
    ours = _signature(resources_of(request).authenticator, expires)
    if ours is None or not hmac.compare_digest(ours, signature):
        return None
    return ADMINISTRATOR if int(expires) > time.time() else None


def sign_in(request: Request, response: Response, key: str) -> bool:
    """Give the browser a session; False if the key is not the one."""
    authenticator = resources_of(request).authenticator
    if authenticator.principal(f"Bearer {key}").role is not Role.ADMIN:
        return False
    expires = str(int(time.time()) + LASTS_SECONDS)
    response.set_cookie(
        COOKIE,
        f"{expires}.{_signature(authenticator, expires)}",
        max_age=LASTS_SECONDS,
        httponly=True,
        samesite="strict",
        secure=_is_encrypted(request),
    )
    return True


def sign_out(response: Response) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def _signature(authenticator: Authenticator, expires: str) -> str | None:
    secret = authenticator.secret_for(_PURPOSE)
    return None if secret is None else hmac.digest(secret, expires.encode(), "sha256").hex()


def _is_encrypted(request: Request) -> bool:
    public = resources_of(request).public_url
    return request.url.scheme == "https" or public.startswith("https://")
