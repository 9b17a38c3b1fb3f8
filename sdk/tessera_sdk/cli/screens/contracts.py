"""Contracts and what publishing one did, as people see it."""

import json
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tessera_sdk.cli.screen import (
    done,
    facts,
    heading,
    identifier,
    indented,
    plain_grid,
    prose,
    state,
    table,
)
from tessera_sdk.cli.screens.assets import name_of
from tessera_sdk.cli.screens.changes import change_list
from tessera_sdk.cli.screens.proposals import following, party_table
from tessera_sdk.cli.times import ago, now, when
from tessera_sdk.models import Asset, Contract, PublishResult, SchemaField
from tessera_sdk.words import Action


def contract_list(name: str, contracts: Sequence[Contract]) -> Iterator[RenderableType]:
    if not contracts:
        yield f"{name} has no contract yet."
        return
    grid = table("Version", "Status", "Published", "Id", ids_in="Id")
    present = now()
    for contract in contracts:
        grid.add_row(
            contract.version,
            state(contract.status),
            ago(contract.created_at, present),
            identifier(contract.id),
        )
    yield grid


def contract_shown(contract: Contract) -> Iterator[RenderableType]:
    name = contract.asset.fqn if contract.asset else "Contract"
    yield Text.assemble((f"{name} {contract.version}  ", "bold"), state(contract.status))
    yield facts(
        ("Published", when(contract.created_at, now())),
        ("Format", contract.format),
        ("Id", identifier(contract.id)),
    )
    if contract.fields:
        yield Text()
        yield indented_fields(contract.fields)
    if contract.guarantees:
        yield Text()
        yield heading("Guarantees")
        yield indented(guarantee_grid(contract))


def indented_fields(fields: Sequence[SchemaField]) -> Padding:
    grid = table("Field", "Type", "")
    for field in fields:
        remarks = [
            "required" if field.required else "",
            "nullable" if field.nullable else "",
            "deprecated" if field.deprecated else "",
        ]
        grid.add_row(field.path, field.type, Text(", ".join(filter(None, remarks)), style="dim"))
    return indented(grid)


def guarantee_grid(contract: Contract) -> Table:
    grid = plain_grid()
    for kind, promise in (contract.guarantees or {}).items():
        grid.add_row(Text(kind.replace("_", " "), style="dim"), json.dumps(promise))
    return grid


def publish_screen(
    asset: Asset, result: PublishResult, *, dry_run: bool
) -> Iterator[RenderableType]:
    return (dry_run_result if dry_run else publish_result)(name_of(asset), result)


def publish_result(name: str, result: PublishResult) -> Iterator[RenderableType]:
    if result.action == Action.UNCHANGED:
        version = result.version or (result.contract.version if result.contract else "")
        yield done(f"`{name}` is unchanged; {version} stays active.")
    elif result.action == Action.PUBLISHED:
        yield from _published(name, result)
    else:
        yield from _proposed(name, result)


def _published(name: str, result: PublishResult) -> Iterator[RenderableType]:
    version = result.contract.version if result.contract else result.version
    yield done(f"Published `{name}` {version}.")
    if result.changes:
        yield Text()
        yield from change_list(result.changes)
    if result.told:
        names = ", ".join(team.name for team in result.told)
        yield Text.assemble(("Told what breaks for them: ", "bold"), names)
    if result.contract is not None:
        yield facts(("Contract", identifier(result.contract.id)))
    if result.base_moved_proposal is not None:
        yield prose("● A proposal is open for this asset; it is compared again now.", "yellow")
        yield facts(("Look", f"tessera proposal show {result.base_moved_proposal}"))


def _proposed(name: str, result: PublishResult) -> Iterator[RenderableType]:
    proposal = result.proposal
    version = result.version or (proposal.version if proposal else None) or "The new contract"
    yield prose(f"● `{name}` {version} is breaking, so its consumers are asked first.", "yellow")
    yield Text()
    yield from change_list(result.changes or (proposal.changes if proposal else ()))
    if proposal is not None:
        yield from party_table(proposal)
        yield from following(name, proposal)


def dry_run_result(name: str, result: PublishResult) -> Iterator[RenderableType]:
    """The same before it happens."""
    yield prose(_foresight(name, result))
    if result.changes:
        yield Text()
        yield from change_list(result.changes)
    if result.would_ask:
        yield heading("Would be asked")
        grid = plain_grid()
        for asked in result.would_ask:
            grid.add_row(asked.team.name, prose(asked.reason or "", "dim"))
        yield indented(grid, below=1)
    if result.would_tell:
        names = ", ".join(team.name for team in result.would_tell)
        yield Text.assemble(("Would be told: ", "bold"), names)
    yield Text("Nothing was published: this was a dry run.", style="dim")


def _foresight(name: str, result: PublishResult) -> str:
    if result.action == Action.UNCHANGED:
        return f"`{name}` would be unchanged."
    if result.action == Action.PUBLISHED:
        return f"`{name}` would be published at once as {result.version}."
    if result.would_ask:
        return f"● `{name}` {result.version} would wait for its consumers: it is breaking."
    return (
        f"● `{name}` {result.version} would become a proposal: it is breaking, and nobody is asked."
    )
