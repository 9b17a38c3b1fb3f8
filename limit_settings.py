"""The settings that keep others at a distance: limits, proxies, other sites, keys of encryption."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from api.client_address import ClientAddresses, parse_networks
from api.cors import ANY
from domain.errors import SetupFailed
from store.encryption import Encryption

RATE_LIMITS: Mapping[str, int] = {
    "rate_limit": 3000,
    "rate_limit_address": 300,
    "rate_limit_failures": 20,
}
"""What holds in production where nothing is said."""
_MOST = 1_000_000
_USUAL_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9._:-]+")


class LimitSettings(BaseSettings):
    """The part of `Settings` that these are."""

    rate_limit: int | None = Field(
        None,
        ge=0,
        le=_MOST,
        description="Requests a minute of each holder of keys: a team's key, or a person or bot "
        "with all of theirs; over all API processes together. 0: no limit. Default: 3000, and none "
        "in development.",
    )
    rate_limit_address: int | None = Field(
        None,
        ge=0,
        le=_MOST,
        description="The same of each address, for callers without a key. Default: 300, and none "
        "in development.",
    )
    rate_limit_failures: int | None = Field(
        None,
        ge=0,
        le=_MOST,
        description="Wrong keys and failed sign-ins a minute of each address. Default: 20, and "
        "none in development.",
    )
    trusted_proxies: str = Field(
        "",
        description="Networks of the proxies before the API, comma-separated, such as "
        "`10.0.0.0/8,::1`: what these write into `X-Forwarded-For` is believed, and nobody else.",
    )
    cors_origins: str = Field(
        "",
        description="Sites whose pages may use the API from a browser, with a key of their own: "
        "comma-separated origins, such as `https://portal.example.com`. `*` is for development.",
    )
    encryption_keys: SecretStr | None = Field(
        None,
        description="Keys that encrypt secrets in the database, comma-separated: the first one "
        "encrypts, all decrypt. Each is 32 bytes in base64; `openssl rand -base64 32` makes one. "
        "Needed in production; `tessera up` makes one in its data directory.",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        parse_networks(value)
        return value

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        for origin in _parts(value):
            _check_origin(origin)
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _are_keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            Encryption.parse(value.get_secret_value())
        return value

    @property
    def encryption(self) -> Encryption:
        """What encrypts secrets; without keys it leaves them as they are."""
        keys = self.encryption_keys
        return Encryption() if keys is None else Encryption.parse(keys.get_secret_value())

    @property
    def origins(self) -> tuple[str, ...]:
        """The sites whose pages may use the API."""
        return _parts(self.cors_origins)

    @property
    def addresses(self) -> ClientAddresses:
        """What tells senders' addresses."""
        return ClientAddresses(parse_networks(self.trusted_proxies))

    def check_limits(self, *, development: bool) -> None:
        """Raise `ValueError` for what is for development only."""
        if ANY in self.origins and not development:
            raise ValueError("CORS_ORIGINS=* is for development; name the sites.")

    def limits(self, *, development: bool) -> dict[str, int]:
        """Return the three limits by their settings' names; 0 is no limit."""
        return {
            name: (0 if development else default) if (said := getattr(self, name)) is None else said
            for name, default in RATE_LIMITS.items()
        }

    def check_encryption(self, *, development: bool) -> None:
        """Raise `SetupFailed` where secrets would stand readable in a database that matters."""
        if self.encryption_keys is None and not development:
            raise SetupFailed(
                "TESSERA_ENCRYPTION_KEYS is not set: secrets would stand readable in the database.",
                hint="Make a key with `openssl rand -base64 32`, set it for API and worker alike, "
                "and keep it beside your backups: without it the secrets in them are lost.",
            )


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _check_origin(origin: str) -> None:
    """Raise `ValueError` unless a browser could send this as `Origin`."""
    if origin == ANY:
        return
    meant = _as_browsers_name_it(origin)
    if meant is None:
        raise ValueError(f"`{origin}` is no origin, such as https://portal.example.com")
    if origin != meant:
        raise ValueError(f"`{origin}` is not how a browser names it; write {meant}")


def _as_browsers_name_it(origin: str) -> str | None:
    """Return scheme, host and port if it is not the usual one; None if it has no such thing."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    usual = _USUAL_PORTS.get(parts.scheme)
    if usual is None or not parts.hostname or not _HOST.fullmatch(parts.hostname):
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in (None, usual) else f":{port}")
