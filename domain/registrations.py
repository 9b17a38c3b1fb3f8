"""Registrations: a consumer team's declared use of an asset."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedBy:
    """Where a consumer uses the asset: a dashboard, a job, a service."""

    name: str
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """`fields` are field-tree paths; none named means all of them."""

    id: UUID
    asset_id: UUID
    consumer_team_id: UUID
    fields: tuple[str, ...] | None
    pinned_version: str | None
    used_by: tuple[UsedBy, ...]
    created_at: datetime
    updated_at: datetime


def fitting(registration: Registration, known: Collection[str] | None) -> Registration | None:
    """Return what of a registration still fits an asset with these fields; None: nothing.

    `known` None is an asset without a contract, which any registration fits.
    """
    if known is None or registration.fields is None:
        return registration
    left = tuple(path for path in registration.fields if path in known)
    return replace(registration, fields=left) if left else None


def united_fields(
    first: tuple[str, ...] | None, second: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    """Return the fields of two declarations taken together; all and some is all."""
    if first is None or second is None:
        return None
    return tuple(sorted({*first, *second}))


def united_uses(first: tuple[UsedBy, ...], second: tuple[UsedBy, ...]) -> tuple[UsedBy, ...]:
    """Return the uses of two declarations, the later one's link winning for the same name."""
    by_name = {use.name: use for use in first} | {use.name: use for use in second}
    return tuple(by_name.values())
