"""The identity provider: sending a browser there, and believing what it comes back with."""

import asyncio
import base64
import hashlib
import hmac
import importlib
import time
from dataclasses import dataclass, field
from typing import Any

from api.provider_calls import ProviderCalls
from api.refusals import ProviderUnavailable
from domain.errors import SignInRefused
from domain.json_types import JsonObject
from domain.provider_groups import GroupRules, ProviderIdentity

_KEPT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderOptions:
    """Which provider it is, what we are to it, and what its word counts for."""

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scopes: str = "openid email profile"
    name: str = "your organisation"
    groups_claim: str = "groups"
    rules: GroupRules = GroupRules()  # noqa: RUF009  # frozen
    trust_email: bool = False


@dataclass(frozen=True, slots=True)
class Journey:
    """One way to the provider and back, of one browser: everything follows from its token.

    So nothing of it is kept but the token's digest, and only this browser can come back.
    """

    token: str = field(repr=False)

    @property
    def state(self) -> str:
        """What comes back with the browser: it was this one that we sent."""
        return self._made("state")

    @property
    def nonce(self) -> str:
        """What the provider signs: its word is for this journey."""
        return self._made("nonce")

    @property
    def verifier(self) -> str:
        """What proves that it was us who sent the browser (PKCE)."""
        return self._made("verifier")

    def is_of(self, state: str) -> bool:
        """Whether this state came from this journey."""
        return hmac.compare_digest(self.state.encode(), state.encode("utf-8", "surrogateescape"))

    def _made(self, purpose: str) -> str:
        digest = hmac.digest(self.token.encode(), purpose.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Provider:
    """One per process; what it says of itself is asked for when first needed, and each hour."""

    def __init__(self, options: ProviderOptions, calls: ProviderCalls | None = None) -> None:
        self.options = options
        self._calls = calls or ProviderCalls()
        self._metadata: JsonObject = {}
        self._keys: JsonObject = {}
        self._asked_at = 0.0

    async def authorization_url(self, journey: Journey, redirect_uri: str) -> str:
        """Return where to send the browser; raises `ProviderUnavailable`."""
        metadata = await self._known()
        from api import provider_protocol as protocol

        return protocol.authorization_url(
            self._endpoint(metadata, "authorization_endpoint"),
            client_id=self.options.client_id,
            redirect_uri=redirect_uri,
            scopes=self.options.scopes,
            state=journey.state,
            nonce=journey.nonce,
            verifier=journey.verifier,
        )

    async def identity(
        self, journey: Journey, redirect_uri: str, code: str, issuer: str | None
    ) -> ProviderIdentity:
        """Return who came back with a code; raises `SignInRefused`, `ProviderUnavailable`.

        `issuer` is whose answer it says it is (RFC 9207), if it says so.
        """
        names_itself = "authorization_response_iss_parameter_supported"
        is_named = issuer is not None or (await self._known()).get(names_itself) is True
        if is_named and issuer != self.options.issuer:
            raise SignInRefused("The answer is of another identity provider.", why="issuer")
        tokens = await self._tokens(journey, redirect_uri, code)
        claims = await self._claims(tokens, journey)
        if self._says_too_little(claims):
            claims = await self._with_more(claims, tokens)
        return self._identity(claims)

    async def sign_out_url(self, back_to: str) -> str | None:
        """Return where one signs out at the provider; None if it offers no such thing."""
        try:
            metadata = await self._known()
        except ProviderUnavailable:
            return None
        if "end_session_endpoint" not in metadata:
            return None
        from api import provider_protocol as protocol

        return protocol.sign_out_url(
            self._endpoint(metadata, "end_session_endpoint"),
            client_id=self.options.client_id,
            back_to=back_to,
        )

    async def _tokens(self, journey: Journey, redirect_uri: str, code: str) -> JsonObject:
        metadata = await self._known()
        from api import provider_protocol as protocol

        headers, body = protocol.token_request(
            client_id=self.options.client_id,
            client_secret=self.options.client_secret,
            supported=metadata.get("token_endpoint_auth_methods_supported"),
            code=code,
            redirect_uri=redirect_uri,
            verifier=journey.verifier,
        )
        url = self._endpoint(metadata, "token_endpoint")
        status, tokens = await self._calls.post(url, headers, body)
        if status != 200:
            why = str(tokens.get("error", status))[:100]
            raise SignInRefused("The identity provider did not take the answer.", why=why)
        return tokens

    async def _claims(self, tokens: JsonObject, journey: Journey) -> JsonObject:
        """Keys change: a token that names a new one is looked at again with the keys of now."""
        metadata = await self._known()
        from api import provider_protocol as protocol

        for attempt in range(2):
            keys = await self._keys_of(metadata, anew=attempt > 0)
            try:
                return protocol.claims_of(
                    tokens,
                    keys=keys,
                    algorithms=metadata.get("id_token_signing_alg_values_supported"),
                    issuer=self.options.issuer,
                    client_id=self.options.client_id,
                    nonce=journey.nonce,
                )
            except protocol.UnknownKey:
                continue
        raise SignInRefused("What the identity provider sent is signed by nobody.", why="key")

    def _says_too_little(self, claims: JsonObject) -> bool:
        wanted = ["email", *([self.options.groups_claim] if self.options.rules else [])]
        return any(name not in claims for name in wanted)

    async def _with_more(self, claims: JsonObject, tokens: JsonObject) -> JsonObject:
        """Add what the provider tells only by its userinfo endpoint, about the same subject."""
        metadata = await self._known()
        if "userinfo_endpoint" not in metadata or "access_token" not in tokens:
            return claims
        url = self._endpoint(metadata, "userinfo_endpoint")
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        more = await self._calls.get(url, bearer)
        if more.get("sub") != claims.get("sub"):
            raise SignInRefused("The identity provider told of somebody else.", why="userinfo")
        return {**more, **claims}

    def _identity(self, claims: JsonObject) -> ProviderIdentity:
        options, email = self.options, claims.get("email")
        said = claims.get("email_verified", options.trust_email)
        is_theirs = isinstance(email, str) and (said is True or said == "true")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject:
            raise SignInRefused("The identity provider does not say who you are.", why="sub")
        name = claims.get("name") or claims.get("preferred_username") or ""
        return ProviderIdentity(
            issuer=options.issuer,
            subject=subject,
            name=str(name),
            email=str(email) if is_theirs else None,
            groups=_groups(claims, options.groups_claim),
        )

    async def _known(self) -> JsonObject:
        """Return what the provider says of itself; the protocol's module is there after it."""
        await _load()
        if not self._metadata or time.monotonic() - self._asked_at > _KEPT_SECONDS:
            url = f"{self.options.issuer.rstrip('/')}/.well-known/openid-configuration"
            found = await self._calls.get(url)
            if found.get("issuer") != self.options.issuer:
                raise ProviderUnavailable(
                    "The identity provider says that it is another one than OIDC_ISSUER."
                )
            self._metadata, self._keys, self._asked_at = found, {}, time.monotonic()
        return self._metadata

    async def _keys_of(self, metadata: JsonObject, *, anew: bool) -> JsonObject:
        if anew or not self._keys:
            self._keys = await self._calls.get(self._endpoint(metadata, "jwks_uri"))
        return self._keys

    def _endpoint(self, metadata: JsonObject, name: str) -> str:
        """Return an address of the provider, as safe as the issuer's own."""
        url = metadata.get(name)
        scheme = self.options.issuer.partition("://")[0]
        if not isinstance(url, str) or not url.startswith(("https://", f"{scheme}://")):
            raise ProviderUnavailable(f"The identity provider names no usable {name}.")
        return url


def _groups(claims: JsonObject, name: str) -> frozenset[str] | None:
    """Return the groups; None if there are too many for a token, which then says where they are."""
    elsewhere: Any = claims.get("_claim_names")
    if name not in claims and isinstance(elsewhere, dict) and name in elsewhere:
        return None
    found = claims.get(name)
    listed = found if isinstance(found, list) else [found]
    return frozenset(each for each in listed if isinstance(each, str))


async def _load() -> None:
    """Import what speaks the protocol, the first time in a thread: it takes a while."""
    await asyncio.to_thread(importlib.import_module, "api.provider_protocol")
