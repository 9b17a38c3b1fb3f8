"""`tessera publish`: the contract files of a repository"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tessera_sdk.cli.commands.contracts import Gate
from tessera_sdk.cli.options import AsJson, Key
from tessera_sdk.cli.session import Session, session

if TYPE_CHECKING:
    from tessera_sdk.catalog import BulkContracts
    from tessera_sdk.cli.contract_files import ContractFile

AT_ONCE = 50
"""So many contracts are in one request, or so many bytes of them."""
LARGEST = 4 * 1024 * 1024


def publish(
    ctx: typer.Context,
    places: Annotated[
        list[str],
        typer.Argument(
            metavar="DIR...",
            help="Directories of contract files, or single ones. `orders/customers.json` below a "
            "directory is the schema of `orders.customers`.",
        ),
    ],
    environment: Annotated[
        str | None,
        typer.Option("--environment", metavar="NAME", help="Of all of them. [production]"),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only say what would become of each and who would be asked"),
    ] = False,
    gate: Gate = False,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Publish every contract of a repository, each by itself; safe to repeat.

    Whoever is asked about several of them, or told, gets one message.

    Example:  tessera publish contracts

    Example:  tessera publish contracts --dry-run --gate
    """
    from tessera_sdk.cli.contract_files import contract_files
    from tessera_sdk.cli.exits import Exit

    files = contract_files(places, environment)
    with session(ctx, as_json=as_json) as s:
        results = list(_published(s, files, dry_run, idempotency_key))
        _show(s, files, results)
    if any(each.refused for each in results):
        raise typer.Exit(Exit.REFUSED)
    if gate and any(each.proposed for each in results):
        raise typer.Exit(Exit.GATED)


def _published(
    s: Session, files: "Sequence[ContractFile]", dry_run: bool, key: str | None
) -> "Iterator[BulkContracts]":
    """Send them in parts that take no request too long, and say how far it is."""
    from tessera_sdk.cli.screen import err

    told_at, done = None, 0
    for number, part in enumerate(_parts(files)):
        result = s.client.contracts.bulk_publish(
            [each.contract for each in part],
            dry_run=dry_run,
            told_at=told_at,
            idempotency_key=key and f"{key}-{number}",
        )
        told_at = result.told_at or told_at
        done += len(part)
        if len(part) < len(files):
            err().print(f"{done} of {len(files)}", style="dim")
        yield result


def _parts(files: "Sequence[ContractFile]") -> "Iterator[Sequence[ContractFile]]":
    part: list[ContractFile] = []
    size = 0
    for each in files:
        if part and (len(part) == AT_ONCE or size + each.size > LARGEST):
            yield part
            part, size = [], 0
        part.append(each)
        size += each.size
    yield part


def _show(s: Session, files: "Sequence[ContractFile]", results: "Sequence[BulkContracts]") -> None:
    from tessera_sdk.cli.screen import out, write

    if s.as_json:
        s.print_json([each.wire for each in results] if results[1:] else results[0].wire)
        return
    from tessera_sdk.cli.screens.contract_bulk import published_shown

    console = out()
    for part in published_shown([each.place for each in files], results):
        write(console, part)
