"""Texts that stand encrypted in a column, each bound to its place.

AES-256 in Galois/counter mode with a random nonce of 96 bits; the place (table, column, row) is the
associated data, so what is moved to another row does not decrypt. What is kept says which key it is
of, by a digest. A text without our mark is one that was never encrypted.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Self
from uuid import UUID

from domain.errors import InvalidRequest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = "enc1:"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class Standing(StrEnum):
    """How a text is kept."""

    CURRENT = "current"
    OLD_KEY = "old_key"
    PLAIN = "plain"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    secret: bytes = field(repr=False)

    @property
    def cipher(self) -> "AESGCM":
        """Loaded by who first needs it: 7 MiB, and most processes never open a secret."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self.secret)


class Encryption:
    """Keys: the first encrypts, all decrypt. Without any, texts are kept as they are."""

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        self._keys = tuple(_Key(_name_of(key), key) for key in keys)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read comma-separated keys; raises `ValueError` that tells nothing of them."""
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if not parts:
            raise ValueError("no key in it; `openssl rand -base64 32` makes one")
        return cls([_parsed(part, place) for place, part in enumerate(parts, start=1)])

    @property
    def encrypts(self) -> bool:
        """Whether there is a key."""
        return bool(self._keys)

    @property
    def current(self) -> str:
        """What everything that is kept under the first key begins with."""
        return f"{MARK}{self._keys[0].name}:" if self._keys else ""

    def encrypt(self, text: str, place: str) -> str:
        """Return what is kept at this place."""
        if not self._keys:
            if text.startswith(MARK):
                raise InvalidRequest(f"A secret may not begin with `{MARK}`.")
            return text
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._keys[0].cipher.encrypt(nonce, text.encode(), place.encode())
        return self.current + base64.urlsafe_b64encode(nonce + sealed).decode()

    def decrypt(self, kept: str, place: str) -> str | None:
        """Return the text; None if no key decrypts it, or it was made for another place."""
        if not kept.startswith(MARK):
            return kept
        name, _, encoded = kept.removeprefix(MARK).partition(":")
        key = next((key for key in self._keys if key.name == name), None)
        if key is None:
            return None
        from cryptography.exceptions import InvalidTag

        try:
            raw = base64.b64decode(encoded, altchars=b"-_", validate=True)
            opened = key.cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):  # binascii.Error is a ValueError
            return None
        return opened.decode()

    def derived(self, label: bytes) -> tuple[bytes, ...]:
        """Return a key for something else of each key, in their order: none tells the other.

        RFC 5869, 2.3 (HKDF-Expand with SHA-256); our keys are random, so nothing is extracted.
        """
        return tuple(
            hmac.new(key.secret, label + b"\x01", hashlib.sha256).digest() for key in self._keys
        )

    def standing(self, kept: str, place: str) -> Standing:
        """Return how a text is kept."""
        if not kept.startswith(MARK):
            return Standing.PLAIN
        if self.decrypt(kept, place) is None:
            return Standing.UNREADABLE
        return Standing.CURRENT if kept.startswith(self.current) else Standing.OLD_KEY


def place_of(table: str, column: str, row_id: UUID) -> str:
    """Return the place of a text: no other row, column or table has the same."""
    return f"{table}.{column}:{row_id}"


def _name_of(key: bytes) -> str:
    return hashlib.sha256(b"tessera encryption key\0" + key).hexdigest()[:12]


def _parsed(text: str, number: int) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise ValueError(
            f"key {number} is not 32 bytes in base64; `openssl rand -base64 32` makes one"
        )
    return key
