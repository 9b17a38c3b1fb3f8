"""How the settings are named and read, and what in the environment only looks like one of them."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from pydantic import AliasGenerator
from pydantic_settings import SettingsConfigDict

OWN_PREFIX = "TESSERA_"
OF_OTHERS = frozenset(
    {
        *("TESSERA_URL", "TESSERA_API_KEY"),
        *("TESSERA_TEST_RUN", "TESSERA_CONFORMANCE", "TESSERA_KILLS"),
        *("TESSERA_PROPOSALS", "TESSERA_SEED", "TESSERA_PARTIES", "TESSERA_EVENTS"),
    }
)
"""Names with our prefix that the client and the tests read, so they are no misspellings here."""

_NAMED_AS_USUAL = re.compile(
    "(migration_)?database_url|webhook_(url|secret|allowed_domains)|smtp_(url|from)|redis_url"
    "|environment|auth_disabled"
    "|slack_(bot_token|signing_secret|app_token|client_id|client_secret)"
    "|bootstrap_api_key|cors_origins|oidc_(issuer|client_id|client_secret|scopes)"
    "|temporal_(?!binary|port|ui_port).*"
)


def variable(field: str) -> str:
    """Return the environment variable of a field."""
    return field.upper() if _NAMED_AS_USUAL.fullmatch(field) else f"{OWN_PREFIX}{field.upper()}"


READ_FROM_ENVIRONMENT = SettingsConfigDict(
    frozen=True,
    extra="ignore",
    env_ignore_empty=True,
    validate_by_name=True,
    validate_by_alias=True,
    hide_input_in_errors=True,
    alias_generator=AliasGenerator(validation_alias=variable),
)
"""How every part of the settings is read."""


def misspelled(environ: Mapping[str, str], known: Iterable[str]) -> list[str]:
    """Return a warning for each variable with our prefix that is not among the known ones."""
    import difflib  # read by every process, needed by hardly any

    known = tuple(known)
    ours = sorted(name for name in environ if name.startswith(OWN_PREFIX))
    warnings = []
    for name in (name for name in ours if name not in known and name not in OF_OTHERS):
        near = difflib.get_close_matches(name, known, n=1)
        meant = f"; did you mean {near[0]}?" if near else "."
        warnings.append(f"{name} is not a setting{meant}")
    return warnings


def is_secure(url: str) -> bool:
    """Whether nobody can listen on the way to this address."""
    parts = urlsplit(url)
    here = ("localhost", "127.0.0.1", "::1")
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in here)


def told(name: str, message: str) -> str:
    """Return the fault, with its variable as the environment has it if it is about one."""
    message = message.removeprefix("Value error, ").rstrip(".")
    return f"{name if name.isupper() else variable(name)}: {message}." if name else f"{message}."
