"""How people name things: ids everywhere, and names where there are any."""

from dataclasses import dataclass
from uuid import UUID

DEFAULT_ENVIRONMENT = "production"


def is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class AssetName:
    """`orders.customers` is in production, `orders.customers@staging` in staging."""

    fqn: str
    environment: str = DEFAULT_ENVIRONMENT

    @classmethod
    def parse(cls, text: str) -> "AssetName":
        fqn, at, environment = text.rpartition("@")
        if not at:
            return cls(text)
        if not fqn or not environment:
            raise ValueError(f"{text!r} does not name an asset. Say FQN or FQN@ENVIRONMENT.")
        return cls(fqn, environment)

    def __str__(self) -> str:
        if self.environment == DEFAULT_ENVIRONMENT:
            return self.fqn
        return f"{self.fqn}@{self.environment}"
