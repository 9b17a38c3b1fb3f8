"""The key that `tessera up` encrypts secrets with: made once, kept beside the database."""

import base64
import os
import secrets
from pathlib import Path

NAME = "encryption.key"


def kept_key(data_dir: Path) -> str | None:
    """Return the key of this data directory; None if it has none yet."""
    try:
        return (data_dir / NAME).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def ensured_key(data_dir: Path) -> str:
    """Return the key of this data directory, made if there is none; only its owner may read it."""
    if key := kept_key(data_dir):
        return key
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    draft = data_dir / f"{NAME}.new"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{key}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(data_dir / NAME)
    return key
