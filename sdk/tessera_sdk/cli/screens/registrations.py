"""Registrations, as people see them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

from tessera_sdk.cli.screen import done, facts, identifier, table
from tessera_sdk.models import Registration, UsedBy


@dataclass(frozen=True, slots=True)
class Named:
    """A registration with the names behind its ids."""

    registration: Registration
    consumer: str
    asset: str


def fields_of(registration: Registration) -> str:
    return ", ".join(registration.fields) if registration.fields else "all fields"


def uses_of(registration: Registration) -> str:
    uses = registration.used_by or ()
    return ", ".join(use.name for use in ((uses,) if isinstance(uses, UsedBy) else uses))


def registered(named: Named) -> Iterator[RenderableType]:
    yield done(f"`{named.consumer}` is registered as a reader of `{named.asset}`.")
    yield facts(
        ("Reads", fields_of(named.registration)),
        ("Pinned to", named.registration.pinned_version),
        ("Used by", uses_of(named.registration)),
        ("Id", identifier(named.registration.id)),
    )


def registration_list(listed: Sequence[Named]) -> Iterator[RenderableType]:
    if not listed:
        yield "No registration yet. `tessera register ASSET --team NAME` makes one."
        return
    grid = table("Consumer", "Asset", "Reads", names_in="Asset")
    for named in listed:
        asset = Text(named.asset).append("\n").append_text(identifier(named.registration.id))
        reads = Text(fields_of(named.registration))
        if named.registration.pinned_version:
            reads.append(f"\npinned to {named.registration.pinned_version}", style="dim")
        if uses := uses_of(named.registration):
            reads.append(f"\nin {uses}", style="dim")
        grid.add_row(named.consumer, asset, reads)
    yield grid


def removed() -> Iterator[RenderableType]:
    yield done("The registration is gone.")
