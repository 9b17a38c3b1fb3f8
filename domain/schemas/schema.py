"""A parsed schema: its language, the documents as they were sent, and which one is the root."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from domain.json_values import JSON, as_object, canonical_text

JSON_SCHEMA = "json_schema"


@dataclass(frozen=True, slots=True)
class Schema:
    """Made by `domain.schemas.parse`, which checks it; `from_wire` trusts what the store kept.

    A single schema is a bundle of one document under the empty URI.
    """

    format: str
    root: str
    documents: Mapping[str, JSON]

    @property
    def document(self) -> JSON:
        return self.documents[self.root]

    @property
    def content_hash(self) -> str:
        """SHA-256 over the canonical JSON: everything counts but the order of names."""
        return hashlib.sha256(canonical_text(self.to_wire()).encode()).hexdigest()

    def to_wire(self) -> dict[str, JSON]:
        return {"format": self.format, "root": self.root, "documents": dict(self.documents)}

    @classmethod
    def from_wire(cls, wire: Mapping[str, JSON]) -> "Schema":
        return cls(str(wire["format"]), str(wire["root"]), as_object(wire["documents"]))


def is_same_content(one: Schema, other: Schema) -> bool:
    """Whether both would have the same hash; quickly where the documents are the same objects."""
    if one.documents == other.documents and one.root == other.root and one.format == other.format:
        # Python takes 1 for True, JSON does not; so equal is not yet the same.
        return one.content_hash == other.content_hash
    return False
