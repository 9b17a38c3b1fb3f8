"""Where the parts of a system are that somebody looks at: from the environment, or `tessera up`."""

import os
from dataclasses import dataclass, field
from typing import Self

from embedded.addresses import running_addresses
from embedded.encryption_key import kept_key
from settings import Environment, Settings
from store.encryption import Encryption


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """The system to look at. No `database_url`: nobody said where it is."""

    settings: Settings
    database_url: str | None
    temporal_address: str
    encryption: Encryption = field(default_factory=Encryption)

    @classmethod
    def found(cls) -> Self:
        """Return the one of the environment, else the `tessera up` that runs; `SetupFailed`."""
        # Without a database of somebody else's it is `tessera up`, which is in development.
        as_up = not os.environ.get("DATABASE_URL")
        told = bool(os.environ.get("ENVIRONMENT"))
        given = {"environment": Environment.DEVELOPMENT} if as_up and not told else {}
        settings = Settings.load(**given)
        up = running_addresses(settings.data_dir) if as_up else None
        encryption = settings.encryption
        if as_up and not encryption.encrypts and (key := kept_key(settings.data_dir)):
            encryption = Encryption.parse(key)
        return cls(
            settings=settings,
            encryption=encryption,
            database_url=up.database_url if up else settings.database_url,
            temporal_address=up.temporal_address
            if up and "temporal_address" not in settings.model_fields_set
            else settings.temporal_address,
        )
