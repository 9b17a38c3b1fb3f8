"""Judging how secrets stand in the database."""

from domain.amounts import counted
from domain.health import Check, Finding, SecretsSeen, failure, ok, warning

ROTATE = "Run `tessera server rotate-secrets`; it is safe to repeat."


def of_secrets(seen: SecretsSeen, *, encrypts: bool, development: bool) -> Finding:
    """Judge by what there is, and by whether whoever looks has a key."""
    if seen.unreadable:
        return failure(
            Check.SECRETS,
            f"{counted(seen.unreadable, 'secret')} cannot be read: none of TESSERA_ENCRYPTION_KEYS "
            "decrypts them",
            "Add the key that they were encrypted with, after the first, or set them anew.",
        )
    if not encrypts:
        judge = warning if development else failure
        return judge(
            Check.SECRETS,
            "TESSERA_ENCRYPTION_KEYS is not set, so secrets stand readable in the database",
            "`openssl rand -base64 32` makes a key; then " + ROTATE[0].lower() + ROTATE[1:],
        )
    if seen.plain or seen.old_key:
        parts = [
            f"{seen.plain} still readable" if seen.plain else "",
            f"{seen.old_key} under an old key" if seen.old_key else "",
        ]
        return warning(Check.SECRETS, " and ".join(filter(None, parts)), ROTATE)
    return ok(Check.SECRETS, f"{counted(seen.current, 'secret')} under the first key")
