"""OpenID Connect as authlib speaks it: pure functions from what was sent to what it means.

Importing this takes a quarter of a second and 15 MiB, so `api.provider` does it at the first
sign-in by a provider, and outside of the event loop. authlib's own HTTP clients are not used: see
decision 24.
"""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from domain.errors import SignInRefused
from domain.json_types import JsonObject

LEEWAY_SECONDS = 60
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
"""Signatures that only the provider can make. `none` is none, and HS256 would take a public key for
a shared secret."""
_FORM = "application/x-www-form-urlencoded"


class UnknownKey(Exception):
    """The token names a key that the provider did not show: it may have a new one."""


def authorization_url(
    endpoint: str, *, client_id: str, redirect_uri: str, scopes: str, state: str, **more: str
) -> str:
    """Return where to send the browser; `more` is `nonce` and `verifier`."""
    url: str = prepare_grant_uri(
        endpoint,
        client_id=client_id,
        response_type="code",
        redirect_uri=redirect_uri,
        scope=scopes,
        state=state,
        nonce=more["nonce"],
        code_challenge=create_s256_code_challenge(more["verifier"]),  # type: ignore[no-untyped-call]
        code_challenge_method="S256",
    )
    return url


def token_request(
    *,
    client_id: str,
    client_secret: str | None,
    supported: object,
    code: str,
    redirect_uri: str,
    verifier: str,
) -> tuple[dict[str, str], bytes]:
    """Return the headers and the form that ask for the tokens of a code."""
    body = prepare_token_request(
        "authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=verifier
    )
    method = _client_auth(client_secret, supported)
    names = (client_id, client_secret)
    if method == "client_secret_basic":  # RFC 6749, 2.3.1, which authlib leaves to its callers
        names = (quote(client_id, safe=""), quote(client_secret or "", safe=""))
    headers = {"Content-Type": _FORM}
    authentication = ClientAuth(*names, method)
    _, headers, body = authentication.prepare("POST", "", headers, body)  # type: ignore[no-untyped-call]
    return headers, body.encode()


def claims_of(
    tokens: JsonObject,
    *,
    keys: JsonObject,
    algorithms: object,
    issuer: str,
    client_id: str,
    nonce: str,
) -> JsonObject:
    """Return what a token says that the provider signed for us, for this sign-in, just now.

    Raises `UnknownKey` and `SignInRefused`.
    """
    try:
        key_set = KeySet.import_key_set({"keys": _public(keys)})  # type: ignore[typeddict-item]
        registry = JWSRegistry(algorithms=_algorithms(algorithms), strict_check_header=False)
        decoded = jwt.decode(str(tokens.get("id_token", "")), key_set, registry=registry)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": client_id},
            },
            {
                "nonce": nonce,
                "client_id": client_id,
                "access_token": tokens.get("access_token"),
            },
        )
        claims.validate(leeway=LEEWAY_SECONDS)
    except InvalidKeyIdError as error:
        raise UnknownKey from error
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise SignInRefused(
            "What the identity provider sent is not to be trusted.", why=type(error).__name__
        ) from error
    return cast("JsonObject", dict(claims))


def sign_out_url(endpoint: str, *, client_id: str, back_to: str) -> str:
    """Return where one signs out at the provider (RP-initiated logout)."""
    url: str = add_params_to_uri(
        endpoint, [("client_id", client_id), ("post_logout_redirect_uri", back_to)]
    )
    return url


def _client_auth(client_secret: str | None, supported: object) -> str:
    if client_secret is None:
        return "none"
    named = supported if isinstance(supported, list) else ["client_secret_basic"]
    wants_post = "client_secret_post" in named and "client_secret_basic" not in named
    return "client_secret_post" if wants_post else "client_secret_basic"


def _algorithms(supported: object) -> list[str]:
    named = supported if isinstance(supported, list) else ["RS256"]
    return [each for each in ALGORITHMS if each in named] or ["RS256"]


def _public(keys: JsonObject) -> list[Mapping[str, Any]]:
    """The keys that sign: a shared secret among them would let anybody sign who reads it."""
    found = keys.get("keys")
    listed = found if isinstance(found, list) else []
    return [
        key
        for key in listed
        if isinstance(key, dict) and key.get("kty") != "oct" and key.get("use", "sig") == "sig"
    ]
