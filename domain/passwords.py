"""Passwords: what is taken for one, by NIST SP 800-63B: long enough and not the obvious.

No rule of composition and no expiry: they make people choose worse ones.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.errors import InvalidRequest
from domain.users import User

SHORTEST = 12
LONGEST = 128
LINK_LASTS = timedelta(hours=24)

_USUAL = (
    *("password", "passwort", "passw0rd", "p@ssword", "p@ssw0rd", "qwerty", "qwertz", "azerty"),
    *("qwertyuiop", "qwertzuiop", "asdfgh", "asdfghjkl", "zxcvbn", "1q2w3e4r", "1qaz2wsx"),
    *("iloveyou", "letmein", "welcome", "admin", "administrator", "changeme", "changeit", "secret"),
    *("monkey", "dragon", "football", "baseball", "superman", "batman", "princess", "sunshine"),
    *("master", "shadow", "starwars", "trustno1", "whatever", "default", "guest", "root", "login"),
    *("summer", "winter", "spring", "autumn", "test", "hello", "abc", "tessera"),
)
"""What the commonest passwords are made of. Those of twelve characters and more, which alone could
be taken here, are one of these with digits and signs around it, or repeated: so the words are kept
and not a list of a million passwords, of which most are too short anyhow."""
_RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPassword:
    """What is kept of a password: an argon2id hash with its parameters."""

    user_id: UUID
    hashed: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLink:
    """A link by which a user sets a password, once."""

    id: UUID
    user_id: UUID
    created_at: datetime
    expires_at: datetime


def normalized(password: str) -> str:
    """Return the password as it is hashed: the same however a keyboard composes its characters."""
    return unicodedata.normalize("NFKC", password)


def checked_password(password: str, user: User) -> str:
    """Return the password as it is hashed, or raise `InvalidRequest`."""
    password = normalized(password)
    if len(password) < SHORTEST:
        raise _wrong(f"A password has at least {SHORTEST} characters; a sentence does well.")
    if len(password) > LONGEST:
        raise _wrong(f"A password has at most {LONGEST} characters.")
    if is_guessed_first(password, user):
        raise _wrong("This password is among the first that somebody would guess.")
    return password


def is_guessed_first(password: str, user: User) -> bool:
    """Whether it is an obvious one: the user's own name or address, or a common password."""
    core = _core(password)
    own = {_core(user.name), *(_core(part) for part in (user.email or "").split("@"))}
    own.add(_core(user.email or ""))
    words = {_core(word) for word in _USUAL} | own - {""}
    return (
        len(set(password)) < 4
        or (len(core) >= 4 and _is_made_of(core, words))
        or _is_run(password.casefold())
    )


def _core(text: str) -> str:
    """What is left without the digits and signs that people put around a word."""
    return "".join(each for each in text.casefold() if each.isalpha())


def _is_made_of(core: str, words: set[str]) -> bool:
    """Whether it is nothing but these words, one after the other."""
    reached = {0}
    for end in range(1, len(core) + 1):
        if any(core.endswith(word, 0, end) and end - len(word) in reached for word in words):
            reached.add(end)
    return len(core) in reached


def _is_run(text: str) -> bool:
    return any(text in run or text in run[::-1] for run in _RUNS)


def _wrong(message: str) -> InvalidRequest:
    return InvalidRequest(message, errors=[{"path": "password", "message": message}])
