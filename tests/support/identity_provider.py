"""A small identity provider on the loopback, honest or not, as a test wants it.

It signs with the library that authlib verifies with; what it says is put together by the test.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from domain.json_types import JsonObject
from tests.support.live_api import listening_at

CLIENT_ID = "tessera"
CLIENT_SECRET = "a secret: with + and % in it"

Sign = Callable[[JsonObject, RSAKey], str]


def signed(claims: JsonObject, key: RSAKey) -> str:
    """A token as it should be."""
    return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


def unsigned(claims: JsonObject, key: RSAKey) -> str:
    """A token with the algorithm `none`."""
    return f"{_part({'alg': 'none', 'kid': key.kid})}.{_part(claims)}."


def signed_with_public_key(claims: JsonObject, key: RSAKey) -> str:
    """A token whose HMAC was made with what everybody can read."""
    head = f"{_part({'alg': 'HS256', 'kid': key.kid})}.{_part(claims)}"
    digest = hmac.digest(key.as_pem(private=False), head.encode(), "sha256")
    return f"{head}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _part(value: JsonObject) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})


@dataclass
class IdentityProvider:
    """`person` is who signs in there; `claims` and `metadata` replace what is said of it."""

    address: str = ""
    person: JsonObject = field(default_factory=dict)
    claims: JsonObject = field(default_factory=dict)
    metadata: JsonObject = field(default_factory=dict)
    by_userinfo: JsonObject = field(default_factory=dict)
    sign: Sign = signed
    key: RSAKey = field(default_factory=_new_key)
    codes: dict[str, JsonObject] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    answers: dict[str, Response] = field(default_factory=dict)
    """What a path is answered with instead."""
    takes_codes_twice: bool = False

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self.key = _new_key()

    async def discovery(self, request: Request) -> Response:
        """What the provider says of itself."""
        endpoints = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "jwks_uri": "keys",
            "userinfo_endpoint": "userinfo",
            "end_session_endpoint": "leave",
        }
        return JSONResponse(
            {
                "issuer": self.address,
                **{name: f"{self.address}/{path}" for name, path in endpoints.items()},
                "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
                **self.metadata,
            }
        )

    async def authorize(self, request: Request) -> Response:
        """Sign the person in without asking."""
        asked = dict(request.query_params)
        code = secrets.token_hex(8)
        self.codes[code] = asked
        answer = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}", 303)

    async def token(self, request: Request) -> Response:
        """The tokens of a code, for who proves to have asked for it."""
        form = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        asked = self.codes.get(form["code"])
        if not self.takes_codes_twice:
            self.codes.pop(form["code"], None)
        if asked is None or not _is_proven(form["code_verifier"], asked) or not _is_client(request):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        said = {"iss": self.address, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        said |= {"nonce": asked["nonce"], **self.person, **self.claims}
        said = {name: value for name, value in said.items() if value is not None}
        token = self.sign(said, self.key)
        return JSONResponse(
            {"access_token": "for-userinfo", "token_type": "Bearer", "id_token": token}
        )

    async def userinfo(self, request: Request) -> Response:
        """What the token does not say."""
        assert request.headers["authorization"] == "Bearer for-userinfo"
        return JSONResponse(self.by_userinfo)

    async def keys(self, request: Request) -> Response:
        """The key of now."""
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def app(self) -> Starlette:
        """The provider's web server."""

        def noted(serve: Callable[[Request], object]) -> Callable[[Request], object]:
            async def served(request: Request) -> Response:
                self.seen.append(request.url.path)
                instead = self.answers.get(request.url.path)
                answer = instead or await serve(request)  # type: ignore[misc]
                assert isinstance(answer, Response)
                return answer

            return served

        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", noted(self.discovery)),
                Route("/authorize", noted(self.authorize)),
                Route("/token", noted(self.token), methods=["POST"]),
                Route("/userinfo", noted(self.userinfo)),
                Route("/keys", noted(self.keys)),
            ]
        )


@asynccontextmanager
async def identity_provider() -> AsyncIterator[IdentityProvider]:
    """A provider that runs while the block does."""
    provider = IdentityProvider()
    with listening_at() as listening:
        provider.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(provider.app(), lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listening]))
        try:
            yield provider
        finally:
            server.should_exit = True
            await task


def _is_proven(verifier: str, asked: JsonObject) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return (asked["code_challenge_method"], asked["code_challenge"]) == ("S256", challenge)


def _is_client(request: Request) -> bool:
    _, _, basic = request.headers["authorization"].partition(" ")
    name, _, secret = base64.b64decode(basic).decode().partition(":")
    return (unquote(name), unquote(secret)) == (CLIENT_ID, CLIENT_SECRET)
