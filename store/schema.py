"""Every table of the database: importing this module completes the metadata."""

from store import (
    acknowledgments,
    assets,
    contracts,
    deliveries,
    destinations,
    events,
    idempotency,
    outbox,
    parties,
    proposals,
    registrations,
    seals,
    teams,
)
from store.rows import Row

METADATA = Row.metadata

__all__ = [
    "METADATA",
    "acknowledgments",
    "assets",
    "contracts",
    "deliveries",
    "destinations",
    "events",
    "idempotency",
    "outbox",
    "parties",
    "proposals",
    "registrations",
    "seals",
    "teams",
]
