"""Every table of the database: importing this module completes the metadata."""

from store import (
    acknowledgments,
    api_keys,
    asset_search,
    assets,
    contracts,
    deliveries,
    destinations,
    events,
    idempotency,
    members,
    outbox,
    parties,
    proposals,
    rate_limits,
    registrations,
    seals,
    stewards,
    teams,
    users,
)
from store.rows import Row

METADATA = Row.metadata

__all__ = [
    "METADATA",
    "acknowledgments",
    "api_keys",
    "asset_search",
    "assets",
    "contracts",
    "deliveries",
    "destinations",
    "events",
    "idempotency",
    "members",
    "outbox",
    "parties",
    "proposals",
    "rate_limits",
    "registrations",
    "seals",
    "stewards",
    "teams",
    "users",
]
