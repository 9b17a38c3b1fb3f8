"""Contracts: published versions of an asset, and the content that a version is made of."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from domain.actors import Actor
from domain.fields import Field
from domain.guarantees import Guarantees
from domain.schemas import Schema


class ContractStatus(StrEnum):
    """At most one contract of an asset is active; `retired` is the end of a deprecated one."""

    ACTIVE = "active"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


@dataclass(frozen=True, kw_only=True)
class ContractContent:
    """What is promised: a schema and the guarantees about its data."""

    schema: Schema
    guarantees: Guarantees

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over schema and guarantees: equal content, equal hash; reckoned once."""
        guarantees = json.dumps(self.guarantees.to_wire(), sort_keys=True, ensure_ascii=False)
        both = f"{self.schema.content_hash}\n{guarantees}".encode()
        return hashlib.sha256(both).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One published version; immutable but for its status."""

    id: UUID
    asset_id: UUID
    version: str
    status: ContractStatus
    content: ContractContent
    content_hash: str
    fields: tuple[Field, ...]
    proposal_id: UUID | None
    published_by: Actor
    published_at: datetime
    deprecated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefContract:
    """One published version without its content, for lists of them."""

    id: UUID
    version: str
    status: ContractStatus
    proposal_id: UUID | None
    published_by: Actor
    published_at: datetime
    deprecated_at: datetime | None = None
