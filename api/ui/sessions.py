"""Who is signed in on the pages: a cookie with a random token, and a row that says whose it is.

A cookie is sent by the browser of its own accord, so it counts for the pages alone: the API takes a
key in a header and nothing else. That another site's page cannot use it is held by
`api.routing.check_site`, which refuses every POST that comes from another site, by what the browser
says of itself in `Sec-Fetch-Site` or `Origin`; nothing but a POST changes anything. It needs
neither JavaScript nor a token in the forms.

The cookie is `SameSite=Lax` besides. `Strict` would keep it from the answer to the identity
provider's redirect, and from every link in a chat; what it would add is held by the check already.
"""

from dataclasses import dataclass
from typing import cast

import structlog
from fastapi import Request, Response

from api.auth import ADMINISTRATOR
from api.resources import resources_of
from domain.actors import Caller, Origin
from domain.authorization import Principal, Role
from domain.errors import SignInRefused, Unauthenticated
from domain.sessions import RecognizedSession, SignInMethod, Visitor, new_token
from record import sessions
from record.passwords import Browser
from record.sessions import Beginning, Started
from store.sign_ins import DEVICE_LASTS

SESSION = "tessera_session"
DEVICE = "tessera_device"
JOURNEY = "tessera_journey"
"""Of a browser that is on its way to the identity provider."""
_TOKEN_LENGTH = 64

_log = structlog.get_logger("api")


@dataclass(frozen=True, slots=True)
class Cookies:
    """Our cookies in one request and its answer."""

    request: Request

    @property
    def are_encrypted(self) -> bool:
        """Whether people reach the server by https."""
        public = resources_of(self.request).public_url
        return self.request.url.scheme == "https" or public.startswith("https://")

    def name(self, plain: str) -> str:
        """Return the name; with the prefix no other host of the domain can set such a cookie."""
        return f"__Host-{plain}" if self.are_encrypted else plain

    def token(self, plain: str) -> str | None:
        """Return what the browser has, if it can be one of our tokens."""
        value = self.request.cookies.get(self.name(plain), "")
        return value if len(value) == _TOKEN_LENGTH and value.isascii() else None

    def put(self, response: Response, plain: str, token: str, seconds: int) -> None:
        """Give the browser a token."""
        response.set_cookie(
            self.name(plain),
            token,
            max_age=seconds,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self.are_encrypted,
        )

    def drop(self, response: Response, plain: str) -> None:
        """Have the browser forget a token."""
        response.delete_cookie(
            self.name(plain), path="/", httponly=True, samesite="lax", secure=self.are_encrypted
        )


async def principal_of(request: Request) -> Principal | None:
    """Return who is signed in, if neither the session nor what it hangs on has ended."""
    resources = resources_of(request)
    request.state.session = None
    token = Cookies(request).token(SESSION)
    if token is None:
        return None
    found = await sessions.recognize(resources.database, token)
    if found is None:
        return None
    principal = resources.authenticator.of_session(found, resources.sessions.idle)
    if principal is not None:
        request.state.session = found
        resources.authenticator.uses.of_session(resources.database, found.session.id)
    return principal


def session_of(request: Request) -> RecognizedSession | None:
    """Return the session by which this request is let in, if it is by one."""
    return cast("RecognizedSession | None", request.state.session)


async def sign_in_by_key(request: Request, key: str) -> Started:
    """Return a session that ends with this key; raises `SignInRefused` if it is none that works."""
    resources = resources_of(request)
    authenticator = resources.authenticator
    try:
        principal = await authenticator.principal(resources.database, f"Bearer {key}")
    except Unauthenticated as refusal:
        raise SignInRefused(refusal.detail) from None
    if principal.role in (Role.NOBODY, Role.DEVELOPER):
        raise SignInRefused("No key that works.")
    caller = Caller(actor=principal.actor, origin=Origin.PAGE, request_id=request.state.request_id)
    beginning = beginning_of(request, SignInMethod.KEY)
    if principal is ADMINISTRATOR:
        return await sessions.start(
            resources.database, caller, beginning, bootstrap=authenticator.bootstrap_mark
        )
    return await sessions.start(resources.database, caller, beginning, key_id=principal.key_id)


def beginning_of(request: Request, method: SignInMethod) -> Beginning:
    """Return what a session of this browser is made of."""
    return Beginning(
        method=method,
        visitor=Visitor(address=address_of(request), agent=request.headers.get("user-agent", "")),
        limits=resources_of(request).sessions,
        before=Cookies(request).token(SESSION),
    )


def browser_of(request: Request) -> Browser:
    """Return what attempts of this browser are counted by; one that has no token gets one."""
    return Browser(
        device=Cookies(request).token(DEVICE) or new_token(),
        address=address_of(request),
        request_id=request.state.request_id,
    )


def address_of(request: Request) -> str:
    """Return where the request comes from."""
    return resources_of(request).rate_limits.address_of(request)


def log_refusal(request: Request, method: SignInMethod, why: str, who: str | None = None) -> None:
    """Log that nobody was signed in; in the record it would be a way to flood the record."""
    _log.info("sign-in refused", method=method.value, why=why, who=who, address=address_of(request))


def signed_in(request: Request, response: Response, started: Started) -> None:
    """Give the browser its new session."""
    seconds = int(resources_of(request).sessions.lifetime.total_seconds())
    Cookies(request).put(response, SESSION, started.token, seconds)


def known(request: Request, response: Response, browser: Browser) -> None:
    """Let the browser keep the token by which it is known to the account."""
    if browser.device is not None:
        seconds = int(DEVICE_LASTS.total_seconds())
        Cookies(request).put(response, DEVICE, browser.device, seconds)
